"""How a medicine is to be taken, or was: amounts and rates of the RX segments, RXR, RXV, TQ1; what it is made of: RXC.

Source: HL7 v2.8.2 chapter 4A. Several RXR are alternatives (4A.4.2): only the first route carries the dose, so that
nobody reads it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from mediators.hl7v2.datatypes import code, listed, one, said
from mediators.hl7v2.details import beside
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Code, Dosage, Ingredient, Timing

_RXR: Final = (1, 2, 3, 4)
_RXC: Final = (1, 2, 3, 4, 5, 6)


class Amounts(NamedTuple):
    """In which fields of a segment the dose stands; 0 where it has no such field."""

    low: int
    high: int
    unit: int
    per: int
    rate: int
    rate_unit: int
    instructions: int

    def read(self, segment: Segment, number: int, scope: Scope) -> Dosage | None:
        told: Dosage = {}
        for key, number in (("low", self.low), ("high", self.high), ("per", self.per), ("rate", self.rate)):
            if number and (value := said(segment.text(number))):
                told[key] = value  # type: ignore[literal-required]
        for key, number in (("unit", self.unit), ("rate_unit", self.rate_unit)):
            if number and (unit := one(segment, number, code)):
                told[key] = unit  # type: ignore[literal-required]
        if self.instructions and (instructions := listed(segment, self.instructions, code)):
            told["instructions"] = instructions
        return told or None

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(number for number in self if number)


def dosages(dose: Dosage | None, others: Sequence[Segment], timings: Sequence[Timing], scope: Scope) -> list[Dosage]:
    """The dose by the first route (RXR) and with its times, then the other routes."""
    routes = [_route(segment, scope) for segment in others if segment.name == "RXR"]
    first: Dosage = {**(dose or {}), **(routes[0] if routes else {})}
    if timings:
        first["timings"] = list(timings)
    if pumps := [one for segment in others if segment.name == "RXV" for one in beside(segment, scope, ())]:
        first["details"] = [*first.get("details", ()), *pumps]
    return [told for told in (first, *routes[1:]) if told]


def ingredients(others: Sequence[Segment], scope: Scope) -> list[Ingredient]:
    return [told for segment in others if segment.name == "RXC" and (told := _ingredient(segment, scope))]


def instructed(dosage: Dosage) -> str | None:
    """The instructions as one text."""
    return "\n".join(words for one in dosage.get("instructions") or () if (words := _words(one))) or None


def _words(told: Code) -> str | None:
    return told.get("text") or next((one.get("display") or one.get("code") for one in told.get("codings") or ()), None)


def _route(rxr: Segment, scope: Scope) -> Dosage:
    told: Dosage = {}
    if route := one(rxr, 1, code):
        told["route"] = route
    if site := one(rxr, 2, code):
        told["site"] = site
    if device := one(rxr, 3, code):
        told["device"] = device
    if method := one(rxr, 4, code):
        told["method"] = method
    if left := beside(rxr, scope, _RXR):
        told["details"] = left
    return told


def _ingredient(rxc: Segment, scope: Scope) -> Ingredient:
    told: Ingredient = {}
    if kind := said(rxc.text(1)):
        told["type"] = kind
    if component := one(rxc, 2, code):
        told["code"] = scope.coded(component)
    for key, number in (("amount", 3), ("strength", 5)):
        if value := said(rxc.text(number)):
            told[key] = value  # type: ignore[literal-required]
    for key, number in (("unit", 4), ("strength_unit", 6)):
        if unit := one(rxc, number, code):
            told[key] = unit  # type: ignore[literal-required]
    if left := beside(rxc, scope, _RXC):
        told["details"] = left
    return told
