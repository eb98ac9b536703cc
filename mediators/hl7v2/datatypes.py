"""HL7 v2 data types → the shapes of the canonical events. None (or an empty list) for what was not said.

Codes of FHIR's words follow the HL7 V2-to-FHIR guide, STU 1 (tables 0190, 0200, 0201, 0202); what the guide leaves
open and we decide is marked "ours".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, TypeVar

from mediators import systems
from mediators.hl7v2 import times
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import NULL, Scope
from schemas.events import (
    Address,
    Code,
    Coding,
    HumanName,
    Identifier,
    Organization,
    Place,
    Practitioner,
    Telecom,
)

Shape = TypeVar("Shape")

# Table 0200. Guide; A (alias) and R (registered) are ours, and the words are as met.
NAME_USE: Final = {
    "L": "official", "D": "usual", "M": "maiden", "N": "nickname", "S": "anonymous", "TEMP": "temp", "BAD": "old",
    "NOUSE": "old", "R": "official", "A": "nickname", "CURRENT": "usual", "PREVIOUS": "old",
}  # fmt: skip
# Table 0190. Guide; L, P and V are ours, and the words are as met.
ADDRESS_USE: Final = {
    "B": "work", "O": "work", "H": "home", "BA": "old", "BI": "billing", "C": "temp", "L": "home", "P": "home",
    "V": "temp", "HOME": "home", "WORK": "work",
}  # fmt: skip
ADDRESS_TYPE: Final = {"M": "postal", "SH": "postal"}
# Table 0201. Guide; ORN (another residence), VHN (vacation) are ours, and the words are as met.
TELECOM_USE: Final = {
    "PRN": "home", "WPN": "work", "ORN": "home", "VHN": "temp", "PRS": "mobile", "HOME": "home", "WORK": "work",
    "MOBILE": "mobile", "CELL": "mobile", "H": "home", "W": "work",
}  # fmt: skip
# Table 0202. Guide.
TELECOM_SYSTEM: Final = {
    "PH": "phone", "CP": "phone", "FX": "fax", "BP": "pager", "INTERNET": "email", "X.400": "email", "SAT": "phone",
    "MD": "other", "TDD": "other", "TTY": "other",
}  # fmt: skip

# Table 0301: types of universal ids
_UNIVERSAL: Final = frozenset(("ISO", "UUID", "GUID", "DNS", "URI"))

coding_system = lru_cache(maxsize=4096)(systems.coding_system)
local_system = lru_cache(maxsize=4096)(systems.local_system)


@lru_cache(maxsize=4096)
def _identifier_system(name: str, kind: str, establishment: bool, otherwise: str) -> str:
    return systems.identifier_system(name, kind, establishment=establishment, otherwise=otherwise)


def said(text: str) -> str | None:
    """A text that says something: without blanks around it; None for nothing and for HL7's null."""
    text = text.strip()
    return text if text and text != NULL else None


def part(field: Field, number: int) -> str | None:
    """A component as text, an unescaped `&` in it kept as a character."""
    return said(field.component(number).whole)


def each(read: Callable[[Field], Shape | None], fields: Iterable[Field]) -> list[Shape]:
    """What every repetition says, without those that say nothing."""
    return [one for field in fields if field.raw and (one := read(field)) is not None]


def listed(segment: Segment, number: int, read: Callable[[Field], Shape | None]) -> list[Shape]:
    """Every repetition of a field."""
    return each(read, segment.repetitions(number)) if segment.raw_field(number) else []


def one(segment: Segment, number: int, read: Callable[[Field], Shape | None]) -> Shape | None:
    """The first repetition of a field that says something."""
    found = listed(segment, number, read)
    return found[0] if found else None


def repeats(segment: Segment, number: int) -> str | None:
    """A free text (ST, TX, FT) with its repetitions as lines."""
    raw = segment.raw_field(number)
    if not raw or raw == NULL:
        return None
    text = "\n".join(field.whole for field in segment.repetitions(number)).rstrip()
    return text if said(text) else None


def code(field: Field) -> Code | None:
    """CE, CWE, CNE, CF, IS, ID: every coding as sent. `text` is the original text, else the first display, else what
    stands in place of a code without system and display."""
    count = field.components
    codings = [coding for first in (1, 4, 10) if first <= count and (coding := _coding(field, first, count))]
    if count > 6 and (version := part(field, 7)) and codings and "code" in codings[0]:
        codings[0]["version"] = version
    text = part(field, 9) if count > 8 else None
    text = text or next((shown for coding in codings if (shown := coding.get("display"))), None)
    codings = [coding for coding in codings if "code" in coding]
    if not codings:
        return {"text": text} if text else None
    if not text and len(codings) == 1 and not codings[0].get("system"):
        text = codings[0].get("code")
    return {"text": text, "codings": codings} if text else {"codings": codings}


