"""The judge of our FHIR is itself judged: faults put in on purpose are found, good resources are not blamed."""

from __future__ import annotations

from typing import Any

from tests.servers.judge import Finding, errors, judged, mistaken_references

PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1980-03"}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7"}]},
    "subject": {"reference": "Patient/p"},
    "valueQuantity": {"value": 0.95, "unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L"},
}
APPOINTMENT: dict[str, Any] = {
    "resourceType": "Appointment",
    "id": "a",
    "status": "booked",
    "start": "2024-03-12T10:00:00+01:00",
    "end": "2024-03-12T10:30:00+01:00",
    "participant": [{"actor": {"reference": "Patient/p"}, "status": "accepted"}],
}
FAULTS: dict[str, dict[str, Any]] = {
    "a required element missing": {name: value for name, value in OBSERVATION.items() if name != "status"},
    "a code outside a required value set": OBSERVATION | {"status": "finished"},
    "an element that R4 does not have": PATIENT | {"nickname": "Lalla"},
    "a date that is none": PATIENT | {"birthDate": "19800312"},
    "a unit that is no UCUM": OBSERVATION | {"valueQuantity": {**OBSERVATION["valueQuantity"], "code": "gr per liter"}},
    "an empty element": PATIENT | {"name": [{}]},
    "an invariant broken: a start without an end": {
        name: value for name, value in APPOINTMENT.items() if name != "end"
    },
}


def test_faults_are_found_and_what_is_good_is_not_blamed() -> None:
    assert errors([PATIENT, OBSERVATION, APPOINTMENT]) == []
    missed = [
        name
        for name, findings in zip(FAULTS, judged([*FAULTS.values()]), strict=True)
        if not any(one.severity in ("error", "fatal") for one in findings)
    ]
    assert missed == []


def test_a_reference_to_the_wrong_type_is_found() -> None:
    wrong = {"resourceType": "DiagnosticReport", "id": "d", "result": [{"reference": "Patient/p"}]}
    (found,) = mistaken_references(wrong)
    assert found == Finding(
        "error", "DiagnosticReport", "DiagnosticReport.result.reference", "refers to Patient, R4 allows Observation"
    )
    assert list(mistaken_references(wrong | {"result": [{"reference": "Observation/o"}]})) == []
