"""What is to be dispensed or given: RXO, RXE and RXG → MedicationPrescribed.

Source: HL7 v2.8.2 chapter 4A. What the pharmacy encoded (RXE) goes before what was asked for (RXO): where both tell,
RXO fills what RXE leaves open, and what it tells otherwise stays as a detail; another product is `requested`. An
instruction to give (RXG) is a MedicationRequest too, of intent instance-order, based on its prescription (ours: R4 has
no other resource for it).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mediators.hl7v2 import rows, timing
from mediators.hl7v2.article import Table, facts, maker, numbers, pharmacy, place, product, text, texts
from mediators.hl7v2.datatypes import local_system
from mediators.hl7v2.dosage import Amounts, dosages, ingredients, instructed
from mediators.hl7v2.order import among
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.treatments import Given, Treatment
from schemas.events import Dosage, Identifier, Order, Practitioner, Timing

# Table 0038, ORC-5, in FHIR's words (medicationrequest-status); ours, for the guide has no map. RP: replaced
STATUS: Final = {
    "A": "active", "CA": "cancelled", "CM": "completed", "DC": "stopped", "ER": "entered-in-error", "HD": "on-hold",
    "IP": "active", "RP": "stopped", "SC": "active",
}  # fmt: skip
# Table 0119, ORC-1, where ORC-5 is silent. A request to cancel, stop or hold counts as done unless it is refused (UC,
# UD, UH), for a medicine that nobody wants any more must not look as if it were wanted. Ours.
CONTROL: Final = {
    **dict.fromkeys(("NW", "OK", "XO", "XX", "XR", "UX", "RO", "UM", "RL", "OR", "OE", "PA", "CH", "UC", "UD", "UH",
                     "RF", "AF", "DF", "FU", "OF", "SN", "NA", "OP", "PY", "PR"), "active"),
    **dict.fromkeys(("CA", "OC", "CR", "UA"), "cancelled"),
    **dict.fromkeys(("DC", "OD", "DR", "RP", "RU", "RQ"), "stopped"),
    **dict.fromkeys(("HD", "OH", "HR", "UR"), "on-hold"),
    "DE": "entered-in-error",
}  # fmt: skip
# ORC-1 of what is new: only its ORC-9 is the time of the prescription, of others that of the change
_NEW: Final = frozenset(("", "NW", "SN", "RO", "CH", "PA", "OP"))
# Table 0161 (RXO-9) and 0167 (RXE-9, RXG-10): whether another product may be given. In 0167 N and 0 say nothing of it
_MAY: Final = {"G": True, "T": True, "N": False, "Y": True}
_WAS: Final = {
    "G": True, "T": True, "1": False, "2": True, "3": True, "4": True, "5": True, "7": False, "8": True,
}  # fmt: skip


def _dose(amounts: Amounts) -> tuple[tuple[int, ...], rows.Row]:
    return amounts.numbers, amounts.read


_RXO: Final[Table] = {
    "medication": ((1,), product),
    "dose": _dose(Amounts(2, 3, 4, 17, 21, 22, 7)),
    "form": ((5,), rows.coded),
    "dispense_instructions": ((6,), rows.codes),
    "deliver_to": ((8, 34, 35), place(34, 35)),
    "substitution_code": ((9,), text),
    "dispense": ((10,), rows.coded),
    "quantity": ((11,), text),
    "quantity_unit": ((12,), rows.coded),
    "refills": ((13,), text),
    "prescribers": ((14,), rows.persons("OP")),
    "verified_by": ((15,), rows.persons("RXO-15")),
    "strength": ((18,), text),
    "strength_unit": ((19,), rows.coded),
    "indications": ((20,), rows.codes),
    "to_pharmacy": ((32, 33, 36), pharmacy(33, 36)),
}
_RXE: Final[Table] = {
    "medication": ((2,), product),
    "dose": _dose(Amounts(3, 4, 5, 22, 23, 24, 7)),
    "form": ((6,), rows.coded),
    "deliver_to": ((8, 42, 43), place(42, 43)),
    "substitution_code": ((9,), text),
    "quantity": ((10,), text),
    "quantity_unit": ((11,), rows.coded),
    "refills": ((12,), text),
    "prescribers": ((13,), rows.persons("OP")),
    "verified_by": ((14,), rows.persons("RXE-14")),
    "number": ((15,), text),
    "refills_left": ((16,), text),
    "doses_dispensed": ((17,), text),
    "last_dispensed": ((18,), rows.moment),
    "dispense_instructions": ((21,), rows.codes),
    "strength": ((25,), text),
    "strength_unit": ((26,), rows.coded),
    "indications": ((27,), rows.codes),
    "prescribed": ((32,), rows.moment),
    "initial_quantity": ((39,), text),
    "to_pharmacy": ((40, 41, 45), pharmacy(41, 45)),
}
_RXG: Final[Table] = {
    "medication": ((4,), product),
    "dose": _dose(Amounts(5, 6, 7, 14, 15, 16, 13)),
    "form": ((8,), rows.coded),
    "notes": ((9,), texts),
    "substitution_code": ((10,), text),
    "deliver_to": ((11, 29, 30), place(29, 30)),
    "strength": ((17,), text),
    "strength_unit": ((18,), rows.coded),
    "lots": ((19,), texts),
    "expires": ((20,), rows.moment),
    "manufacturer": ((21,), maker),
    "indications": ((22,), rows.codes),
    "quantity": ((32,), text),
    "quantity_unit": ((33,), rows.coded),
    "number": ((31,), rows.entity),
}
# What tells of one thing together: an RXO that differs in one of them tells nothing of the other
_PAIRS: Final = {"quantity": "quantity_unit", "strength": "strength_unit"}


def encoded(treatment: Treatment, order: Order, scope: Scope) -> dict[str, Any]:
    """What RXO and RXE tell of an order; only its state when it has neither (an answer, a cancellation)."""
    rxe, rxo = treatment.first("RXE"), treatment.first("RXO")
    told = facts(rxe.head, _RXE, scope) if rxe else {}
    mapped: set[int] = {1}
    if rxo:
        mapped = _requested(rxo, told, scope)
        scope.rest(rxo.head, mapped)
    if rxe:
        scope.rest(rxe.head, {1} | numbers(_RXE, set(_RXE)))
    own = rxe or rxo
    told["medication"] = told.get("medication") or {}
    told["status"] = status(order)
    _substitution(told, rxe is not None and bool(rxe.head.raw_field(9)))
    _prescribers(told, order)
    routes = [part for part in (rxe, rxo) if part and part.all("RXR")]
    _doses(told, own, routes[:1], times(treatment, own, 1, order, scope), scope)
    compounds = [part for part in (rxe, rxo) if part and part.all("RXC")]
    if compounds and (made_of := ingredients(compounds[0].others, scope)):
        told["ingredients"] = made_of
    for part in (part for part in (rxe, rxo) if part):
        _leave_unread(part, (*routes[:1], *compounds[:1]), scope)
    _number(told, order, scope)
    if order.get("ordered") and (order.get("control") or "").upper() in _NEW:
        told.setdefault("prescribed", order["ordered"])
    return told


def given(part: Given, treatment: Treatment, order: Order, scope: Scope) -> dict[str, Any]:
    """What RXG tells: one instruction to give."""
    told = facts(part.head, _RXG, scope)
    scope.rest(part.head, {1, 3} | numbers(_RXG, set(_RXG)))
    told["medication"] = told.get("medication") or {}
    told["status"], told["intent"] = status(order), "instance-order"
    told["notes"] = [{"text": words} for words in told.get("notes", ())]
    _substitution(told, encoded=True)
    _prescribers(told, order)
    _doses(told, part, [part], times(treatment, part, 3, order, scope), scope)
    if made_of := ingredients(part.others, scope):
        told["ingredients"] = made_of
    return told


def status(order: Order) -> str | None:
    """In FHIR's words: what the order is (ORC-5); where that is active or silent, what becomes of it (ORC-1)."""
    told = STATUS.get((order.get("status") or "").upper())
    control = CONTROL.get((order.get("control") or "").upper())
    return control or told if told == "active" else told or control


