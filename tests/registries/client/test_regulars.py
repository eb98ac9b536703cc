"""Persons who come again are recognised without the database, and a stale copy never decides."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select

from registries.client.records import Records
from registries.client.regulars import REIGN, Regulars
from registries.database import open_database, reading
from registries.tables import TABLES, keys, persons, reviews
from tests.registries.people import SECRET, Registry, about, merged, patient


class Remembered:
    """A cache that keeps every value it was ever given. `stale` chooses what it answers: how many values ago."""

    def __init__(self) -> None:
        self.values: dict[str, list[bytes]] = {}
        self.down = False

    def stale(self, values: Sequence[bytes]) -> bytes | None:
        return values[-1]

    def read(self, kind: str, names: Sequence[str]) -> list[bytes | None]:
        return [None if self.down else self._answer(name) for name in names]

    def _answer(self, name: str) -> bytes | None:
        values = self.values.get(name, [])
        return values[-1] if values and name == REIGN else self.stale(values) if values else None

    def write(self, kind: str, entries: Mapping[str, bytes], seconds: int) -> bool:
        for name, value in entries.items() if not self.down else ():
            self.values.setdefault(name, []).append(value)
        return not self.down

    def forget(self, kind: str, names: Sequence[str]) -> None:
        for name in names:
            self.values.pop(name, None)


class Drawn(Remembered):
    """Answers with any copy it ever had, or with none, by chance; now and then it loses everything.

    The chance is not drawn as the test goes: ids are random, so how often it is asked is not the same twice.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._luck = random.Random(seed)

    def stale(self, values: Sequence[bytes]) -> bytes | None:
        return self._luck.choice([*values, values[-1], values[-1], None])

    def read(self, kind: str, names: Sequence[str]) -> list[bytes | None]:
        if self._luck.randrange(20) == 19:
            self.values.clear()
        return super().read(kind, names)


def registry(engine: Engine, cache: Remembered) -> Registry:
    made = Registry(engine)
    made.clients.regulars = Regulars(cache, engine)
    return made


