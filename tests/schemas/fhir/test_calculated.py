"""A calculated value is an Observation of its own, marked, and no part of the laboratory's report."""

from __future__ import annotations

from typing import Any, cast

import pytest

from schemas.events import Event
from schemas.fhir import bundle, extensions
from tests.schemas.fhir.samples import envelope

CALCULATED = {
    "code": {"loinc": "14749-6", "codings": [{"system": "http://loinc.org", "code": "14749-6"}]},
    "number": "5.3", "comparator": "<", "range_low": "3.9", "range_high": "6.11", "unit": "mmol/L",
    "by": "molar.csv line 2",
}  # fmt: skip
RESULT: dict[str, Any] = {
    "id": "0b6b5a0e-7a4e-5d0c-9d53-6a2b1c7d1111",
    "code": {"loinc": "2345-7", "codings": [{"system": "http://loinc.org", "code": "2345-7"}]},
    "values": [{"type": "NM", "raw": "0.95", "number": "0.95"}],
    "unit": {"text": "g/L", "codings": [{"code": "g/L"}]},
    "flags": [{"codings": [{"code": "H"}]}],
    "status": "F",
}


def observations(**changes: Any) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    told = {**RESULT, "calculated": [{**CALCULATED, **changes.pop("calculated", {})}], **changes}
    written = bundle.resources(
        cast(Event, envelope("LabReportIssued", code={"text": "Glucose"}, status="F", results=[told]))
    )
    found = [one for one in written if one["resourceType"] == "Observation"]
    sent = next(one for one in found if "derivedFrom" not in one)
    made = next(one for one in found if "derivedFrom" in one)
    return sent, made, written


def test_it_is_derived_from_the_result_and_says_by_what() -> None:
    sent, made, _ = observations()
    assert made["derivedFrom"] == [{"reference": f"Observation/{sent['id']}"}]
    assert {"url": extensions.CALCULATED_BY, "valueString": "molar.csv line 2"} in made["extension"]
    assert made["code"]["coding"][0]["code"] == "14749-6"
    measure = {"unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
    assert made["valueQuantity"] == {"value": 5.3, "comparator": "<", **measure}
    assert made["referenceRange"] == [{"low": {"value": 3.9, **measure}, "high": {"value": 6.11, **measure}}]
    for shared in ("status", "subject", "category", "interpretation"):
        assert made[shared] == sent[shared]
    assert "performer" not in made


def test_the_result_stays_as_it_was_and_the_report_lists_only_it() -> None:
    sent, made, written = observations()
    assert sent["valueQuantity"]["value"] == 0.95
    assert sent["code"]["coding"][0]["code"] == "2345-7"
    report = next(one for one in written if one["resourceType"] == "DiagnosticReport")
    assert report["result"] == [{"reference": f"Observation/{sent['id']}"}]
    assert made["id"] != sent["id"]


@pytest.mark.parametrize(("status", "expected"), [("C", "corrected"), ("D", "entered-in-error")])
def test_a_correction_corrects_it_too(status: str, expected: str) -> None:
    before = observations()[1]
    after = observations(status=status, calculated={"number": "5.5"})[1]
    assert (after["id"], after["status"]) == (before["id"], expected)


def test_what_no_longer_holds_is_taken_back() -> None:
    made = observations(status="C", calculated={"number": None})[1]
    assert made["status"] == "entered-in-error"
    assert "valueQuantity" not in made
