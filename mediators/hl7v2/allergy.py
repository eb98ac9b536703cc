"""Allergies: AL1."""

from __future__ import annotations

from mediators.hl7v2.datatypes import code, one, said
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Allergy

_AL1 = frozenset((1, 2, 3, 4, 5, 6))


def allergy(al1: Segment, scope: Scope) -> Allergy | None:
    """AL1: type (table 0127), what to, severity (table 0128), reactions, since when."""
    told: Allergy = {}
    if kind := said(al1.text(2)):
        told["type"] = kind
    if cause := one(al1, 3, code):
        told["code"] = cause
    if severity := said(al1.text(4)):
        told["severity"] = severity
    if reactions := [text for field in al1.repetitions(5) if (text := said(field.whole))]:
        told["reactions"] = reactions
    if identified := scope.time(al1, 6):
        told["identified"] = identified
    scope.rest(al1, _AL1)
    return told or None
