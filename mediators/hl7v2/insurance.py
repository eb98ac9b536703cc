"""Insurances: IN1."""

from __future__ import annotations

from mediators.hl7v2.datatypes import code, cx, identifiers, listed, one, said, telecoms, xad, xon, xpn
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Insurance, Organization

_IN1 = frozenset((1, 2, 3, 4, 5, 7, 8, 12, 13, 16, 17, 36, 49))


def insurance(in1: Segment, scope: Scope) -> Insurance | None:
    """IN1: plan, company (3, 4, 5, 7), group, period, insured (16, 49), relationship (table 0063), policy."""
    told: Insurance = {}
    if plan := one(in1, 2, code):
        told["plan"] = plan
    if company := _company(in1, scope):
        told["company"] = company
    if policy := said(in1.text(36)):
        told["policy"] = policy
    if group := said(in1.text(8)):
        told["group"] = group
    if start := scope.time(in1, 12):
        told["start"] = start
    if end := scope.time(in1, 13):
        told["end"] = end
    if relationship := one(in1, 17, code):
        told["relationship"] = relationship
    if subscriber := one(in1, 16, xpn):
        told["subscriber"] = subscriber
    if numbers := identifiers(in1, 49, scope):
        told["subscriber_identifiers"] = numbers
    scope.rest(in1, _IN1)
    return told or None


def _company(in1: Segment, scope: Scope) -> Organization | None:
    told: Organization = one(in1, 4, lambda field: xon(field, scope)) or {}
    if numbers := [*listed(in1, 3, lambda field: cx(field, scope)), *told.get("identifiers", ())]:
        told["identifiers"] = numbers
    if addresses := listed(in1, 5, xad):
        told["addresses"] = addresses
    if reached := telecoms(in1, 7, "work"):
        told["telecoms"] = reached
    return told or None
