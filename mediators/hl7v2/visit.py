"""The visit a message tells of: PV1 and PV2, with its diagnoses (DG1), procedures (PR1) and participants (PRT)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mediators.hl7v2.datatypes import (
    code,
    coding_system,
    hd,
    identifiers,
    one,
    part,
    people,
    pl,
    repeats,
    said,
)
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import NULL, Scope
from schemas.events import Code, Diagnosis, Encounter, Practitioner, Procedure

# PV1 fields that name somebody, with the role (table 0443, or the place itself where the table has none)
_PARTICIPANTS: Final = {7: "AT", 8: "RP", 9: "CP", 17: "AD", 52: "PV1-52"}
# Table 0912 (PRT-4): those who take part in a visit
_VISIT_ROLES: Final = frozenset({"AT", "RP", "CP", "AD", "PP"})
_CLEARED: Final = {
    2: "class_code", 3: "place", 4: "admission_type", 6: "prior_place", 10: "hospital_service", 14: "admit_source",
    18: "type", 19: "identifiers", 36: "discharge_disposition", 44: "admitted", 45: "discharged",
}  # fmt: skip
_PV1: Final = frozenset({1, 5, 39, 50, *_CLEARED, *_PARTICIPANTS})
_DG1: Final = frozenset((1, 2, 3, 4, 5, 6, 15, 16))
_PR1: Final = frozenset((1, 2, 3, 4, 5, 6, 8, 11, 12))


def visit(pv1: Segment | None, others: Sequence[Segment], scope: Scope) -> Encounter | None:
    """The encounter of a PV1 with the PV2, DG1, PR1 and PRT that belong to it; None when they say nothing of one."""
    told: Encounter = {}
    if pv1 is not None:
        _stay(pv1, told, scope)
        _numbers(pv1, told, scope)
        _participants(pv1, told, scope)
        if cleared := [field for number, field in _CLEARED.items() if pv1.raw_field(number) == NULL]:
            told["cleared"] = cleared
        scope.rest(pv1, _PV1)
    for segment in others:
        if segment.name == "PV2":
            _more(segment, told, scope)
        elif segment.name == "PRT":
            _takes_part(segment, told, scope)
    if diagnoses := [one for one in (diagnosis(dg1, scope) for dg1 in others if dg1.name == "DG1") if one]:
        told["diagnoses"] = diagnoses
    if procedures := [one for one in (procedure(pr1, scope) for pr1 in others if pr1.name == "PR1") if one]:
        told["procedures"] = procedures
    return told or None


def _stay(pv1: Segment, told: Encounter, scope: Scope) -> None:
    if class_code := said(pv1.text(2)):
        told["class_code"] = class_code
    place = one(pv1, 3, pl) or {}
    if "facility" in place:
        scope.leave(pv1, 39)
    elif facility := hd(pv1.field(39)):
        place["facility"] = facility
    if place:
        told["place"] = place
    if prior := one(pv1, 6, pl):
        told["prior_place"] = prior
    if admission := said(pv1.text(4)):
        told["admission_type"] = admission
    if service := said(pv1.text(10)):
        told["hospital_service"] = service
    if source := said(pv1.text(14)):
        told["admit_source"] = source
    if type_ := one(pv1, 18, code):
        told["type"] = type_
    if disposition := one(pv1, 36, code):
        told["discharge_disposition"] = disposition
    if admitted := scope.time(pv1, 44):
        told["admitted"] = admitted
    if discharged := scope.time(pv1, 45):
        told["discharged"] = discharged
        told["status"] = "finished"


def _numbers(pv1: Segment, told: Encounter, scope: Scope) -> None:
    """The visit number first, then the alternate and the preadmission number."""
    numbers = [
        *identifiers(pv1, 19, scope, "VN"),
        *identifiers(pv1, 50, scope),
        *identifiers(pv1, 5, scope, "PRE"),
    ]
    if numbers:
        told["identifiers"] = numbers


def _participants(pv1: Segment, told: Encounter, scope: Scope) -> None:
    found: list[Practitioner] = []
    for number, role in _PARTICIPANTS.items():
        if pv1.raw_field(number) == NULL:
            # one role is to be deleted, not all participants
            scope.left.append({"place": f"PV1-{number}", "value": NULL})
        else:
            found += people(pv1, number, scope, role)
    if found:
        told["participants"] = found


def _takes_part(prt: Segment, told: Encounter, scope: Scope) -> None:
    role = said(prt.text(4))
    who = people(prt, 5, scope, role) if role in _VISIT_ROLES else []
    if who:
        told["participants"] = [*told.get("participants", ()), *who]
    scope.rest(prt, (1, 2, 4, 5) if who else ())


def _more(pv2: Segment, told: Encounter, scope: Scope) -> None:
    if reason := one(pv2, 3, code):
        told["reason"] = reason
    elif pv2.raw_field(3) == NULL:
        told["cleared"] = [*told.get("cleared", ()), "reason"]
    scope.rest(pv2, (3,))


def _described(segment: Segment) -> Code | None:
    """DG1 and PR1: the code at 3, its coding method at 2 and its description at 4 where the code tells neither."""
    found = one(segment, 3, code) or {}
    method, description = part(segment.field(2), 1), repeats(segment, 4)
    codings = found.get("codings") or []
    if codings and method and not any(coding.get("system") for coding in codings):
        codings[0]["system"] = coding_system(method)
    if description and (not found.get("text") or found.get("text") == (codings[0].get("code") if codings else None)):
        found["text"] = description
    return found or None


def diagnosis(dg1: Segment, scope: Scope) -> Diagnosis | None:
    """DG1."""
    told: Diagnosis = {}
    if found := _described(dg1):
        told["code"] = found
        if (text := repeats(dg1, 4)) and text != found.get("text"):
            scope.leave(dg1, 4)
    if recorded := scope.time(dg1, 5):
        told["recorded"] = recorded
    if kind := said(dg1.text(6)):
        told["type"] = kind
    if priority := said(dg1.text(15)):
        told["priority"] = priority
    if by := people(dg1, 16, scope):
        told["by"] = by
    scope.rest(dg1, _DG1)
    return told or None


def procedure(pr1: Segment, scope: Scope) -> Procedure | None:
    """PR1. `by`: surgeon, anaesthetist, practitioner, each with the place it was named in as role."""
    told: Procedure = {}
    if found := _described(pr1):
        told["code"] = found
    if performed := scope.time(pr1, 5):
        told["performed"] = performed
    if kind := said(pr1.text(6)):
        told["type"] = kind
    by: list[Practitioner] = []
    for number in (11, 8, 12):
        by += people(pr1, number, scope, f"PR1-{number}")
    if by:
        told["by"] = by
    scope.rest(pr1, _PR1)
    return told or None
