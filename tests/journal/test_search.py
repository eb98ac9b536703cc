"""Transactions are found, newest first, and never by reading all of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from channels.journal.projection import Journal
from channels.journal.search import LIMIT, BadCursor, Query, cursor_of, opened, search
from channels.security.digests import Digests
from tests.journal.said import START, failed, issue, received, step, transaction
from tests.journal.said import event as said

CNSS = "https://hie.sante.gov.ma/id/cnss"
digests = Digests(b"a secret of this installation")
SUBJECTS = [digests.of(CNSS, "123456789"), digests.of("", "123456789")]


@pytest.fixture
def filled(engine: Engine, journal: Journal) -> Engine:
    journal.project([received(number) for number in range(1, 8)])
    journal.project(
        [
            received(8, channel="pharmacy", sender="OFFICINE", type="text/csv", control_id="F-8"),
            received(9, refused="1", issues=[issue("PID-3", "required")]),
            step(3, "mediated", events=[said("e3")], subjects=SUBJECTS),
            failed(3, "cnss", "e3", reason="unknown act"),
            failed(3, "smr", "e3", reason="unknown act"),
            step(4, "mediated", events=[said("e4", kind="EncounterRecorded")]),
        ]
    )
    return engine


def numbers(engine: Engine, query: Query, **rest: Any) -> list[str]:
    return [item["control_id"] for item in search(engine, query, **rest).items]


def test_all_newest_first(filled: Engine) -> None:
    assert numbers(filled, Query()) == ["C9", "F-8", "C7", "C6", "C5", "C4", "C3", "C2", "C1"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(channel="pharmacy"), ["F-8"]),
        (Query(sender="OFFICINE"), ["F-8"]),
        (Query(type="text/csv"), ["F-8"]),
        (Query(control_id="C2"), ["C2"]),
        (Query(status="refused"), ["C9"]),
        (Query(status="failed"), ["C3"]),
        (Query(status="delivered"), ["C4"]),
        (Query(reason="PID-3"), ["C9"]),
        (Query(reason="Unknown"), ["C3"]),
        (Query(reason="%"), []),
        (Query(since=START + 3000, until=START + 5000), ["C4", "C3"]),
        (Query(subject=digests.asked(f"{CNSS}|123456789")), ["C3"]),
        (Query(subject=digests.asked("123456789")), ["C3"]),
        (Query(subject=digests.asked("987654321")), []),
        (Query(subject=digests.asked("123456789"), status="delivered"), []),
    ],
)
def test_by(filled: Engine, query: Query, found: list[str]) -> None:
    assert numbers(filled, query) == found


def test_what_a_list_shows(filled: Engine) -> None:
    (item,) = search(filled, Query(control_id="C2")).items
    assert {key: item[key] for key in ("id", "channel", "sender", "control_id", "type", "received", "status")} == {
        "id": transaction(2),
        "channel": "lab",
        "sender": "LIS|RABAT",
        "control_id": "C2",
        "type": "ORU^R01",
        "received": "2024-03-09T16:00:00.002Z",
        "status": "received",
    }


@pytest.mark.parametrize("limit", [1, 2, 4, 8, 9, 10])
def test_pages_neither_lose_nor_repeat(filled: Engine, limit: int) -> None:
    found, cursor = [], ""
    while True:
        page = search(filled, Query(), cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        found += [item["control_id"] for item in page.items]
        if page.next is None:
            break
        cursor = page.next
    assert found == numbers(filled, Query())


def test_new_messages_do_not_move_the_page(filled: Engine, journal: Journal) -> None:
    page = search(filled, Query(), limit=3)
    journal.project([received(20)])
    assert numbers(filled, Query(), cursor=page.next, limit=2) == ["C6", "C5"]


def test_a_page_has_its_bounds(engine: Engine, journal: Journal) -> None:
    journal.project([received(number) for number in range(LIMIT + 5)])
    assert len(search(engine, Query(), limit=10**9).items) == LIMIT
    assert len(search(engine, Query(), limit=-1).items) == 1


@pytest.mark.parametrize("text", ["x", "é", "a b", "====", cursor_of(2**70, "t"), cursor_of(-1, "t"), "MTI"])
def test_a_foreign_cursor_is_told_from_ours(engine: Engine, text: str) -> None:
    with pytest.raises(BadCursor, match="start again"):
        search(engine, Query(), cursor=text)


@given(st.integers(0, 2**62), st.uuids().map(str))
def test_a_cursor_opens_to_what_it_was_made_of(at: int, name: str) -> None:
    assert opened(cursor_of(at, name)) == (at, name)


@pytest.mark.parametrize(
    "query",
    [
        Query(),
        Query(channel="lab"),
        Query(status="failed"),
        Query(status="mediated", channel="lab"),
        Query(control_id="C1"),
        Query(sender="LIS|RABAT"),
        Query(type="ORU^R01"),
        Query(since=START),
        Query(reason="required"),
        Query(subject="digest"),
    ],
)
def test_every_search_uses_an_index(filled: Engine, query: Query) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(filled, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    search(filled, query, cursor=cursor_of(START + 9000, transaction(9)))
    statement, parameters = asked[-1]
    steps = plan(filled, statement, parameters)
    assert not [line for line in steps if (line.startswith("SCAN") and "INDEX" not in line) or "Seq Scan" in line], (
        steps
    )
    sorts = [line for line in steps if line == "USE TEMP B-TREE FOR ORDER BY" or line.startswith("Sort  (")]
    assert not sorts or query.subject, steps


def plan(engine: Engine, statement: str, parameters: Any) -> list[str]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return [one[3] for one in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        for way in ("seqscan", "bitmapscan", "sort"):  # what small tables are read by
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        told = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars()
        return [line.strip().removeprefix("->").strip() for line in told]
