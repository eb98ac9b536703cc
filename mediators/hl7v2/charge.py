"""One act on a bill: FT1, and PR1 where a message to the accounts (BAR) tells of it, as ChargeRecorded.

Source: HL7 v2.8.2 chapter 6.5.1 (FT1), 6.5.4 (PR1), table 0017 (transaction type). The guide has no map for them.

The key of a charge is its number (FT1-2) with what was done, else the visit (or account, or order) with the day and
what was done; from the second equal one of a message on, its occurrence. A credit has the key of the charge it takes
back, marked CD: so has a charge of a negative quantity or amount, which some systems send in its place.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from mediators.hl7v2 import rows
from mediators.hl7v2.clinical import procedure
from mediators.hl7v2.datatypes import cx, ei, inner_time, one, pl, said
from mediators.hl7v2.envelope import Head
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Code, Identifier

CHARGE, CREDIT = "CG", "CD"


def _number(segment: Segment, number: int, scope: Scope) -> Identifier | None:
    """ST, EI or CX: the versions differ."""
    return one(segment, number, lambda field: cx(field, scope) if field.component(4) else ei(field, scope))


def _place(segment: Segment, number: int, scope: Scope) -> Any:
    return one(segment, number, pl)


def _act(segment: Segment, number: int, scope: Scope) -> Code | None:
    found = rows.coded(segment, number, scope)
    return scope.coded(found) if found else None


_FT1: Final[rows.Table] = {
    2: ("number", _number), 3: ("batch", rows.text), 4: ("performed", rows.moment), 5: ("posted", rows.moment),
    6: ("sent_kind", rows.coded), 7: ("code", _act), 8: ("description", rows.text), 9: ("alternate", rows.text),
    10: ("quantity", rows.plain), 13: ("department", rows.coded), 14: ("plan", rows.coded), 16: ("location", _place),
    17: ("fee_schedule", rows.coded), 18: ("patient_type", rows.coded), 19: ("reasons", rows.codes),
    20: ("performers", rows.persons()), 21: ("ordered_by", rows.persons()), 24: ("entered_by", rows.persons()),
    25: ("procedure", _act), 26: ("modifiers", rows.codes), 29: ("product", rows.coded),
    32: ("performing_organization", rows.body), 33: ("ordering_organization", rows.body),
    39: ("authorization", _number), 42: ("prescription", _number),
}  # fmt: skip
# Amounts (CP): price, as number and currency, then what only the standard has a name for
_AMOUNTS: Final = {11: "amount", 12: "unit_price", 15: "insured_amount", 22: "unit_cost"}
_OTHERS: Final = frozenset((1, 23))


class Keys:
    """Tells the charges of one message apart."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()

    def next(self, told: dict[str, Any], head: Head, sender: str) -> str:
        codings = told["code"].get("codings") or [{}]
        act = codings[0].get("code") or told["code"].get("text") or ""
        if number := told.get("number"):
            key = f"charge|{number['system']}|{number['value']}|{act}"
        else:
            day = (told.get("performed") or told.get("posted") or head.day() or "")[:10]
            key = f"charge|{sender}|{_within(told)}|{day}|{act}"
        kind = CREDIT if is_credit(told) else told.get("kind") or CHARGE
        self._seen[key, kind] += 1
        key = f"{key}|{seen}" if (seen := self._seen[key, kind]) > 1 else key
        return key if kind == CHARGE else f"{key}|{kind}"


def charge(ft1: Segment, told_before: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """An FT1 as the fields of its event. `told_before`: order, visit and account, which the key may need."""
    told = rows.read(ft1, _FT1, scope) | told_before
    told["code"] = told.get("code") or _described(told)
    if descriptions := [text for text in (told.pop("description", None), told.pop("alternate", None)) if text]:
        told["descriptions"] = descriptions
        told["code"].setdefault("text", descriptions[0])
    if kind := said(ft1.text(6)):
        told["kind"] = kind.upper()
    if end := inner_time(ft1.text(4, 2), scope):
        told["performed_end"] = end
    _amounts(ft1, told, scope)
    _ordered(ft1, told, scope)
    scope.rest(ft1, _OTHERS | _FT1.keys() | _AMOUNTS.keys())
    return told


def act(pr1: Segment, told_before: dict[str, Any], scope: Scope) -> dict[str, Any] | None:
    """A PR1 of a message to the accounts: an act done, without a price; None when it names none."""
    done = procedure(pr1, scope)
    if not done or not done.get("code"):
        return None
    told: dict[str, Any] = {**told_before, "code": scope.coded(done["code"]), "procedures": [done]}  # type: ignore[arg-type]
    for key, value in (
        ("number", done.get("identifier")),
        ("performed", done.get("performed")),
        ("performers", done.get("by")),
    ):
        if value:
            told[key] = value
    if (done.get("action") or "").upper() == "D":
        told["kind"] = CREDIT
    return told


def is_credit(told: dict[str, Any]) -> bool:
    negative = any(_negative(told.get(name)) for name in ("quantity", "amount"))
    return told.get("kind") == CREDIT or (told.get("kind") in (None, CHARGE) and negative)


def _described(told: dict[str, Any]) -> Code:
    """Without FT1-7 the act is what the procedure code tells, else the article, else its description."""
    found: Code | None = told.get("procedure") or told.get("product")
    return {**found} if found else {}


def _within(told: dict[str, Any]) -> str:
    """What a charge without a number is part of: the visit, the account, the order."""
    encounter, order = told.get("encounter") or {}, told.get("order") or {}
    for number in (
        *(encounter.get("identifiers") or ()),
        told.get("account"),
        order.get("filler"),
        order.get("placer"),
    ):
        if number and number.get("value"):
            return f"{number['system']}|{number['value']}"
    return ""


def _amounts(ft1: Segment, told: dict[str, Any], scope: Scope) -> None:
    """The numbers as sent, in one currency; one in another currency stays whole a detail."""
    for number, key in _AMOUNTS.items():
        field = ft1.field(number)
        value, currency = said(field.text(1, 1)), said(field.text(1, 2))
        if currency and told.setdefault("currency", currency) != currency:
            scope.others.append((ft1, number, 0))
            continue
        if value:
            told[key] = value
        scope.others += [(ft1, number, component) for component in range(2, field.components + 1)]


def _ordered(ft1: Segment, told: dict[str, Any], scope: Scope) -> None:
    """FT1-23 is the filler's number of the order; one that the order contradicts is a detail."""
    filler = one(ft1, 23, lambda field: ei(field, scope))
    if not filler:
        return
    order = told["order"] = {**(told.get("order") or {})}
    if order.setdefault("filler", filler)["value"] != filler["value"]:
        scope.others.append((ft1, 23, 0))


def _negative(text: str | None) -> bool:
    try:
        return Decimal(text or "0") < 0
    except InvalidOperation:
        return False
