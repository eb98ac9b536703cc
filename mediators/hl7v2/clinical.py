"""Diagnoses (DG1) and procedures (PR1).

Guide: maps DG1[Condition] and PR1[Procedure]. What groups and bills (DRG fields of both) stays a detail.
"""

from __future__ import annotations

from typing import Final

from mediators.hl7v2.datatypes import code, coding_system, ei, listed, one, part, people, pl, repeats, said
from mediators.hl7v2.details import beside
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Code, Diagnosis, Practitioner, Procedure

_DG1: Final = frozenset((1, 2, 3, 4, 5, 6, 15, 16, 17, 19, 20, 21, 22, 26))
_PR1: Final = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 20, 23, 25))


def diagnosis(dg1: Segment, scope: Scope) -> Diagnosis | None:
    """DG1."""
    told: Diagnosis = {}
    found, description = _described(dg1)
    if found:
        told["code"] = found
    if description:
        told["description"] = description
    if recorded := scope.time(dg1, 5):
        told["recorded"] = recorded
    if kind := said(dg1.text(6)):
        told["type"] = kind
        if whole := more(dg1, 6):
            told["kind"] = whole
    if priority := said(dg1.text(15)):
        told["priority"] = priority
    if by := people(dg1, 16, scope):
        told["by"] = by
    if classification := one(dg1, 17, code):
        told["classification"] = classification
    if attested := scope.time(dg1, 19):
        told["attested"] = attested
    if number := one(dg1, 20, lambda field: ei(field, scope)):
        told["identifier"] = number
    if action := said(dg1.text(21)):
        told["action"] = action
    if parent := one(dg1, 22, lambda field: ei(field, scope)):
        told["parent"] = parent
    if present := one(dg1, 26, code):
        told["present_on_admission"] = present
    if rest := beside(dg1, scope, _DG1 - _unused(dg1, found)):
        told["details"] = rest
    return told or None


def procedure(pr1: Segment, scope: Scope) -> Procedure | None:
    """PR1. `by`: surgeon, anaesthetist, practitioner, each with the place it was named in as role."""
    told: Procedure = {}
    found, description = _described(pr1)
    if found:
        told["code"] = found
    if description:
        told["description"] = description
    if performed := scope.time(pr1, 5):
        told["performed"] = performed
    if kind := said(pr1.text(6)):
        told["type"] = kind
        if whole := more(pr1, 6):
            told["kind"] = whole
    by: list[Practitioner] = []
    for number in (11, 8, 12):
        by += people(pr1, number, scope, f"PR1-{number}")
    if by:
        told["by"] = by
    _course(pr1, told, scope)
    if rest := beside(pr1, scope, _PR1 - _unused(pr1, found)):
        told["details"] = rest
    return told or None


def _course(pr1: Segment, told: Procedure, scope: Scope) -> None:
    """How it went, why, where, and what it belongs to."""
    if minutes := said(pr1.text(7)):
        told["minutes"] = minutes
    if anesthesia := one(pr1, 9, code):
        told["anesthesia"] = anesthesia
    if minutes := said(pr1.text(10)):
        told["anesthesia_minutes"] = minutes
    if consent := one(pr1, 13, code):
        told["consent"] = consent
    if priority := said(pr1.text(14)):
        told["priority"] = priority
    if reasons := listed(pr1, 15, code):
        told["reasons"] = reasons
    if modifiers := listed(pr1, 16, code):
        told["modifiers"] = modifiers
    if number := one(pr1, 19, lambda field: ei(field, scope)):
        told["identifier"] = number
    if action := said(pr1.text(20)):
        told["action"] = action
    if places := listed(pr1, 23, lambda field: pl(field, scope)):
        told["places"] = places
    if parent := one(pr1, 25, lambda field: ei(field, scope)):
        told["parent"] = parent


def more(segment: Segment, number: int) -> Code | None:
    """A coded field whole, where more than a code was sent."""
    found = one(segment, number, code) if segment.field(number).components > 1 else None
    return found if found and found.keys() & {"codings", "text"} else None


def _unused(segment: Segment, found: Code | None) -> frozenset[int]:
    """The coding method (2) of a code that says another system itself."""
    method = part(segment.field(2), 1)
    systems = {coding.get("system") for coding in (found or {}).get("codings") or ()}
    return frozenset((2,)) if method and coding_system(method) not in systems else frozenset()


def _described(segment: Segment) -> tuple[Code | None, str | None]:
    """The code at 3, its coding method at 2 and its description at 4, which is the text (guide) unless the code brings
    a text of its own: then it stands beside it."""
    found = one(segment, 3, code) or {}
    method, description = part(segment.field(2), 1), repeats(segment, 4)
    codings = found.get("codings") or []
    if codings and method and not any(coding.get("system") for coding in codings):
        codings[0]["system"] = coding_system(method)
    known = {found.get("text"), *(coding.get("display") for coding in codings)}
    if not description or description in known:
        return found or None, None
    if part(segment.field(3), 9):
        return found, description
    found["text"] = description
    return found, None
