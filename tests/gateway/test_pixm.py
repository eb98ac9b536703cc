"""`Patient/$ihe-pix` (IHE PIXm ITI-83): the other numbers of a person, and why there are none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.clients import CIN, IDCS, LAB, OWN, WARD, Reader, lab
from tests.home import Place, every_store, home
from tests.registries.people import SYSTEMS, patient

__all__ = ["every_store", "home"]

CNSS = SYSTEMS["cnss"]


@pytest.fixture
def reader(home: Place) -> Reader:
    return Reader(home)


@pytest.fixture
def rim(reader: Reader) -> str:
    return reader.register(patient(lab("3"), ipp="7", cin="AB1234", family="Alami", given="Rim", birth="1984-02-29"))


def told(parameters: Any) -> tuple[set[tuple[str, str]], list[str]]:
    assert parameters["resourceType"] == "Parameters"
    every = parameters.get("parameter", [])
    numbers = {
        (one["valueIdentifier"]["system"], one["valueIdentifier"]["value"])
        for one in every
        if one["name"] == "targetIdentifier"
    }
    return numbers, [one["valueReference"]["reference"] for one in every if one["name"] == "targetId"]


def test_all_other_numbers_are_told_and_whose_they_are(reader: Reader, rim: str) -> None:
    answer = told(reader.get("Patient/$ihe-pix", sourceIdentifier=f"{WARD}|7"))
    assert answer == ({(LAB, "3"), (CIN, "AB1234"), (OWN, rim)}, [f"Patient/{rim}"])
    assert reader.audited == [("query", f"Patient/{rim}")]


def test_a_number_written_otherwise_is_not_told_back(reader: Reader, rim: str) -> None:
    numbers, _ = told(reader.get("Patient/$ihe-pix", sourceIdentifier=f"{CIN}|ab 12-34"))
    assert numbers == {(WARD, "7"), (LAB, "3"), (OWN, rim)}


def test_target_systems_limit_what_is_told(reader: Reader, rim: str) -> None:
    def of(*systems: str) -> set[tuple[str, str]]:
        return told(reader.get("Patient/$ihe-pix", sourceIdentifier=f"{LAB}|3", targetSystem=list(systems)))[0]

    assert of(CIN) == {(CIN, "AB1234")}
    assert of(CIN, "urn:oid:2.25.901") == {(CIN, "AB1234"), (WARD, "7")}
    assert told(reader.get("Patient/$ihe-pix", sourceIdentifier=f"{LAB}|3", targetSystem=IDCS)) == (set(), [])
    assert told(reader.get("Patient/$ihe-pix", sourceIdentifier=f"{OWN}|{rim}", targetSystem=LAB))[0] == {(LAB, "3")}


@pytest.mark.parametrize(
    ("source", "target", "status", "code", "why"),
    [
        (f"{WARD}|8", CIN, 404, "not-found", "sourceIdentifier Patient Identifier not found"),
        ("urn:nobody:knows|7", CIN, 400, "code-invalid", "sourceIdentifier Assigning Authority not found"),
        (f"{WARD}|7", "urn:nobody:knows", 403, "code-invalid", "targetSystem not found"),
        (f"{CNSS}|123456782", CIN, 404, "multiple-matches", "several persons"),
        ("7", CIN, 400, "invalid", "expected system|value"),
        (f"{WARD}|", CIN, 400, "invalid", "expected system|value"),
        ("a|b|c", CIN, 400, "invalid", "sourceIdentifier"),
    ],
)
def test_why_there_is_no_answer(
    reader: Reader, rim: str, source: str, target: str, status: int, code: str, why: str
) -> None:
    for given, birth in (("Sara", "2010-03-04"), ("Driss", "2011-03-09")):
        reader.register(patient(cnss="123456782", family="Alami", given=given, birth=birth))
    for method in ("GET", "POST"):
        asked = {"params" if method == "GET" else "data": {"sourceIdentifier": source, "targetSystem": target}}
        (issue,) = reader.told(method, "Patient/$ihe-pix", status, **asked)["issue"]
        assert (issue["severity"], issue["code"]) == ("error", code)
        assert why in issue["diagnostics"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 400),
        ({"sourceIdentifier": [f"{WARD}|7", f"{WARD}|8"]}, 400),
        ({"sourceIdentifier": f"{WARD}|7", "shoe": "42"}, 400),
        ({"sourceIdentifier": f"{WARD}|7", "_format": "turtle"}, 406),
    ],
)
def test_what_cannot_be_asked_is_refused(reader: Reader, rim: str, asked: Any, status: int) -> None:
    reader.get("Patient/$ihe-pix", status, **asked)


@pytest.mark.parametrize(
    "source",
    [{"valueString": f"{WARD}|7"}, {"valueIdentifier": {"system": WARD, "value": "7"}}],
)
def test_parameters_may_be_posted(reader: Reader, rim: str, source: Any) -> None:
    parameter = [{"name": "sourceIdentifier", **source}, {"name": "targetSystem", "valueUri": CIN}]
    asked = {"resourceType": "Parameters", "parameter": parameter}
    assert told(reader.told("POST", "Patient/$ihe-pix", json=asked)) == ({(CIN, "AB1234")}, [f"Patient/{rim}"])


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/fhir+json", 400),
        (b'{"resourceType": "Patient"}', "application/fhir+json", 400),
        (b'{"resourceType": "Parameters", "parameter": [3]}', "application/fhir+json", 400),
        (b'{"resourceType": "Parameters", "parameter": [{"name": "sourceIdentifier"}]}', "application/fhir+json", 400),
        (b"<Parameters/>", "application/fhir+xml", 400),
        (b" " * (1024 * 1024 + 1), "application/fhir+json", 413),
    ],
)
def test_what_is_no_parameters_resource_is_refused(reader: Reader, content: bytes, kind: str, status: int) -> None:
    outcome = reader.told("POST", "Patient/$ihe-pix", status, content=content, headers={"Content-Type": kind})
    assert outcome["resourceType"] == "OperationOutcome"
