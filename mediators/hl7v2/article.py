"""What a medicine or vaccine is called, who made it, and where it goes: the types that pharmacy segments share.

Sources: HL7 v2.8.2 chapter 4A (RXO, RXE, RXD, RXG, RXA; LA1 and LA2 as of v2.5.1 chapter 2A). An article code of
thirteen digits that names no system is an EAN-13 when its check digit says so (GS1 General Specifications, 7.9). Some
codes of the national reference fail that check: one that names its system is believed, whatever its digits.
"""

from __future__ import annotations

from typing import Any

from mediators.hl7v2.datatypes import code, hd, listed, one, part, pl, said, telecoms, xad
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.rows import Row
from mediators.hl7v2.scope import Scope
from mediators.systems import GTIN
from schemas.digits import right
from schemas.events import Address, Code, Identifier, Organization, Place

# The facts of a segment: under which key each stands, in which fields, and how it is read from the first of them on
Table = dict[str, tuple[tuple[int, ...], Row]]


def facts(segment: Segment, table: Table, scope: Scope) -> dict[str, Any]:
    """What a segment tells, by key."""
    return {
        key: found
        for key, (numbers, read) in table.items()
        if any(map(segment.raw_field, numbers)) and (found := read(segment, numbers[0], scope))
    }


def numbers(table: Table, keys: set[str]) -> set[int]:
    """The fields in which some facts stand."""
    return {number for key in keys for number in table[key][0]}


def product(segment: Segment, number: int, scope: Scope) -> Code | None:
    """A product with the translation of its code."""
    found = article(segment, number)
    return scope.coded(found) if found else None


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


def text(segment: Segment, number: int, scope: Scope) -> str | None:
    return said(segment.whole(number))


def texts(segment: Segment, number: int, scope: Scope) -> list[str]:
    return [told for field in segment.repetitions(number) if (told := said(field.whole))]


def maker(segment: Segment, number: int, scope: Scope) -> Organization | None:
    """A manufacturer (CWE): its code and name."""
    return one(segment, number, _body)


def pharmacy(address: int, phone: int) -> Row:
    """A pharmacy (CWE) with its address and telephone."""

    def read(segment: Segment, number: int, scope: Scope) -> Organization | None:
        told = one(segment, number, _body) or {}
        if addresses := listed(segment, address, lambda field: xad(field, scope)):
            told["addresses"] = addresses
        if reached := telecoms(segment, phone, "work"):
            told["telecoms"] = reached
        return told or None

    return read


def place(place_at: int = 0, address_at: int = 0) -> Row:
    """Where it was given or goes to: LA1 or LA2, and since 2.6 a PL and an address."""

    def read(segment: Segment, number: int, scope: Scope) -> Place | None:
        told: Place = one(segment, number, lambda field: ward(field, scope)) or {}
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
