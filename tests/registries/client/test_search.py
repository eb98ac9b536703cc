"""Whom demographics find: what sources say, in memory, and fresh whenever somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from registries.client import search, terms
from registries.client.records import Records
from registries.client.search import Filling, People, TooMany
from registries.client.terms import days
from registries.client.wanted import Alternative, Being, Born, Like, Prefix, Those, Way
from schemas.events import Patient
from schemas.queries import Criteria
from tests.e2e.program import until
from tests.registries.people import SECRET, SYSTEMS, Registry, about, patient

FAMILY, GIVEN = (terms.FAMILY,), (terms.GIVEN,)


@dataclass(frozen=True)
class Said:
    id: int
    number: int
    person: str
    patient: Patient


class Told:
    """What sources say, changed at will."""

    def __init__(self, *patients: Any) -> None:
        self.said: list[Said] = []
        for one in patients:
            self.say(one)

    def say(self, patient: Any, id: int = 0, person: str = "") -> None:
        id, number = id or len(self.said) + 1, max((one.number for one in self.said), default=0) + 1
        self.said = [one for one in self.said if one.id != id]
        self.said.append(Said(id, number, person or f"p{id}", patient))

    def since(self, number: int, most: int = 1000) -> Sequence[Said]:
        return [one for one in self.said if one.number > number][:most]


def found(people: People, *criteria: Alternative) -> list[str]:
    return sorted(people.persons([[one] for one in criteria], 100))


def named(family: str, *given: str, **more: Any) -> dict[str, Any]:
    return {"names": [{"family": family, "given": list(given)}], **more}


@pytest.mark.parametrize(
    ("text", "way", "persons"),
    [
        ("benali", "begins", ["p1", "p2"]),
        ("BEN Â", "begins", ["p1", "p2"]),
        ("ben ali", "same", ["p1", "p2"]),
        ("ali", "begins", []),
        ("ali", "contains", ["p1", "p2"]),
        ("Ben Âli", "exact", ["p2"]),
        ("BEN ALI", "exact", ["p1"]),
        ("Ben ali", "exact", []),
        ("بن", "begins", ["p3"]),
        ("علي", "contains", ["p3"]),
        ("BENALI", "exact", []),
        ("--", "begins", []),
        ("%", "contains", []),
    ],
)
def test_names_are_found_whatever_their_case_and_accents(text: str, way: Way, persons: list[str]) -> None:
    people = People(Told(named("BEN ALI"), named("Ben Âli"), named("بن علي")))
    assert found(people, Like(FAMILY, text, way)) == persons


def test_each_given_name_is_found_and_all_of_them() -> None:
    people = People(Told(named("ALAMI", "Fatima", "Zahra")))
    for text in ("fat", "zahra", "fatima-zahra"):
        assert found(people, Like(GIVEN, text, "begins")) == ["p1"]


@pytest.mark.parametrize(
    ("prefix", "asked", "persons"),
    [
        ("eq", "1984", ["day", "month", "year"]),
        ("eq", "1984-02", ["day", "month"]),
        ("eq", "1984-02-29", ["day"]),
        ("eq", "1984-02-28", []),
        ("ne", "1984", ["later"]),
        ("gt", "1984-02", ["later", "year"]),
        ("lt", "1984-02-29", ["month", "year"]),
        ("ge", "1984-02-29", ["day", "later", "year"]),
        ("le", "1984", ["day", "month", "year"]),
        ("sa", "1984", ["later"]),
        ("eb", "1985", ["day", "month", "year"]),
        ("eb", "1984-02-29", []),
        ("ap", "1983-06", ["day", "month", "year"]),
    ],
)
def test_birth_dates_are_spans_of_days(prefix: Prefix, asked: str, persons: list[str]) -> None:
    told = Told()
    births = {"day": "1984-02-29", "month": "1984-02", "year": "1984", "later": "1990-05-01", "none": None}
    for id, (person, birth) in enumerate(births.items(), 1):
        told.say({"birth_date": birth}, id, person)
    span = days(asked)
    assert span
    assert found(People(told), Born(prefix, *span)) == persons


@given(st.dates(), st.sampled_from([4, 7, 10]))
def test_a_day_lies_in_each_date_that_means_it(day: Any, length: int) -> None:
    whole, within = days(day.isoformat()), days(day.isoformat()[:length])
    assert whole
    assert within
    assert within[0] <= whole[0] == whole[1] <= within[1]


@pytest.mark.parametrize("text", ["", "84", "1984-13", "1984-00", "1984-02-32", "0000", "1984-2"])
def test_what_is_no_date_means_no_day(text: str) -> None:
    assert days(text) is None


def test_one_source_must_say_all_that_is_asked() -> None:
    told = Told(named("ALAMI", "Rim"), named("TAZI", "Hind"))
    told.say(named("ALAMI", "Hind"), 3, "p1")
    people = People(told)
    assert found(people, Like(FAMILY, "ala", "begins"), Like(GIVEN, "rim", "begins")) == ["p1"]
    assert found(people, Like(FAMILY, "tazi", "begins"), Like(GIVEN, "rim", "begins")) == []
    assert people.persons([[Like(GIVEN, "rim", "begins"), Like(FAMILY, "tazi", "begins")]], 9) == ["p1", "p2"]


def test_sex_use_phone_place_and_mother_are_found() -> None:
    who = named("ALAMI", sex="female", telecoms=[{"system": "phone", "value": "+212 6 11-22-33-44"}])
    who |= {"addresses": [{"city": "Salé", "lines": ["12, rue des Orangers"], "postal_code": "11000"}]}
    who |= {"mother_name": {"family": "TAZI", "given": ["Aïcha"]}}
    people = People(Told(who, named("ALAMI", active=False, telecoms=[{"system": "email", "value": "a.b@x.example"}])))
    phone = terms.reached("phone", "0611223344")
    for asked in (
        Being("sex", "female"),
        Being("active", "true"),
        Like((phone.kind,), phone.text, "same"),
        Like((terms.CITY,), "sale", "begins"),
        Like((terms.LINE,), "orangers", "contains"),
        Like((terms.MOTHER,), "aicha t", "begins"),
    ):
        assert found(people, asked) == ["p1"]
    mail = terms.reached("", "A.B@x.example")
    assert found(people, Like((mail.kind,), mail.text, "same")) == ["p2"]
    assert found(people, Like(FAMILY, "alami", "same"), Those(("p2", "p9"))) == ["p2"]


def test_what_a_source_no_longer_says_finds_nobody() -> None:
    told = Told(named("ALAMI", "Rim", birth_date="1984"), named("ALAMI", "Hind"))
    people = People(told)
    assert found(people, Like(FAMILY, "alami", "same")) == ["p1", "p2"]
    told.say(named("TAZI", "Rim"), 1, "p7")
    assert found(people, Like(FAMILY, "alami", "same")) == ["p2"]
    assert found(people, Like(FAMILY, "tazi", "same")) == found(people, Like(GIVEN, "rim", "same")) == ["p7"]
    assert found(people, Born("eq", 19840101, 19841231)) == []


def test_what_is_asked_of_everybody_is_refused() -> None:
    people = People(Told(*(named(f"ALAMI {number}") for number in range(12))))
    assert len(people.persons([[Like(FAMILY, "alami", "begins")]], 12)) == 12
    with pytest.raises(TooMany):
        people.persons([[Like(FAMILY, "alami", "begins")]], 11)
    assert len(people(Criteria(family="ALAMI*"), 5)) == 5


def test_until_all_is_read_nobody_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an answer would look like a whole one."""
    monkeypatch.setattr(search, "PATIENCE", -1.0)
    told = Told(*(named("ALAMI") for _ in range(search.AT_ONCE + 5)))
    people = People(told)
    with pytest.raises(Filling, match="ask again"):
        found(people, Like(FAMILY, "alami", "same"))
    monkeypatch.undo()
    assert len(until(lambda: _answered(people))) == search.AT_ONCE + 5


