"""What is asked all the time is found by an index, however much there is: reviews, history, links."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select, text

from registries import tables
from registries.client import history
from registries.client.decision import Decision
from registries.client.happenings import Happenings
from registries.client.history import Line
from registries.client.links import MATCHED
from registries.client.queue import Queue
from registries.database import reading, writing
from registries.sealing import Seal
from tests.registries.people import SECRET, Registry, merged, patient

SEAL = Seal(SECRET)
MANY = 400


@pytest.fixture
def people(engine: Engine) -> list[str]:
    """Of whom each is asked about and linked with the next one, and there is a line in the history of both."""
    registry = Registry(engine)
    persons = [registry.person(ipp="1")]
    unknown = ("origin", "ins", "idcs", "cnss", "cin", "sex", "birth_year", "birth_month", "birth_day")
    with writing(engine) as connection:
        persons += [str(uuid.uuid4()) for _ in range(MANY)]
        rows = [{"id": one, "created": 1, "revision": 0, **dict.fromkeys(unknown, "")} for one in persons[1:]]
        connection.execute(insert(tables.persons), rows)
        pairs = list(pairwise(persons))
        connection.execute(insert(tables.reviews), [_review(one, other) for one, other in pairs])
        number = tables.next_version(connection, "links")
        connection.execute(insert(tables.links), [_link(at, pair, number) for at, pair in enumerate(pairs)])
        history.write(connection, SEAL, [Line(1, "rules", "matched", *pair, 1) for pair in pairs])
        if engine.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))
    return persons


def _review(one: str, other: str) -> dict[str, Any]:
    told = {"id": str(uuid.uuid4()), "person": one, "other": other, "reason": "possible-match", "text": "", "at": 1}
    return told | {"state": "open", "event": "", "transaction": ""}


def _link(at: int, pair: tuple[str, str], number: int) -> dict[str, Any]:
    one, other = sorted(pair)
    told = {"from_person": one, "to_person": other, "kind": MATCHED, "event": "", "at": at * 3_600_000_000}
    return told | {"version": number + at, "rules": 1}


def decision(connection: Any) -> Decision:
    return Decision(connection, SEAL, "naima", "why", 1, 1)


Asked = Callable[[Engine, list[str]], object]


def _settle(engine: Engine, people: list[str]) -> None:
    with writing(engine) as connection:
        decision(connection).settle(people[7], people[9], "accepted")


def _rules(engine: Engine, _: list[str]) -> None:
    with reading(engine) as connection:
        history.of_everybody(connection, SEAL, "rules-proposed", "rules-activated")


def _merge(engine: Engine, _: list[str]) -> None:
    Registry(engine).answer(merged(patient(ipp="2"), patient(ipp="1")))


OF_ONE = {"reviews_open_by_person", "reviews_open_by_other"}


@pytest.mark.parametrize(
    ("ask", "table", "indexes"),
    [
        (_settle, "reviews", OF_ONE),
        (_merge, "reviews", OF_ONE),
        (lambda engine, people: Queue(engine).of_persons(people[5:7]), "reviews", OF_ONE),
        (lambda engine, _: Queue(engine).page(), "reviews", {"reviews_open"}),
        (_rules, "history", {"ix_history_person"}),
        (lambda engine, _: Happenings(engine).at((MANY - 2) * 3_600_000_000), "links", {"ix_links_at"}),
    ],
    ids=["decided", "merged", "of persons", "open", "rules", "since"],
)
def test_it_is_found_by_an_index(engine: Engine, people: list[str], ask: Asked, table: str, indexes: set[str]) -> None:
    said: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *told: said.append((told[2], told[3])))
    ask(engine, people)
    about = [one for one in said if one[0].startswith("SELECT") and f"FROM {table}" in one[0].replace("\n", " ")]
    assert about
    for statement, parameters in about:
        steps = plan(engine, statement, parameters)
        assert any(index in " ".join(steps) for index in indexes), steps


def plan(engine: Engine, statement: str, parameters: Any) -> list[str]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return [one[3] for one in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # what small tables are read by
        return list(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())


def test_a_merge_answers_about_any_two_of_a_big_cluster(engine: Engine, people: list[str]) -> None:
    with reading(engine) as connection:
        assert (
            len(connection.scalars(select(tables.reviews.c.id).where(tables.reviews.c.state == "open")).all()) == MANY
        )
    _merge(engine, people)
    with reading(engine) as connection:
        assert connection.scalars(select(tables.reviews.c.id).where(tables.reviews.c.state == "open")).all() == []
