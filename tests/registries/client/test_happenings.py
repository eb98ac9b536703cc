"""Whoever follows the registry is told what happened to whom, once, and misses nothing."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import Engine, func, select

from registries.client.happenings import SLACK, Happenings
from registries.client.steward import Steward
from registries.database import writing
from registries.notices import Position
from registries.sealing import Seal
from registries.tables import persons, records
from tests.registries.people import SECRET, Registry, merged, patient

START = Position(0, 0)


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


@pytest.fixture
def happenings(engine: Engine) -> Happenings:
    return Happenings(engine)


def told(happenings: Happenings, position: Position = START) -> list[tuple[str, str, str]]:
    return [(one.kind, one.person, one.other) for one in happenings.since(position).happenings]


def two(registry: Registry) -> tuple[str, str]:
    one = registry.person(ipp="6", family="KADIRI", given="Sara", birth="1980-01-02")
    return one, registry.person(ipp="7", family="TAZI", given="Omar", birth="1991-01-02")


def test_persons_are_made_and_changed(registry: Registry, happenings: Happenings) -> None:
    one, other = two(registry)
    assert told(happenings) == [("made", one, ""), ("made", other, "")]
    after = happenings.now()
    assert happenings.since(after) == ([], after)
    registry.person(ipp="7", family="TAZI", given="Omar Ali", birth="1991-01-02")
    assert told(happenings, after) == [("changed", other, "")]


def test_a_merge_is_told_with_who_was_replaced_and_so_is_its_end(
    registry: Registry, happenings: Happenings, engine: Engine
) -> None:
    one, other = two(registry)
    before = happenings.now()
    registry.answer(merged(patient(ipp="6"), patient(ipp="7")))
    assert ("merged", one, other) in told(happenings, before)
    before = happenings.now()
    Steward(engine, SECRET, Seal(SECRET)).unmerge(one, other, by="salma", why="two people")
    assert ("unmerged", one, other) in told(happenings, before)


def test_a_stewards_link_is_told_and_so_is_its_end(registry: Registry, happenings: Happenings, engine: Engine) -> None:
    one, other = sorted(two(registry))
    steward = Steward(engine, SECRET, Seal(SECRET))
    for act, kind in ((steward.link, "linked"), (steward.unlink, "unlinked")):
        before = happenings.now()
        act(one, other, by="salma", why="papers seen")
        assert (kind, one, other) in told(happenings, before)


def test_pages_leave_nothing_out(registry: Registry, happenings: Happenings) -> None:
    made = [registry.person(ipp=f"{n}", family=f"N{n}", given="X", birth=f"19{n}-01-02") for n in range(40, 60)]
    position, seen = START, []
    while (news := happenings.since(position, 3)).position != position:
        seen += [one.person for one in news.happenings]
        position = news.position
    assert seen == made


def test_a_time_leads_to_all_that_came_after_it(registry: Registry, happenings: Happenings, engine: Engine) -> None:
    made = [registry.person(ipp=f"{n}", family=f"N{n}", given="X", birth=f"19{n}-01-02") for n in range(40, 60)]
    day = 86_400_000_000
    with writing(engine) as connection:  # a day between each two
        for number, person in enumerate(made):
            connection.execute(records.update().where(records.c.person == person).values(at=number * day))
    for first in (0, 1, 7, 19):
        found = happenings.since(happenings.at(first * day + SLACK), 100).happenings
        assert [one.person for one in found] == made[first:]
    assert happenings.since(happenings.at(time.time_ns() // 1000 + day)).happenings == []


def test_who_is_split_today_is_told_to_whoever_begins_today(
    registry: Registry, happenings: Happenings, engine: Engine
) -> None:
    card = {"cin": "BE123456", "birth": "1980-03-04"}
    old = [registry.person(**card, ipp=ipp, given=given) for ipp, given in (("1", "Rim"), ("2", "Hind"))]
    assert old[0] == old[1]
    with writing(engine) as connection:
        record = connection.scalar(select(func.max(records.c.id)))
    registry.person(ipp="8", family="KADIRI", given="Sara", birth="1990-01-02")
    with writing(engine) as connection:  # all of that was long ago
        connection.execute(persons.update().values(created=SLACK))
        connection.execute(records.update().values(at=SLACK))
    begun = happenings.now()
    Steward(engine, SECRET, Seal(SECRET)).split(record, by="salma", why="two people with one card")
    registry.person(ipp="9", family="TAZI", given="Omar", birth="1991-01-02")
    from_today = happenings.at(time.time_ns() // 1000)
    assert from_today.records == begun.records
    kinds = {(kind, person == old[0]) for kind, person, _ in told(happenings, from_today)}
    assert kinds == {("changed", True), ("made", False)}
