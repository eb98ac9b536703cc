"""A report: what a physician must find again of every OBX and OBR."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from schemas.fhir import extensions, report, terms
from tests.schemas.fhir import reports, samples
from tests.schemas.fhir.samples import said


def observed(code: str, event: Any = None) -> dict[str, Any]:
    """The Observation of the rich report with this LOINC code."""
    (found,) = [
        one for one in said(event or reports.lab_report())["Observation"] if one["code"]["coding"][0]["code"] == code
    ]
    return found


def single(*values: Any, **more: Any) -> dict[str, Any]:
    """One result on its own."""
    (made,) = said({**reports.lab_report(), "results": [samples.result("2345-7", *values, **more)]})["Observation"]
    return made


def test_the_report() -> None:
    found = said(reports.lab_report())
    made = found["DiagnosticReport"][0]
    assert made["id"] == reports.lab_report()["fact"]
    assert [(one["type"]["coding"][0]["code"], one["value"]) for one in made["identifier"]] == [
        ("PLAC", "P-9"),
        ("FILL", "L-2024-88"),
    ]
    assert made["status"] == "final"
    assert made["category"] == [{"coding": [{"system": terms.table("0074"), "code": "LAB"}]}]
    assert made["code"]["coding"][0]["display"] == "Bilan sanguin"
    assert made["effectivePeriod"]["start"].startswith("2024-03-12T08:05:00")
    assert made["issued"].startswith("2024-03-12T09:30:00")
    assert made["conclusion"] == "Anémie sévère"
    assert [one["reference"] for one in made["result"]] == [f"Observation/{one['id']}" for one in found["Observation"]]
    assert made["specimen"] == [{"reference": f"Specimen/{found['Specimen'][0]['id']}"}]
    assert made["basedOn"] == [{"reference": f"ServiceRequest/{found['ServiceRequest'][0]['id']}"}]
    note = next(one for one in made["extension"] if one["url"] == extensions.REPORT_NOTE)
    assert note["valueAnnotation"] == {"text": "À jeun"}


def test_what_was_asked_for() -> None:
    made = said(reports.lab_report())["ServiceRequest"][0]
    assert (made["status"], made["intent"], made["priority"]) == ("completed", "order", "stat")
    assert made["requisition"]["value"] == "G-1"
    assert made["authoredOn"] == "2024-03-11"
    assert made["requester"]["reference"].startswith("Practitioner/")
    assert made["reasonCode"] == [{"text": "Fièvre"}]
    assert [one["text"] for one in made["note"]] == ["À jeun", "Grossesse"]
    assert extensions.OTHER_REQUESTER in {one["url"] for one in made["extension"]}


def test_the_specimen() -> None:
    made = said(reports.lab_report())["Specimen"][0]
    assert made["identifier"][0]["value"] == "S-1"
    assert made["type"]["coding"][0]["code"] == "BLD"
    assert made["collection"]["collectedPeriod"]["end"].startswith("2024-03-12T08:06:00")
    assert made["collection"]["quantity"]["value"] == 5.0
    assert made["receivedTime"].startswith("2024-03-12T08:50:00")
    assert made["condition"] == [{"text": "Hémolysé"}]


def test_a_received_specimen_that_nothing_else_describes() -> None:
    event = {**reports.lab_report(), "specimens": [], "specimen_received": "2024-03-12"}
    assert said(event)["Specimen"][0]["receivedTime"] == "2024-03-12"


def test_a_number_with_its_unit_range_flag_and_everyone_who_made_it() -> None:
    made = observed("718-7")
    assert made["valueQuantity"]["value"] == 7.4
    assert made["valueQuantity"]["unit"] == "g/dL"
    assert made["valueQuantity"]["extension"] == [{"url": extensions.AS_SENT, "valueString": "7.40"}]
    (limits,) = made["referenceRange"]
    assert (limits["low"]["value"], limits["high"]["value"], limits["text"]) == (12.0, 16.0, "12.0-16.0")
    assert made["interpretation"] == [{"coding": [{"system": terms.INTERPRETATION_SYSTEM, "code": "LL"}], "text": "LL"}]
    assert made["effectiveDateTime"].startswith("2024-03-12T08:05:00")
    assert made["method"] == {"text": "Impédance"}
    assert [one["reference"].partition("/")[0] for one in made["performer"]] == [
        "Practitioner",
        "Organization",
        "Practitioner",
    ]
    assert made["note"] == [{"authorString": "L", "text": "Contrôlé"}, {"text": "Appelé au service"}]
    assert made["device"]["identifier"]["value"] == "XN-1000"
    assert made["category"][0]["coding"][0]["code"] == "laboratory"
    analysed = next(one for one in made["extension"] if one["url"] == extensions.ANALYSED)
    assert analysed["valueDateTime"].startswith("2024-03-12T09:10:00")


def test_a_result_without_a_time_of_its_own_was_observed_when_the_report_says() -> None:
    assert observed("777-3")["effectiveDateTime"].startswith("2024-03-12T08:05:00")


@pytest.mark.parametrize(
    ("code", "element", "value"),
    [
        (
            "2160-0",
            "valueQuantity",
            {"value": 5, "comparator": "<", "unit": "mg/L", "system": terms.UCUM, "code": "mg/L"},
        ),
        ("5334-8", "valueRatio", {"numerator": {"value": 1}, "denominator": {"value": 128}}),
        ("600-7", "valueString", "ligne 1\nligne 2"),
        ("5778-6", "valueString", "Jaune paille"),
        ("882-1", "valueDateTime", "2024-03"),
        ("883-9", "valueTime", "08:15:00"),
    ],
)
def test_a_value_by_its_type(code: str, element: str, value: Any) -> None:
    assert observed(code)[element] == value


def test_a_coded_value_and_a_range() -> None:
    assert observed("5196-1")["valueCodeableConcept"]["coding"][0]["code"] == "260385009"
    made = observed("5767-9")["valueRange"]
    assert (made["low"]["value"], made["high"]["value"], made["low"]["code"]) == (5, 10, "/[HPF]")


def test_several_codes_are_components_of_one_observation() -> None:
    made = observed("8251-1")
    assert [one["valueCodeableConcept"]["text"] for one in made["component"]] == ["A", "B"]
    assert all(one["code"] == made["code"] for one in made["component"])
    assert {"url": extensions.SUB_ID, "valueString": "1.2"} in made["extension"]


def test_a_text_keeps_its_unit_beside_it() -> None:
    beside = next(one for one in observed("5778-6")["extension"] if one["url"] == extensions.UNIT_AS_SENT)
    assert beside["valueCodeableConcept"]["coding"] == [{"code": "aspect"}]


@pytest.mark.parametrize(
    "value",
    [
        {"type": "SN", "raw": "<>^5", "comparator": "<>", "number": "5"},
        {"type": "SN", "raw": "^3^+", "number": "3", "separator": "+"},
        {"type": "SN", "raw": "^9^-^2", "number": "9", "separator": "-", "high": "2"},
        {"type": "SN", "raw": ">^1^:^8", "comparator": ">", "number": "1", "separator": ":", "high": "8"},
        {"type": "NM", "raw": "None", "number": "None"},
        {"type": "ZZ", "raw": "quoi que ce soit"},
    ],
)
def test_what_fhir_has_no_type_for_stays_the_text_as_sent(value: Any) -> None:
    assert single(value)["valueString"] == value["raw"]


def test_a_document_stands_in_the_report_once_and_the_result_says_which() -> None:
    found = said(reports.lab_report())
    pdf, image = found["DiagnosticReport"][0]["presentedForm"]
    assert b64decode(pdf["data"]) == b"%PDF-1.4 compte rendu"
    assert image["url"] == "https://pacs.example.ma/1"
    told = next(one for one in observed("11502-2")["extension"] if one["url"] == extensions.VALUE_ATTACHMENT)
    assert "data" not in told["valueAttachment"]
    assert told["valueAttachment"]["hash"] == pdf["hash"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [("F", "final"), ("P", "preliminary"), ("C", "corrected"), ("X", "cancelled"), ("D", "entered-in-error"),
     ("W", "entered-in-error"), ("I", "registered"), ("B", "amended"), ("V", "final"), ("y", "unknown"),
     (None, "final")],
)  # fmt: skip
def test_the_status_of_a_result(sent: str | None, status: str) -> None:
    assert single({"type": "ST", "text": "x"}, status=sent)["status"] == status


def test_a_result_not_asked_for_says_so() -> None:
    made = observed("2345-7")
    assert made["status"] == "cancelled"
    assert made["dataAbsentReason"]["coding"][0]["code"] == "not-asked"


def test_an_order_detail_is_no_result() -> None:
    event = {**reports.lab_report(), "results": [samples.result("1-8", {"type": "ST", "text": "x"}, status="O")]}
    assert "Observation" not in said(event)
    assert "result" not in said(event)["DiagnosticReport"][0]


@pytest.mark.parametrize(
    ("told", "results", "status"),
    [
        ("F", ["C"], "final"), ("C", ["F"], "corrected"), ("X", [], "cancelled"), ("R", [], "partial"),
        ("Z", [], "unknown"), (None, ["F", "F"], "final"), (None, ["F", "C"], "corrected"), (None, [], "unknown"),
        (None, ["F", "P"], "partial"), (None, ["P"], "preliminary"), (None, ["X", "X"], "cancelled"),
        (None, ["X", "F"], "final"), (None, ["I"], "registered"), (None, [None], "unknown"),
    ],
)  # fmt: skip
def test_the_status_of_a_report(told: str | None, results: list[str | None], status: str) -> None:
    assert report.status(told, results) == status


def test_a_correction_updates_the_same_report_and_the_same_result() -> None:
    first = said(reports.lab_report())
    event = reports.lab_report()
    event["status"] = "C"
    event["results"][0] |= {"status": "C", "values": [{"type": "NM", "raw": "7.9", "number": "7.9"}]}
    second = said({**event, "id": "another saying", "version": event["version"] + 1})
    assert second["DiagnosticReport"][0]["status"] == "corrected"
    assert second["Observation"][0]["status"] == "corrected"
    assert second["DiagnosticReport"][0]["id"] == first["DiagnosticReport"][0]["id"]
    assert second["Observation"][0]["id"] == first["Observation"][0]["id"]


def test_the_same_order_number_for_another_person_is_another_result() -> None:
    ours = {one["id"] for one in said(reports.lab_report())["Observation"]}
    event = {**reports.lab_report(), "person": "5f1d7a34-0000-5000-8000-0000000000ff", "fact": None}
    assert ours.isdisjoint(one["id"] for one in said(event)["Observation"])


def test_the_same_result_told_twice_is_listed_once() -> None:
    event = reports.lab_report()
    event["results"] = [event["results"][0], event["results"][0]]
    assert len(said(event)["DiagnosticReport"][0]["result"]) == 1


def test_a_result_that_came_without_a_report_stays_without_one() -> None:
    event = {**reports.lab_report(), "bare": True}
    found = said(event)
    assert "DiagnosticReport" not in found
    glucose, *_ = found["Observation"]
    assert glucose["issued"].startswith("2024-03-12T09:30:00")
    assert glucose["basedOn"] == [{"reference": f"ServiceRequest/{found['ServiceRequest'][0]['id']}"}]
    assert len(found["DocumentReference"]) == 2
    assert "ServiceRequest" not in said({**event, "order": None})


def test_images_have_their_study_and_a_day_is_no_instant() -> None:
    found = said(reports.imaging_report())
    (study,) = found["ImagingStudy"]
    made = found["DiagnosticReport"][0]
    assert study["identifier"][0] == {"system": "urn:dicom:uid", "value": "urn:oid:1.2.840.99999.1.7"}
    assert study["modality"] == [{"system": terms.MODALITY_SYSTEM, "code": "CR"}]
    assert made["imagingStudy"] == [{"reference": f"ImagingStudy/{study['id']}"}]
    assert made["status"] == "corrected"
    assert made["identifier"][-1]["type"]["coding"][0]["code"] == "ACSN"
    assert "issued" not in made
    assert made["_issued"]["extension"][0]["valueString"] == "2024-03-12"
    assert found["Observation"][0]["category"][0]["coding"][0]["code"] == "imaging"


def test_a_modality_without_a_study_is_a_category() -> None:
    made = said({**reports.imaging_report(), "study_uid": None})
    assert "ImagingStudy" not in made
    assert made["DiagnosticReport"][0]["category"][1]["coding"][0]["code"] == "CR"
