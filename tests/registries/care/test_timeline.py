"""Active at the time? Whatever was opened, suspended, closed and opened again: asked of a day, not of today."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from registries.care import spells
from registries.facility import Facilities
from registries.health_worker import ELSEWHERE, HealthWorkers
from registries.health_worker import SYSTEM as INPE
from registries.registry import Policy, Resolution
from registries.tables import facilities
from tests.registries.care.lists import people, places
from tests.registries.people import about, organization, patient

FIRST = date(2018, 1, 1)
DAYS = 2000
CASES = 2000
POLICIES: tuple[Policy, ...] = ("flag", "create", "require")
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


def sale(worker: str, place: str, when: str) -> Any:
    seller = {"identifiers": [{"system": INPE, "value": worker}]}
    return about(patient(), type="MedicationDispensed", pharmacy=organization(place), dispensed=when, dispenser=seller)


def by_whom(engine: Engine, events: list[Any], policy: Policy = "flag") -> list[Resolution]:
    Facilities(engine).resolve(events, ["flag"] * len(events))
    return list(HealthWorkers(engine).resolve(events, [policy] * len(events)))


def test_who_had_no_role_there_then_is_told_from_who_had(engine: Engine) -> None:
    chance = random.Random(20_27)
    shops = [f"{130_000_000 + n}" for n in range(3)]
    places(engine, *(f"{number};Place;OFFICINE;;;;;;;;;;;" for number in shops))
    told = {
        f"{220_000_000 + n}": {shop: made(chance, 2, True) for shop in chance.sample(shops, chance.randint(0, 3))}
        for n in range(200)
    }
    rows = []
    for worker, posts in told.items():
        held = [f"{shop} pharmacien {spell_text(ones)}".strip() for shop, ones in posts.items()]
        rows.append(f"{worker};TAZROUT;Hind;pharmacien;;{','.join(held)};;;;")
    assert people(engine, *rows).issues == []
    cases = [(worker, chance.choice(shops), when) for worker, when in zip([*told] * 3, moments(chance), strict=False)]
    answers = by_whom(engine, [sale(worker, shop, text) for worker, shop, (text, _, _) in cases])
    seen, wrong = [], []
    for (worker, shop, (text, first, last)), answer in zip(cases, answers, strict=True):
        posts = told[worker]
        there = shop in posts and (not posts[shop] or any(within(posts[shop], n) for n in range(first, last + 1)))
        expected = [ELSEWHERE] if posts and not there else []
        seen.append(bool(expected))
        wrong += [] if answer.flags == expected and answer.verdict == "found" else [(worker, shop, text, answer)]
    assert not wrong
    assert 100 < sum(seen) < len(seen) - 100


def test_a_role_is_asked_for_where_somebody_acts_and_the_place_is_known(engine: Engine) -> None:
    places(engine, "130000001;Here;OFFICINE;;;;;;;HERE;;;;", "130000002;There;CHU;;;;;;;;;;;")
    people(engine, "220000001;TAZROUT;Hind;pharmacien;2010-01-01/;130000002 interne 2015-01-01/2016-12-31;;;;")
    here, there = organization("130000001"), organization("130000002")
    who = {"identifiers": [{"system": INPE, "value": "220000001"}]}

    def said(type: str, **more: Any) -> list[str]:
        (answer,) = by_whom(engine, [about(patient(), type=type, **more)])
        return answer.flags

    def prescribed(facility: Any, when: str) -> list[str]:
        return said("MedicationPrescribed", prescriber=who, facility=dict(facility), prescribed=when)

    assert prescribed(here, "2016-01-01") == [ELSEWHERE]
    assert prescribed(there, "2016-01-01") == []
    assert prescribed(there, "2017-01-01") == [ELSEWHERE]
    assert prescribed(here, "2009-01-01") == ["health worker closed at the time"]
    assert said("MedicationDispensed", prescriber=who, pharmacy=dict(here), dispensed="2016-01-01") == []
    assert said("LabReportIssued", interpreters=[who], laboratory=dict(here), issued="2016-01-01") == [ELSEWHERE]
    assert said("LabReportIssued", order={"requesters": [who]}, laboratory=dict(here), issued="2016-01-01") == []
    unknown = organization("139999999")
    assert prescribed(unknown, "2016-01-01") == []


def test_no_role_there_parks_only_where_the_channel_requires_it(engine: Engine) -> None:
    places(engine, "130000001;Here;OFFICINE;;;;;;;;;;;", "130000002;There;CHU;;;;;;;;;;;")
    people(engine, "220000001;TAZROUT;Hind;pharmacien;;130000002 interne 2015-01-01/;;;;")
    for policy in POLICIES:
        (answer,) = by_whom(engine, [sale("220000001", "130000001", "2016-01-01")], policy)
        assert (answer.verdict, answer.flags) == ("found", [ELSEWHERE])
        assert answer.waiting_for == (["health-worker|220000001"] if policy == "require" else [])
    report = people(engine, "220000001;TAZROUT;Hind;pharmacien;;130000001 pharmacien 2016-01-01/;;;;")
    assert "health-worker|220000001" in report.learned, "so what was parked goes on"
    (answer,) = by_whom(engine, [sale("220000001", "130000001", "2016-01-01")], "require")
    assert (answer.flags, answer.waiting_for) == ([], [])


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
    assert [n for n in range(-1, number) if spells.covers(closed, day(n))] == before
    opened = spells.opened_from(closed, day(number))
    assert spells.covers(opened, day(number + 100))
    assert spells.NEVER not in opened


@pytest.mark.parametrize(
    ("end", "held", "after"),
    [("2015", "2015-06-01", "2016-01-01"), ("2015-02", "2015-02-28", "2015-03-01"), ("2015", "2015-12", "2016")],
)
def test_an_end_that_is_a_year_or_month_holds_all_of_it(end: str, held: str, after: str) -> None:
    assert spells.covers([("", end)], held)
    assert not spells.covers([("", end)], after)