def times(treatment: Treatment, part: Given | None, field: int, order: Order, scope: Scope) -> list[Timing]:
    """When: TQ1 beside the segment, else its own TQ field, filled from what the order tells where both tell once."""
    own: list[Timing] = []
    if part is not None:
        own = timing.timings(part.others, scope) or (
            timing.of_field(part.head, field, scope) if field and part.head.name in ("RXE", "RXG") else []
        )
    ordered = order.get("timings") or []
    if len(own) == 1 and len(ordered) == 1:
        return [{**ordered[0], **own[0]}]
    return own or ordered


def _requested(rxo: Given, told: dict[str, Any], scope: Scope) -> set[int]:
    """Fills what RXE left open from RXO; the fields whose facts have their place now."""
    asked = facts(rxo.head, _RXO, scope)
    kept: set[str] = set()
    if asked.get("medication") and told.get("medication") and asked["medication"] != told["medication"]:
        told["requested"] = asked.pop("medication")
        kept.add("medication")
    for first, second in _PAIRS.items():
        if told.get(first) and asked.get(first) != told[first]:
            asked.pop(first, None)
            asked.pop(second, None)
    for key, value in asked.items():
        if told.setdefault(key, value) == value:
            kept.add(key)
    return numbers(_RXO, kept)


def _substitution(told: dict[str, Any], encoded: bool) -> None:
    allowed = (_WAS if encoded else _MAY).get((told.get("substitution_code") or "").upper())
    if allowed is not None:
        told["substitution"] = allowed


