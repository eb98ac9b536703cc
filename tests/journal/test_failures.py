"""What is open, by reason; what is run again; what waits for a registry."""

from __future__ import annotations

from sqlalchemy import Engine

from channels.bus.bus import Record
from channels.journal import failures
from channels.journal.projection import Journal
from channels.journal.search import Query, search
from tests.journal.said import delivered, event, failed, issue, received, step, transaction

FACILITY = "facility|100000001"


def kinds(engine: Engine) -> list[tuple[str, str, int]]:
    return [(group["kind"], group["reason"], group["count"]) for group in failures.groups(engine)]


def refused_rows(number: int, *lines: int) -> list[Record]:
    issues = [{**issue(f"line {line}, quantite", "required"), "line": line, "column": "quantite"} for line in lines]
    return [step(number, "refused", issues=issues, places=[f"line {line}" for line in lines])]


def test_groups_say_how_many_since_when_and_show_one(engine: Engine, journal: Journal) -> None:
    for number in (1, 2, 3):
        journal.project([received(number, refused="1", issues=[issue("PID-3", "required")])])
    journal.project([received(4), step(4, "mediated", events=[event("e4")]), failed(4, "cnss", "e4")])
    first, second = failures.groups(engine)
    assert first == {
        "kind": "refused",
        "channel": "lab",
        "reason": "PID-3: required",
        "count": 3,
        "first": "2024-03-09T16:00:00.001Z",
        "last": "2024-03-09T16:00:00.003Z",
        "sample": transaction(3),
    }
    assert (second["kind"], second["reason"]) == ("failed", "unknown-act")
    assert failures.groups(engine, kind="failed") == [second]
    assert failures.groups(engine, channel="pharmacy") == []


def test_one_message_stands_under_each_of_its_reasons(engine: Engine, journal: Journal) -> None:
    both = [{**issue("line 3, prix", "not-a-number"), "line": 3, "column": "prix"}, issue("line 4", "empty")]
    journal.project([received(1), step(1, "refused", reason="empty row", issues=both, places=["line 3", "line 4"])])
    assert kinds(engine) == [("refused", "empty row", 1), ("refused", "prix: not-a-number", 1)]
    (item,) = failures.members(engine, "refused", "lab", "prix: not-a-number").items
    assert item["places"] == ["line 3"]


def test_the_members_of_a_group_come_oldest_first_in_pages(engine: Engine, journal: Journal) -> None:
    journal.project([received(n, refused="1", issues=[issue("PID-3", "required")]) for n in (5, 1, 4, 2, 3)])
    found, cursor = [], ""
    while True:
        page = failures.members(engine, "refused", "lab", "PID-3: required", cursor=cursor, limit=2)
        found += page.items
        if page.next is None:
            break
        cursor = page.next
    assert [item["id"] for item in found] == [transaction(number) for number in range(1, 6)]
    assert {len(item["places"]) for item in found} == {0}


def test_running_a_bad_row_again_clears_it_and_keeps_its_history(engine: Engine, journal: Journal) -> None:
    good = step(1, "mediated", events=[event("e2", "line 2", "PatientUpdated")])
    journal.project([received(1), good, *refused_rows(1, 3), delivered(1, "smr", "e2")])
    assert kinds(engine) == [("refused", "quantite: required", 1)]
    journal.project([received(2, rerun_of=transaction(1), places=["line 3"])])
    assert kinds(engine) == [("refused", "quantite: required", 1)]
    journal.project([step(2, "mediated", events=[event("e3", "line 3", "PatientUpdated")]), delivered(2, "smr", "e3")])
    assert kinds(engine) == []
    assert [item["status"] for item in search(engine, Query()).items] == ["delivered", "delivered"]


def test_a_rerun_that_fails_again_is_counted_once_under_the_original(engine: Engine, journal: Journal) -> None:
    journal.project([received(1, refused="1", issues=[issue("PID-3", "required")])])
    for number in (2, 3, 4):  # each one a rerun of the one before
        again = received(number, rerun_of=transaction(number - 1), refused="1", issues=[issue("PV1-2", "required")])
        journal.project([again])
    (group,) = failures.groups(engine)
    assert (group["reason"], group["count"], group["sample"]) == ("PV1-2: required", 1, transaction(1))


def test_a_rerun_whose_original_is_forgotten_stands_for_itself(engine: Engine, journal: Journal) -> None:
    journal.project([received(9, rerun_of=transaction(1), refused="1", issues=[issue("PID-3", "required")])])
    assert [group["sample"] for group in failures.groups(engine)] == [transaction(9)]


def parked(number: int, *places: str) -> list[Record]:
    return [received(number), step(number, "parked", reason="waiting", places=list(places), waiting_for=[FACILITY])]


def test_what_a_registry_learned_lets_go_on_what_waited_for_it(engine: Engine, journal: Journal) -> None:
    journal.project([*parked(1, "line 2", "line 5"), *parked(2)])
    assert failures.awaited(engine) == [FACILITY]
    assert failures.waiting(engine, ["facility|999999999"]) == []
    assert failures.waiting(engine, []) == []
    assert failures.waiting(engine, [FACILITY, "facility|999999999"]) == [
        (transaction(1), ["line 2", "line 5"]),
        (transaction(2), []),
    ]


def test_what_is_being_run_again_is_not_run_twice(engine: Engine, journal: Journal) -> None:
    journal.project([*parked(1, "line 2"), received(2, rerun_of=transaction(1), places=["line 2"])])
    assert failures.waiting(engine, [FACILITY]) == []
    journal.project([step(2, "parked", reason="waiting", places=["line 2"], waiting_for=["health-worker|7"])])
    assert failures.waiting(engine, [FACILITY]) == []
    assert failures.waiting(engine, ["health-worker|7"]) == [(transaction(1), ["line 2"])]


def test_released_parts_no_longer_wait(engine: Engine, journal: Journal) -> None:
    journal.project([*parked(1, "line 2")])
    journal.project([step(1, "released", at=2 * 10**15, places=["line 2"])])
    assert failures.waiting(engine, [FACILITY]) == []
    assert failures.awaited(engine) == []
    assert kinds(engine) == []