@contextmanager
def asked(engine: Engine) -> Iterator[list[str]]:
    """What the database was asked meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def warm(engine: Engine) -> tuple[Registry, Remembered, str]:
    """A registry that knows somebody by two numbers, and has a cache that it believes."""
    cache = Remembered()
    here = registry(engine, cache)
    here.person(ipp="1")
    person = here.person(ipp="7", cin="AB1", birth="1968-02-11", sex="male")
    return here, cache, person


def test_who_comes_again_costs_the_database_nothing(engine: Engine) -> None:
    here, cache, person = warm(engine)
    other = registry(engine, cache)
    other.person(ipp="2")
    for clients in (here, other):
        cache.values[REIGN] = cache.values[REIGN][-1:]
        clients.person(ipp="7", cin="AB1", birth="1968-02-11", sex="male")
        clients.person(ipp="7", birth="1968-02")
        with asked(engine) as statements:
            assert clients.person(ipp="7", cin="AB1", birth="1968-02-11", sex="male") == person
            assert clients.person(ipp="7", birth="1968-02") == person
            assert clients.clients.news.keys == ()
        assert statements == []


@pytest.mark.parametrize(
    "told",
    [
        {"ipp": "7", "cin": "AB1", "birth": "1968-02-11", "cnss": "143270581", "given": "Rim"},
        {"ipp": "7", "birth": "1968-02-12"},
        {"ipp": "7", "sex": "female"},
        {"ipp": "8", "cin": "AB1", "birth": "1968-02-11"},
        {"ipp": "7", "ins": "N1"},
        {},
    ],
)
def test_whoever_tells_something_new_or_something_else_is_asked_of_the_database(
    engine: Engine, told: dict[str, str]
) -> None:
    here, _, _ = warm(engine)
    with asked(engine) as statements:
        here.person(**told)
    assert statements


def test_what_a_source_says_otherwise_is_kept_though_the_person_is_known(engine: Engine) -> None:
    here, cache, person = warm(engine)
    kept = Records(engine, SECRET)
    for place, name in enumerate(("Tazi", "Fassi", "Tazi", "Tazi", "Fassi")):
        cache.down = place == 1
        assert here.person(ipp="7", cin="AB1", birth="1968-02-11", sex="male", family=name, given="Ali") == person
        assert [one.patient["names"][0]["family"] for one in kept.of_persons([person])] == [name]


def test_a_merge_is_never_answered_from_memory(engine: Engine) -> None:
    here, _, person = warm(engine)
    told = merged(patient(ipp="1"), patient(ipp="7", birth="1968-02-11"))
    assert here.answer(told).entry == person
    assert told["prior_person"] == here.person(ipp="1")


def test_an_event_read_again_is_still_new_from_memory(engine: Engine) -> None:
    here, _, _ = warm(engine)
    said = about(patient(ipp="9"))
    assert here.answers([said], "flag")[0].flags == ["person unknown"]
    with asked(engine) as statements:
        again = here.answers([said], "flag")[0]
    assert (again.verdict, again.flags, statements) == ("new", ["person unknown"], [])


def test_a_database_that_was_restored_is_believed_and_the_memory_of_its_future_is_not(
    tmp_path: Path,
) -> None:
    cache, persons_then = Remembered(), []
    for name in ("lost", "restored"):
        engine = open_database(f"sqlite:///{tmp_path}/{name}.db", TABLES)
        here = registry(engine, cache)
        for _ in range(3):
            found = here.person(ipp="7", birth="1968-02-11")
        persons_then.append(found)
        with reading(engine) as connection:
            assert found in connection.scalars(select(persons.c.id)).all()
        engine.dispose()
    assert persons_then[0] != persons_then[1]


def test_nothing_is_believed_before_the_memory_heard_of_the_new_connection(engine: Engine) -> None:
    here, cache, person = warm(engine)
    engine.dispose()  # the next question opens a connection anew
    here.person(ipp="3")
    cache.down = True
    with asked(engine) as statements:
        assert here.person(ipp="7") == person
    cache.down = False
    assert statements
    reigns = len(cache.values[REIGN])
    with asked(engine) as statements:
        assert here.person(ipp="7") == person
    assert statements
    assert len(cache.values[REIGN]) == reigns + 1


def state(engine: Engine, known: Mapping[str, int]) -> list[Any]:
    """All that the registry holds, with persons by the order in which they were met."""
    with reading(engine) as connection:
        owners = [(row.key, row.turn, known[row.person]) for row in connection.execute(select(keys))]
        people = [(known[row.id], row.origin, *row[4:]) for row in connection.execute(select(persons))]
        doubts = [
            (known[row.person], known.get(row.other), row.reason, row.event)
            for row in connection.execute(select(reviews))
        ]
    return [sorted(owners), sorted(people), sorted(doubts, key=str)]


# Few numbers and few contradictions, so that most are met again.
WHO = st.fixed_dictionaries(
    {
        "ipp": st.sampled_from(["7", "7", "8", ""]),
        "cin": st.sampled_from(["", "", "AB1", "AB2"]),
        "ins": st.sampled_from(["", "", "", "N1"]),
        "birth": st.sampled_from(["", "1968", "1968-02-11", "1968-02-11", "1990-10-10"]),
        "sex": st.sampled_from(["", "male", "male", "female"]),
    }
)
# Who they are, and in what order they come: who, whether the event is one read again, to which worker.
CROWD = st.tuples(
    st.lists(WHO | WHO | WHO | st.tuples(WHO, WHO), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 40), st.integers(0, 1)), min_size=8, max_size=25),
)


@settings(max_examples=80, deadline=None)
@given(CROWD, st.integers(0, 2**32))
def test_any_stale_copies_decide_as_the_database_alone_would(crowd: Any, luck: int) -> None:
    people, comings = crowd
    with tempfile.TemporaryDirectory() as folder:
        plain = open_database(f"sqlite:///{folder}/plain.db", TABLES, durable=False)
        cached = open_database(f"sqlite:///{folder}/cached.db", TABLES, durable=False)
        cache, alone = Drawn(luck), Registry(plain)
        workers = [registry(cached, cache), registry(cached, cache)]
        known: tuple[dict[str, int], dict[str, int]] = ({}, {})
        for who, again, which in comings:
            told, said = people[who % len(people)], []
            for place, clients in enumerate((alone, workers[which])):
                one = (
                    merged(patient(**told[0]), patient(**told[1]), f"event-{again}m")
                    if isinstance(told, tuple)
                    else about(patient(**told), f"event-{again}")
                )
                answer = clients.answers([one], "require" if again % 3 == 0 else "flag")[0]
                met = [
                    known[place].setdefault(one[name], len(known[place]))
                    for name in ("person", "prior_person")
                    if one.get(name)
                ]
                said.append((answer.verdict, answer.flags, answer.review, sorted(answer.waiting_for), met))
            assert said[0] == said[1]
        assert state(plain, known[0]) == state(cached, known[1])
        plain.dispose()
        cached.dispose()
