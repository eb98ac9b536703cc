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


def test_every_place_by_what_it_is_to_the_visit() -> None:
    places = {one["id"]: one for one in visit()["location"]}
    assert {name: one["status"] for name, one in places.items()} == {
        "place": "active", "temporary": "active", "pending": "reserved", "prior": "completed",
        "prior-temporary": "completed", "prior-pending": "planned",
    }  # fmt: skip
    assert len({one["location"]["reference"] for one in places.values()}) == 6
    assert places["place"]["period"] == {"start": "2024-03-12T08:30:00+00:00"}
    assert places["prior"]["period"] == {"end": "2024-03-12T08:30:00+00:00"}


@pytest.mark.parametrize(
    ("status", "here"),
    [("planned", "planned"), ("onleave", "active"), ("finished", "completed"), ("cancelled", "completed"),
     ("entered-in-error", "completed")],
)  # fmt: skip
def test_nobody_lies_in_the_bed_of_a_visit_that_is_over(status: str, here: str) -> None:
    made = visit(status=status)
    assert made["location"][0]["status"] == here
    assert encounter.consistent({**visit(), "status": status})["location"] == made["location"]


def test_what_is_expected_and_how_the_stay_is() -> None:
    made = visit()
    told = {one["url"].rpartition("/")[2]: one for one in made["extension"]}
    assert told["PV2-9-expected-discharge-date-time"]["valueDateTime"] == "2024-03-16T09:00:00+00:00"
    assert told["PV2-36-newborn-baby-indicator"]["valueBoolean"] is False
    assert told["PV2-40-admission-level-of-care-code"]["valueCodeableConcept"]["coding"][0] == {
        "system": terms.table("0432"), "code": "AC",
    }  # fmt: skip
    assert told["encounter-modeOfArrival"]["valueCoding"]["code"] == "A"
    assert [one["valueCodeableConcept"] for one in made["extension"] if "precaution" in one["url"]][1] == {
        "text": "Contact"
    }
    assert made["length"] == {"value": 3, "unit": "d", "system": terms.UCUM, "code": "d"}
    assert made["priority"]["coding"][0] == {"system": terms.ACT_PRIORITY, "code": "EM"}
    assert told["ACC-1-accident-date-time"]["valueDateTime"] == "2024-03-11"


def test_what_hospitalization_tells() -> None:
    stay = visit()["hospitalization"]
    assert stay["preAdmissionIdentifier"]["value"] == "PRE-1"
    assert stay["reAdmission"]["coding"] == [{"system": terms.table("0092"), "code": "R"}]
    assert stay["dietPreference"] == [{"text": "Sans sel"}]
    assert stay["specialCourtesy"] == [{"text": "VIP"}, {"text": "Personnel"}]
    assert stay["specialArrangement"][0]["coding"][0]["system"] == terms.table("0009")
    (where,) = (one for one in said(samples.encounter())["Location"] if one["name"] == "Soins de suite")
    assert stay["destination"] == {"reference": f"Location/{where['id']}"}
    assert where["type"][0]["coding"][0]["code"] == "SSR"


def test_a_newborn_and_an_episode_are_named_by_their_numbers() -> None:
    made = visit()
    assert (made["partOf"]["type"], made["partOf"]["identifier"]["value"]) == ("Encounter", "V-70")
    assert made["episodeOfCare"][0]["identifier"]["value"] == "EP-1"


def test_when_somebody_took_part() -> None:
    one = visit(participants=[samples.person("Alaoui", role="AT", start="2024-03-12", end="2024-03-13")])
    assert one["participant"][0]["period"] == {"start": "2024-03-12", "end": "2024-03-13"}
    assert one["participant"][0]["id"] == "AT.1"


def test_diagnoses_and_procedures_belong_to_the_visit() -> None:
    found = said(samples.encounter())
    own = {"reference": f"Encounter/{found['Encounter'][0]['id']}"}
    admitting, final, wrong = found["Condition"]
    assert admitting["code"]["coding"][0]["code"] == "A09"
    assert admitting["recordedDate"] == "2024-03-12"
    assert admitting["asserter"]["reference"].startswith("Practitioner/")
    assert final["verificationStatus"]["coding"][0]["code"] == "confirmed"
    assert {one["encounter"]["reference"] for one in (admitting, final, *found["Procedure"])} == {own["reference"]}
    listed = found["Encounter"][0]["diagnosis"]
    assert listed[0]["rank"] == 1
    assert listed[0]["use"]["coding"][0]["code"] == "AD"
    assert "rank" not in listed[1]
    assert wrong["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
    assert len(listed) == 2


def test_a_diagnosis_whole() -> None:
    first = said(samples.encounter())["Condition"][0]
    told = {one["url"].rpartition("/")[2]: one for one in first["extension"]}
    assert first["identifier"][0]["value"] == "DG-1"
    assert first["category"][1]["coding"] == [{"system": terms.table("0052"), "code": "A"}]
    assert (first["onsetDateTime"], first["note"][0]["text"]) == ("2024-03-11", "Gastro-entérite aiguë")
    assert told["condition-assertedDate"]["valueDateTime"] == "2024-03-12T10:00:00+00:00"
    assert told["condition-dueTo"]["valueReference"]["identifier"]["value"] == "DG-0"
    assert told["DG1-16-diagnosing-clinician"]["valueReference"]["reference"].startswith("Practitioner/")


def test_a_procedure_whole() -> None:
    first, second = said(samples.encounter())["Procedure"]
    assert first["performedPeriod"] == {"start": "2024-03-12T09:00:00+00:00", "end": "2024-03-12T10:30:00+00:00"}
    assert [one["function"]["coding"][0]["code"] for one in first["performer"]] == ["304292004", "88189002"]
    assert first["category"]["coding"] == [{"system": terms.table("0230"), "code": "D"}]
    assert (first["partOf"][0]["identifier"]["value"], first["reasonCode"][0]["text"]) == ("PR-0", "Déshydratation")
    assert (second["status"], second["performedDateTime"]) == ("entered-in-error", "2024-03-12")
    assert {one["url"].rpartition("/")[2] for one in second["extension"]} == {
        "source-version", "PR1-7-procedure-minutes", "PR1-20-procedure-action-code",
    }  # fmt: skip


def test_one_role_is_emptied_alone() -> None:
    assert encounter.emptied("participants:AT") == ("participant:AT",)
    assert encounter.emptied("pending_place") == ("location:pending",)
    assert encounter.emptied("discharged") == ("period.end",)
    assert encounter.emptied("nonsense") == ()


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
