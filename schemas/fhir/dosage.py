"""How a medicine is to be taken, or was: Dosage, and the dosage of a MedicationAdministration.

Sources: FHIR R4 Dosage; HL7 v2 chapter 4A (RXO, RXE, RXG, RXA, RXR). Several timings of one dose are a Dosage each, in
sequence. What is no number stays as text beside it, and so does a dose of 999, which says that nobody knows (RXA-6).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from schemas.events import Code, Dosage, Timing
from schemas.fhir import details, elements, extensions, quantity, terms, timing
from schemas.fhir.draft import Draft

UNKNOWN_DOSE: Final = "999"
_PER: Final = re.compile(r"([SMHDWL])\s*([1-9][0-9]{0,3})", re.IGNORECASE)
_UNITS: Final = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}


def instructions(draft: Draft, sources: Sequence[Dosage] | None, text: str | None) -> list[dict[str, Any]]:
    """Dosage instructions, in sequence where there are several; `text` is what they say in words."""
    made = [one for source in sources or () for one in _each(draft, source) if one]
    if told := elements.text(text):
        made = [{"text": told, **made[0]}, *made[1:]] if made else [{"text": told}]
    if len(made) > 1:
        return [{"sequence": place, **one} for place, one in enumerate(made, 1)]
    return made


def given(draft: Draft, sources: Sequence[Dosage] | None) -> dict[str, Any] | None:
    """The dosage of a MedicationAdministration, which must tell a dose or a rate (mad-1)."""
    source = next(iter(sources or ()), None)
    if not source:
        return None
    said = _how_much(source, None)
    made = elements.said(
        {
            "extension": _beside(draft, source, None),
            "text": _words(source),
            "site": elements.concept(source.get("site")),
            "route": elements.concept(source.get("route")),
            "method": elements.concept(source.get("method")),
            "dose": said.get("doseQuantity") or said.get("doseRange", {}).get("low"),
            "rateQuantity": said.get("rateQuantity"),
            "rateRatio": None if said.get("rateQuantity") else said.get("rateRatio"),
        }
    )
    if made and not made.keys() & {"dose", "rateQuantity", "rateRatio"}:
        made["dose"] = extensions.absent()
    return made or None


def _each(draft: Draft, source: Dosage) -> list[dict[str, Any]]:
    """One a timing; details and device are told once."""
    timings = source.get("timings")
    if not timings:
        return [_one(draft, source, None)]
    bare: Dosage = {**source, "details": [], "device": None}
    return [_one(draft, bare if place else source, when) for place, when in enumerate(timings)]


def _one(draft: Draft, source: Dosage, when: Timing | None) -> dict[str, Any]:
    coded = [one for one in elements.concepts(source.get("instructions")) if "coding" in one]
    needed = source.get("as_needed") or (when is not None and timing.as_needed(when))
    much = _how_much(source, when)
    return elements.said(
        {
            "extension": _beside(draft, source, when),
            "additionalInstruction": coded,
            "patientInstruction": elements.text((when or {}).get("text")),
            "timing": timing.timing(when) if when else None,
            "asNeededBoolean": True if needed else None,
            "site": elements.concept(source.get("site")),
            "route": elements.concept(source.get("route")),
            "method": elements.concept(source.get("method")),
            "doseAndRate": [much] if much else None,
        }
    )


def _how_much(source: Dosage, when: Timing | None) -> dict[str, Any]:
    """Dose and rate: a range where both ends are told; the quantity of the timing where no dose is."""
    measure = quantity.measured(source.get("unit"))
    low, high = _number(source.get("low"), measure), _number(source.get("high"), measure)
    if when and not low and not high:
        low = _number(when.get("quantity"), quantity.measured(when.get("quantity_unit")) or measure)
    made: dict[str, Any] = {}
    if low and high and low["value"] < high["value"]:
        made["doseRange"] = {"low": low, "high": high}
    elif found := low or high:
        made["doseQuantity"] = found
    if rate := _number(source.get("rate"), quantity.measured(source.get("rate_unit"))):
        made["rateQuantity"] = rate
    elif made.get("doseQuantity") and (each := _per(source.get("per"))):
        made["rateRatio"] = {"numerator": made["doseQuantity"], "denominator": each}
    return made


def _number(text: str | None, measure: dict[str, Any]) -> dict[str, Any] | None:
    return None if text == UNKNOWN_DOSE else quantity.quantity(text, measure)


def _per(text: str | None) -> dict[str, Any] | None:
    found = _PER.fullmatch(text.strip()) if text else None
    if not found:
        return None
    unit = _UNITS[found[1].upper()]
    return {"value": int(found[2]), "unit": unit, "system": terms.UCUM, "code": unit}


def _beside(draft: Draft, source: Dosage, when: Timing | None) -> list[dict[str, Any]]:
    """What the element can't hold: words in place of numbers, the device, details."""
    dose = [one for one in (source.get("low"), source.get("high")) if one and one != UNKNOWN_DOSE]
    spelled = "-".join(dose) if any(quantity.number(one)[0] is None for one in dose) else None
    rate = source.get("rate")
    more = _amount(when) if when and dose else None
    return extensions.extensions(
        extensions.extension(extensions.DOSE_AS_SENT, "String", elements.text(_with_unit(spelled, source.get("unit")))),
        extensions.extension(extensions.RATE_AS_SENT, "String", _spelled(rate, source.get("rate_unit"))),
        extensions.extension(extensions.DOSE_PER, "String", elements.text(source.get("per"))),
        extensions.extension(extensions.DOSE_DEVICE, "CodeableConcept", elements.concept(source.get("device"))),
        extensions.extension(extensions.TIMING_QUANTITY, "Quantity", more),
        *details.written(draft, source.get("details")),
        *details.written(draft, (when or {}).get("details")),
    )


def _amount(when: Timing) -> dict[str, Any] | None:
    return quantity.quantity(when.get("quantity"), quantity.measured(when.get("quantity_unit")))


def _spelled(rate: str | None, unit: Code | None) -> str | None:
    return elements.text(_with_unit(rate, unit)) if rate and quantity.number(rate)[0] is None else None


def _with_unit(text: str | None, unit: Code | None) -> str | None:
    codings = (unit or {}).get("codings") or [{}]
    name = (unit or {}).get("text") or codings[0].get("code")
    return f"{text} {name}" if text and name else text


def _words(source: Dosage) -> str | None:
    return "\n".join(elements.texts(one.get("text") for one in source.get("instructions") or ())) or None
