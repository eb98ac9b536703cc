"""A value calculated from a result, as an Observation of its own: another unit with the LOINC code that goes with it.

R4 has one value an Observation, and a component would share its code with the result; so it is a second one, derived
from the first (`derivedFrom`), with the table and row it was made by as an extension. It is no part of the report that
the laboratory answers for: `DiagnosticReport.result` does not list it, and nobody performed it. Ours, HL7 is silent.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.events import Calculated, Result
from schemas.fhir import elements, extensions, quantity, terms
from schemas.fhir.draft import Draft, Reference

# What holds of both: a value that is too high is too high in any unit
_SHARED: Final = (
    "status", "category", "subject", "encounter", "basedOn", "issued", "effectiveDateTime", "effectivePeriod",
    "interpretation", "bodySite", "specimen",
)  # fmt: skip


def write(draft: Draft, source: Result, of: Reference) -> None:
    """Writes what was calculated from the result that `of` refers to."""
    for one in source.get("calculated") or ():
        _write(draft, one, of["reference"])


def _write(draft: Draft, one: Calculated, of: str) -> None:
    measure = quantity.measured({"codings": [{"system": terms.UCUM, "code": one["unit"]}]})
    value = quantity.quantity(one.get("number"), measure, one.get("comparator"))
    sent = draft.resources[of]
    body: dict[str, Any] = {name: sent[name] for name in _SHARED if name in sent}
    if not value:
        body["status"] = "entered-in-error"
    draft.add(
        "Observation",
        draft.of_person("Observation", of, "calculated", one["unit"]),
        {
            **body,
            "extension": [{"url": extensions.CALCULATED_BY, "valueString": elements.text(one["by"]) or "?"}],
            "code": elements.required(one.get("code")),
            "valueQuantity": value,
            "referenceRange": _range(one, measure),
            "derivedFrom": [{"reference": of}],
        },
    )


def _range(one: Calculated, measure: dict[str, Any]) -> list[dict[str, Any]] | None:
    low, high = quantity.quantity(one.get("range_low"), measure), quantity.quantity(one.get("range_high"), measure)
    return [elements.said({"low": low, "high": high})] if low or high else None
