"""What was handed over: RXD → MedicationDispensed, with what a charge beside it (FT1) says of its price.

Source: HL7 v2.8.2 chapter 4A.5 (RDS^O13). What was prescribed stands in the RXE or RXO of the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mediators.hl7v2 import prescription, rows
from mediators.hl7v2.article import Table, article, facts, maker, numbers, place, product, text, texts
from mediators.hl7v2.datatypes import said
from mediators.hl7v2.dosage import dosages, ingredients, instructed
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.treatments import Given, Treatment
from schemas.events import Code, Dosage, Order

# ORC-5, and ORC-1 where that is silent or active, in FHIR's words (medicationdispense-status). What else they say is
# of the order: a medicine that was handed over stays so. Ours.
_STATUS: Final = {"CA": "cancelled", "DC": "stopped", "ER": "entered-in-error", "HD": "on-hold"}
_CONTROL: Final = {
    **dict.fromkeys(("CA", "OC", "CR"), "cancelled"),
    **dict.fromkeys(("DC", "OD", "DR"), "stopped"),
    **dict.fromkeys(("HD", "OH", "HR"), "on-hold"),
    "UA": "declined", "DE": "entered-in-error",
}  # fmt: skip
# Not handed over yet, where no time says that it was
_BEFORE: Final = {"IP": "in-progress", "SC": "preparation"}

_RXD: Final[Table] = {
    "medication": ((2,), product),
    "dispensed": ((3,), rows.moment),
    "quantity": ((4,), text),
    "quantity_unit": ((5,), rows.coded),
    "form": ((6,), rows.coded),
    "number": ((7,), text),
    "refills_left": ((8,), text),
    "notes": ((9,), texts),
    "dispensers": ((10,), rows.persons("RXD-10")),
    "substitution": ((11,), text),
    "location": ((13,), place()),
    "dispense_instructions": ((15,), rows.codes),
    "strength": ((16,), text),
    "strength_unit": ((17,), rows.coded),
    "lots": ((18,), texts),
    "expires": ((19,), rows.moment),
    "manufacturer": ((20,), maker),
    "indications": ((21,), rows.codes),
    "kind": ((33,), rows.coded),
    "tag": ((35,), rows.entity),
}


def dispensed(part: Given, treatment: Treatment, order: Order, asked: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """What one RXD tells. `asked` is what RXO and RXE of the order tell."""
    told = facts(part.head, _RXD, scope)
    scope.rest(part.head, numbers(_RXD, set(_RXD)))
    told["medication"] = told.get("medication") or asked.get("medication") or {}
    told["status"] = status(order, bool(told.get("dispensed")))
    told["notes"] = [{"text": words} for words in told.get("notes", ())]
    if prescribed := _prescribed(treatment):
        told["prescribed"] = prescribed
    if number := told.pop("number", None):
        told["prescription"] = prescription.prescription_number(number, order, scope)
    elif asked.get("prescription"):
        told["prescription"] = asked["prescription"]
    if tag := told.pop("tag", None):
        told["number"] = tag
    _people(told, order, asked)
    _doses(told, part, treatment, order, asked, scope)
    lots = told.get("lots") or ()
    if lots:
        told["lot"] = lots[0]
    if made_of := ingredients(part.others, scope) or asked.get("ingredients"):
        told["ingredients"] = made_of
    _price(told, [*treatment.others, *part.others], len(treatment.all("RXD")) == 1, scope)
    return told


def status(order: Order, handed_over: bool) -> str:
    told, control = (order.get("status") or "").upper(), (order.get("control") or "").upper()
    undone = _STATUS.get(told) or _CONTROL.get(control)
    return undone or (_BEFORE.get(told, "completed") if not handed_over else "completed")


def _prescribed(treatment: Treatment) -> Code | None:
    """The product of the prescription: RXE-2, else RXO-1. As sent, for translated two brands may be one substance."""
    for name, number in (("RXE", 2), ("RXO", 1)):
        if (part := treatment.first(name)) and (found := article(part.head, number)):
            return found
    return None


def _people(told: dict[str, Any], order: Order, asked: dict[str, Any]) -> None:
    dispensers = told.pop("dispensers", [])
    if dispensers:
        told["dispenser"] = dispensers[0]
    if len(dispensers) > 1:
        told["dispensers"] = dispensers[1:]
    if prescriber := asked.get("prescriber") or next(iter(order.get("requesters") or ()), None):
        told["prescriber"] = {**prescriber}
    if asked.get("to_pharmacy"):
        told["pharmacy"] = asked["to_pharmacy"]
    if asked.get("verified_by"):
        told["verified_by"] = asked["verified_by"]


def _doses(
    told: dict[str, Any], part: Given, treatment: Treatment, order: Order, asked: dict[str, Any], scope: Scope
) -> None:
    """How it is to be taken: by its own RXR and TQ1, else as prescribed."""
    prescribed = asked.get("dosages") or []
    own = part.all("RXR") or part.all("TQ1")
    if own or not prescribed:
        dose: Dosage = {key: value for key, value in (prescribed[0] if prescribed else {}).items() if key != "details"}  # type: ignore[assignment]  # a Dosage without one key
        found = dosages(dose, part.others, prescription.times(treatment, part, 0, order, scope), scope)
    else:
        found = prescribed
    if found:
        told["dosages"] = found
        if instructions := instructed(found[0]):
            told["instructions"] = instructions


def _price(told: dict[str, Any], segments: Sequence[Segment], only: bool, scope: Scope) -> None:
    """The one charge (FT1) of the one dispensation: number, amount, price of a unit. Others are details."""
    charges = [segment for segment in segments if segment.name == "FT1"]
    for ft1 in charges:
        charged = only and len(charges) == 1 and said(ft1.text(6)) in (None, "CG")
        if not charged:
            scope.rest(ft1)
            continue
        found = {"ticket": said(ft1.text(2)), "amount": _money(ft1, 11), "unit_price": _money(ft1, 12)}
        found["currency"] = next((unit for at in (11, 12) if (unit := said(ft1.text(at, 1, 2)))), None)
        told.update((key, value) for key, value in found.items() if value)
        scope.rest(ft1, {1, 2, 6, 11, 12})


def _money(segment: Segment, number: int) -> str | None:
    """CP: price (MO: amount & currency) ^ type …; NM before 2.3."""
    return said(segment.text(number, 1, 1))
