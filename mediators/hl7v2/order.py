"""What was asked for: ORC with OBR, priority from TQ1, those who take part (PRT)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mediators.hl7v2.datatypes import code, ei, listed, one, people, repeats, said, telecoms, xad, xon
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Identifier, Order, Organization, Practitioner

# Fields of ORC that have a place; 14 and 23 are kept with the person or body they belong to
_ORC: Final = frozenset({1, 2, 3, 4, 5, 9, 12, 14, 21, 22, 23, 24})


def order(orc: Segment | None, obr: Segment | None, timings: Sequence[Segment], scope: Scope) -> Order:
    """The order of a report. What OBR tells goes before ORC."""
    told: Order = {}
    _numbers(orc, obr, told, scope)
    if orc is not None:
        if control := said(orc.text(1)):
            told["control"] = control
        if status := said(orc.text(5)):
            told["status"] = status
        if ordered := scope.time(orc, 9):
            told["ordered"] = ordered
        if organization := _organization(orc, scope):
            told["organization"] = organization
    if requesters := _requesters(orc, obr, scope):
        told["requesters"] = requesters
    if obr is not None:
        if reasons := listed(obr, 31, code):
            told["reasons"] = reasons
        if information := repeats(obr, 13):
            told["clinical_information"] = information
    if priority := _priority(orc, obr, timings):
        told["priority"] = priority
    if orc is not None:
        scope.rest(orc, _ORC)
    return told


def number(orc: Segment | None, obr: Segment | None, field: int, scope: Scope) -> Identifier | None:
    """The placer's (2) or filler's (3) number, which OBR and ORC both have."""
    for segment in (obr, orc):
        if segment is not None and (found := one(segment, field, lambda sent: ei(sent, scope))):
            return found
    return None


def _numbers(orc: Segment | None, obr: Segment | None, told: Order, scope: Scope) -> None:
    if placer := number(orc, obr, 2, scope):
        told["placer"] = placer
    if filler := number(orc, obr, 3, scope):
        told["filler"] = filler
    if orc is None:
        return
    if group := one(orc, 4, lambda field: ei(field, scope)):
        told["group"] = group
    for field, kept in ((2, told.get("placer")), (3, told.get("filler"))):
        second = one(orc, field, lambda sent: ei(sent, scope))
        if second and kept and second["value"] != kept["value"]:
            scope.leave(orc, field)


def _requesters(orc: Segment | None, obr: Segment | None, scope: Scope) -> list[Practitioner]:
    """OBR-16, then who ORC-12 adds; a call-back number (OBR-17, ORC-14) and address (ORC-24) go to the first."""
    found: list[Practitioner] = people(obr, 16, scope, "OP") if obr is not None else []
    if orc is not None:
        found += [person for person in people(orc, 12, scope, "OP") if not among(person, found)]
    for segment, field in ((obr, 17), (orc, 14)):
        if segment is None or not segment.raw_field(field):
            continue
        if not found:
            scope.leave(segment, field)
        elif reached := telecoms(segment, field, "work"):
            known = found[0].get("telecoms", [])
            found[0]["telecoms"] = [*known, *(one for one in reached if one not in known)]
    if orc is not None and orc.raw_field(24):
        if found and (addresses := listed(orc, 24, xad)):
            found[0]["addresses"] = addresses
        else:
            scope.leave(orc, 24)
    return found


def among(person: Practitioner, others: Sequence[Practitioner]) -> bool:
    """Whether this is one of the others, told again with less or more detail."""
    numbers = {one["value"] for one in person.get("identifiers", ())}
    for other in others:
        known = {one["value"] for one in other.get("identifiers", ())}
        if numbers & known if numbers and known else person.get("names") == other.get("names"):
            return True
    return False


def _organization(orc: Segment, scope: Scope) -> Organization | None:
    """ORC-21 with its address (22) and telephone (23)."""
    told: Organization = one(orc, 21, lambda field: xon(field, scope)) or {}
    if addresses := listed(orc, 22, xad):
        told["addresses"] = addresses
    if reached := telecoms(orc, 23, "work"):
        told["telecoms"] = reached
    return told or None


def _priority(orc: Segment | None, obr: Segment | None, timings: Sequence[Segment]) -> str | None:
    """TQ1-9, else the sixth component of the quantity/timing (OBR-27, ORC-7), else OBR-5."""
    sent = [tq1.text(9) for tq1 in timings]
    if obr is not None:
        sent += [obr.text(27, 6), obr.text(5)]
    if orc is not None:
        sent.append(orc.text(7, 6))
    return next((found for text in sent if (found := said(text))), None)
