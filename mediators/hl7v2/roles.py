"""Who takes part, and as what: ROL (table 0443) and PRT (table 0912) → Practitioner. Guide: PRT[PractitionerRole]."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from mediators.hl7v2.addresses import telecoms, xad
from mediators.hl7v2.coded import code
from mediators.hl7v2.parties import people, pl, xon
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.texts import listed, one, said
from schemas.events import Practitioner


class _Places(NamedTuple):
    """Where ROL and PRT keep the same facts; 0: nowhere."""

    role: int
    person: int
    start: int
    end: int
    kinds: int
    addresses: int
    telecoms: int
    location: int
    organization: int


_ROL: Final = _Places(3, 4, 5, 6, 9, 11, 12, 13, 14)
_PRT: Final = _Places(4, 5, 11, 12, 6, 14, 15, 9, 8)
# Table 0287: what takes somebody out again
GONE: Final = frozenset({"DE", "UN"})


def role_of(segment: Segment) -> str:
    """The role as a bare code; "" when none was told."""
    return said(segment.text(_places(segment).role)) or ""


def is_gone(segment: Segment) -> bool:
    """Whether the segment takes somebody out (ROL-2, PRT-2)."""
    return segment.text(2).strip().upper() in GONE


def role(segment: Segment, scope: Scope) -> list[Practitioner]:
    """Everyone whom a ROL or PRT names, each in its role; its other fields become details in `scope`.

    Nobody for a role that is taken back: all of it becomes details then. A PRT that names a body and nobody of it is
    that body's part: a Practitioner with an organization only.
    """
    at = _places(segment)
    code_ = role_of(segment)
    found = [] if is_gone(segment) else people(segment, at.person, scope, code_ or None)
    bodies = listed(segment, at.organization, lambda field: xon(field, scope))
    if not found and bodies and not is_gone(segment):
        found = [{"role": code_} if code_ else {}]
    for who in found:
        _describe(segment, at, who, scope)
    single = frozenset(place for place in (at.organization, at.location) if len(segment.repetitions(place)) < 2)
    scope.rest(segment, {at.role, at.person, at.start, at.end, at.kinds, at.addresses, at.telecoms, *single}
               if found else ())  # fmt: skip
    return found


def roles(segments: Iterable[Segment], scope: Scope) -> list[Practitioner]:
    return [who for segment in segments for who in role(segment, scope)]


def _describe(segment: Segment, at: _Places, who: Practitioner, scope: Scope) -> None:
    duty = one(segment, at.role, code)
    if duty and (duty.get("codings") or [{}])[0].keys() != {"code"}:
        who["duty"] = duty
    if start := scope.time(segment, at.start):
        who["start"] = start
    if end := scope.time(segment, at.end):
        who["end"] = end
    if kinds := listed(segment, at.kinds, code):
        who["kinds"] = kinds
    if addresses := listed(segment, at.addresses, lambda field: xad(field, scope)):
        who["addresses"] = addresses
    if reached := telecoms(segment, at.telecoms, None, scope):
        who["telecoms"] = reached
    if place := one(segment, at.location, lambda field: pl(field, scope)):
        who["location"] = place
    if body := one(segment, at.organization, lambda field: xon(field, scope)):
        who["organization"] = body


def _places(segment: Segment) -> _Places:
    return _PRT if segment.name == "PRT" else _ROL
