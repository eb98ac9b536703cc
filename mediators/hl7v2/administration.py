"""What was given: RXA → MedicationAdministered; what a vaccination shares with it.

Source: HL7 v2.8.2 chapter 4A.7 (RAS^O17).
"""

from __future__ import annotations

from typing import Any, Final

from mediators.hl7v2 import prescription, rows
from mediators.hl7v2.article import Table, facts, maker, numbers, place, product, text, texts
from mediators.hl7v2.dosage import Amounts, dosages, ingredients
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.treatments import Given, Treatment
from schemas.events import Code, Note, Order

_DOSE: Final = Amounts(6, 0, 7, 12, 0, 0, 0)
_RXA: Final[Table] = {
    "given": ((3,), rows.moment),
    "given_end": ((4,), rows.moment),
    "product": ((5,), product),
    "dose": (_DOSE.numbers, _DOSE.read),
    "form": ((8,), rows.coded),
    "remarks": ((9,), rows.codes),
    "performers": ((10,), rows.persons("AP")),
    "location": ((11, 27, 28), place(27, 28)),
    "strength": ((13,), text),
    "strength_unit": ((14,), rows.coded),
    "lots": ((15,), texts),
    "expires": ((16,), rows.moment),
    "manufacturer": ((17,), maker),
    "reasons": ((18,), rows.codes),
    "indications": ((19,), rows.codes),
    "status": ((20,), text),
    "action": ((21,), text),
    "recorded": ((22,), rows.moment),
}


# A vaccination has no place for form and strength: they are details of it
OF_VACCINATION: Final[Table] = {
    key: row for key, row in _RXA.items() if key not in ("form", "strength", "strength_unit")
}


def administered(part: Given, treatment: Treatment, order: Order, scope: Scope) -> dict[str, Any]:
    """What one RXA with its routes tells of a medicine."""
    told = read(part.head, scope, {1, 2} if _counts_nothing(part.head) else set())
    told["medication"] = told.pop("product", None) or {}
    if remarks := told.pop("remarks", None):
        told["notes"] = [note(one) for one in remarks]
    timings = prescription.times(treatment, part, 0, {**order, "timings": []}, scope)
    if found := dosages(told.pop("dose", None), part.others, timings, scope):
        told["dosages"] = found
    if made_of := ingredients(part.others, scope):
        told["ingredients"] = made_of
    return told


def read(rxa: Segment, scope: Scope, mapped: set[int], table: Table = _RXA) -> dict[str, Any]:
    """The facts of an RXA. `mapped`: further fields that have their place elsewhere."""
    told = facts(rxa, table, scope)
    scope.rest(rxa, mapped | numbers(table, set(table)))
    if lots := told.get("lots"):
        told["lot"] = lots[0]
    return told


def note(told: Code) -> Note:
    """RXA-9: a note as a code, or only its text."""
    codings = told.get("codings") or [{}]
    words = told.get("text") or codings[0].get("display") or codings[0].get("code") or ""
    written: Note = {"text": words}
    if codings[0].get("code") not in (None, words):
        written["kind"] = told
    return written


def _counts_nothing(rxa: Segment) -> bool:
    """The first administration of an order that counts none says so with 0 and 1."""
    return rxa.text(1).strip() in ("", "0") and rxa.text(2).strip() in ("", "0", "1")
