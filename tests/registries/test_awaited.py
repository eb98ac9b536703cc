"""What messages are parked for is asked again: later and later, by one process, and nobody reads the number."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from registries.awaited import DAY, LONGEST, MINUTE, SOON, Awaited, Wanted
from registries.database import reading
from registries.national_tables import awaited
from schemas.events import Identifier
from tests.clock import Clock

SECRET = b"a secret of these tests"
NUMBER: Identifier = {"system": "urn:id:CHU", "value": "KHADIJA-77"}
UNKNOWN = Wanted(NUMBER, ("person|1", "person|2"), silent=False)


@pytest.fixture
def waits(engine: Engine, clock: Clock) -> Awaited:
    return Awaited(engine, SECRET, "client", 300.0, clock)


def due(waits: Awaited, clock: Clock, after: float) -> list[tuple[str, ...]]:
    clock.now += after
    return [one.entries for one in waits.take(10)]


def test_whom_nobody_knows_is_asked_for_again_and_each_time_later(waits: Awaited, clock: Clock) -> None:
    waits.keep([UNKNOWN, UNKNOWN])
    assert due(waits, clock, 299) == []
    assert due(waits, clock, 1) == [UNKNOWN.entries]
    assert due(waits, clock, 599) == []
    assert due(waits, clock, 1) == [UNKNOWN.entries]
    for _ in range(12):
        due(waits, clock, DAY)
    assert due(waits, clock, DAY - 1) == []
    assert due(waits, clock, 1) == [UNKNOWN.entries]


def test_a_silent_registry_is_asked_again_soon_and_at_least_once_a_minute(waits: Awaited, clock: Clock) -> None:
    silent = waits.silence(NUMBER)
    waits.keep([silent, UNKNOWN])
    assert due(waits, clock, SOON) == [silent.entries]
    for _ in range(4):
        due(waits, clock, MINUTE)
    assert silent.entries in due(waits, clock, MINUTE)


def test_it_ends(waits: Awaited, clock: Clock) -> None:
    waits.keep([UNKNOWN])
    assert due(waits, clock, LONGEST + 1) == []
    waits.keep([UNKNOWN])
    assert due(waits, clock, 300) == [UNKNOWN.entries]
    waits.forget([UNKNOWN])
    assert due(waits, clock, DAY) == []


def test_of_two_processes_one_asks_and_registries_ask_for_their_own(
    engine: Engine, waits: Awaited, clock: Clock
) -> None:
    waits.keep([UNKNOWN])
    clock.now += 300
    other = Awaited(engine, SECRET, "facility", 300.0, clock)
    assert other.take(10) == []
    assert len(waits.take(10)) == 1
    assert Awaited(engine, SECRET, "client", 300.0, clock).take(10) == []


def test_no_number_is_read_in_the_database(engine: Engine, waits: Awaited) -> None:
    waits.keep([UNKNOWN, waits.silence(NUMBER)])
    with reading(engine) as connection:
        kept = repr(connection.execute(select(awaited)).all())
    assert kept
    assert "KHADIJA" not in kept + repr(waits.silence(NUMBER).entries)
