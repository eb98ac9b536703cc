"""`Patient/$match` (IHE ITI-119): who may be meant, how likely, and nobody registered by asking."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from channels.gateway.match import GRADE, asked
from channels.gateway.search import Problem
from registries.client.versions import Versions
from registries.database import reading
from registries.sealing import Seal
from registries.tables import TABLES
from schemas.domains import Domains
from tests.gateway.clients import CIN, IDCS, WARD, Reader
from tests.home import Place, every_store, home
from tests.registries.people import SECRET, patient

__all__ = ["every_store", "home"]

RIM = {"family": "Belhouari", "given": "Rimane", "birth": "1984-02-29", "sex": "female"}


@pytest.fixture
def reader(home: Place) -> Reader:
    return Reader(home)


def resource(**told: str) -> dict[str, Any]:
    """A Patient in FHIR."""
    made: dict[str, Any] = {"resourceType": "Patient"}
    if told.get("family"):
        made["name"] = [{"family": told["family"], "given": [told["given"]]}]
    systems = {"ipp": WARD, "idcs": IDCS, "cin": CIN}
    if numbers := [{"system": system, "value": told[name]} for name, system in systems.items() if told.get(name)]:
        made["identifier"] = numbers
    return made | {name: told[said] for name, said in (("birthDate", "birth"), ("gender", "sex")) if told.get(said)}


def parameters(patient: Any, **more: Any) -> dict[str, Any]:
    flags = [{"name": name, "valueInteger" if name == "count" else "valueBoolean": one} for name, one in more.items()]
    return {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient}, *flags]}


def matched(reader: Reader, body: Any) -> list[tuple[str, str, float]]:
    """Each entry's id, grade and score."""
    bundle = reader.told("POST", "Patient/$match", json=body)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "searchset")
    entries = bundle.get("entry", [])
    assert bundle["total"] == len(entries)
    found = []
    for entry in entries:
        (grade,) = entry["search"]["extension"]
        assert (entry["search"]["mode"], grade["url"]) == ("match", GRADE)
        found.append((entry["resource"]["id"], grade["valueCode"], entry["search"]["score"]))
    assert all(0 <= score <= 1 for *_, score in found)
    assert [score for *_, score in found] == sorted((score for *_, score in found), reverse=True)
    return found


def test_the_same_patient_is_certain_and_others_are_not_told(reader: Reader) -> None:
    rim = reader.register(patient(ipp="7", **RIM))
    reader.register(patient(ipp="8", family="Ouazzani", given="Driss", birth="1991-07-30", sex="male"))
    for body in (resource(ipp="7", **RIM), parameters(resource(ipp="7", **RIM), onlyCertainMatches=True)):
        ((id, grade, score),) = matched(reader, body)
        assert (id, grade) == (rim, "certain")
        assert score > 0.9
    assert reader.audited == [("match", f"Patient/{rim}")] * 2


def test_who_is_only_likely_is_not_certain(reader: Reader) -> None:
    rim = reader.register(patient(ipp="7", **RIM))
    alike = resource(**{**RIM, "birth": "1984"})
    ((id, grade, _),) = matched(reader, alike)
    assert (id, grade) == (rim, "probable")
    assert matched(reader, parameters(alike, onlyCertainMatches=True)) == []


def test_nobody_is_no_error(reader: Reader) -> None:
    bundle = reader.told("POST", "Patient/$match", json=resource(ipp="7", **RIM))
    assert (bundle["total"], "entry" in bundle) == (0, False)
    assert reader.audited == [("match", "Patient")]


def test_linked_records_are_one_entry(reader: Reader) -> None:
    reader.register(patient(ipp="6", **RIM))
    rim = reader.register(patient(ipp="7", **RIM))
    reader.merge(patient(ipp="6"), patient(ipp="7"))
    assert [id for id, *_ in matched(reader, resource(**RIM))] == [rim]


def test_of_two_who_cannot_be_told_apart_neither_is_certain(reader: Reader) -> None:
    """Both have the same number and name, as a steward left them."""
    persons = {reader.register(patient(ipp=ipp, **RIM)) for ipp in ("7", "8")}
    body = resource(**RIM)
    assert {id for id, *_ in matched(reader, body)} == persons
    assert matched(reader, parameters(body, onlyCertainMatches=True)) == []
    assert matched(reader, parameters(body, onlySingleMatch=True)) == []
    assert len(matched(reader, parameters(body, count=1))) == 1


DRISS = {"family": "Ouazzani", "given": "Driss", "birth": "1991-07-30", "sex": "male"}


