"""Quantity, Money and their kin → numbers as texts, with the unit as sent."""

from __future__ import annotations

from typing import Any, NamedTuple

from schemas.events import Code
from schemas.fhir import extensions
from schemas.fhir.reading import elements
from schemas.fhir.reading.elements import Json, take


class Measure(NamedTuple):
    """A number as text, what stands before it, and its unit."""

    number: str | None
    comparator: str | None
    unit: Code | None

    @property
    def raw(self) -> str:
        return (self.comparator or "") + (self.number or "")


def measure(element: Json) -> Measure:
    """A Quantity. The text and unit as sent, where an extension keeps them, go before FHIR's own."""
    as_sent = elements.extended(element, extensions.AS_SENT, "String")
    value = take(element, "value")
    return Measure(as_sent if isinstance(as_sent, str) else value, take(element, "comparator"), unit(element))


def unit(element: Json) -> Code | None:
    name, system, code = (take(element, part) for part in ("unit", "system", "code"))
    as_sent = elements.extended(element, extensions.UNIT_AS_SENT, "CodeableConcept")
    if isinstance(as_sent, dict) and (whole := elements.code(as_sent)):
        return whole
    made: Code = {}
    if code:
        made["codings"] = [elements.said(system=system, code=code)]  # type: ignore[list-item]  # the keys of Coding
    if name:
        made["text"] = name
    return made or None


def money(element: Json) -> tuple[str | None, str | None]:
    """A Money: the number as text and its currency (ISO 4217)."""
    as_sent = elements.extended(element, extensions.AS_SENT, "String")
    value = take(element, "value")
    return (as_sent if isinstance(as_sent, str) else value), take(element, "currency")


def extended_money(element: Json, url: str) -> tuple[str | None, str | None]:
    found: Any = elements.extended(element, url, "Money")
    return money(found) if isinstance(found, dict) else (None, None)
