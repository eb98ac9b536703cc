"""What the journal says of a message, whatever way its records came."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from channels.bus.bus import Record
from channels.journal import failures
from channels.journal.projection import Journal
from channels.journal.story import story
from channels.journal.tables import deliveries, minutes, steps, subjects, transactions
from registries.database import among
from tests.journal.said import START, delivered, event, failed, issue, opened, received, step, transaction


def row(engine: Engine, number: int) -> Any:
    with engine.connect() as connection:
        return connection.execute(select(transactions).where(transactions.c.id == transaction(number))).one()


def count(engine: Engine, table: Any) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_a_message_walks_from_received_to_delivered(engine: Engine, journal: Journal) -> None:
    walk = [
        ("received", received(1)),
        ("mediated", step(1, "mediated", events=[event("e1")])),
        ("mediated", delivered(1, "smr", "e1")),
        ("delivered", delivered(1, "cnss", "e1")),
    ]
    for status, record in walk:
        journal.project([record])
        assert row(engine, 1).status == status
    assert row(engine, 1).settled is not None
    assert row(engine, 1).mediated == START + 1010


def test_the_body_can_be_found_again(engine: Engine, journal: Journal) -> None:
    journal.project([received(7)])
    found = row(engine, 7)
    assert (found.topic, found.offset, found.key) == ("wasl.received.lab", 7, "feed")
    assert (found.control_id, found.size, found.peer, found.reply) == ("C7", 812, "10.0.0.7", "AA")


def test_nobody_wants_the_event_so_nothing_is_waited_for(engine: Engine, journal: Journal) -> None:
    journal.project([received(1), step(1, "mediated", events=[event("e1", kind="EncounterRecorded")])])
    assert row(engine, 1).status == "delivered"


def test_refused_at_the_door(engine: Engine, journal: Journal) -> None:
    journal.project([received(1, refused="1", reply="AE", issues=[issue("PID-3", "required")])])
    found = row(engine, 1)
    assert (found.status, found.trouble, found.reason) == ("refused", "refused", "PID-3: required")


def test_refused_by_mediation(engine: Engine, journal: Journal) -> None:
    journal.project([received(1), step(1, "refused", reason="MSH-9: unsupported", issues=[issue("MSH-9", "x")])])
    assert (row(engine, 1).status, row(engine, 1).reason) == ("refused", "MSH-9: unsupported")


def test_bad_rows_beside_good_ones_make_it_partial_once_the_good_ones_landed(engine: Engine, journal: Journal) -> None:
    bad = {**issue("line 3, quantite", "not-a-number"), "line": 3, "column": "quantite"}
    journal.project(
        [
            received(1),
            step(1, "mediated", events=[event("e2", "line 2", "PatientUpdated")]),
            step(1, "refused", reason="several", issues=[bad], places=["line 3"]),
        ]
    )
    assert (row(engine, 1).status, row(engine, 1).trouble) == ("mediated", "refused")
    journal.project([delivered(1, "smr", "e2")])
    assert (row(engine, 1).status, row(engine, 1).reason) == ("partial", "quantite: not-a-number")


def test_a_consumer_that_refuses_while_the_other_lands(engine: Engine, journal: Journal) -> None:
    journal.project([received(1), step(1, "mediated", events=[event("e1")])])
    journal.project([failed(1, "cnss", "e1", reason="unknown-act")])
    assert (row(engine, 1).status, row(engine, 1).trouble) == ("mediated", "failed")
    journal.project([delivered(1, "smr", "e1")])
    assert (row(engine, 1).status, row(engine, 1).reason) == ("partial", "unknown-act")


def test_every_consumer_refuses(engine: Engine, journal: Journal) -> None:
    journal.project(
        [received(1), step(1, "mediated", events=[event("e1")]), failed(1, "cnss", "e1"), failed(1, "smr", "e1")]
    )
    assert row(engine, 1).status == "failed"


def test_a_duplicate_names_the_first(engine: Engine, journal: Journal) -> None:
    journal.project([received(1), received(2), step(2, "duplicate", first=transaction(1))])
    assert (row(engine, 2).status, row(engine, 2).first) == ("duplicate", transaction(1))


def test_a_step_may_come_before_its_message(engine: Engine, journal: Journal) -> None:
    journal.project([step(1, "mediated", events=[event("e1")])])
    assert (row(engine, 1).status, row(engine, 1).channel, row(engine, 1).offset) == ("mediated", "lab", None)
    journal.project([delivered(1, "smr", "e1"), delivered(1, "cnss", "e1"), received(1)])
    assert (row(engine, 1).status, row(engine, 1).control_id) == ("delivered", "C1")


def test_records_met_twice_count_once(engine: Engine, journal: Journal) -> None:
    records = [received(1), step(1, "mediated", events=[event("e1")], subjects=["d1"]), delivered(1, "smr", "e1")]
    for _ in range(3):
        journal.project(records)
        journal.project(records + records)
    assert row(engine, 1).status == "mediated"  # cnss has said nothing yet
    assert [count(engine, table) for table in (steps, subjects, deliveries)] == [2, 1, 1]
    with engine.connect() as connection:
        assert connection.scalar(select(func.sum(minutes.c.received))) == 1


def test_an_event_delivered_again_is_not_mistaken_for_another_consumer(engine: Engine, journal: Journal) -> None:
    journal.project([received(1), step(1, "mediated", events=[event("e1")])])
    journal.project([delivered(1, "smr", "e1", at=START + 5000)])
    journal.project([delivered(1, "smr", "e1", at=START + 6000)])
    assert row(engine, 1).status == "mediated"
    journal.project([delivered(1, "cnss", "e1")])
    assert row(engine, 1).status == "delivered"


def test_the_last_word_of_a_consumer_counts_even_when_it_comes_first(engine: Engine, journal: Journal) -> None:
    journal.project([received(1), step(1, "mediated", events=[event("e1", kind="PatientUpdated")])])
    journal.project([delivered(1, "smr", "e1", at=START + 9000)])
    journal.project([failed(1, "smr", "e1", at=START + 8000)])
    assert (row(engine, 1).status, row(engine, 1).trouble) == ("delivered", None)


def test_a_consumer_that_was_taken_away_is_not_waited_for(engine: Engine, journal: Journal) -> None:
    journal.project([received(1), step(1, "mediated", events=[event("e1")])])
    later = Journal(engine, {"smr": frozenset({"LabReportIssued"})})
    later.project([delivered(1, "smr", "e1", at=START + 1), delivered(1, "smr", "e1", at=START + 2)])
    assert row(engine, 1).status == "delivered"


def test_a_foreign_step_is_a_refusal_of_its_own(engine: Engine, journal: Journal) -> None:
    foreign = Record("wasl.steps", "k", b"not ours", offset=5)
    journal.project([foreign, Record("wasl.received.lab", "k", b""), received(1)])
    journal.project([foreign])
    assert count(engine, transactions) == 2
    (group,) = failures.groups(engine)
    assert (group["kind"], group["channel"], group["reason"]) == ("refused", "steps", "foreign bytes on the bus")
    told = story(engine, group["sample"])
    assert told is not None
    assert {one["text"] for one in told["steps"]} == {"wasl.steps at 5"}


def test_a_file_of_many_rows_is_followed_to_its_end(engine: Engine, journal: Journal) -> None:
    names = [f"e{number}" for number in range(600)]
    rows = [event(name, f"line {n + 2}", "PatientUpdated") for n, name in enumerate(names)]
    journal.project([received(1), step(1, "mediated", events=rows)])
    journal.project([failed(1, "smr", *names[:10])])
    assert row(engine, 1).trouble == "failed"
    for start in range(10, 600, 59):
        assert row(engine, 1).status == "mediated"
        journal.project([delivered(1, "smr", *names[start : start + 59])])
    assert row(engine, 1).status == "partial"


# Everything that may be told of three messages and two reruns, received in this order on one feed.
RECEIVED = [
    received(1),
    received(2),
    received(3, refused="1", issues=[issue("PID-3", "required")]),
    received(4, rerun_of=transaction(1), places=["OBR 2"]),
    received(5, rerun_of=transaction(3)),
]
TOLD = [
    step(1, "mediated", at=START + 10, events=[event("e1", "OBR 1")]),
    step(1, "parked", at=START + 10, places=["OBR 2"], waiting_for=["facility|100000001"], reason="waiting"),
    delivered(1, "smr", "e1", at=START + 20),
    delivered(1, "cnss", "e1", at=START + 21),
    step(2, "duplicate", at=START + 12, first=transaction(1)),
    step(4, "mediated", at=START + 30, events=[event("e4", "OBR 2")]),
    delivered(4, "smr", "e4", at=START + 40),
    failed(4, "cnss", "e4", at=START + 41),
    step(5, "mediated", at=START + 50, events=[event("e5", "OBR 1", "PatientUpdated")]),
    failed(5, "smr", "e5", at=START + 60),
    delivered(5, "smr", "e5", at=START + 61),
]


def standing(batches: Sequence[Sequence[Record]]) -> Any:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as (engine, journal):
        for batch in batches:
            journal.project(batch)
        names = ("id", "status", "trouble", "reason", "mediated", "root", "reruns", "first")
        with engine.connect() as connection:
            rows = connection.execute(select(*(transactions.c[name] for name in names)).order_by("id")).all()
        return rows, failures.groups(engine), failures.awaited(engine)


IN_ORDER = standing([[*RECEIVED, *TOLD]])


def test_the_story_in_order() -> None:
    rows, groups, awaited = IN_ORDER
    assert [one.status for one in rows] == ["partial", "duplicate", "delivered", "partial", "delivered"]
    assert [(group["kind"], group["reason"], group["count"]) for group in groups] == [("failed", "unknown-act", 1)]
    assert awaited == []


@settings(max_examples=40, deadline=None)
@given(
    st.permutations(TOLD), st.lists(st.integers(0, 11), min_size=5, max_size=5), st.sets(st.integers(0, 15)), st.data()
)
def test_it_ends_the_same_in_any_order(
    told: Sequence[Record], positions: list[int], cuts: set[int], data: st.DataObject
) -> None:
    records = list(told)
    for number, record in enumerate(RECEIVED):  # one topic, one feed: they keep their order
        records.insert(sorted(positions)[number] + number, record)
    again = data.draw(st.lists(st.sampled_from(records), max_size=4))
    records += [record for record in again if record not in RECEIVED[3:]]
    edges = [0, *sorted(cuts), len(records)]
    assert standing([records[start:end] for start, end in pairwise(edges)]) == IN_ORDER


def test_any_number_of_ids_in_one_statement(engine: Engine, journal: Journal) -> None:
    journal.project([received(1)])
    ids = [transaction(number) for number in range(1, 40_000)]
    with engine.connect() as connection:
        found = connection.execute(select(transactions.c.id).where(among(connection, transactions.c.id, ids)))
        assert found.scalars().all() == [transaction(1)]