def _answered(people: People) -> list[str] | None:
    try:
        return people.persons([[Like(FAMILY, "alami", "same")]], 2000)
    except Filling:
        return None


@pytest.mark.parametrize(
    ("wanted", "persons"),
    [
        (Criteria(family="ala*", given="RIM"), 1),
        (Criteria(family="ala"), 0),
        (Criteria(system=SYSTEMS["ipp"], number="7"), 1),
        (Criteria(system=SYSTEMS["cin"], number="7"), 0),
        (Criteria(number="7"), 1),
        (Criteria(system=SYSTEMS["ipp"]), 2),
        (Criteria(system="urn:x:else"), 0),
        (Criteria(birth="1984-01"), 1),
        (Criteria(birth="soon"), 0),
        (Criteria(sex="male"), 1),
    ],
)
def test_queries_of_hl7_v2_are_answered_from_the_registry(engine: Engine, wanted: Criteria, persons: int) -> None:
    registry = Registry(engine)
    registry.person(ipp="7", family="ALAMI", given="Rim", birth="1984-01-02", sex="female")
    registry.person(ipp="8", family="TAZI", given="Driss", birth="1990-01-02", sex="male")
    assert len(People(Records(engine, SECRET))(wanted, 10)) == persons


def test_whoever_was_just_registered_or_corrected_is_found(engine: Engine) -> None:
    registry, people = Registry(engine), People(Records(engine, SECRET))
    assert found(people, Like(FAMILY, "alami", "same")) == []
    person = registry.person(ipp="7", family="ALAMI", given="Rim", birth="1984-01-02")
    assert found(people, Like(FAMILY, "alami", "same")) == [person]
    corrected = patient(ipp="7", family="ALAOUI", given="Rim", birth="1984-01-02")
    registry.answer(about(corrected, version=2))
    assert found(people, Like(FAMILY, "alaoui", "same")) == [person]
    assert found(people, Like(FAMILY, "alami", "same")) == []
    assert people.systems_of("7") == [SYSTEMS["ipp"]]
