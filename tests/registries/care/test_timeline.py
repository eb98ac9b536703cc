"""Active at the time? Whatever was opened, suspended, closed and opened again: asked of a day, not of today."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from registries.care import spells
from registries.facility import Facilities
from registries.registry import Policy, Resolution
from registries.tables import facilities
from tests.registries.care.lists import places
from tests.registries.people import about, organization, patient

FIRST = date(2018, 1, 1)
DAYS = 2000
CASES = 2000
Spell = tuple[int | None, int | None]


def day(number: int) -> str:
    return (FIRST + timedelta(number)).isoformat()


def spell_text(ones: list[Spell]) -> str:
    return " ".join("/".join("" if one is None else day(one) for one in spell) for spell in ones)


def made(chance: random.Random, most: int, open_begin: bool) -> list[Spell]:
    """Spells in their order that do not meet, the first and last perhaps open."""
    edges = sorted(chance.sample(range(DAYS), 2 * chance.randint(0, most)))
    spells: list[Spell] = list(zip(edges[::2], edges[1::2], strict=True))
    if spells and open_begin and chance.random() < 0.3:
        spells[0] = (None, spells[0][1])
    if spells and chance.random() < 0.5:
        spells[-1] = (spells[-1][0], None)
    return spells


def within(ones: list[Spell], number: int) -> bool:
    return any((start is None or start <= number) and (end is None or number <= end) for start, end in ones)


def truth(periods: list[Spell], suspended: list[Spell], first: int, last: int) -> str:
    """Day by day, without any arithmetic of periods: the best that one of the days says."""
    said = set()
    for number in range(first, last + 1):
        if periods and not within(periods, number):
            said.add("closed")
        else:
            said.add("suspended" if within(suspended, number) else "")
    return next(one for one in ("", "suspended", "closed") if one in said)


def moments(chance: random.Random) -> Iterator[tuple[str, int, int]]:
    """A day as a message tells it, to the day, month or year, and the days that it may be."""
    every = [day(number) for number in range(DAYS)]
    while True:
        when = FIRST + timedelta(chance.randrange(400, DAYS - 800))
        size = chance.choice([10, 10, 10, 7, 4])
        text = when.isoformat()[:size]
        days = [n for n, one in enumerate(every) if one.startswith(text)]
        yield text, days[0], days[-1]


def asked(engine: Engine, number: str, when: str, policy: Policy = "flag") -> Resolution:
    event: Any = about(patient(), type="MedicationDispensed", pharmacy=organization(number), dispensed=when)
    return Facilities(engine).resolve([event], [policy])[0]


def test_two_thousand_cases_and_no_wrong_verdict(engine: Engine) -> None:
    chance = random.Random(20_26)
    told = {f"{120_000_000 + n}": (made(chance, 3, True), made(chance, 2, False)) for n in range(CASES // 4)}
    rows = [
        f"{number};Place {number};OFFICINE;;;;{spell_text(periods)};;;;{spell_text(suspended)};;;"
        for number, (periods, suspended) in told.items()
    ]
    assert places(engine, *rows).issues == []
    cases = list(zip([*told] * 4, moments(chance), strict=False))
    events: list[Any] = [
        about(patient(), type="MedicationDispensed", pharmacy=organization(number), dispensed=text)
        for number, (text, _, _) in cases
    ]
    answers = Facilities(engine).resolve(events, ["flag"] * len(events))
    wrong = []
    seen = set[str]()
    for (number, (text, first, last)), answer in zip(cases, answers, strict=True):
        expected = truth(*told[number], first, last)
        seen.add(expected)
        if answer.flags != ([f"facility {expected} at the time"] if expected else []):
            wrong.append((number, text, expected, answer.flags))
    assert len(answers) == CASES
    assert not wrong
    assert seen == {"", "suspended", "closed"}


def test_a_closing_is_known_at_the_next_look(engine: Engine) -> None:
    registry = Facilities(engine)

    def verdict(when: str, policy: Policy = "flag") -> Resolution:
        event: Any = about(patient(), type="MedicationDispensed", pharmacy=organization("120000011"), dispensed=when)
        return registry.resolve([event], [policy])[0]

    places(engine, "120000011;Pharmacie;OFFICINE;;;;2000-01-01/;;;;;;;")
    assert verdict("2025-06-01").flags == []
    places(engine, "120000011;Pharmacie;OFFICINE;;;;2000-01-01/2025-05-31;;;;;;;")
    assert verdict("2025-06-01").flags == ["facility closed at the time"]
    assert verdict("2025-06-01", "require").waiting_for == ["facility|120000011"]
    assert verdict("2025-05-31").flags == [], "a late event of the time before still passes"


def test_who_was_suspended_is_told_apart_from_who_was_closed(engine: Engine) -> None:
    places(engine, "120000011;Pharmacie;OFFICINE;;;;2000-01-01/2022-12-31;;;;2021-01-01/2021-03-31;;;")
    assert asked(engine, "120000011", "2021-02-01").flags == ["facility suspended at the time"]
    assert asked(engine, "120000011", "2021-02-01", "require").waiting_for == ["facility|120000011"]
    assert asked(engine, "120000011", "2021-04-01").flags == []
    assert asked(engine, "120000011", "2023-01-01").flags == ["facility closed at the time"]


def test_a_program_before_suspensions_may_write_beside_this_one(engine: Engine) -> None:
    old = {c.name: "" for c in facilities.columns if c.name not in ("suspended", "resource", "provisional")}
    with engine.begin() as connection:
        connection.execute(facilities.insert().values(**old | {"number": "120000011", "provisional": False}))
    assert asked(engine, "120000011", "2021-02-01").verdict == "found"


_days = st.integers(0, 60)
_spells = st.lists(st.tuples(st.none() | _days, st.none() | _days), max_size=4).map(
    lambda ones: [one for one in ones if None in one or one[0] <= one[1]]  # type: ignore[operator]  # neither is None
)


@given(_spells, _spells, _days)
def test_what_is_left_of_periods_is_what_no_suspension_holds(
    periods: list[Spell], suspended: list[Spell], number: int
) -> None:
    registered, gaps = spells.read_periods(spell_text(periods)), spells.read_periods(spell_text(suspended))
    expected = (not periods or within(periods, number)) and not within(suspended, number)
    assert spells.covers(spells.operating(registered, gaps), day(number)) == expected


@given(_spells, _days)
def test_closing_and_opening_hold_from_their_day(periods: list[Spell], number: int) -> None:
    registered = spells.read_periods(spell_text(periods))
    closed = spells.closed_from(registered, day(number))
    assert not spells.covers(closed, day(number))
    assert not spells.covers(closed, day(number + 100))
    before = [n for n in range(-1, number) if spells.covers(registered or spells.ALWAYS, day(n))]
    assert [n for n in range(-1, number) if spells.covers(closed, day(n))] in (before, [number - 1])
    assert spells.covers(spells.opened_from(closed, day(number)), day(number + 100))
