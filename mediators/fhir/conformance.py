"""What the sender is told at the door: FHIR's own rules (fhir.resources, R4B), and what this program needs.

No value is ever quoted: a complaint names the element, what was expected, and how to mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from mediators.fhir.document import Entry
from mediators.fhir.parts import SUPPORTED, WRITTEN, nameless
from schemas.fhir import terms
from schemas.message import Issue

# Required bindings that the models do not hold senders to, and a result's meaning hangs on.
_WORDS = {
    ("Patient", "gender"): terms.GENDERS,
    ("DiagnosticReport", "status"): terms.REPORT_STATUSES,
    ("Observation", "status"): terms.OBSERVATION_STATUSES,
    ("Encounter", "status"): terms.ENCOUNTER_STATUSES,
    ("MedicationDispense", "status"): terms.DISPENSE_STATUSES,
    ("MedicationRequest", "status"): terms.PRESCRIPTION_STATUSES,
    ("MedicationRequest", "intent"): terms.PRESCRIPTION_INTENTS,
}
_MISSING = frozenset({"missing", "model_field_validation.missing"})
_EXPECTED = {
    "string_type": "a string",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "decimal_parsing": "a number",
    "string_pattern_mismatch": "text of the form FHIR prescribes, not empty",
    "date_from_datetime_parsing": "a date, such as 2025-03-31",
    "datetime_from_date_parsing": "a date that is in the calendar, such as 2025-03-31",
}


def issues(entry: Entry) -> Iterator[Issue]:
    """Everything wrong with one resource by itself. A type that is not read here is a warning."""
    if entry.method not in WRITTEN:
        yield _ignored(entry, f"{entry.method[:10]} requests are not carried out here", "send POST or PUT entries")
        return
    if entry.kind not in SUPPORTED:
        yield _unsupported(entry)
        return
    yield from malformed(entry)
    if issue := nameless(entry):
        yield issue


def malformed(entry: Entry) -> Iterator[Issue]:
    """Where the resource is not FHIR R4, whatever it is sent for."""
    yield from _invalid(entry)
    yield from _unknown_words(entry)


def _invalid(entry: Entry) -> Iterator[Issue]:
    try:
        get_fhir_model_class(entry.kind).model_validate(entry.resource)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_context=False, include_input=False):
            yield _issue(entry, dict(one))
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError):
        # The models raise what they will on contained resources of a type that is none
        yield Issue(
            at=entry.path,
            reason="invalid",
            text="this resource is not valid FHIR R4",
            remedy="check it, and above all what it contains, with a FHIR validator",
        )


def _issue(entry: Entry, error: dict[str, Any]) -> Issue:
    at = entry.path + "".join(f"[{part}]" if isinstance(part, int) else f".{str(part)[:40]}" for part in error["loc"])
    if error["type"] in _MISSING:
        return Issue(at, "required", "this element is required", "give this element a value", code="101")
    if error["type"] == "extra_forbidden":
        return Issue(at, "unknown-element", "FHIR R4 has no such element here", "remove it, or send it as an extension")
    expected = _EXPECTED.get(error["type"], "a value of the type FHIR R4 gives this element")
    return Issue(at, "format", f"not as expected: {expected}", f"write {expected}", code="102")


def _unknown_words(entry: Entry) -> Iterator[Issue]:
    for (kind, name), words in _WORDS.items():
        if kind == entry.kind and isinstance(word := entry.resource.get(name), str) and word not in words:
            listed = ", ".join(sorted(words))
            yield Issue(
                at=f"{entry.path}.{name}",
                reason="unknown-code",
                text="this code is not among those FHIR R4 allows here",
                remedy=f"use one of: {listed}",
                code="103",
            )


def _unsupported(entry: Entry) -> Issue:
    try:
        get_fhir_model_class(entry.kind)
    except (KeyError, ValueError):
        text = "there is no such resource type in FHIR R4"
        return Issue(f"{entry.path}.resourceType", "unknown-type", text, "correct the resource type", code="103")
    return _ignored(entry, "resources of this type are not read here", "leave it out; the rest of the message is read")


def _ignored(entry: Entry, text: str, remedy: str) -> Issue:
    return Issue(entry.path, "not-supported", text, remedy, severity="warning")
