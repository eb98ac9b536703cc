"""Whom to ask: CTD (chapter 11), beside an order, a referral or a provider."""

from __future__ import annotations

from mediators.hl7v2.datatypes import code, inner_time, listed, one, part, said, telecoms, xad, xpn
from mediators.hl7v2.details import beside, details
from mediators.hl7v2.numbers import system_named
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import Scope
from schemas.events import Contact, Identifier

_CTD = frozenset((1, 2, 3, 5, 7))


def contact(ctd: Segment, scope: Scope) -> Contact | None:
    """CTD: role (table 0131), names, addresses, telephones, numbers; its place and the way preferred are details."""
    told: Contact = {}
    if role := one(ctd, 1, code):
        told["role"] = role
    if names := listed(ctd, 2, lambda field: xpn(field, scope)):
        told["names"] = names
    if addresses := listed(ctd, 3, lambda field: xad(field, scope)):
        told["addresses"] = addresses
    if reached := telecoms(ctd, 5, scope=scope):
        told["telecoms"] = reached
    if numbers := listed(ctd, 7, lambda field: pln(field, scope)):
        told["identifiers"] = numbers
    if left := [*beside(ctd, scope, _CTD), *details(kinds(ctd, 7), scope)]:
        told["details"] = left
    return told or None


def kinds(segment: Segment, at: int) -> list[tuple[Segment, int, int]]:
    """The types of the numbers of a field of PLN where they are more than a bare code."""
    return [(segment, at, 2)] if any(field.component(2).components > 1 for field in segment.repetitions(at)) else []


def pln(field: Field, scope: Scope) -> Identifier | None:
    """PLN: number ^ type (table 0338) ^ state or other qualifying information ^ expiration date."""
    value = said(field.text(1))
    if not value:
        return None
    kind, qualified = said(field.text(2)), part(field, 3)
    number: Identifier = {"system": system_named(("", qualified or kind or "", ""), kind, scope), "value": value}
    if kind:
        number["type"] = kind
    if qualified:
        number["authority"] = qualified
    if end := inner_time(field.text(4), scope):
        number["end"] = end
    return number