def _prescribers(told: dict[str, Any], order: Order) -> None:
    """ORC-12, with the number that RXE-13 or RXO-14 has of the same person (DEA in the United States)."""
    others: list[Practitioner] = told.pop("prescribers", [])
    known = order.get("requesters") or []
    if not known:
        order["requesters"] = others
    elif others and not among(others[0], known[:1]) and not (others[0].get("names") and known[0].get("names")):
        known[0]["identifiers"] = [*known[0].get("identifiers", ()), *others[0].get("identifiers", ())]
    else:
        order["requesters"] = [*known, *(one for one in others if not among(one, known))]
    if order.get("requesters"):
        told["prescriber"] = {**order["requesters"][0]}


def _doses(
    told: dict[str, Any], own: Given | None, routes: Sequence[Given], timings: Sequence[Timing], scope: Scope
) -> None:
    dose: Dosage | None = told.pop("dose", None)
    others = [segment for part in routes for segment in part.others if segment.name == "RXR"]
    others += own.all("RXV") if own else []
    if found := dosages(dose, others, timings, scope):
        told["dosages"] = found
        if instructions := instructed(found[0]):
            told["instructions"] = instructions


def _leave_unread(part: Given, read: Sequence[Given], scope: Scope) -> None:
    """Routes and components of the request, where the encoded order tells others."""
    if part not in read:
        known = {segment.raw for other in read for segment in other.others}
        for segment in (*part.all("RXR"), *part.all("RXC")):
            if segment.raw not in known:
                scope.rest(segment)


def _number(told: dict[str, Any], order: Order, scope: Scope) -> None:
    if number := told.pop("number", None):
        told["prescription"] = prescription_number(number, order, scope)


def prescription_number(value: str, order: Order, scope: Scope) -> Identifier:
    """RXE-15, RXD-7: the pharmacy's own number, of the authority of the filler's where it repeats that."""
    for key in ("filler", "placer", "group"):
        known: Identifier | None = order.get(key)  # type: ignore[assignment]  # one of the order's numbers
        if known and known["value"] == value:
            return {"system": known["system"], "value": value}
    return {"system": local_system(scope.sender), "value": value}
