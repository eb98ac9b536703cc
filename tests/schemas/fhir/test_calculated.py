"""A calculated value is a marked component of the Observation whose own value stays as it was sent."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import extensions
from tests.schemas.fhir.samples import envelope, said

MEASURE = {"unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
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
    "status": "F",
    "calculated": [CALCULATED],
}


def observation(**changes: Any) -> dict[str, Any]:
    told = envelope("LabReportIssued", code={"text": "Glucose"}, status="F", results=[{**RESULT, **changes}])
    (found,) = said(told)["Observation"]
    return found


def test_what_was_sent_stays_and_the_calculated_value_says_by_what_it_was_made() -> None:
    found = observation()
    assert found["code"]["coding"] == [{"system": "http://loinc.org", "code": "2345-7"}]
    assert (found["valueQuantity"]["value"], found["valueQuantity"]["unit"]) == (0.95, "g/L")
    assert found["component"] == [
        {
            "extension": [{"url": extensions.CALCULATED_BY, "valueString": "molar.csv line 2"}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "14749-6"}]},
            "valueQuantity": {"value": 5.3, "comparator": "<", **MEASURE},
            "referenceRange": [{"low": {"value": 3.9, **MEASURE}, "high": {"value": 6.11, **MEASURE}}],
        }
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"values": [{"type": "ST", "raw": "hémolysé", "text": "hémolysé"}]},
        {"values": [*RESULT["values"], {"type": "NM", "raw": "2", "number": "2"}]},
        {"calculated": [{**CALCULATED, "number": "about 5"}]},
        {"calculated": [{**CALCULATED, "code": None}]},
        {"calculated": []},
    ],
)
def test_nothing_is_added_where_there_is_nothing_to_add_to(changes: dict[str, Any]) -> None:
    assert "mmol/L" not in str(observation(**changes))
