"""Insurances: IN1 with the IN2 and IN3 that follow it. Guide: IN1[Coverage], IN2[Coverage], IN3 has no map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from mediators import systems
from mediators.hl7v2 import rows
from mediators.hl7v2.addresses import telecoms, xad
from mediators.hl7v2.guarantor import employed
from mediators.hl7v2.names import xpn
from mediators.hl7v2.numbers import cx, inner_time, local_system, social
from mediators.hl7v2.parties import xon
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.texts import listed, said
from schemas.events import Identifier, Insurance, Organization

_IN1: Final[rows.Table] = {
    2: ("plan", rows.coded),
    8: ("group", rows.plain),
    12: ("start", rows.moment),
    13: ("end", rows.moment),
    15: ("type", rows.coded),
    16: ("subscriber", rows.name),
    17: ("relationship", rows.coded),
    18: ("subscriber_birth_date", rows.born),
    19: ("subscriber_addresses", rows.addresses),
    21: ("coordination", rows.coded),
    22: ("priority", rows.plain),
    36: ("policy", rows.plain),
    43: ("subscriber_sex", rows.sex),
    49: ("subscriber_identifiers", rows.numbers()),
    55: ("action", rows.plain),
}
_IN2: Final[rows.Table] = {
    1: ("subscriber_identifiers", rows.numbers("EI")),
    61: ("members", rows.numbers("MB")),
    63: ("subscriber_telecoms", rows.phones("home")),
    69: ("subscriber_organization", rows.body),
    72: ("patient_relationship", rows.coded),
}
_EMPLOYER_IN1: Final = {"name": 11, "number": 10, "address": 44, "phone": 0}
_EMPLOYER_IN2: Final = {"name": 70, "number": 0, "address": 0, "phone": 64}


def insurances(segments: Iterable[Segment], scope: Scope) -> list[Insurance]:
    """Every IN1 with the IN2 and IN3 up to the next; those without an IN1 stand for one."""
    groups: list[list[Segment]] = []
    for segment in segments:
        if segment.name == "IN1" or not groups:
            groups.append([])
        groups[-1].append(segment)
    return [one for group in groups if (one := _insurance(group, scope))]


def insurance(in1: Segment, scope: Scope, others: Sequence[Segment] = ()) -> Insurance | None:
    """One IN1 with its IN2 and IN3."""
    return _insurance([in1, *others], scope)


def _insurance(segments: Sequence[Segment], scope: Scope) -> Insurance | None:
    own = scope.part()
    told: dict[str, Any] = {}
    for segment in segments:
        mapped = _READ[segment.name](segment, told, own) if segment.name in _READ else set()
        own.rest(segment, mapped)
    rows.beside(told, own, scope)
    return cast(Insurance, told) if told else None


def _in1(in1: Segment, told: dict[str, Any], scope: Scope) -> set[int]:
    """Plan, company (3 to 7), group (8, 9), employer (10, 11, 44), period, authorisation, insured (16 to 19, 43, 49),
    relationship (table 0063), rank, policy."""
    mapped = {1, 3, 4, 5, 6, 7, *_IN1}
    told |= rows.read(in1, _IN1, scope)
    if company := _company(in1, scope):
        told["company"] = company
    groups = listed(in1, 9, lambda field: xon(field, scope))
    if len(groups) == 1 and groups[0].keys() == {"name"}:
        told["group_name"] = groups[0]["name"]
        mapped.add(9)
    if employer := employed(in1, scope, _EMPLOYER_IN1, mapped):
        told["employer"] = employer
    if agreed := listed(in1, 14, lambda field: _agreed(field, scope)):
        told["authorizations"] = agreed
        mapped.add(14)
    return mapped


def _company(in1: Segment, scope: Scope) -> Organization | None:
    bodies = rows.bodies(in1, 4, scope)
    told = cast(Organization, {**bodies[0]} if bodies else {})
    if bodies[1:]:
        scope.others.append((in1, 4, 0))
    if numbers := [*listed(in1, 3, lambda field: cx(field, scope)), *told.get("identifiers", ())]:
        told["identifiers"] = numbers
    names = [told.get("name") or "", *(one["value"] for one in numbers)]
    if national := next((code for name in names if (code := systems.payer(name))), None):
        told["identifiers"] = [{"system": systems.IDENTIFIERS + "payer", "value": national}, *numbers]
    if addresses := listed(in1, 5, lambda field: xad(field, scope)):
        told["addresses"] = addresses
    if contacts := listed(in1, 6, lambda field: xpn(field, scope)):
        told["contacts"] = contacts
    if reached := telecoms(in1, 7, "work", scope):
        told["telecoms"] = reached
    return told or None


def _agreed(field: Field, scope: Scope) -> Identifier | None:
    """AUI: number ^ date ^ source."""
    value, source = said(field.text(1)), said(field.text(3))
    if not value:
        return None
    found: Identifier = {"system": local_system(source or scope.sender), "value": value}
    if source:
        found["authority"] = source
    if since := inner_time(field.text(2), scope):
        found["start"] = since
    return found


def _in2(in2: Segment, told: dict[str, Any], scope: Scope) -> set[int]:
    """The insured's employee and social number (1, 2), employer (70, 64), the patient's own numbers (61) and relation
    to the insured (72)."""
    mapped = {2, *_IN2}
    for key, value in rows.read(in2, _IN2, scope).items():
        told[key] = [*told.get(key, ()), *value] if isinstance(value, list) else told.get(key, value)
    if number := social(in2, 2, scope):
        told["subscriber_identifiers"] = [*told.get("subscriber_identifiers", ()), number]
    if employer := employed(in2, scope, _EMPLOYER_IN2, mapped):
        before = told.get("employer", {})
        told["employer"] = {**employer, **before}
        if before.keys() & employer.keys():
            scope.others.append((in2, 70, 0))
    return mapped


def _in3(in3: Segment, told: dict[str, Any], scope: Scope) -> set[int]:
    """A certification: number (2), begin and end (9, 10), and its agency (18) as authority where it names none."""
    found = listed(in3, 2, lambda field: cx(field, scope))
    if not found:
        return {1}
    mapped = {1, 2}
    for place, key in ((9, "start"), (10, "end")):
        if (moment := scope.time(in3, place)) and not any(key in number for number in found):
            mapped.add(place)
            for number in found:
                number[key] = moment  # type: ignore[literal-required]  # two keys of Identifier
    told["authorizations"] = [*told.get("authorizations", ()), *found]
    return mapped


_READ: Final = {"IN1": _in1, "IN2": _in2, "IN3": _in3}
