"""What a result may be beside a number and a text, what it came from, and what it was made on."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import extensions
from tests.schemas.fhir import reports, samples


def observations(**more: Any) -> dict[str, dict[str, Any]]:
    """By LOINC code."""
    found = samples.said(reports.culture_report(**more))["Observation"]
    return {one["code"]["coding"][0]["code"]: one for one in found if "coding" in one["code"]}


def extended(one: dict[str, Any], url: str) -> Any:
    found = [each for each in one.get("extension", ()) if each["url"] == url]
    return next((value for key, value in found[0].items() if key != "url"), None) if found else None


@pytest.mark.parametrize(
    ("code", "element", "value"),
    [
        ("884-7", "valuePeriod", {"start": "2024-03-12", "end": "2024-03-13"}),
        ("887-0", "valueString", "ALAMI Driss"),
    ],
)
def test_a_value_by_its_type(code: str, element: str, value: Any) -> None:
    assert observations()[code][element] == value


def test_an_amount_counts_its_currency() -> None:
    amount = observations()["885-4"]["valueQuantity"]
    assert (amount["value"], amount["unit"], amount["code"]) == (125.5, "DH", "MAD")
    assert amount["system"] == "urn:iso:std:iso:4217"


def test_a_wave_is_sampled_data() -> None:
    wave = observations()["11524-6"]
    assert wave["valueSampledData"]["data"] == "1 2 3 E"
    assert wave["valueSampledData"]["dimensions"] == 2
    assert wave["identifier"][0]["value"] == "O-1"


def test_a_number_that_is_part_of_more_keeps_the_rest_beside_it() -> None:
    odd = observations()["886-2"]
    assert odd["valueQuantity"]["value"] == 85
    assert extended(odd, extensions.VALUE_AS_SENT) == "85^^Hexokinase"
    assert extended(odd, extensions.VALUE_ABSENT)["text"] == "non lu"
    assert "dataAbsentReason" not in odd


def test_a_reason_without_a_value_is_the_reason() -> None:
    event = {**reports.culture_report(), "results": [samples.result("2345-7", absent={"text": "hémolysé"})]}
    (one,) = [made for made in samples.said(event)["Observation"] if "2345-7" in str(made["code"])]
    assert one["dataAbsentReason"]["text"] == "hémolysé"


def test_every_result_is_derived_from_the_one_that_gave_rise_to_it() -> None:
    found = samples.said(reports.culture_report())
    (germ,) = [one for one in found["Observation"] if one["code"] == {"text": "Germe"}]
    derived = [one for one in found["Observation"] if one.get("derivedFrom")]
    assert len(derived) == 5
    assert all(one["derivedFrom"] == [{"reference": f"Observation/{germ['id']}"}] for one in derived)
    (report,) = found["DiagnosticReport"]
    assert f"Observation/{germ['id']}" not in {one["reference"] for one in report["result"]}
    assert extended(report, extensions.PARENT_VALUE) == "E. coli"


def test_everything_a_specimen_says() -> None:
    found = samples.said(reports.culture_report())
    (specimen,) = found["Specimen"]
    assert (specimen["status"], specimen["accessionIdentifier"]["value"]) == ("unsatisfactory", "24-0088")
    assert specimen["parent"][0]["identifier"]["value"] == "S-0"
    assert specimen["receivedTime"] == "2024-03-12T08:50:00+00:00"
    assert extended(specimen, extensions.SPECIMEN_RECEIVED) == "2024-03-12T08:55:00+00:00"
    (box,) = specimen["container"]
    assert (box["identifier"][0]["value"], box["type"]["text"]) == ("T-1", "Tube")
    assert (box["capacity"]["value"], box["specimenQuantity"]["value"]) == (5, 4.5)
    assert box["additiveCodeableConcept"]["text"] == "EDTA"
    collector = specimen["collection"]["collector"]["reference"]
    assert collector in {f"Practitioner/{one['id']}" for one in found["Practitioner"]}


def test_an_observation_of_the_specimen_is_none_of_the_report() -> None:
    found = samples.said(reports.culture_report())
    (clouded,) = [one for one in found["Observation"] if one.get("valueString") == "trouble"]
    assert clouded["specimen"]["reference"] == f"Specimen/{found['Specimen'][0]['id']}"
    listed = {one["reference"] for one in found["DiagnosticReport"][0]["result"]}
    assert f"Observation/{clouded['id']}" not in listed


def test_who_made_the_report_and_when() -> None:
    (report,) = samples.said(reports.culture_report())["DiagnosticReport"]
    (technician,) = report["performer"]
    assert technician["extension"][0]["valuePeriod"] == {"start": "2024-03-12T08:00:00+00:00"}


def test_what_stands_with_the_order_is_about_the_patient() -> None:
    found = samples.said(reports.culture_report())
    assert found["Condition"][0]["code"]["text"] == "Infection urinaire"
    assert found["Coverage"][0]["identifier"][0]["value"] == "AMO-1"
