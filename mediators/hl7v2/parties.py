"""Professionals, bodies and places (XCN, CNN, XON, HD, PL) → Practitioner, Organization, Place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mediators import systems
from mediators.hl7v2 import names, numbers
from mediators.hl7v2.names import human_name
from mediators.hl7v2.numbers import assigned, checked, given_by, local_system, named, system_named, system_of
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.texts import listed, part, said
from schemas.events import Identifier, Organization, Place, Practitioner

# Table 0301: types of universal ids
_UNIVERSAL: Final = frozenset(("ISO", "UUID", "GUID", "DNS", "URI"))
# FHIR's system of identifiers that are URIs themselves
_URIS: Final = "urn:ietf:rfc:3986"
# PL: the levels, each an HD
_LEVELS: Final = {1: "point_of_care", 2: "room", 3: "bed", 7: "building", 8: "floor"}


def xcn(field: Field, scope: Scope, role: str | None = None) -> Practitioner | None:
    """XCN and CN. A number of a source table (XCN.8) without authority is one of that table."""
    authority, table = field.component(9), said(field.text(8))
    told = (authority.raw, authority.text(1), authority.text(2))
    if not any(told) and table:
        told = ("", table, "")
    person = _practitioner(field, 1, 10, told, said(field.text(13)), scope, role)
    if person and "identifiers" in person and field.components > 7:
        (number,) = person["identifiers"]
        if authority:
            given_by(number, authority)
        elif table:
            number["authority"] = table
        if table and (authority or field.component(8).components > 1):
            number["source_table"] = part(field, 8)
        if field.components > 10:
            checked(number, field, 11)
            assigned(number, field, (14, 0, 0, 22, 23), scope)
    return person


def people(segment: Segment, number: int, scope: Scope, role: str | None = None) -> list[Practitioner]:
    """Every repetition of a field of XCN."""
    return listed(segment, number, lambda field: xcn(field, scope, role))


def cnn(field: Field, scope: Scope, role: str | None = None) -> Practitioner | None:
    """NDL, whose first component holds the whole person (CNN); written as an XCN it is read as one."""
    person = field.component(1)
    if person.components < 2:
        return xcn(field, scope, role)
    told = ("", person.text(9), person.text(10))
    found = _practitioner(person, 1, 0, told, None, scope, role)
    if found and "identifiers" in found:
        (number,) = found["identifiers"]
        if name := said(person.text(9)) or said(person.text(10)):
            number["authority"] = name
        universal = said(person.text(10))
        if universal and (uri := numbers.universal_uri(universal, said(person.text(11)) or "")) != number["system"]:
            number["authority_id"] = uri
        if table := said(person.text(8)):
            number["source_table"] = table
    return found


def _practitioner(
    field: Field, first: int, type_at: int, told: Iterable[str], kind: str | None, scope: Scope, role: str | None
) -> Practitioner | None:
    person: Practitioner = {}
    told = tuple(told)
    if value := said(field.text(first)):
        # nine digits of no authority are what every care sheet asks for: the professional's INPE
        bare = not any(told) and not kind and _is_inpe(value)
        system = systems.IDENTIFIERS + "inpe-ps" if bare else system_named(told, kind, scope)
        person["identifiers"] = [{"system": system, "value": value}]
        if kind:
            person["identifiers"][0]["type"] = kind
    if name := human_name(field, first + 1, type_at, names.XCN if type_at else None, scope):
        person["names"] = [name]
    if not person:
        return None
    if role:
        person["role"] = role
    return person


def xon(field: Field, scope: Scope) -> Organization | None:
    """XON: name, and its number at .10 or, before 2.5, at .3; two numbers when those differ."""
    organization: Organization = {}
    if name := part(field, 1):
        organization["name"] = name
    count = field.components
    if count > 2 and field.text(3).strip().upper() in _UNIVERSAL:
        # written as an HD: name, universal id, its type
        return hd(field)
    if count > 1 and (kind := part(field, 2)):
        organization["name_type"] = kind
    values = [value for at in (10, 3) if at <= count and (value := said(field.text(at)))]
    if found := [_body_number(field, value, scope) for value in dict.fromkeys(values)]:
        organization["identifiers"] = found
    return organization or None


def _body_number(field: Field, value: str, scope: Scope) -> Identifier:
    kind, authority = said(field.text(7)), field.component(6)
    bare = not authority and not kind
    system = body_system(value, scope) if bare else system_of(authority, kind, scope, establishment=True)
    number: Identifier = {"system": system, "value": value}
    if kind:
        number["type"] = kind
    if authority:
        given_by(number, authority)
    if field.components > 3:
        checked(number, field, 4)
    if facility := field.component(8):
        named(number, facility)
    return number


def body_system(value: str, scope: Scope) -> str:
    """The system of an establishment's number that names no authority: nine digits are an INPE, else the sender's."""
    return systems.IDENTIFIERS + "inpe-es" if _is_inpe(value) else local_system(scope.sender)


def hd(field: Field) -> Organization | None:
    """HD that names a facility. Nine digits, or a number typed so, are an INPE; another name is its own system. A
    universal id that is neither stands beside it as a number of its own."""
    name, universal = said(field.text(1)), said(field.text(2))
    value = name or universal
    if not value:
        return None
    kind = (said(field.text(3)) or "").upper()
    if _is_inpe(value) or _is_inpe(universal or "") or kind == "INPE":
        system = systems.IDENTIFIERS + "inpe-es"
        value = value if _is_inpe(value) or not universal else universal
    else:
        system = numbers.worldwide(universal, value)
    found: list[Identifier] = [{"system": system, "value": value}]
    if universal and universal != value and numbers.local_system(universal) != system:
        uri = numbers.local_system(universal)
        local = uri.startswith("urn:id:")
        found.append({"system": f"urn:id:{kind or 'universal-id'}", "value": universal} if local
                     else {"system": _URIS, "value": uri})  # fmt: skip
    return {"name": name or value, "identifiers": found}


def _is_inpe(value: str) -> bool:
    return len(value) == 9 and value.isascii() and value.isdecimal()


def pl(field: Field, scope: Scope | None = None) -> Place | None:
    """PL, every level of it, with the universal ids of those that have one. Without a scope its number (PL.10) is of
    its authority alone."""
    place: Place = {}
    for number, level in _LEVELS.items():
        told = field.component(number)
        if not told:
            continue
        if name := said(told.text(1)) or said(told.text(2)):
            place[level] = name  # type: ignore[literal-required]  # the levels of Place
            if universal := said(told.text(2)) if told.components > 1 else None:
                uri = numbers.universal_uri(universal, said(told.text(3)) or "")
                place["systems"] = {**place.get("systems", {}), level: uri}
    if facility := hd(field.component(4)):
        place["facility"] = facility
    if status := said(field.text(5)):
        place["status"] = status
    if kind := said(field.text(6)):
        place["type"] = kind
    if text := part(field, 9):
        place["text"] = text
    if field.components > 9:
        _identified(field, scope, place)
    return place or None


def _identified(field: Field, scope: Scope | None, place: Place) -> None:
    """PL.10, in the system that it names, else of the authority for the whole location (PL.11), else of the sender."""
    if authority := hd(field.component(11)):
        place["authority"] = authority
    told = field.component(10)
    value, name, universal = said(told.text(1)), said(told.text(2)), said(told.text(3))
    if not value:
        return
    if scope and (name or universal):
        place["identifiers"] = [one for one in [numbers.ei(told, scope)] if one]
        return
    known = authority["identifiers"][0]["system"] if authority else local_system(scope.sender if scope else "unknown")
    system = numbers.worldwide(universal, name or universal or "") if name or universal else known
    number: Identifier = {"system": system, "value": value}
    if name or universal:
        number["authority"] = name or universal
    if universal and (uri := numbers.universal_uri(universal, said(told.text(4)) or "")) != system:
        number["authority_id"] = uri
    place["identifiers"] = [number]
