"""What a medicine or vaccine is called, who made it, and where it goes: the types that pharmacy segments share.

Sources: HL7 v2.8.2 chapter 4A (RXO, RXE, RXD, RXG, RXA; LA1 and LA2 as of v2.5.1 chapter 2A). An article code of
thirteen digits that names no system is an EAN-13 when its check digit says so (GS1 General Specifications, 7.9). Some
codes of the national reference fail that check: one that names its system is believed, whatever its digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mediators.digits import right
from mediators.hl7v2.datatypes import code, hd, listed, one, part, people, pl, said, telecoms, xad
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import Scope
from mediators.systems import GTIN
from schemas.events import Address, Code, Identifier, Organization, Place

# How one fact of a segment is read: None, or an empty list, when it isn't told
Read = Callable[[Segment, Scope], Any]
# The facts of a segment: under which key each stands, in which fields, and how it is read
Table = dict[str, tuple[tuple[int, ...], Read]]


def facts(segment: Segment, table: Table, scope: Scope) -> dict[str, Any]:
    """What a segment tells, by key."""
    return {
        key: found
        for key, (numbers, read) in table.items()
        if any(map(segment.raw_field, numbers)) and (found := read(segment, scope))
    }


def numbers(table: Table, keys: set[str]) -> set[int]:
    """The fields in which some facts stand."""
    return {number for key in keys for number in table[key][0]}


def product(number: int) -> Read:
    """A product with the translation of its code."""

    def read(segment: Segment, scope: Scope) -> Code | None:
        found = article(segment, number)
        return scope.coded(found) if found else None

    return read


def article(segment: Segment, number: int) -> Code | None:
    """The code of a product: bar codes without a system are marked as what they are."""
    found = one(segment, number, code)
    for coding in (found or {}).get("codings") or ():
        value = coding.get("code") or ""
        if not coding.get("system") and len(value) == 13 and right("gs1", value):
            coding["system"] = GTIN
            if found and found.get("text") == value:
                del found["text"]
    return found


def coded(number: int) -> Read:
    return lambda segment, scope: one(segment, number, code)


def codes(number: int) -> Read:
    return lambda segment, scope: listed(segment, number, code)


def text(number: int) -> Read:
    return lambda segment, scope: said(segment.whole(number))


def texts(number: int) -> Read:
    return lambda segment, scope: [told for field in segment.repetitions(number) if (told := said(field.whole))]


def moment(number: int) -> Read:
    return lambda segment, scope: scope.time(segment, number)


def persons(number: int, role: str) -> Read:
    return lambda segment, scope: people(segment, number, scope, role)


def maker(number: int) -> Read:
    """A manufacturer (CWE): its code and name."""
    return lambda segment, scope: one(segment, number, _body)


def pharmacy(number: int, address: int, phone: int) -> Read:
    """A pharmacy (CWE) with its address and telephone."""

    def read(segment: Segment, scope: Scope) -> Organization | None:
        told = one(segment, number, _body) or {}
        if addresses := listed(segment, address, lambda field: xad(field, scope)):
            told["addresses"] = addresses
        if reached := telecoms(segment, phone, "work"):
            told["telecoms"] = reached
        return told or None

    return read


def place(ward_at: int, place_at: int = 0, address_at: int = 0) -> Read:
    """Where it was given or goes to: LA1 or LA2, and since 2.6 a PL and an address."""

    def read(segment: Segment, scope: Scope) -> Place | None:
        told: Place = one(segment, ward_at, lambda field: ward(field, scope)) or {}
        if place_at and (found := one(segment, place_at, lambda field: pl(field, scope))):
            told = {**told, **found}
        if address_at and (address := one(segment, address_at, lambda field: xad(field, scope))):
            told["address"] = address
        return told or None

    return read


def _body(field: Field) -> Organization | None:
    found = code(field)
    told: Organization = {}
    pairs = [(one.get("system"), one.get("code")) for one in (found or {}).get("codings") or ()]
    if numbers := [Identifier(system=system, value=value) for system, value in pairs if system and value]:
        told["identifiers"] = numbers
    if name := (found or {}).get("text"):
        told["name"] = name
    return told or None


def ward(field: Field, scope: Scope) -> Place | None:
    """LA1 and LA2: ward, room, bed, facility, status, type, building, floor, then the address, whole or in parts."""
    told: Place = {}
    for number, key in ((1, "point_of_care"), (2, "room"), (3, "bed"), (5, "status"), (6, "type"), (7, "building"),
                        (8, "floor")):  # fmt: skip
        if value := part(field, number):
            told[key] = value  # type: ignore[literal-required]
    if facility := hd(field.component(4)):
        told["facility"] = facility
    if address := _address(field, scope):
        told["address"] = address
    return told or None


def _address(field: Field, scope: Scope) -> Address | None:
    if field.component(9).components > 1:
        return xad(field.component(9), scope)
    address: Address = {}
    if lines := [line for number in (9, 10) if (line := part(field, number))]:
        address["lines"] = lines
    for number, key in ((11, "city"), (12, "state"), (13, "postal_code"), (14, "country")):
        if value := part(field, number):
            address[key] = value  # type: ignore[literal-required]
    if geographic := part(field, 16):
        address["other_geographic"] = geographic
    return address or None