def _coding(field: Field, first: int, count: int) -> Coding | None:
    value = part(field, first)
    display = part(field, first + 1) if count > first else None
    if not value and not display:
        return None
    coding: Coding = {}
    if value:
        coding["code"] = value
        if count > first + 1 and (system := part(field, first + 2)):
            coding["system"] = coding_system(system)
    if display:
        coding["display"] = display
    return coding


def system_of(authority: Field, kind: str | None, scope: Scope, *, establishment: bool = False) -> str:
    """The system of a number from its assigning authority (HD): the channel's own authorities first, then the known
    names and types, the universal id, the name; without any, the sender's."""
    names = (authority.raw, authority.text(1), authority.text(2)) if authority else ()
    return _system(names, kind, scope, establishment)


def _system(names: Iterable[str], kind: str | None, scope: Scope, establishment: bool = False) -> str:
    raw, name, universal = (*(name.strip().strip('"') for name in names), "", "", "")[:3]
    if scope.context.authorities:
        for sent in (raw, name, universal):
            if sent and sent in scope.context.authorities:
                return scope.context.authorities[sent]
    system = _identifier_system(name, kind or "", establishment, scope.sender)
    if universal and not system.startswith(systems.IDENTIFIERS):
        return _universal(universal, name) if name else local_system(universal)
    return system


def _universal(universal: str | None, name: str) -> str:
    """The universal id as a URI if it is one for the whole world (OID, UUID, URI), else the name."""
    worldwide = local_system(universal) if universal else ""
    return worldwide if worldwide and not worldwide.startswith("urn:id:") else local_system(name)


def cx(field: Field, scope: Scope, kind: str | None = None) -> Identifier | None:
    """CX. `kind` is the type (table 0203) where CX.5 is silent."""
    value = said(field.text(1))
    if not value:
        return None
    kind, authority = said(field.text(5)) or kind, field.component(4)
    identifier: Identifier = {"system": system_of(authority, kind, scope), "value": value}
    if kind:
        identifier["type"] = kind
    if name := said(authority.text(1)) or said(authority.text(2)) or said(field.text(6)):
        identifier["authority"] = name
    if field.components > 6:
        if start := inner_time(field.text(7), scope):
            identifier["start"] = start
        if end := inner_time(field.text(8), scope):
            identifier["end"] = end
    return identifier


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
    system = _system(("", field.text(2), field.text(3)), kind, scope)
    identifier: Identifier = {"system": system, "value": value}
    if kind:
        identifier["type"] = kind
    if name := said(field.text(2)) or said(field.text(3)):
        identifier["authority"] = name
    return identifier


def xpn(field: Field) -> HumanName | None:
    """XPN and PN."""
    return human_name(field, 1, 7)


def human_name(field: Field, first: int, kind: int) -> HumanName | None:
    """Family name at component `first`, then given, further given, suffix, prefix, degree; its type at `kind`."""
    name: HumanName = {}
    if family := said(field.text(first)):
        name["family"] = family
    if given := [text for number in (first + 1, first + 2) if (text := part(field, number))]:
        name["given"] = given
    if prefix := part(field, first + 4):
        name["prefix"] = prefix
    if suffix := " ".join(text for number in (first + 3, first + 5) if (text := part(field, number))):
        name["suffix"] = suffix
    if not name:
        return None
    if use := NAME_USE.get(field.text(kind).strip().upper()):
        name["use"] = use
    return name


def xad(field: Field) -> Address | None:
    """XAD and AD. A street told in parts (SAD) is one line."""
    address: Address = {}
    if lines := [line for line in (_street(field.component(1)), part(field, 2)) if line]:
        address["lines"] = lines
    if city := part(field, 3):
        address["city"] = city
    if state := part(field, 4):
        address["state"] = state
    if postal_code := part(field, 5):
        address["postal_code"] = postal_code
    if country := part(field, 6):
        address["country"] = country
    if district := part(field, 9) or part(field, 8):
        address["district"] = district
    if not address:
        return None
    kind = field.text(7).strip().upper()
    if use := ADDRESS_USE.get(kind):
        address["use"] = use
    if type_ := ADDRESS_TYPE.get(kind):
        address["type"] = type_
    return address


def _street(field: Field) -> str | None:
    """SAD: the street as one text, then its name and number where the text does not hold them."""
    line = said(field.text(1)) or ""
    for number in (3, 2):
        detail = said(field.text(number))
        if detail and detail not in line:
            line = f"{line} {detail}".strip()
    return line or None


def xtn(field: Field, use: str | None = None) -> list[Telecom]:
    """XTN and TN: a number, an e-mail address, or both. `use` where XTN.2 is silent."""
    equipment, told = field.text(3).strip().upper(), field.text(2).strip().upper()
    kind = "mobile" if equipment == "CP" else TELECOM_USE.get(told, use)
    found: list[Telecom] = []
    if number := part(field, 1) or part(field, 12) or _dialled(field):
        system = "email" if "@" in number else TELECOM_SYSTEM.get(equipment, "phone")
        if system == "email" and "@" not in number:
            system = "url" if "://" in number else "phone"
        found.append({"value": number, "system": system})
    if (mail := part(field, 4)) and mail not in (one.get("value") for one in found):
        found.append({"value": mail, "system": "url" if "://" in mail else "email"})
    for telecom in found:
        if kind:
            telecom["use"] = kind
    return found


