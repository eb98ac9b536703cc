"""Numbers with their units: FHIR Quantity, SimpleQuantity and Money, without losing a digit or a unit as sent."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite
from typing import Any

from schemas.events import Code
from schemas.fhir import elements, extensions, terms, units

_CURRENCY = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
# A comma before exactly three digits may part thousands: such a number is only a text.
_DECIMAL_COMMA = re.compile(r"([+-]?[0-9]+),([0-9]{1,2}|[0-9]{4,})")


@lru_cache(maxsize=8192)
def number(text: str) -> tuple[int | float | None, bool]:
    """The JSON number nearest to the text (None when it is none), and whether JSON writes it just so.

    "5.0" is 5.0, exactly; "7.40" is 7.4 and "007" is 7, not exactly.
    """
    plain = text
    if not _NUMBER.fullmatch(text):
        comma = _DECIMAL_COMMA.fullmatch(text)
        if not comma:
            return None, False
        plain = f"{comma[1]}.{comma[2]}"
    value = int(plain) if len(plain) < 16 and plain.lstrip("+-").isdecimal() else float(plain)
    return (value, repr(value) == text) if isfinite(value) else (None, False)


def quantity(text: str | None, measure: dict[str, Any], comparator: str | None = None) -> dict[str, Any] | None:
    """A Quantity; None when the text is no number. `measure` is what `measured` made of its unit."""
    if not text:
        return None
    value, exact = number(text)
    if value is None:
        return None
    said = {"value": value, "comparator": comparator, **measure} if comparator else {"value": value, **measure}
    if not exact:
        said["extension"] = [*said.get("extension", ()), {"url": extensions.AS_SENT, "valueString": text}]
    return said


def measured(unit: Code | None) -> dict[str, Any]:
    """Quantity.unit, .system and .code of a unit, and the unit as sent where those three can't hold all of it.

    The unit is the text as sent; the code is valid UCUM, or the sender's own in the sender's own system.
    """
    if not unit:
        return {}
    codings = unit.get("codings") or [{}]
    first = next((one for one in codings if one.get("system") == terms.UCUM), codings[0])
    text, display = unit.get("text"), first.get("display")
    parts, whole = _unit(first.get("code"), first.get("system"), display or text)
    said: dict[str, Any] = dict(parts)
    more = not whole or len(codings) > 1 or (display and text and display != text)
    if more and (beside := unit_beside(unit)):
        said["extension"] = [beside]
    return said


def unit_beside(unit: Code) -> dict[str, Any] | None:
    """The unit as sent, as an extension of its Quantity, or of an Observation whose value is none."""
    return extensions.extension(extensions.UNIT_AS_SENT, "CodeableConcept", elements.concept(unit))


def money(text: str | None, currency: str) -> dict[str, Any] | None:
    """A Money; None without a number. `currency` is said if it looks like an ISO 4217 code."""
    made = quantity(text, {})
    if made and _CURRENCY.fullmatch(currency):
        made["currency"] = currency
    return made


@lru_cache(maxsize=2048)
def _unit(code: str | None, system: str | None, name: str | None) -> tuple[dict[str, str], bool]:
    """The three elements, and whether they hold everything given."""
    name = elements.text(name)
    written = elements.text(code) or name
    if not written:
        return {}, True
    standard = units.ucum(written, system == terms.UCUM)
    if standard == written:
        return {"unit": name or written, "system": terms.UCUM, "code": standard}, True
    if standard:
        return {"unit": written, "system": terms.UCUM, "code": standard}, name in (None, written)
    if code and system and system != terms.UCUM and name not in (None, written):
        return {"unit": str(name), "system": elements.uri(system), "code": elements.token(written)}, True
    return {"unit": written}, name in (None, written)
