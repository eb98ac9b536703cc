"""A visit: where, with whom, why, and what it leaves when a message only mentions it."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.events import Encounter
from schemas.fhir import bundle, encounter, terms
from tests.schemas.fhir import reports, samples
from tests.schemas.fhir.samples import said


def visit(**fields: Any) -> dict[str, Any]:
    event = samples.encounter()
    return said(event | {"encounter": {**event["encounter"], **fields}})["Encounter"][0]


def test_an_admission() -> None:
    made = visit()
    assert made["status"] == "in-progress"
    assert made["class"] == {"system": terms.ACT_CODE, "code": "IMP"}
    assert made["identifier"][0]["type"]["coding"][0]["code"] == "VN"
    assert made["identifier"][0]["value"] == "V-77"
    assert made["period"]["start"].startswith("2024-03-12T07:00:00")
    assert made["serviceType"]["coding"][0]["code"] == "MED"
    assert made["hospitalization"]["dischargeDisposition"] == {"text": "Domicile"}
    assert made["reasonCode"] == [{"text": "Fièvre"}]
    assert made["account"][0]["reference"].startswith("Account/")
    assert made["serviceProvider"]["reference"].startswith("Organization/")


def test_everyone_who_took_part_by_their_part() -> None:
    parts = [one["type"][0] for one in visit()["participant"]]
    assert [one["coding"][0]["code"] for one in parts] == ["ATND", "REF", "CON", "ADM", "PART"]
    assert parts[4]["text"] == "ZZ"


@pytest.mark.parametrize(
    ("code", "system", "said_as"),
    [("E", terms.ACT_CODE, "EMER"), ("O", terms.ACT_CODE, "AMB"), ("P", terms.ACT_CODE, "PRENC"),
     ("VR", terms.ACT_CODE, "VR"), ("B", terms.table("0004"), "B"), ("HDJ", None, "HDJ"),
     (None, terms.NULL_FLAVOR, "UNK")],
)  # fmt: skip
def test_the_class_of_the_patient(code: str | None, system: str | None, said_as: str) -> None:
    made = visit(class_code=code)["class"]
    assert (made.get("system"), made["code"]) == (system, said_as)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "finished"}, "finished"),
        ({"status": "?", "discharged": "2024-03-15"}, "finished"),
        ({"class_code": "P"}, "planned"),
        ({"class_code": "I"}, "in-progress"),
        ({}, "unknown"),
    ],
)
def test_the_status_as_told_else_from_discharge_and_class(told: Encounter, status: str) -> None:
    assert encounter.status(told) == status


def test_the_bed_now_and_the_place_before() -> None:
    now, before = visit()["location"]
    assert (now["status"], before["status"]) == ("active", "completed")
    assert now["location"] != before["location"]
    assert visit(status="finished")["location"][0]["status"] == "completed"


def test_diagnoses_and_procedures_belong_to_the_visit() -> None:
    found = said(samples.encounter())
    own = {"reference": f"Encounter/{found['Encounter'][0]['id']}"}
    admitting, final = found["Condition"]
    assert admitting["code"]["coding"][0]["code"] == "A09"
    assert admitting["recordedDate"] == "2024-03-12"
    assert admitting["asserter"]["reference"].startswith("Practitioner/")
    assert final["verificationStatus"]["coding"][0]["code"] == "confirmed"
    assert {one["encounter"]["reference"] for one in (admitting, final, *found["Procedure"])} == {own["reference"]}
    listed = found["Encounter"][0]["diagnosis"]
    assert listed[0]["rank"] == 1
    assert listed[0]["use"]["coding"][0]["code"] == "AD"
    assert "rank" not in listed[1]


def test_one_visit_number_is_one_encounter_whoever_tells_it() -> None:
    admitted = said(samples.encounter())["Encounter"][0]
    mentioned = said(reports.lab_report())["Encounter"][0]
    assert admitted["id"] == mentioned["id"]


def test_a_visit_told_in_passing_never_replaces_what_admission_told() -> None:
    assert bundle.version_of(said(reports.lab_report())["Encounter"][0]) == 0
    assert bundle.version_of(said(samples.encounter())["Encounter"][0]) == samples.encounter()["version"]


def test_a_visit_without_a_number_is_its_events_own() -> None:
    event = samples.encounter()
    del event["encounter"]["identifiers"]
    assert said(event)["Encounter"][0]["id"] == event["fact"]


def test_what_can_be_deleted_are_fields_of_the_event() -> None:
    assert encounter.CLEARS.keys() <= Encounter.__annotations__.keys()
