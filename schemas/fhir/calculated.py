"""Values calculated from a result, as components of its Observation: another unit, with the code that goes with it.

HL7 is silent; ours. A component rather than a second Observation: it shares status, time, specimen and report with what
it was calculated from, and goes with it when that is corrected or taken back, so that none can outlive its source.
"""

from __future__ import annotations

from typing import Any

from schemas.events import Calculated, Result
from schemas.fhir import elements, extensions, quantity, terms


def components(source: Result) -> list[dict[str, Any]]:
    """Each with the table and row it was made by (extension). The Observation's own value stays as it was sent."""
    return [made for one in source.get("calculated") or () if (made := _component(one))]


def _component(one: Calculated) -> dict[str, Any] | None:
    measure = quantity.measured({"codings": [{"system": terms.UCUM, "code": one["unit"]}]})
    value, code = quantity.quantity(one["number"], measure, _comparator(one)), elements.concept(one.get("code"))
    by = elements.text(one["by"])
    if not (value and code and by):
        return None
    return elements.said(
        {
            "extension": [{"url": extensions.CALCULATED_BY, "valueString": by}],
            "code": code,
            "valueQuantity": value,
            "referenceRange": _range(one, measure),
        }
    )


def _comparator(one: Calculated) -> str | None:
    comparator = one.get("comparator")
    return comparator if comparator in terms.COMPARATORS else None


def _range(one: Calculated, measure: dict[str, Any]) -> list[dict[str, Any]] | None:
    low, high = quantity.quantity(one.get("range_low"), measure), quantity.quantity(one.get("range_high"), measure)
    return [elements.said({"low": low, "high": high})] if low or high else None
