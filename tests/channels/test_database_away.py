"""PostgreSQL stops and comes back: whoever asks is told to come again, nothing is lost, and no process starts anew."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import Engine, text

from channels.consumers.smr import said
from channels.receive import now
from channels.runtime import House
from channels.security import passwords
from registries.database import open_database, reading, writing
from schemas.message import Message, Unavailable
from tests.console.place import NAME, PASSWORD, Place, result
from tests.consumers.cnss.said import sale
from tests.contract.record import registered
from tests.gateway.asking import ask
from tests.journal.said import received
from tests.registries.people import about, patient

if TYPE_CHECKING:
    from tests.servers.postgres import Postgres

DAY = 86_400_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One of our own, for it is stopped."""
    from tests.servers.postgres import Postgres
    from tests.servers.process import NotStarted

    try:
        server = Postgres(tmp_path_factory.mktemp("stopped"))
    except NotStarted as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    yield server
    server.close()


@pytest.fixture(scope="module")
def place(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The whole program in this process, on PostgreSQL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WASL_DATABASE", server.database("program"))
        patch.setattr(passwords, "COST", 4)
        place = Place(tmp_path_factory.mktemp("house"))
        yield place
        place.close()
        for engine in (value for value in vars(place.house).values() if isinstance(value, Engine)):
            engine.dispose()


def edges(house: House) -> dict[str, Callable[[], Any]]:
    """Whatever the loops, the door and the pages ask of the database."""
    persons = house.mediation(house.bus("mediated"), 0, threading.Event())._registries.patient
    smr, cnss = house.consumers()
    journal = house.projection()
    submission = house.submission()
    return {
        "registries": lambda: persons.resolve([about(patient(ipp="7"))], ["create"]),
        "record": lambda: house.record.write([said(registered())]),
        "shared record": lambda: asyncio.run(smr.deliver([registered()])),
        "ledger": lambda: asyncio.run(cnss.deliver([sale()])),
        "submission": lambda: asyncio.run(submission.submit_due(0)),
        "journal": lambda: journal.project([received(1)]),
        "a new key": lambda: house.keys.lock(b"body", "lab", 400 * DAY, "alone"),
        "keys no longer kept": lambda: house.keys.destroy_before("lab", 10),
        "pauses": house.line.all,
        "audit": lambda: house.audit.write("admin", "read", "Patient"),
        "links": lambda: house.links.following("nobody"),
        "session": lambda: house.users.session("token"),
    }


def test_every_edge_says_unavailable_and_works_again_afterwards(place: Place, server: Postgres) -> None:
    asking = edges(place.house)
    for ask_it in asking.values():
        ask_it()
    place.house.line.pause("lab", "samira", "maintenance")
    place.house.line._read = 0.0
    paused = place.house.line.paused()
    server.stop()
    try:
        for name, ask_it in asking.items():
            with pytest.raises(Unavailable) as told:
                ask_it()
            assert told.value.__suppress_context__ or told.value.__cause__ is None, name
        place.house.line._read = 0.0
        assert place.house.line.paused() == paused == {"lab"}
    finally:
        server.start()
    for ask_it in asking.values():
        ask_it()
    place.house.line.resume("lab")
    assert place.house.audit.verify() is None


def test_a_key_that_could_not_be_destroyed_is_destroyed_with_the_next(place: Place, server: Postgres) -> None:
    keys = place.house.keys
    key_id, locked = keys.lock(b"Khadija", "lab", DAY, alone="t1")
    server.stop()
    try:
        with pytest.raises(Unavailable):
            keys.destroy([key_id])
    finally:
        server.start()
    keys.destroy([])
    assert keys.unlock(key_id, locked) is None


def test_a_server_that_hangs_keeps_waiting_only_those_who_need_it(
    place: Place, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key is made once a channel and day; whoever has one goes on."""
    channel, other = (place.desk.channels[name] for name in ("lab-hl7v2", "radiology-hl7v2"))
    monkeypatch.setattr(place.door, "_timeout", 0.5)

    def message(name: str, number: int) -> Message:
        return Message(f"t{number}", name, "LIS", result(f"K{number}"), "x-application/hl7-v2+er7", now())

    async def send() -> None:
        assert (await place.door.receive(channel, message(channel.name, 1))).accepted
        server.pause()
        try:
            with pytest.raises(Unavailable):
                await place.door.receive(other, message(other.name, 2))
            assert (await place.door.receive(channel, message(channel.name, 3))).accepted
        finally:
            server.resume()
        place.door._timeout = 10
        assert (await place.door.receive(other, message(other.name, 4))).accepted

    asyncio.run(send())


@pytest.mark.parametrize(
    "path", ["/api/transactions", "/api/care-sheets?person=a|b", "/fhir/Patient", "/", "/failures"]
)
def test_over_http_it_is_a_503_that_says_when_to_come_again(
    place: Place, server: Postgres, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    def asked() -> httpx.Response:
        return ask(place.app, "GET", path, auth=(NAME, PASSWORD))

    assert asked().status_code == 200
    server.stop()
    try:
        answer = asked()
    finally:
        server.start()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"].isdigit()
    assert "Traceback" not in answer.text + caplog.text
    assert asked().status_code == 200


def test_a_message_over_http_is_sent_again_and_taken(place: Place, server: Postgres) -> None:
    secret = place.house.clients.add("lis", ["lab-hl7v2"])

    def sent() -> httpx.Response:
        kind = {"Content-Type": "x-application/hl7-v2+er7"}
        return ask(place.app, "POST", "/channels/lab-hl7v2", content=result("H1"), auth=("lis", secret), headers=kind)

    server.stop()
    try:
        refused = sent()
    finally:
        server.start()
    assert (refused.status_code, refused.headers["Retry-After"].isdigit()) == (503, True)
    assert sent().status_code == 200


def test_what_was_noted_in_the_trail_is_written_when_the_database_is_back(
    place: Place, server: Postgres, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    audit = place.house.audit
    before, _ = audit.head()
    monkeypatch.setattr("channels.security.audit.PATIENCE", 0.05)
    server.stop()
    try:
        audit.note("admin", "read", "Patient", detail="meanwhile")
        while "what was noted waits" not in caplog.text:
            threading.Event().wait(0.02)
    finally:
        server.start()
    while audit.head()[0] == before:
        threading.Event().wait(0.02)
    assert audit.entries(limit=1)[0]["detail"] == "meanwhile"


def test_sessions_cut_by_an_administrator_are_opened_again(place: Place, server: Postgres) -> None:
    house = place.house
    house.line.all()
    engine = open_database(server.url)
    with writing(engine) as connection:
        cut = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        connection.execute(text(cut))
    engine.dispose()
    assert house.line.all() == []


def test_writers_while_the_server_dies_again_and_again_lose_nothing_they_were_told_is_kept(
    server: Postgres,
) -> None:
    engine = open_database(server.database("load"))
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE kept (number int PRIMARY KEY)"))
    told: set[int] = set()
    stop = threading.Event()

    def write(first: int) -> None:
        number = first
        while not stop.is_set():
            insert = text("INSERT INTO kept VALUES (:number) ON CONFLICT DO NOTHING").bindparams(number=number)
            try:
                with writing(engine) as connection:
                    connection.execute(insert)
            except Unavailable:
                stop.wait(0.02)
                continue
            told.add(number)
            number += 4

    writers = [threading.Thread(target=write, args=(first,)) for first in range(4)]
    for writer in writers:
        writer.start()
    for turn in range(3):
        before = len(told)
        server.kill() if turn % 2 else server.stop()
        server.start()
        while len(told) < before + 20:
            threading.Event().wait(0.02)
    stop.set()
    for writer in writers:
        writer.join(30)
    with reading(engine) as connection:
        assert told <= set(connection.scalars(text("SELECT number FROM kept")))
    engine.dispose()