def _dialled(field: Field) -> str | None:
    """A number told in parts: country, area, local number, extension."""
    country, area, local, extension = (part(field, number) for number in (5, 6, 7, 8))
    if not local:
        return part(field, 9)
    if country and not country.startswith(("+", "0")):
        country = f"+{country}"
    number = " ".join(text for text in (country, area, local) if text)
    return f"{number} x{extension}" if extension else number


def telecoms(segment: Segment, number: int, use: str | None = None) -> list[Telecom]:
    return [telecom for field in segment.repetitions(number) if field.raw for telecom in xtn(field, use)]


def xcn(field: Field, scope: Scope, role: str | None = None) -> Practitioner | None:
    """XCN and CN. A number of a source table (XCN.8) without authority is one of that table."""
    names = (field.component(9).raw, field.component(9).text(1), field.component(9).text(2))
    if not any(names) and (table := said(field.text(8))):
        names = ("", table, "")
    return _practitioner(field, 1, 10, names, said(field.text(13)), scope, role)


def people(segment: Segment, number: int, scope: Scope, role: str | None = None) -> list[Practitioner]:
    """Every repetition of a field of XCN."""
    return listed(segment, number, lambda field: xcn(field, scope, role))


def cnn(field: Field, scope: Scope, role: str | None = None) -> Practitioner | None:
    """NDL, whose first component holds the whole person (CNN); written as an XCN it is read as one."""
    person = field.component(1)
    if person.components < 2:
        return xcn(field, scope, role)
    names = ("", person.text(9), person.text(10))
    return _practitioner(person, 1, 0, names, None, scope, role)


def _practitioner(
    field: Field, first: int, type_at: int, names: Iterable[str], kind: str | None, scope: Scope, role: str | None
) -> Practitioner | None:
    person: Practitioner = {}
    names = tuple(names)
    if value := said(field.text(first)):
        # nine digits of no authority are what every care sheet asks for: the professional's INPE
        bare = not any(names) and not kind and _is_inpe(value)
        system = systems.IDENTIFIERS + "inpe-ps" if bare else _system(names, kind, scope)
        person["identifiers"] = [{"system": system, "value": value}]
        if kind:
            person["identifiers"][0]["type"] = kind
    if name := human_name(field, first + 1, type_at):
        person["names"] = [name]
    if not person:
        return None
    if role:
        person["role"] = role
    return person


def xon(field: Field, scope: Scope) -> Organization | None:
    """XON: name, and its number at .10 or, before 2.5, at .3."""
    organization: Organization = {}
    if name := part(field, 1):
        organization["name"] = name
    if field.text(3).strip().upper() in _UNIVERSAL:
        # written as an HD: name, universal id, its type
        return hd(field)
    if value := said(field.text(10)) or said(field.text(3)):
        kind = said(field.text(7))
        authority = field.component(6)
        bare = not authority and not kind
        system = body_system(value, scope) if bare else system_of(authority, kind, scope, establishment=True)
        organization["identifiers"] = [{"system": system, "value": value}]
        if kind:
            organization["identifiers"][0]["type"] = kind
    return organization or None


def body_system(value: str, scope: Scope) -> str:
    """The system of an establishment's number that names no authority: nine digits are an INPE, else the sender's."""
    return systems.IDENTIFIERS + "inpe-es" if _is_inpe(value) else local_system(scope.sender)


def hd(field: Field) -> Organization | None:
    """HD that names a facility. Nine digits, or a number typed so, are an INPE; another name is its own system."""
    name, universal = said(field.text(1)), said(field.text(2))
    value = name or universal
    if not value:
        return None
    if _is_inpe(value) or _is_inpe(universal or "") or field.text(3).strip().upper() == "INPE":
        system = systems.IDENTIFIERS + "inpe-es"
        value = value if _is_inpe(value) or not universal else universal
    else:
        system = _universal(universal, value)
    return {"name": name or value, "identifiers": [{"system": system, "value": value}]}


def _is_inpe(value: str) -> bool:
    return len(value) == 9 and value.isascii() and value.isdecimal()


def pl(field: Field) -> Place | None:
    """PL, every level of it."""
    place: Place = {}
    if point := said(field.text(1)):
        place["point_of_care"] = point
    if room := said(field.text(2)):
        place["room"] = room
    if bed := said(field.text(3)):
        place["bed"] = bed
    if facility := hd(field.component(4)):
        place["facility"] = facility
    if status := said(field.text(5)):
        place["status"] = status
    if kind := said(field.text(6)):
        place["type"] = kind
    if building := said(field.text(7)):
        place["building"] = building
    if floor := said(field.text(8)):
        place["floor"] = floor
    if text := part(field, 9):
        place["text"] = text
    return place or None
