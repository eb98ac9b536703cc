"""Whoever follows the registry in pages is told of no more persons at once than asked, and of everything once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event

from registries.client.happenings import Happenings
from registries.client.pages import Page, Place, page
from registries.client.steward import Steward
from registries.notices import Position
from registries.sealing import Seal
from tests.registries.people import SECRET, Registry, about, merged, patient

# Kind and person
Told = Counter[tuple[str, str]]


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


def pages(engine: Engine, most: int, place: Place | None = None) -> Iterator[Page]:
    found = page(engine, place or Place(), most)
    yield found
    while found.more:
        found = page(engine, found.place, most)
        assert found.happenings, "a page of nothing, and more to come"
        yield found


def told(*found: Page) -> Told:
    return Counter((one.kind, one.person) for page in found for one in page.happenings)


def everything(engine: Engine) -> Told:
    found = Happenings(engine).since(Position(0, 0)).happenings
    return Counter((one.kind, person) for one in found for person in (one.person, one.other) if person)


def at_once(registry: Registry, count: int) -> list[str]:
    """Identities that one commit made; every two of them are one human being, whom the rules join in one commit."""
    births = [f"19{40 + number}-0{1 + number % 9}-1{number % 9}" for number in range(count)]
    events = [
        about(patient({"system": f"urn:id:{ward}", "value": birth}, family="KADIRI", given="Rimane", birth=birth))
        for birth in births
        for ward in ("A", "B")
    ]
    return [answer.entry for answer in registry.answers(events)]


@pytest.mark.parametrize("most", [1, 2, 3, 5, 12, 200])
def test_a_page_ends_within_a_change_and_all_pages_tell_everything_once(
    registry: Registry, engine: Engine, most: int
) -> None:
    at_once(registry, 7)
    one, other = (registry.person(ipp=ipp, family=f"N{ipp}", given="X", birth="1990-01-02") for ipp in ("6", "7"))
    registry.answer(merged(patient(ipp="6"), patient(ipp="7")))
    Steward(engine, SECRET, Seal(SECRET)).unmerge(one, other, by="salma", why="two people")
    found = list(pages(engine, most))
    assert max(len({one.person for one in page.happenings}) for page in found) <= most
    assert told(*found) == everything(engine)
    kinds = {kind for kind, _ in everything(engine)}
    assert kinds == {"made", "linked", "unmerged"}
    assert page(engine, found[-1].place, most) == ([], found[-1].place, False)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_who_changes_between_two_pages_is_told_once_more_and_nobody_is_missed(
    registry: Registry, engine: Engine, most: int
) -> None:
    persons = at_once(registry, 4)
    first = page(engine, Place(), most)
    registry.answer(about(patient({"system": "urn:id:A", "value": "1940-01-10"}, family="KADIRI", given="Rima Sara")))
    rest = list(pages(engine, most, first.place))
    assert {one.person for page in (first, *rest) for one in page.happenings} == set(persons)
    once = told(first, *rest)
    assert once["changed", persons[0]] == 1
    assert all(once["made", one] == 1 for one in persons[1:])


def test_a_page_of_nobody_says_whether_somebody_follows(registry: Registry, engine: Engine) -> None:
    assert page(engine, Place(), 0) == ([], Place(), False)
    at_once(registry, 1)
    assert page(engine, Place(), 0) == ([], Place(), True)


def test_whoever_stopped_at_the_end_of_a_change_reads_on_there(registry: Registry, engine: Engine) -> None:
    at_once(registry, 2)
    before = Happenings(engine).now()
    who = registry.person(ipp="7", family="TAZI", given="Omar", birth="1991-01-02")
    assert told(page(engine, Place(*before), 3)) == {("made", who): 1}


def test_a_page_costs_two_statements(registry: Registry, engine: Engine) -> None:
    at_once(registry, 3)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _one, _two, statement, *_: asked.append(statement))
    page(engine, Place(), 3)
    assert len([one for one in asked if not one.startswith("BEGIN")]) == 2
