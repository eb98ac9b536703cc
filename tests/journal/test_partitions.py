"""Months of the journal on PostgreSQL: made as they come, dropped whole, and nothing that belongs together parted."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from channels.bus.bus import Record
from channels.journal.partitions import KEYS, Months, after, began, month_of, months
from channels.journal.projection import Journal
from channels.journal.retention import prune
from channels.journal.search import Query, search
from channels.journal.story import story
from channels.journal.tables import transactions
from tests.home import Place
from tests.journal.said import EXPECTS, delivered, event, failed, received, step
from tests.journal.test_retention import left

on_postgresql = pytest.mark.parametrize("home", ["postgresql"], indirect=True)

MAY, JUNE, JULY = (began(month) for month in ("202105", "202106", "202107"))
DAY = 86_400_000_000


def v7(at: int, number: int) -> str:
    digits = f"{at // 1000:012x}7000800000{number:010x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def told(number: int, at: int, name: str, **headers: str) -> list[Record]:
    """A message that was received, mediated and delivered to one of two consumers."""
    own = v7(at, number)
    return [
        received(number, at=at, transaction=own, **headers),
        step(number, "mediated", at=at, transaction=own, events=[event(name)], subjects=[f"d{number}"]),
        delivered(number, "smr", name, at=at, transaction=own),
        failed_at(number, own, at, name),
    ]


def failed_at(number: int, own: str, at: int, name: str) -> Record:
    return step(number, "failed", at=at, transaction=own, by="cnss", reason="unknown-act", events=[event(name)])


def month(engine: Engine, number: int) -> str:
    """Which partition the message's row stands in."""
    query = select(text("tableoid::regclass::text")).where(transactions.c.control_id == f"C{number}")
    with engine.connect() as connection:
        return str(connection.scalar(query.select_from(transactions))).removeprefix("transactions_")


def listed(engine: Engine) -> list[str]:
    return [item["control_id"] for item in search(engine, Query()).items]


@on_postgresql
def test_each_message_stands_in_its_month_with_all_that_is_known_of_it(engine: Engine, journal: Journal) -> None:
    journal.project([*told(1, JUNE - 1000, "e1"), *told(2, JUNE, "e2"), *told(3, JULY - 1000, "e3")])
    assert [month(engine, number) for number in (1, 2, 3)] == ["202105", "202106", "202106"]
    with engine.connect() as connection:
        for table in set(KEYS) - {"parts", "waiting"}:
            assert connection.scalar(text(f"SELECT count(*) FROM {table}_202105")), table
    assert listed(engine) == ["C3", "C2", "C1"]


@on_postgresql
def test_this_month_and_the_next_are_there_before_they_come(engine: Engine, journal: Journal) -> None:
    journal.project([received(1)])
    this = f"{datetime.now(UTC):%Y%m}"
    assert {this, after(this)} <= set(months(engine))
    assert month(engine, 1) == "default"  # its id is no UUIDv7


@on_postgresql
def test_a_month_that_is_over_is_dropped_whole(engine: Engine, journal: Journal) -> None:
    journal.project([*told(1, MAY + DAY, "e1"), *told(2, JUNE + DAY, "e2")])
    prune(engine, JUNE - 1)
    assert listed(engine) == ["C2", "C1"]
    prune(engine, JUNE)
    assert listed(engine) == ["C2"]
    assert not {"202105"} & set(months(engine))
    prune(engine, JULY)
    assert left(engine) == {}


@on_postgresql
def test_a_message_outlives_its_month_with_its_rerun(engine: Engine, journal: Journal) -> None:
    first = v7(MAY + DAY, 1)
    journal.project([*told(1, MAY + DAY, "e1"), *told(2, MAY + DAY, "e2")])
    journal.project(told(3, JUNE + DAY, "e1", rerun_of=first))
    prune(engine, JUNE)
    assert listed(engine) == ["C3", "C1"]
    assert month(engine, 1) == "default"
    kept = story(engine, first)
    assert kept is not None
    assert [len(kept[part]) for part in ("steps", "events", "reruns")] == [3, 1, 1]
    assert len(search(engine, Query(subject="d1")).items) == 1
    journal.project([delivered(3, "cnss", "e1", at=JUNE + 2 * DAY, transaction=v7(JUNE + DAY, 3))])
    assert [item["status"] for item in search(engine, Query()).items] == ["delivered", "delivered"]
    prune(engine, JULY)
    assert left(engine) == {}


@on_postgresql
def test_what_is_told_of_a_dropped_month_is_kept_until_the_next_prune(engine: Engine, journal: Journal) -> None:
    journal.project(told(1, MAY + DAY, "e1"))
    prune(engine, JUNE)
    journal.project([failed_at(1, v7(MAY + DAY, 1), MAY + 2 * DAY, "e1")])
    assert len(listed(engine)) == 1
    prune(engine, JUNE)
    assert left(engine) == {}


@on_postgresql
def test_a_month_cut_off_half_way_is_dropped_when_asked_again(engine: Engine, journal: Journal) -> None:
    journal.project(told(1, MAY + DAY, "e1"))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE steps_202105"))
    prune(engine, JUNE)
    assert left(engine) == {}


@on_postgresql
def test_an_id_from_the_future_moves_to_its_month_once_that_begins(engine: Engine, journal: Journal) -> None:
    soon = began("209901") + DAY
    journal.project(told(1, soon, "e1"))
    assert month(engine, 1) == "default"
    Months().make(engine, [], datetime(2099, 1, 1, tzinfo=UTC))
    assert month(engine, 1) == "209901"
    journal.project([delivered(1, "cnss", "e1", at=soon + 1000, transaction=v7(soon, 1))])
    assert [item["status"] for item in search(engine, Query()).items] == ["delivered"]
    prune(engine, began("209904"))


@on_postgresql
def test_two_writers_that_meet_a_new_month_make_it_once(home: Place) -> None:
    writers = [Journal(home.open("journal"), EXPECTS) for _ in range(4)]
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            for at in range(5):
                writers[number].project(told(number * 10 + at, MAY + at * DAY, f"e{number}-{at}"))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert len(listed(home.open("journal"))) == 20
    prune(home.open("journal"), JUNE)


@given(at=st.datetimes(datetime(2000, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)))
def test_an_id_begins_with_its_month(at: datetime) -> None:
    assert month_of(v7(round(at.timestamp() * 1e6) // 1000 * 1000, 1)) == f"{at:%Y%m}"


@pytest.mark.parametrize("name", ["", "x" * 36, "0188c5a0-0000-4000-8000-000000000000", "zzzzzzzz-zzzz-7000-8000-0"])
def test_what_is_no_uuid_of_time_has_no_month(name: str) -> None:
    assert month_of(name) == ""


@on_postgresql
def test_a_record_the_database_can_not_keep_is_said_and_the_others_go_on(
    engine: Engine, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    journal.project([received(1), received(2, size=str(2**40)), received(3), failed(3, "cnss", "e1")])
    assert listed(engine) == ["C3", "C1"]
    assert "wasl.received.lab 2 can't be kept" in caplog.text


@on_postgresql
def test_a_nul_in_a_message_is_kept_as_another_sign(engine: Engine, journal: Journal) -> None:
    journal.project([received(1, control_id="A\0B"), received(2, control_id="x" * 10_000)])
    assert [item["control_id"] for item in search(engine, Query(control_id="A\0B")).items] == ["A\ufffdB"]
    assert len(search(engine, Query(control_id="x" * 10_000)).items) == 1