@pytest.mark.parametrize(
    "told",
    [
        {"idcs": "7986120439"},
        {"idcs": "7986120439", **DRISS},
        {"idcs": "7986120439", "ipp": "99", "birth": "1991-07-30"},
        {"ipp": "7"},
        {"ipp": "7", "family": "Ouazzani", "given": "Driss"},
        {"ipp": "7", "cin": "AB1234", "family": "Ouazzani", "given": "Driss", "birth": "1984-02-29"},
        {"ipp": "7", **DRISS},
        {"ipp": "7", "birth": "1984-03-01"},
        {"ipp": "7", "idcs": "1111111110"},
        {"cin": "AB1234"},
        {"cin": "AB1234", "birth": "1984-02-29"},
        {"ipp": "98"},
    ],
)
def test_whom_registration_would_take_by_a_number_is_certain(reader: Reader, told: dict[str, str]) -> None:
    rim = reader.register(patient(ipp="7", cin="AB1234", idcs="7986120439", **RIM))
    found = {id: (grade, score) for id, grade, score in matched(reader, resource(**told))}
    sure = [id for id, *_ in matched(reader, parameters(resource(**told), onlyCertainMatches=True, count=1))]
    taken = reader.register(patient(**told))
    if taken == rim:
        assert sure == [rim]
        assert found[rim][0] == "certain"
        assert found[rim][1] >= Versions(reader.engine, Seal(SECRET)).active().certain
    else:  # somebody new: whoever was told was not certain
        assert sure == []
        assert "certain" not in {grade for grade, _ in found.values()}


def test_a_number_leads_to_the_person_that_its_identity_is_now(reader: Reader) -> None:
    reader.register(patient(ipp="6", **DRISS))
    rim = reader.register(patient(ipp="7", **RIM))
    reader.merge(patient(ipp="6"), patient(ipp="7"))
    assert [(id, grade) for id, grade, _ in matched(reader, resource(ipp="6"))] == [(rim, "certain")]


def test_whoever_a_number_makes_certain_comes_before_who_is_only_alike(reader: Reader) -> None:
    """Somebody else has the name and birth date that are told, and contradicts the number."""
    reader.register(patient(ipp="8", idcs="1111111110", **DRISS))
    rim = reader.register(patient(ipp="7", idcs="7986120439", **RIM))
    assert [id for id, *_ in matched(reader, parameters(resource(idcs="7986120439", **DRISS), count=1))] == [rim]


def test_a_number_that_was_taken_back_finds_nobody(reader: Reader) -> None:
    reader.register(patient(ipp="7", **RIM))
    gone: Any = {**patient(), "active": False, "identifiers": [{"system": WARD, "value": "7", "use": "old"}]}
    reader.register(gone, version=2)
    assert matched(reader, resource(ipp="7")) == []
    assert reader.audited == [("match", "Patient")]


@pytest.mark.parametrize(("number", "statements"), [({}, 6), ({"ipp": "1"}, 7)])
def test_a_question_asks_the_database_few_times_however_many_it_finds(
    reader: Reader, number: dict[str, str], statements: int
) -> None:
    """Versions of rules and links, who shares a block, the heads of those records, what sources and stewards said; and
    who has the number."""
    for ipp in "12345678":
        reader.register(patient(ipp=ipp, **RIM))
    asked: list[str] = []

    def heard(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    matched(reader, resource(**RIM, **number))
    event.listen(reader.engine, "before_cursor_execute", heard)
    assert len(matched(reader, resource(**RIM, **number))) == 8
    assert len([one for one in asked if not one.startswith("BEGIN")]) == statements


def test_asking_writes_nothing(reader: Reader) -> None:
    reader.register(patient(ipp="7", **RIM))

    def counts() -> dict[str, int]:
        with reading(reader.engine) as connection:
            return {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in TABLES.sorted_tables
            }

    before = counts()
    matched(reader, resource(ipp="9", **RIM))
    assert counts() == before


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Observation"},
        {"resourceType": "Parameters"},
        {"resourceType": "Parameters", "parameter": []},
        {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": {"resourceType": "Group"}}]},
        parameters(resource(**RIM), onlyCertainMatches="yes"),
        parameters(resource(**RIM), count=0),
        {**resource(**RIM), "birthDate": "12/03/1980"},
        {**resource(**RIM), "name": "Rim"},
        {**resource(**RIM), "gender": "F"},
        parameters({**resource(**RIM), "given": "Rim"}),
    ],
)
def test_what_asks_for_nobody_is_refused(reader: Reader, body: Any) -> None:
    (issue,) = reader.told("POST", "Patient/$match", 400, json=body)["issue"]
    assert issue["severity"] == "error"


_json = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["family", "value", "x"]), inner),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["name", "identifier", "telecom", "address", "birthDate", "gender"]), _json))
def test_any_resource_is_read_or_refused(told: Any) -> None:
    with suppress(Problem):
        asked({"resourceType": "Patient", **told}, Domains())
