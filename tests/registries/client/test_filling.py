"""What a search reads in another process is found as what it reads itself, and that process leaves nothing behind."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pytest
from sqlalchemy import Engine

from registries.client import filling, search, terms
from registries.client.filling import Fetch, Part, helper
from registries.client.index import NOTHING, Counted, Index
from registries.client.records import Records
from registries.client.search import Filling, People
from registries.client.wanted import Like
from registries.database import open_database
from schemas.message import Unavailable
from tests.e2e.program import free_port, until
from tests.home import Place
from tests.registries.people import SECRET, SYSTEMS, Registry

Helper = Callable[[], AbstractContextManager[Fetch]]


@pytest.fixture
def processes(home: Place) -> Helper:
    return partial(helper, partial(home.open, "registries"), SECRET)


@pytest.fixture
def known(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Five people, of whom a search reads two itself at a time."""
    monkeypatch.setattr(search, "AT_ONCE", 2)
    monkeypatch.setattr(search, "SOON", 1)
    monkeypatch.setattr(search, "PATIENCE", -1.0)
    registry = Registry(engine)
    for number in range(5):
        registry.person(ipp=str(number), family="ALAMI", given="Rim", birth=f"198{number}-01-02")
    return registry


def all_of(people: People, family: str = "alami") -> list[str] | None:
    try:
        return people.persons([[Like((terms.FAMILY,), family, "same")]], 100)
    except Filling:
        return None


def test_all_are_found_once_another_process_read_them(engine: Engine, known: Registry, processes: Helper) -> None:
    people = People(Records(engine, SECRET), processes)
    assert all_of(people) is None
    assert len(until(lambda: all_of(people), what="the search")) == 5
    assert people.systems_of("4") == [SYSTEMS["ipp"]]
    assert not [one for one in multiprocessing.active_children() if one.name == "patient search"]
    known.person(ipp="9", family="TAZI", given="Omar", birth="1971-05-06")
    assert len(until(lambda: all_of(people, "tazi"), what="who came since")) == 1


def test_a_process_that_ends_is_followed_by_another(engine: Engine, known: Registry, processes: Helper) -> None:
    with processes() as fetch:
        (process,) = [one for one in multiprocessing.active_children() if one.name == "patient search"]
        assert fetch(0, NOTHING).last
        process.kill()
        with pytest.raises(Unavailable, match="ended"):
            fetch(0, NOTHING)
    people = People(Records(engine, SECRET), processes)
    assert len(until(lambda: all_of(people), what="the search")) == 5


def test_who_asked_before_may_read_on_meanwhile(engine: Engine, known: Registry) -> None:
    """Two that read at once give different things the same numbers, unless one of them begins again."""
    records, asked = Records(engine, SECRET), list[int]()

    @contextmanager
    def slow() -> Iterator[Fetch]:
        def fetch(number: int, counted: Counted) -> Part:
            made = filling.part(records, number, counted)
            if not asked:
                people._read(lambda: True)
            asked.append(number)
            return made

        yield fetch

    people = People(records, slow)
    assert len(until(lambda: all_of(people), what="the search")) == 5
    assert asked == [4, 5]  # the first was for nothing


def test_parts_follow_each_other_to_the_last(engine: Engine, known: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "PART", 2)
    number, counted, sizes = 0, NOTHING, []
    while True:
        made = filling.part(Records(engine, SECRET), number, counted)
        sizes.append(made.counted.people - counted.people)
        number, counted = made.number, made.counted
        if made.last:
            break
    assert sizes == [2, 2, 1]


def test_a_part_that_was_made_takes_no_memory(engine: Engine, known: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds follow each other, and the collector comes rarely."""
    made: list[Index] = []

    def index(counted: Counted) -> Index:
        made.append(Index(counted))
        return made[-1]

    monkeypatch.setattr(filling, "Index", index)
    filling.part(Records(engine, SECRET), 0, NOTHING)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[0].ask("SELECT n FROM people")


def test_a_database_that_is_away_is_told_and_asked_again() -> None:
    away = partial(open_database, f"postgresql://wasl@127.0.0.1:{free_port()}/postgres", store="registries")
    with helper(away, SECRET) as fetch:
        for _ in range(2):
            with pytest.raises(Unavailable, match="database"):
                fetch(0, NOTHING)
