"""Who answers for the bill: GT1. Guide: GT1[RelatedPerson] and GT1[Account]."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from mediators.hl7v2 import rows
from mediators.hl7v2.addresses import telecoms, xad
from mediators.hl7v2.names import xpn
from mediators.hl7v2.numbers import identifiers, social
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.texts import listed
from schemas.events import Guarantor, Organization

_GT1: Final[rows.Table] = {
    2: ("identifiers", rows.numbers()),
    3: ("names", rows.names),
    4: ("spouse", rows.name),
    5: ("addresses", rows.addresses),
    6: ("telecoms", rows.phones("home")),
    7: ("telecoms", rows.phones("work")),
    8: ("birth_date", rows.born),
    9: ("sex", rows.sex),
    10: ("type", rows.coded),
    11: ("relationship", rows.coded),
    13: ("start", rows.moment),
    14: ("end", rows.moment),
    15: ("priority", rows.plain),
    19: ("identifiers", rows.numbers("EI")),
    20: ("employment_status", rows.coded),
    21: ("organization", rows.body),
    22: ("hold", rows.flag),
    24: ("deceased_at", rows.moment),
    25: ("deceased", rows.flag),
    30: ("marital_status", rows.coded),
}


def guarantors(segments: Iterable[Segment], scope: Scope) -> list[Guarantor]:
    """Every GT1."""
    return [found for segment in segments if (found := guarantor(segment, scope))]


def guarantor(gt1: Segment, scope: Scope) -> Guarantor | None:
    """GT1; None when it says nothing. The social number (GT1-12) is of whom the channel says, as PID-19 is."""
    own = scope.part()
    told: dict[str, Any] = rows.read(gt1, _GT1, own)
    if number := social(gt1, 12, scope):
        told["identifiers"] = [*told.get("identifiers", ()), number]
    mapped = {1, 12, 51, *_GT1}
    if employer := employed(gt1, own, {"name": 51, "person": 16, "number": 29, "address": 17, "phone": 18}, mapped):
        told["employer"] = employer
    own.rest(gt1, mapped)
    rows.beside(told, own, scope)
    return cast(Guarantor, told) if told else None


def employed(segment: Segment, scope: Scope, at: dict[str, int], mapped: set[int]) -> Organization | None:
    """An employer told in parts: its name as a body, else as a person's; numbers, addresses and telephones.

    The fields that are read join `mapped`; a person's name that is no more than a name of the body is one of them.
    """
    bodies = rows.bodies(segment, at["name"], scope)
    told = cast(Organization, {**bodies[0]} if bodies else {})
    if bodies[1:]:
        scope.others.append((segment, at["name"], 0))
    person = at.get("person", 0)
    if people := listed(segment, person, lambda field: xpn(field, scope)) if person else []:
        if len(people) == 1 and people[0].keys() <= {"family"} and "name" not in told:
            told["name"] = people[0]["family"]
        else:
            told["contacts"] = people
    if numbers := identifiers(segment, at.get("number", 0), scope) if at.get("number") else []:
        told["identifiers"] = [*told.get("identifiers", ()), *numbers]
    if addresses := listed(segment, at["address"], lambda field: xad(field, scope)) if at["address"] else []:
        told["addresses"] = addresses
    if reached := telecoms(segment, at["phone"], "work", scope) if at["phone"] else []:
        told["telecoms"] = reached
    if told.get("name") or told.get("identifiers"):
        mapped |= set(at.values())
        return told
    mapped -= set(at.values())
    return None
