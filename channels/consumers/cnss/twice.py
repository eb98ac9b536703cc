"""Whether two lines tell of one act: a bill (DFT) or the accounts (BAR) tell what reports, visits and sales tell too.

No key is common to all of them. What makes them one, or might: an order number, a visit number, the day, the code.
Where nothing tells them apart the second is not billed but goes to a person: see docs/care-sheet.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple

from schemas.facts import name

Verdict = Literal["", "same", "unsure"]

# Who tells of an act: the bill, the accounts; a report, a visit, a sale by its ticket, a dispensation by its order
CHARGE, ACT, REPORT, VISIT, SALE, DISPENSATION = "charge", "act", "report", "visit", "sale", "dispensation"
BILLED: Final = frozenset({CHARGE, ACT})
PHARMACY: Final = frozenset({SALE, DISPENSATION})

INPE: Final = frozenset({"https://hie.sante.gov.ma/id/inpe-es", "https://hie.sante.gov.ma/id/inpe-ps"})
GTIN: Final = "https://www.gs1.org/gtin"
NGAP: Final = "https://hie.sante.gov.ma/fhir/CodeSystem/ngap"
# NGAP's key letters of consultations and visits, of which a visit that took place is one
CONSULTATIONS: Final = ("C", "CS", "CSC", "CNPSY", "V", "VS", "VNPSY")
# and of care that neither a laboratory nor an imaging centre reports: nursing, physiotherapy, speech and eye
# therapy, midwives, dentists
_NEVER_REPORTED: Final = frozenset({*CONSULTATIONS, "AMI", "AMM", "AMO", "AMY", "SF", "D"})
_LETTERS: Final = re.compile(r"[A-Z]+")
_LOCAL: Final = "urn:id:"
# Nomenclatures that go by their bare name
_BY_NAME: Final = frozenset({"urn:id:CCAM", "urn:id:NABM", "urn:id:C4"})


class Told(NamedTuple):
    """One line, as far as it may be compared. `traces`: what `traces` made; `code` and `system` are the ones billed."""

    source: str
    traces: frozenset[str]
    code: str
    system: str
    executor: str
    executor_system: str
    date: str


def traces(event: Mapping[str, Any], codings: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """What an act may be known by when it is told otherwise. Digests: the ledger holds no more of a number."""
    order, encounter = event.get("order") or {}, event.get("encounter") or {}
    found = [
        f"{role}:{_digest(number['system'])}:{_digest(number['value'])}"
        for role in ("placer", "filler")
        if (number := order.get(role)) and number.get("value")
    ]
    found += [f"visit:{_digest(one['value'])}" for one in encounter.get("identifiers") or () if one.get("value")]
    found += [
        f"code:{_nomenclature(one.get('system'))}:{_digest(_written(one['code']))}"
        for one in codings
        if one.get("code")
    ]
    return tuple(dict.fromkeys(found))


def verdict(one: Told, other: Told) -> Verdict:
    """Whether two lines of one person tell of one act: the same, perhaps, or ("") not. Only a bill tells again, and a
    pharmacy that sends both its sales and what it dispensed by order."""
    if {one.source, other.source} == PHARMACY:
        return "unsure" if one.date == other.date and _codes(one) & _codes(other) and not _elsewhere(one, other) else ""
    if one.source == other.source or not BILLED & {one.source, other.source}:
        return ""
    alike = bool(_codes(one) & _codes(other))
    if _numbers(one) & _numbers(other):
        return "same" if alike else "unsure"
    visits = _of(one, "visit") & _of(other, "visit")
    if _other_order(one, other) or (not visits and _of(one, "visit") and _of(other, "visit")):
        return ""
    if not visits and one.date != other.date:
        return ""
    if alike:
        return "same" if visits else "unsure"
    return "" if _apart(one, other) or _apart(other, one) else "unsure"


def shares_order(one: Told, other: Told) -> bool:
    return bool(_numbers(one) & _numbers(other))


def _apart(one: Told, other: Told) -> bool:
    """Whether what they are, or who did them, shows that two acts of one day or visit are not one."""
    ours, theirs = ({word.split(":")[1] for word in _of(told, "code")} - {"-"} for told in (one, other))
    if ours & theirs:
        # codes of one nomenclature, and none of them the same
        return True
    if _elsewhere(one, other):
        return True
    letters = _LETTERS.match(_written(one.code)) if one.system == NGAP else None
    if other.source == REPORT and letters and letters[0] in _NEVER_REPORTED:
        return True
    # a nomenclature names no consultation by another's code, and one of acts nothing that a pharmacy sells
    if other.source in PHARMACY:
        return bool(ours - {_digest(GTIN)})
    return other.source == VISIT and bool(ours)


def _elsewhere(one: Told, other: Told) -> bool:
    """Whether two with national numbers of one kind did them. A sender's own number may be the ward's or the doctor's,
    who both did it."""
    alike = one.executor_system in INPE and one.executor_system == other.executor_system
    return alike and one.executor != other.executor


def _other_order(one: Told, other: Told) -> bool:
    """Whether one authority gave them different numbers for the same thing."""
    known = {word.rpartition(":")[0] for word in one.traces if word.startswith(("placer:", "filler:"))}
    return any(word.rpartition(":")[0] in known for word in other.traces)


def _numbers(told: Told) -> set[str]:
    """Order numbers, whoever gave them: senders leave the authority out."""
    return {word.rpartition(":")[2] for word in told.traces if word.startswith(("placer:", "filler:"))}


def _codes(told: Told) -> set[str]:
    return {word.rpartition(":")[2] for word in _of(told, "code")}


def _of(told: Told, kind: str) -> set[str]:
    return {word for word in told.traces if word.startswith(f"{kind}:")}


def _nomenclature(system: str | None) -> str:
    """A coding system that is the same for everybody; "-" for a name that each sender uses for codes of its own."""
    if not system or (system.startswith(_LOCAL) and system not in _BY_NAME):
        return "-"
    return _digest(system)


def _written(code: str) -> str:
    """ "B 30" and "b30" are one."""
    return "".join(code.split()).upper()


def _digest(text: str) -> str:
    return name("trace", text.strip())[:18]
