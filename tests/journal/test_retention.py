"""What is old is forgotten, whole."""

from __future__ import annotations

from sqlalchemy import Engine, func, select

from channels.journal.projection import Journal
from channels.journal.retention import AT_ONCE, prune
from channels.journal.search import Query, search
from channels.journal.tables import metadata
from tests.journal.said import START, delivered, event, failed, received, step, transaction


def left(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        tables = metadata.sorted_tables
        counted = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in tables}
    return {name: number for name, number in counted.items() if number}


def test_nothing_of_an_old_message_is_left(engine: Engine, journal: Journal) -> None:
    journal.project(
        [
            received(1),
            step(1, "mediated", events=[event("e1")], subjects=["d1", "d2"]),
            step(1, "parked", places=["OBR 2"], waiting_for=["facility|100000001"], reason="waiting", subjects=["d3"]),
            delivered(1, "smr", "e1"),
            failed(1, "cnss", "e1"),
        ]
    )
    prune(engine, START + 10**9)
    assert left(engine) == {}


def test_younger_messages_stay(engine: Engine, journal: Journal) -> None:
    for number in (1, 2, 3):
        journal.project([received(number), step(number, "mediated", events=[event("e1")], subjects=["d1"])])
    prune(engine, START + 3000)
    assert [item["id"] for item in search(engine, Query(subject="d1")).items] == [transaction(3)]


def test_a_message_stays_as_long_as_its_last_rerun(engine: Engine, journal: Journal) -> None:
    journal.project([received(1), received(2), received(9, rerun_of=transaction(1))])
    prune(engine, START + 9000)
    assert [item["control_id"] for item in search(engine, Query()).items] == ["C9", "C1"]
    prune(engine, START + 9001)
    assert search(engine, Query()).items == []


def test_more_than_fits_one_step(engine: Engine, journal: Journal) -> None:
    journal.project([received(number) for number in range(AT_ONCE + 3)])
    prune(engine, START + 10**9)
    assert left(engine) == {}
