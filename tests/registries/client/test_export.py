"""Whatever stewards do can be taken back, to the byte, and joins nobody whom they keep apart."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Engine, select

from registries.client.decision import Declined
from registries.client.export import lines
from registries.client.linking import Match, match
from registries.client.links import APART, Links
from registries.client.records import Records
from registries.client.steward import Steward
from registries.database import open_database, reading, writing
from registries.sealing import Seal
from registries.tables import TABLES, links, next_version, records
from tests.registries.people import SECRET, Registry

SEAL = Seal(SECRET)
WHO = ("naima", "as it seems today")
CARD = {"cin": "BE123456", "birth": "1980-03-04"}


class Town:
    """A few people, some of whom share a card, with a record for each number."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.steward = Steward(engine, SECRET, SEAL)
        registry = Registry(engine)
        self.persons: list[str] = []
        self.records: list[int] = []
        for number in range(1, 9):
            told = {"ipp": str(number), "given": f"Given{number % 3}", "family": "Family"}
            told |= CARD if number < 4 else {}
            told |= {"ins": "N5"} if number in (5, 6) else {}
            person = registry.person(**told)
            self.persons = list(dict.fromkeys((*self.persons, person)))

        self.records = [one.id for one in Records(engine, SECRET, SEAL).of_persons(self.persons)]

    def exported(self) -> bytes:
        return b"".join(lines(self.engine, SEAL))

    def in_force(self) -> list[Any]:
        with reading(self.engine) as connection:
            return list(connection.execute(select(links).where(links.c.ended.is_(None))))

    def match(self, one: str, other: str, score: float) -> None:
        """As the rules link: never across what a steward keeps apart."""
        first, second = sorted((one, other))
        seen = Links(self.engine)
        theirs = seen.following(other)
        if one != other and not any(seen.kept_apart(person) & theirs for person in seen.following(one)):
            with writing(self.engine) as connection:
                number = next_version(connection, "links")
                match(connection, [Match(first, second, "", "", score, 1)], 1, number)


@pytest.fixture
def town(engine: Engine) -> Town:
    return Town(engine)


def test_merge_then_unmerge_is_as_before_to_the_byte(town: Town) -> None:
    one, other, third, *_ = town.persons
    town.steward.link(other, third, *WHO)
    before = town.exported()
    town.steward.merge(one, other, *WHO)
    assert town.exported() != before
    town.steward.unmerge(one, other, *WHO)
    assert town.exported() == before


def test_an_export_holds_everybody_with_everything_believed_and_said(town: Town) -> None:
    one, other, *_ = town.persons
    town.steward.merge(other, one, *WHO)
    told = [orjson.loads(line) for line in town.exported().splitlines()]
    assert {line["identity"] for line in told if "created" in line} == set(town.persons)
    assert [(line["from"], line["to"]) for line in told if "link" in line] == [(other, one)]
    golden = next(line for line in told if "golden" in line and one in line["golden"])
    assert golden["golden"] == sorted((one, other))
    assert {"1", "4"} <= {number["value"] for number in golden["patient"]["identifiers"]}
    assert sorted(line["record"] for line in told if "record" in line) == town.records


def test_a_split_taken_back_is_as_before_to_the_byte(town: Town) -> None:
    before = town.exported()
    town.steward.undo(town.steward.split(town.records[1], *WHO), *WHO)
    assert town.exported() == before


_PERSON = st.integers(0, 9)
_ACTIONS = ("link", "unlink", "apart", "together", "merge", "unmerge")


class Stewards(RuleBasedStateMachine):
    """Any decisions in any order, with the rules linking in between."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        engine = open_database(f"sqlite:///{Path(self.folder.name)}/registries.db", TABLES, durable=False)
        self.town = Town(engine)
        self.entries: list[int] = []
        self.back: list[tuple[int, bytes]] = []

    def teardown(self) -> None:
        if hasattr(self, "town"):
            self.town.engine.dispose()
            self.folder.cleanup()

    def _person(self, number: int) -> str:
        with reading(self.town.engine) as connection:
            made = set(connection.scalars(select(records.c.person))) - set(self.town.persons)
        known = [*self.town.persons, *sorted(made)]
        return str(known[number % len(known)])

    def _do(self, act: Callable[[], int]) -> None:
        before = self.town.exported()
        try:
            entry = act()
        except Declined:
            assert self.town.exported() == before
            return
        if entry:
            self.entries.append(entry)
            self.back.append((entry, before))
        else:
            assert self.town.exported() == before

    @rule(
        action=st.sampled_from(["link", "unlink", "apart", "together", "merge", "unmerge"]), one=_PERSON, other=_PERSON
    )
    def decide(self, action: str, one: int, other: int) -> None:
        act = getattr(self.town.steward, action)
        self._do(lambda: act(self._person(one), self._person(other), *WHO))

    @rule(record=st.integers(0, 7))
    def split(self, record: int) -> None:
        self._do(lambda: self.town.steward.split(self.town.records[record], *WHO))

    @rule(one=_PERSON, record=st.integers(0, 8), field=st.sampled_from(["names", "birth_date"]))
    def choose(self, one: int, record: int, field: str) -> None:
        chosen = [None, *self.town.records][record]
        self._do(lambda: self.town.steward.choose(self._person(one), field, *WHO, record=chosen))

    @rule(one=_PERSON, other=_PERSON, score=st.integers(1, 20))
    def match(self, one: int, other: int, score: int) -> None:
        self.town.match(self._person(one), self._person(other), score)
        self.back.clear()

    @rule(which=st.integers(0, 30))
    def undo_any(self, which: int) -> None:
        if self.entries:
            self._do(lambda: self.town.steward.undo(self.entries[which % len(self.entries)], *WHO))

    @rule()
    def undo_the_last(self) -> None:
        if self.back:
            entry, before = self.back.pop()
            self.entries.append(self.town.steward.undo(entry, *WHO))
            assert self.town.exported() == before

    @invariant()
    def everybody_follows_the_links_in_force_and_nobody_kept_apart_is_one(self) -> None:
        if not hasattr(self, "town"):
            return
        followed = Links(self.town.engine)
        in_force = self.town.in_force()
        for link in in_force:
            one, other = followed.following(link.from_person), followed.following(link.to_person)
            assert (one == other) == (link.kind != APART)
            assert all(followed.following(person) == one for person in one)


TestStewards = Stewards.TestCase
TestStewards.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
