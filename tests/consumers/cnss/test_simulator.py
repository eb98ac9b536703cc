"""The simulated payer: it checks what it is sent, answers alike, and fails when told to."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from channels.consumers.cnss import simulator
from channels.consumers.cnss.judgement import Faults, Unfit, billed_by, judged
from channels.consumers.cnss.simulator import Simulator, application
from schemas.fhir.care_sheet import Answer, Resource, decode, encode
from schemas.message import Unavailable
from tests.consumers.cnss.claims import ACT, ITEM, a_claim
from tests.home import Place

Spoil = Callable[[Resource], Any]


@pytest.fixture
def engine(home: Place) -> Engine:
    return home.open("payer")


def test_a_well_formed_claim_is_accepted() -> None:
    answer, billed = judged(decode(encode(a_claim(1, ITEM, ACT))), Faults(), asked=1)
    assert answer == Answer("accepted")
    assert billed is not None
    assert billed.lines == (("f-1", Decimal("27.30")), ("f-2", None))
    assert billed.total == Decimal("27.30")


def test_acts_without_a_price_are_well_formed() -> None:
    assert billed_by(a_claim(1, ACT)).total == 0


def test_an_executor_that_has_no_inpe_is_taken_as_sent() -> None:
    assert billed_by(a_claim(1, ACT._replace(executor="SIL|ATLAS", executor_system=None)))


def spoilt(*path: str | int, value: Any) -> Spoil:
    def spoil(claim: Resource) -> None:
        at: Any = claim
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return spoil


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (spoilt("resourceType", value="Bundle"), "not a claim"),
        (spoilt("identifier", value=[]), "number"),
        (spoilt("identifier", 0, "value", value="250600000000178"), "number"),
        (spoilt("identifier", 0, "value", value="250600000000177-1"), "number"),
        (spoilt("status", value="draft"), "use"),
        (spoilt("use", value="preauthorization"), "use"),
        (spoilt("insurance", 0, "coverage", "identifier", "value", value="12345678"), "insured"),
        (spoilt("insurance", value={}), "insured"),
        (spoilt("item", value=[]), "no item"),
        (spoilt("item", 0, "extension", value=[]), "item line"),
        (spoilt("item", 0, "productOrService", value={"text": "DOLIPRANE"}), "item code"),
        (spoilt("item", 0, "quantity", "value", value=0), "item quantity"),
        (spoilt("item", 0, "quantity", "value", value=True), "item quantity"),
        (spoilt("item", 0, "careTeamSequence", value=[2]), "executor"),
        (spoilt("item", 0, "careTeamSequence", value=[]), "executor"),
        (spoilt("careTeam", 0, "provider", "identifier", "value", value="10420031"), "executor"),
        (spoilt("item", 0, "servicedDate", value="2025-06"), "item date"),
        (spoilt("item", 0, "net", "value", value=Decimal("27.31")), "total"),
        (spoilt("item", 0, "net", "value", value=Decimal("27.301")), "amount"),
        (spoilt("item", 0, "net", "currency", value="EUR"), "amount"),
        (spoilt("item", 0, "net", value=None), "amount"),
        (spoilt("total", "value", value=Decimal("2.73")), "total"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_reason(spoil: Spoil, reason: str) -> None:
    claim = copy.deepcopy(a_claim())
    spoil(claim)
    with pytest.raises(Unfit) as unfit:
        billed_by(claim)
    assert unfit.value.reason == reason


def test_one_line_twice_in_a_claim_is_refused() -> None:
    with pytest.raises(Unfit, match="item twice"):
        billed_by(a_claim(1, ITEM, ITEM))


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["identifier", "insurance", "careTeam", "item", "total"]), json)
def test_any_shape_at_all_is_judged(field: str, value: Any) -> None:
    answer, _ = judged(a_claim() | {field: value}, Faults(), asked=1)
    assert answer.outcome in ("accepted", "refused")


@given(st.binary(max_size=60))
def test_any_bytes_at_all_get_an_answer(body: bytes) -> None:
    assert simulator._readable(body)[0] == ""


def test_the_same_claim_is_answered_alike_and_paid_once(engine: Engine) -> None:
    body = encode(a_claim())
    assert Simulator(engine).answer([body, body]) == [Answer("accepted")] * 2
    again = Simulator(engine, Faults(refuse=1.0))
    assert again.answer([body]) == [Answer("accepted")]
    assert again.accepted_total() == Decimal("27.30")


def test_a_number_with_other_content_is_a_duplicate(engine: Engine) -> None:
    payer = Simulator(engine)
    payer.answer([encode(a_claim())])
    assert payer.answer([encode(a_claim(1, ACT))]) == [Answer("refused", "duplicate")]
    assert payer.accepted_total() == Decimal("27.30")


def test_a_queued_claim_is_decided_when_it_is_asked_about_again(engine: Engine) -> None:
    payer = Simulator(engine, Faults(queue=1.0))
    body = encode(a_claim())
    assert [payer.answer([body])[0] for _ in range(3)] == [Answer("queued"), Answer("accepted"), Answer("accepted")]
    assert len(payer.accepted()) == 1


def test_a_lost_answer_was_given(engine: Engine) -> None:
    payer = Simulator(engine, Faults(lost=1.0))
    assert isinstance(payer.answer([encode(a_claim())])[0], Unavailable)
    assert payer.accepted_total() == Decimal("27.30")


def test_a_payer_that_is_down_takes_nothing(engine: Engine) -> None:
    payer = Simulator(engine, Faults(down=1.0))
    assert isinstance(payer.answer([encode(a_claim())])[0], Unavailable)
    assert payer.accepted() == []


def test_shares_befall_about_as_many() -> None:
    faults = Faults(refuse=0.25)
    assert 200 < sum(faults.befalls("refuse", n) for n in range(1000)) < 300


def test_faults_are_read_from_the_command_line() -> None:
    assert Faults.parse("refuse=0.1, queue=1,lost=0") == Faults(refuse=0.1, queue=1.0)
    assert Faults.parse("") == Faults()


@pytest.mark.parametrize("text", ["refuse", "refuse=2", "refuse=-1", "refuse=nan", "burn=0.1"])
def test_a_wrong_fault_says_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="refuse, queue, down, lost"):
        Faults.parse(text)


def served(engine: Engine, faults: Faults, *requests: tuple[str, str, bytes]) -> list[httpx.Response]:
    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(application(Simulator(engine, faults)))
        async with httpx.AsyncClient(transport=transport, base_url="http://payer") as client:
            return [await client.request(method, path, content=body) for method, path, body in requests]

    return asyncio.run(ask())


def test_as_a_program_it_speaks_http(engine: Engine) -> None:
    submit = "/Claim/$submit"
    replies = served(
        engine,
        Faults(),
        ("POST", submit, encode(a_claim())),
        ("POST", submit, encode(a_claim(1, ACT))),
        ("POST", submit, encode(a_claim(2, insured="1"))),
        ("POST", submit, b"{"),
        ("POST", submit, b" " * (simulator.LARGEST + 1)),
        ("GET", "/accepted", b""),
    )
    assert [reply.status_code for reply in replies] == [200, 409, 422, 400, 413, 200]
    assert replies[2].json()["error"][0]["code"]["coding"][0]["code"] == "insured"
    assert replies[5].text == '{"claims":1,"lines":1,"total":27.30}'


def test_as_a_program_it_fails_when_told_to(engine: Engine) -> None:
    body = encode(a_claim())
    (down,) = served(engine, Faults(down=1.0), ("POST", "/Claim/$submit", body))
    (lost,) = served(engine, Faults(lost=1.0), ("POST", "/Claim/$submit", body))
    assert (down.status_code, lost.status_code) == (503, 504)
