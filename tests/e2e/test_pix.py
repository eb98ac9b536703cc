"""The client registry's line: answers that wait for it, queries in the same exchange, pages, notifications."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.e2e.program import Mllp, Program, until
from tests.e2e.registry import Answer, Sender, configured
from tests.stores import house_of, rows
from tests.subscriber import Subscriber
from tests.surroundings import Servers


@pytest.fixture(scope="module")
def subscriber() -> Iterator[Subscriber]:
    made = Subscriber()
    yield made
    made.close()


@pytest.fixture(scope="module")
def registry(
    tmp_path_factory: pytest.TempPathFactory, surroundings: Servers | None, subscriber: Subscriber
) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("pix")
    config = configured(folder / "config", f"notify: mllp://127.0.0.1:{subscriber.port}/PORTAL/CLINIC\n")
    with Program(folder / "data", "--config", str(config)) as started:
        yield started


@pytest.fixture
def north(registry: Program) -> Iterator[Sender]:
    with Mllp(registry.mllp_port) as line:
        yield Sender(line)


def test_whoever_asks_right_after_the_answer_finds_the_patient(registry: Program, north: Sender) -> None:
    with Mllp(registry.mllp_port) as line:
        asking = Sender(line, "PORTAL", "CLINIC")
        for number in range(20):
            assert north.feed(f"||P1{number:02}^^^NORTH||ALAOUI^Nour||19{number + 50}0101|F").code == "AA"
            assert asking.pix(f"P1{number:02}^^^NORTH").status == "OK"


def test_many_who_register_one_patient_at_once_are_all_told_the_same(registry: Program) -> None:
    def register(number: int) -> list[str]:
        with Mllp(registry.mllp_port) as line:
            sender = Sender(line)
            assert sender.feed("||P200^^^NORTH||BENNIS^Aya||19900101|F").code == "AA"
            return sender.pix("P200^^^NORTH", "^^^ECID").numbers[0]

    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(register, range(32)))
    assert {tuple(one) for one in told} == {tuple(told[0])}
    assert len(told[0]) == 1


def test_what_only_mediation_refuses_is_told_in_the_answer(north: Sender) -> None:
    answer = north.send("ADT^A24", "EVN||20261112", "PID|1||P300^^^NORTH||CHAMI^Ali||19900101|M", "PV1||I")
    assert answer.code == "AE"
    assert answer.errors == ["PID^2^3"]


def test_answers_come_in_pages_that_can_be_cancelled(north: Sender) -> None:
    for number in range(7):
        assert north.feed(f"||P4{number}^^^NORTH||KADIRI^X{number}||19{50 + 5 * number}0{number + 1}11|F").code == "AA"
    seen: list[str] = []
    pointer, counts = "", []
    for _ in range(3):
        page = north.pdq("5.1^KADIRI", domains="^^^NORTH", most="3^RD", pointer=pointer)
        counts.append([page.field("QAK", place) for place in (4, 5, 6)])
        seen += [number for numbers in page.numbers for number in numbers]
        pointer = page.field("DSC", 1) if page.all("DSC") else ""
    assert counts == [["7", "3", "4"], ["7", "3", "1"], ["7", "1", "0"]]
    assert sorted(seen) == [f"NORTH:P4{number}" for number in range(7)]
    assert pointer == ""
    cancelled = north.send("QCN^J01^QCN_J01", "QID|T1|IHE PDQ Query")
    assert (cancelled.code, cancelled.field("MSH", 9)) == ("AA", "ACK^J01^ACK")


def test_queries_over_http_are_answered_too(registry: Program, north: Sender) -> None:
    assert north.feed("||P500^^^NORTH||DRISSI^Sara||19900101|F").code == "AA"
    body = "\r".join(
        [
            r"MSH|^~\&|PORTAL|CLINIC|CR|HIE|2026||QBP^Q23^QBP_Q21|H1|P|2.5",
            "QPD|IHE PIX Query|T|P500^^^NORTH",
            "RCP|I",
            "",
        ]
    )
    client = registry.client("portal", "client-registry")
    answer = registry.post("client-registry", client, body.encode(), "x-application/hl7-v2+er7")
    assert answer.status_code == 200
    assert "NORTH:P500" in Answer(answer.text).numbers[0]


def test_who_asked_about_whom_is_audited_and_the_query_is_nothing_in_the_record(
    registry: Program, north: Sender
) -> None:
    assert north.feed("||P600^^^NORTH||FILALI^Reda||19900101|M").code == "AA"
    ((own,),) = north.pix("P600^^^NORTH", "^^^ECID").numbers
    control = f"R{Sender.count}"
    found = registry.transaction(control)
    assert found["type"] == "QBP^Q23"
    story: Any = until(lambda: registry.get(f"/api/transactions/{found['id']}"))
    assert story["status"] not in ("refused", "failed")
    assert "P600" not in str(story)
    told = ("SIH_N|NORTH", "query", f"Patient/{own.removeprefix('ECID:')}")
    house = house_of(registry)
    until(lambda: told in rows(house, "control", "SELECT actor, action, target FROM audit") or None, what="the audit")


def test_subscribers_are_told_when_the_numbers_of_a_person_change(
    registry: Program, subscriber: Subscriber, north: Sender
) -> None:
    shared = "~2345678906^^^IDCS"
    assert north.feed(f"||P700^^^NORTH{shared}||GHALI^Imane||19900101|F").code == "AA"
    with Mllp(registry.mllp_port) as line:
        south = Sender(line, "SIH_S", "SOUTH")
        assert south.feed(f"||Q700^^^SOUTH{shared}||GHALI^Imane||19900101|F").code == "AA"

    def told() -> Answer | None:
        return next((one for one in subscriber.taken if {"NORTH:P700", "SOUTH:Q700"} <= set(one.numbers[0])), None)

    notice = until(told, what="the notification")
    assert (notice.field("MSH", 9), notice.field("MSH", 5), notice.field("MSH", 6)) == (
        *("ADT^A31^ADT_A05", "PORTAL"), "CLINIC",
    )  # fmt: skip
    assert notice.field("PID", 5) == "~^^^^^^S"
    assert "GHALI" not in notice.text


def test_an_answer_that_takes_too_long_is_none_and_the_message_is_kept(registry: Program) -> None:
    registry.pause("client-registry")
    try:
        with Mllp(registry.mllp_port) as line, pytest.raises(ConnectionError):
            Sender(line).feed("||P800^^^NORTH||HARTI^Omar||19900101|M")
        client = registry.client("slow", "client-registry")
        header = r"MSH|^~\&|SIH_N|NORTH|CR|HIE|2026||ADT^A01|W1|P|2.5"
        body = "\r".join([header, "EVN||2026", "PID|||2345678906^^^IDCS||A^B||1990|M", "PV1||I", ""]).encode()
        answer: httpx.Response = registry.post("client-registry", client, body, "x-application/hl7-v2+er7")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    finally:
        registry.wasl("channels", "resume", "client-registry")
    with Mllp(registry.mllp_port) as line:
        sender = Sender(line)
        until(lambda: sender.pix("P800^^^NORTH").status == "OK" or None, what="the message that was kept")
