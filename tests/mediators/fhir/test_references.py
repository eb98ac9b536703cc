"""A reference finds its resource in every way R4 knows, and never a resource it might not mean."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from mediators.fhir.mediator import Fhir
from mediators.mediator import Context, Translation
from schemas.message import Message
from tests.mediators.fhir.messages import GLUCOSE, HIE, PATIENT, body, bundle, entry

CNSS = {"system": HIE + "cnss", "value": "204060801"}


def mediated(resource: dict[str, Any]) -> Translation:
    return Fhir().mediate(Message("t", "fhir", "labo", body(resource), "", 1_763_985_600_000_000), Context())


def about(subject: dict[str, Any], *patients: dict[str, Any], **observation: Any) -> Translation:
    return mediated(bundle(*patients, entry({**GLUCOSE, "subject": subject, **observation})))


@pytest.mark.parametrize(
    ("subject", "url"),
    [
        (
            {"reference": "urn:uuid:00000000-0000-4000-8000-00000000000a"},
            "urn:uuid:00000000-0000-4000-8000-00000000000a",
        ),
        ({"reference": "https://lis.ma/fhir/Patient/p1"}, "https://lis.ma/fhir/Patient/p1"),
        ({"reference": "Patient/p1"}, "https://lis.ma/fhir/Patient/p1"),
        ({"reference": "Patient/p1"}, ""),
        ({"reference": "Patient/p1/_history/3", "display": "Mme B."}, ""),
        ({"identifier": CNSS}, ""),
        ({"reference": "Patient?identifier=" + HIE + "cnss%7C204060801"}, ""),
    ],
)
def test_the_patient_is_found(subject: dict[str, Any], url: str) -> None:
    translation = about(subject, entry(PATIENT, url))
    [event] = translation.events
    assert event["type"] == "LabReportIssued"
    assert event["patient"]["birth_date"] == "1979-04-23"


@pytest.mark.parametrize(
    "subject",
    [{"identifier": CNSS, "display": "Kaoutar B."}, {"reference": f"Patient?identifier={CNSS['system']}|204060801"}],
)
def test_a_patient_who_is_not_in_the_message_is_known_by_the_identifier(subject: dict[str, Any]) -> None:
    [event] = about(subject).events
    assert event["patient"]["identifiers"] == [CNSS]


def test_a_contained_patient_is_its_containers_own() -> None:
    others = [
        entry(
            {
                **GLUCOSE,
                "id": id,
                "subject": {"reference": "#p"},
                "contained": [{**PATIENT, "id": "p", "birthDate": born}],
            }
        )
        for id, born in (("a", "1950-01-01"), ("b", "1960-01-01"))
    ]
    born = [event["patient"]["birth_date"] for event in mediated(bundle(*others)).events]
    assert born == ["1950-01-01", "1960-01-01"]


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ({}, "required"),
        ({"reference": "Patient/other"}, "unresolved-reference"),
        ({"reference": "https://other.ma/fhir/Patient/p1"}, "unresolved-reference"),
        ({"reference": "#nobody"}, "unresolved-reference"),
        ({"display": "Mme Benchekroun"}, "unresolved-reference"),
        ({"reference": "Group/g1"}, "not-a-patient"),
        ({"type": "Device", "identifier": CNSS}, "not-a-patient"),
    ],
)
def test_without_its_patient_a_part_is_refused_by_its_place(subject: dict[str, Any], reason: str) -> None:
    translation = about(subject, entry(PATIENT, "https://lis.ma/fhir/Patient/p1"))
    [part] = translation.refused
    assert (part.place, part.issues[0].reason) == ("entry[1].resource.subject", reason)
    assert "Benchekroun" not in part.issues[0].text + part.issues[0].remedy
    assert [event["type"] for event in translation.events] == ["PatientRegistered"]


def test_an_address_that_two_patients_claim_is_nobodys() -> None:
    twins = [
        entry({**PATIENT, "birthDate": born}, f"https://{host}.ma/fhir/Patient/p1")
        for host, born in (("a", "1950"), ("b", "1960"))
    ]
    assert about({"reference": "Patient/p1"}, *twins).refused[0].issues[0].reason == "unresolved-reference"
    [*_, event] = about({"reference": "https://b.ma/fhir/Patient/p1"}, *twins).events
    assert event["patient"]["birth_date"] == "1960"


@pytest.mark.parametrize("link", ["result", "encounter", "specimen", "member"])
def test_a_report_with_something_of_another_patient_is_refused(link: str) -> None:
    other = {"reference": "Patient/p2"}
    foreign: dict[str, dict[str, Any]] = {
        "result": {**GLUCOSE, "subject": other},
        "encounter": {
            "resourceType": "Encounter",
            "id": "e",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": other,
        },
        "specimen": {"resourceType": "Specimen", "id": "s", "subject": other},
        "member": {**GLUCOSE, "id": "m", "subject": other},
    }
    panel = {
        **deepcopy(GLUCOSE),
        "id": "panel",
        "subject": {"reference": "Patient/p1"},
        "hasMember": [{"reference": "Observation/m"}],
    }
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"text": "Bilan"},
        "subject": {"reference": "Patient/p1"},
        "result": [{"reference": "Observation/panel" if link == "member" else "Observation/glu"}],
        "encounter": {"reference": "Encounter/e"},
        "specimen": [{"reference": "Specimen/s"}],
    }
    patients = [entry(PATIENT), entry({**PATIENT, "id": "p2", "identifier": [{"system": "urn:x", "value": "2"}]})]
    translation = mediated(bundle(*patients, entry(panel), entry(foreign[link]), entry(report)))
    assert ("entry[4].resource.subject", "other-patient") in [
        (part.place, part.issues[0].reason) for part in translation.refused
    ]
    assert not any(event["place"] == "entry[4]" for event in translation.events)
