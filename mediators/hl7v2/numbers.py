"""Numbers and who gave them (CX, EI, HD) → Identifier, with the system that a number belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

from mediators import systems
from mediators.hl7v2 import times
from mediators.hl7v2.coded import code
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.texts import listed, said
from schemas.events import Identifier

local_system = lru_cache(maxsize=4096)(systems.local_system)


@lru_cache(maxsize=4096)
def _identifier_system(name: str, kind: str, establishment: bool, otherwise: str) -> str:
    return systems.identifier_system(name, kind, establishment=establishment, otherwise=otherwise)


def system_of(authority: Field, kind: str | None, scope: Scope, *, establishment: bool = False) -> str:
    """The system of a number from its assigning authority (HD): the channel's own authorities first, then the known
    names and types, the universal id, the name; without any, the sender's."""
    names = (authority.raw, authority.text(1), authority.text(2)) if authority else ()
    return system_named(names, kind, scope, establishment)


def system_named(names: Iterable[str], kind: str | None, scope: Scope, establishment: bool = False) -> str:
    """As `system_of`, from the whole authority, its name and its universal id as texts."""
    raw, name, universal = (*(name.strip().strip('"') for name in names), "", "", "")[:3]
    if known := scope.context.authorities:
        for sent in (raw, name, universal):
            if sent and (own := systems.authority(known, sent)):
                return own
    system = _identifier_system(name, kind or "", establishment, scope.sender)
    if universal and not system.startswith(systems.IDENTIFIERS):
        return worldwide(universal, name) if name else local_system(universal)
    return system


def worldwide(universal: str | None, name: str) -> str:
    """The universal id as a URI if it is one for the whole world (OID, UUID, URI), else the name."""
    found = local_system(universal) if universal else ""
    return found if found and not found.startswith("urn:id:") else local_system(name)


@lru_cache(maxsize=4096)
def universal_uri(universal: str, kind: str) -> str:
    """A universal id as a URI. One that is none by itself (a DNS name, a number of a site's own) is told with its type
    (table 0301)."""
    found = local_system(universal)
    if not found.startswith("urn:id:") or not kind:
        return found
    return f"urn:id:{quote(kind, safe='')}:{quote(universal, safe='')}"


def cx(field: Field, scope: Scope, kind: str | None = None) -> Identifier | None:
    """CX. `kind` is the type (table 0203) where CX.5 is silent."""
    value = said(field.text(1))
    if not value:
        return None
    kind, authority = said(field.text(5)) or kind, field.component(4)
    identifier: Identifier = {"system": system_of(authority, kind, scope), "value": value}
    if kind:
        identifier["type"] = kind
    if authority:
        given_by(identifier, authority)
    if field.components > 1:
        checked(identifier, field, 2)
    if field.components > 5:
        assigned(identifier, field, (6, 7, 8, 9, 10), scope)
    return identifier


def given_by(identifier: Identifier, authority: Field) -> None:
    """The assigning authority (HD) by its name, and by its universal id where the system says another."""
    name, universal = said(authority.text(1)), said(authority.text(2))
    if name or universal:
        identifier["authority"] = name or universal
    if universal and (uri := universal_uri(universal, said(authority.text(3)) or "")) != identifier["system"]:
        identifier["authority_id"] = uri


def checked(identifier: Identifier, field: Field, at: int) -> None:
    """The check digit and its scheme (table 0061), which follow each other in every type."""
    if digit := said(field.text(at)):
        identifier["check_digit"] = digit
    if scheme := said(field.text(at + 1)):
        identifier["check_scheme"] = scheme


def assigned(identifier: Identifier, field: Field, places: tuple[int, int, int, int, int], scope: Scope) -> None:
    """Assigning facility (HD), effective and expiration date, jurisdiction and agency, at these components; 0: none."""
    facility, start, end, jurisdiction, agency = places
    if facility and (place := field.component(facility)):
        named(identifier, place)
    if start and (since := inner_time(field.text(start), scope)):
        identifier["start"] = since
    if end and (until := inner_time(field.text(end), scope)):
        identifier["end"] = until
    if jurisdiction and (where := code(field.component(jurisdiction))):
        identifier["jurisdiction"] = where
    if agency and (who := code(field.component(agency))):
        identifier["agency"] = who


def named(identifier: Identifier, facility: Field) -> None:
    """The assigning facility (HD)."""
    name, universal = said(facility.text(1)), said(facility.text(2))
    if name or universal:
        identifier["facility"] = name or universal
    if universal:
        identifier["facility_id"] = universal_uri(universal, said(facility.text(3)) or "")


def inner_time(text: str, scope: Scope) -> str | None:
    """A time within a data type; one that can't be read is no fact of its own and is passed over."""
    found = said(text)
    return times.time(found, scope.zone) if found else None


def identifiers(segment: Segment, number: int, scope: Scope, kind: str | None = None) -> list[Identifier]:
    """Every repetition of a field of CX."""
    return listed(segment, number, lambda field: cx(field, scope, kind))


def ei(field: Field, scope: Scope, kind: str | None = None) -> Identifier | None:
    """EI: id ^ namespace ^ universal id ^ its type."""
    value = said(field.text(1))
    if not value:
        return None
    system = system_named(("", field.text(2), field.text(3)), kind, scope)
    identifier: Identifier = {"system": system, "value": value}
    if kind:
        identifier["type"] = kind
    name, universal = said(field.text(2)), said(field.text(3))
    if name or universal:
        identifier["authority"] = name or universal
    if universal and (uri := universal_uri(universal, said(field.text(4)) or "")) != system:
        identifier["authority_id"] = uri
    return identifier


def social(segment: Segment, number: int, scope: Scope) -> Identifier | None:
    """A social number: of the authority it names, else what the channel's `authorities` call SSN."""
    field = segment.field(number)
    value = said(field.text(1))
    if not value:
        return None
    if field.component(4):
        return cx(field, scope, "SS")
    return {"system": systems.authority(scope.context.authorities, "SSN") or "urn:id:ssn", "value": value, "type": "SS"}
