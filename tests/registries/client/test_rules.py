"""Who is whom: families, contradictions, and what must be found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from registries.client.keys import PERSONAL
from registries.client.resolve import Clients
from schemas.events import Identifier
from tests.registries.people import SECRET, Registry, about, patient

FATHER = {"cnss": "143270581", "given": "Abdelaali", "birth": "1968-02-11", "sex": "male"}
MOTHER = {"cnss": "143270581", "given": "Naïma", "birth": "1972-07-30", "sex": "female"}


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


FAMILIES: dict[str, tuple[dict[str, str], dict[str, str], bool]] = {
    "the same insured twice": (FATHER, FATHER, True),
    "husband and wife": (FATHER, MOTHER, False),
    "father and son of one name": (FATHER, {**FATHER, "birth": "1999-05-06"}, False),
    "twins, girl and boy": (
        {**FATHER, "given": "Rim", "birth": "2011-04-01", "sex": "female"},
        {**FATHER, "given": "Rami", "birth": "2011-04-01"},
        False,
    ),
    "twins whose names begin alike": (
        {**FATHER, "given": "Mohamed Amine", "birth": "2003-01-19"},
        {**FATHER, "given": "Mohamed Yassine", "birth": "2003-01-19"},
        False,
    ),
    "newborn twins without names": (
        {"cnss": "143270581", "given": "BEBE", "birth": "2024-01-19", "sex": "male"},
        {"cnss": "143270581", "given": "BEBE", "birth": "2024-01-19", "sex": "male"},
        False,
    ),
    "a child under the parent's CIN": (
        {"cin": "AB417205", "birth": "1968-02-11"},
        {"cin": "AB417205", "birth": "2003-01-19"},
        False,
    ),
    "the CIN again, another spelling": (
        {"cin": "AB417205", "birth": "1968-02-11"},
        {"cin": "ab 417205", "birth": "1968-02-11"},
        True,
    ),
    "the number alone": ({"cnss": "143270581"}, {"cnss": "143270581"}, False),
    "the number, no birth date, other names": (
        {"cnss": "143270581", "given": "Rim"},
        {"cnss": "143270581", "given": "Rami"},
        False,
    ),
    "the number, no birth date, one name": (
        {"cnss": "143270581", "given": "Rim", "family": "BENCHRIF"},
        {"cnss": "143270581", "given": "RIM", "family": "Benchrif"},
        True,
    ),
    "incomplete beside complete": ({"cnss": "143270581", "given": "Abdelaali"}, FATHER, False),
    "a CIN without birth date, other names": (
        {"cin": "AB417205", "given": "Naïma"},
        {"cin": "AB417205", "given": "Rim"},
        False,
    ),
    "one file number": ({"ipp": "230037"}, {"ipp": "230037"}, True),
    "one file number, another birth date": (
        {"ipp": "230037", "birth": "1968-02-11"},
        {"ipp": "230037", "birth": "1968-02-12"},
        False,
    ),
    "one file number, a coarser birth date": (
        {"ipp": "230037", "birth": "1968-02-11"},
        {"ipp": "230037", "birth": "1968"},
        True,
    ),
    "one file number, another year": (
        {"ipp": "230037", "birth": "1968-02-11"},
        {"ipp": "230037", "birth": "1969"},
        False,
    ),
    "one file number, another sex": ({"ipp": "230037", "sex": "male"}, {"ipp": "230037", "sex": "female"}, False),
    "one file number, sex unknown": ({"ipp": "230037", "sex": "male"}, {"ipp": "230037", "sex": "unknown"}, True),
    "one file number, another CIN": ({"ipp": "230037", "cin": "AB1"}, {"ipp": "230037", "cin": "AB2"}, False),
    "one file number, a CIN more": ({"ipp": "230037"}, {"ipp": "230037", "cin": "AB2"}, True),
    "one CIN, another INS": (
        {"cin": "AB1", "birth": "1968-02-11", "ins": "N1"},
        {"cin": "AB1", "birth": "1968-02-11", "ins": "N2"},
        False,
    ),
    "one IDCS, another INS": ({"idcs": "2345678906", "ins": "N1"}, {"idcs": "2345678906", "ins": "N2"}, False),
    "one INS, another birth date": ({"ins": "N1", "birth": "1968-02-11"}, {"ins": "N1", "birth": "1986-02-11"}, True),
    "one IDCS, another sex": ({"idcs": "2345678906", "sex": "male"}, {"idcs": "2345678906", "sex": "female"}, True),
    "one INS, another CIN": ({"ins": "N1", "cin": "AB1"}, {"ins": "N1", "cin": "AB2"}, True),
    "a filler": ({"ipp": "000000"}, {"ipp": "000000"}, False),
    "nothing at all": ({}, {}, False),
}  # fmt: skip


@pytest.mark.parametrize("case", FAMILIES)
@pytest.mark.parametrize("turned", [False, True])
def test_relatives_and_namesakes(registry: Registry, case: str, turned: bool) -> None:
    one, other, same = FAMILIES[case]
    first, second = (other, one) if turned else (one, other)
    assert (registry.person(**first) == registry.person(**second)) is same


def test_the_strongest_known_number_decides(registry: Registry) -> None:
    by_cin = registry.person(cin="AB1", birth="1968-02-11")
    by_file = registry.person(ipp="7")
    answer = registry.answer(about(patient(cin="AB1", birth="1968-02-11", ipp="7")))
    assert answer.entry == by_cin
    assert "local number" in answer.review
    assert registry.reviews() == ["claimed-twice"]
    assert registry.person(ipp="7") == by_file


def test_a_new_number_of_a_known_person_is_theirs(registry: Registry) -> None:
    person = registry.person(ipp="7")
    assert registry.person(ipp="7", **FATHER) == person
    assert registry.person(**FATHER) == person


def test_what_was_learned_counts_against_others(registry: Registry) -> None:
    person = registry.person(ipp="7")
    registry.person(ipp="7", birth="1968-02")
    assert registry.person(ipp="7", birth="1968-03-01") != person
    assert registry.person(ipp="7", birth="1968-02-11") == person


def test_who_contradicts_is_found_again_and_by_nobody_else(registry: Registry) -> None:
    holder = registry.person(ipp="7", birth="1968-02-11", sex="male")
    second = registry.person(ipp="7", birth="1990-10-10", sex="male")
    third = registry.person(ipp="7", birth="2001-10-10", sex="female")
    assert len({holder, second, third}) == 3
    assert registry.person(ipp="7", birth="1990-10-10") == second
    assert registry.person(ipp="7", birth="1990-10-10", sex="male", cin="AB9") == second
    assert registry.person(cin="AB9", birth="1990-10-10") == second
    assert registry.person(ipp="7", birth="2001", sex="female") == third
    assert registry.person(ipp="7", birth="1968-02-11") == holder
    assert set(registry.reviews()) == {"another-birth-date"}


def test_a_forbidden_link_does_not_fall_back_on_a_weaker_number(registry: Registry) -> None:
    holder = registry.person(cin="AB1", birth="1968-02-11", ins="N1")
    neighbour = registry.person(ipp="7")
    answer = registry.answer(about(patient(cin="AB1", birth="1968-02-11", ins="N2", ipp="7")))
    assert answer.verdict == "new"
    assert answer.entry not in {holder, neighbour}


def test_an_ins_links_whatever_the_demographics_say_but_is_looked_at(registry: Registry) -> None:
    person = registry.person(ins="N1", birth="1968-02-11", sex="male")
    answer = registry.answer(about(patient(ins="N1", birth="1986-02-11", sex="female")))
    assert answer.entry == person
    assert answer.review
    assert registry.reviews() == ["another-birth-date"]
    assert registry.person(ins="N1", birth="1986-02-11", sex="female") == person
    assert registry.reviews() == ["another-birth-date"]


def test_a_review_holds_no_patient_data(registry: Registry) -> None:
    registry.person(ipp="230037", birth="1968-02-11", cin="AB417205", given="Abdelaali")
    answer = registry.answer(about(patient(ipp="230037", birth="1990-10-10", given="Rim")))
    assert not any(word in answer.review for word in ("230037", "1968", "1990", "AB417205", "Rim"))


def test_a_number_everybody_carries_finds_nobody(registry: Registry) -> None:
    crowd = [about(patient(ipp="ANONYME", birth=f"{1950 + year}-01-02")) for year in range(40)]
    persons = [answer.entry for answer in registry.answers(crowd)]
    assert len(set(persons)) == 40
    assert [answer.entry for answer in registry.answers(crowd)] == persons


def test_require_parks_and_makes_nobody(registry: Registry) -> None:
    event = about(patient(cin="AB1", birth="1968-02-11", ipp="7"))
    answer = registry.answer(event, "require")
    assert answer.verdict == "unknown"
    assert len(answer.waiting_for) == 2
    assert all(waited.startswith("person|") for waited in answer.waiting_for)
    assert "person" not in event
    registry.person(cin="AB1", birth="1968-02-11")
    assert answer.waiting_for[0] in registry.clients.news.keys
    assert registry.answer(event, "require").verdict == "found"


def test_flag_says_that_the_person_was_new(registry: Registry) -> None:
    event = about(patient(ipp="7"))
    assert registry.answer(event, "flag").flags == ["person unknown"]
    assert registry.answer(about(patient(ipp="7")), "flag").flags == []


def test_the_answer_is_written_into_the_event(registry: Registry) -> None:
    event: Any = about(patient(ipp="7"))
    answer = registry.answer(event)
    assert event["person"] == answer.entry
    assert event["fact"]


@pytest.mark.parametrize("home", ["sqlite"], indirect=True)
def test_nobody_s_number_stands_in_the_file(registry: Registry, tmp_path: Path) -> None:
    registry.person(cin="AB417205", cnss="143270581", ipp="230037", given="Abdelaali", birth="1968-02-11", ins="N77123")
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for word in (b"AB417205", b"143270581", b"230037", b"ABDELAALI", b"Abdelaali", b"1968-02-11", b"N77123"):
        assert word not in content


ABROAD = "urn:x:nif"


def registered(clients: Clients, number: Identifier, **told: str) -> str:
    (found,) = clients.resolve([about(patient(number, **told))], ["create"])
    return found.entry


@pytest.mark.parametrize("personal", [True, False])
def test_a_number_of_a_personal_domain_links_whatever_else_is_told(engine: Engine, personal: bool) -> None:
    clients = Clients(engine, SECRET, personal=frozenset({ABROAD}) if personal else frozenset())
    number: Identifier = {"system": ABROAD, "value": "X-77123"}
    one = registered(clients, number, given="Jad", family="Guessous", birth="1980-05-11", cin="AB123456")
    other = registered(clients, number, given="Jaad", family="Guessouss", birth="1981-04-12", cin="CD987654")
    assert (one == other) is personal


def test_only_a_stronger_national_number_speaks_against_a_personal_one(engine: Engine) -> None:
    clients = Clients(engine, SECRET, personal=PERSONAL | {ABROAD})
    number: Identifier = {"system": ABROAD, "value": "X-77123"}
    one = registered(clients, number, given="Jad", ins="I-1")
    assert registered(clients, number, given="Jad", ins="I-2") != one


def test_a_national_number_that_is_not_marked_links_with_the_birth_date_only(engine: Engine) -> None:
    clients = Clients(engine, SECRET, personal=frozenset())
    one = registered(clients, {"system": "urn:id:CHU", "value": "1"}, ins="I-1", birth="1980-05-11")
    assert registered(clients, {"system": "urn:id:CHU", "value": "2"}, ins="I-1", birth="1955-01-02") != one
    assert registered(clients, {"system": "urn:id:CHU", "value": "3"}, ins="I-1", birth="1980-05-11") == one
