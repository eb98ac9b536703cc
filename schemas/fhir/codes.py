"""FHIR's primitives and codes from what the events hold: strings, uris, Coding, CodeableConcept.

Everything here answers None (or an empty list) for what was not said, and `said` leaves that out, so that a mapping
reads as a table: one line an element. No element of a result is ever empty.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Set
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from schemas.events import Code, Coding
from schemas.fhir import extensions, tables, terms

_CONTROLS = {code: None for code in (*range(32), 0xFFFE, 0xFFFF) if code not in (9, 10, 13)} | {11: "\n", 12: "\n"}
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_PLAIN = frozenset({"system", "code", "display", "version"})
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


def said(elements: dict[str, Any]) -> dict[str, Any]:
    """The elements that say something: without None, "", blanks and empty lists. False and 0 stay."""
    made = {name: one for name, one in elements.items() if one or one == 0}
    for one in made.values():
        if type(one) is str and (one[0] == " " or not one.isprintable()):
            cleaned = {name: text(one) if type(one) is str else one for name, one in made.items()}
            return {name: one for name, one in cleaned.items() if one is not None}
    return made


def beyond(one: Mapping[str, Any], known: Set[str]) -> bool:
    """Whether it says anything but these keys. An event from the bus has all keys, most of them empty."""
    return any(map(one.get, one.keys() - known))


def text(one: str | None) -> str | None:
    """A FHIR string: not blank, and without the control characters that neither JSON nor XML carries well."""
    if not one or one.isspace():
        return None
    if one.isprintable():
        return one
    legal = one.translate(_CONTROLS)
    return legal if legal and not legal.isspace() else None


def texts(ones: Iterable[str | None] | None) -> list[str]:
    return [made for made in map(text, ones or ()) if made]


def token(code: str) -> str:
    """A FHIR code: no space at the ends, single ones inside; empty for nothing."""
    return " ".join(code.translate(_CONTROLS).split())


@lru_cache(maxsize=2048)
def uri(name: str) -> str:
    """An absolute FHIR uri: no spaces; a bare name, and what only pretends to be an OID or UUID, under `urn:id:`."""
    name = name.strip()
    scheme, _, rest = name.lower().rpartition(":")
    if scheme == "urn:uuid" and _UUID.fullmatch(rest):
        return f"urn:uuid:{rest}"
    if ":" not in name or scheme == "urn:uuid" or (scheme == "urn:oid" and not _OID.fullmatch(rest)):
        return f"urn:id:{quote(name.rpartition(':')[2], safe='._-')}"
    return quote(name, safe="".join(map(chr, range(0x21, 0x7F)))) if " " in name or not name.isprintable() else name


def one_of(word: str | None, allowed: Collection[str]) -> str | None:
    """The word if FHIR allows it there."""
    return word if word in allowed else None


def coding(system: str, code: str, display: str | None = None) -> dict[str, Any]:
    return {"system": system, "code": code, "display": display} if display else {"system": system, "code": code}


def key(made: dict[str, Any] | None) -> str:
    """A CodeableConcept in one line, to make an id of: its first code, else its text."""
    for one in (made or {}).get("coding", ()):
        if "code" in one:
            return f"{one.get('system', '')}|{one['code']}"
    return str((made or {}).get("text", ""))


def coded(system: str, code: str) -> dict[str, Any]:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}]}


def concept(code: Code | None) -> dict[str, Any] | None:
    """A CodeableConcept: every coding as sent, then the translations with where they came from."""
    if not code:
        return None
    made: dict[str, Any] = {}
    codings = []
    loinc = code.get("loinc")
    for one in code.get("codings") or ():
        if sent := sent_coding(one):
            codings.append(sent)
            if loinc and sent.get("system") == terms.LOINC:
                loinc = None
    if loinc and not loinc.isspace():
        codings.append({"system": terms.LOINC, "code": token(loinc)})
    if codings:
        made["coding"] = codings
    if name := text(code.get("text")):
        made["text"] = name
    return made or None


def sent_coding(one: Coding) -> dict[str, Any] | None:
    """One Coding as sent; None without a code and a display."""
    made = _sent_coding(one.get("system"), one.get("code"), one.get("display"), one.get("version"))
    if made and beyond(one, _PLAIN) and (beside := _of_coding(one)):
        return {**made, "extension": beside}
    return made.copy() or None


def _of_coding(one: Coding) -> list[dict[str, Any]]:
    """Where a translation came from, and the OIDs of the code system and value set."""
    mapped = text(one.get("mapped"))
    equivalence = token(one.get("equivalence") or "") if mapped else None
    oid, chosen = text(one.get("oid")), text(one.get("value_set"))
    return extensions.extensions(
        extensions.extension(extensions.MAPPED_FROM, "String", mapped),
        extensions.extension(extensions.MAPPED_EQUIVALENCE, "Code", equivalence),
        extensions.extension(extensions.CODING_OID, "Uri", oid and uri(f"urn:oid:{oid}")),
        extensions.extension(extensions.VALUE_SET, "Uri", chosen and uri(f"urn:oid:{chosen}")),
        extensions.extension(extensions.VALUE_SET_VERSION, "String", text(one.get("value_set_version"))),
    )


@lru_cache(maxsize=8192)
def _sent_coding(system: str | None, code: str | None, display: str | None, version: str | None) -> dict[str, Any]:
    """Remembered: a laboratory says the same few hundred codings all day. Copied by the caller."""
    code = token(code) if code else None
    made = said({"version": version if code else None, "code": code, "display": display})
    if code and system and not system.isspace():
        name = uri(system)
        if tables.lacks(name, code):
            name = tables.LOCAL + name[len(tables.SYSTEM) :]
        made = {"system": name, **made}
    return made


def concepts(codes: Iterable[Code] | None) -> list[dict[str, Any]]:
    return [made for made in map(concept, codes or ()) if made]


def required(code: Code | None) -> dict[str, Any]:
    """A CodeableConcept where FHIR insists on one."""
    return concept(code) or extensions.absent()


def translated(code: Code | None, system: str, table: Mapping[str, str], number: str) -> dict[str, Any] | None:
    """The concept as sent, with FHIR's own code put first where the table has one for what was sent.

    A code counts as one of HL7 table `number` when it names that table or no system at all.
    """
    made = concept(code)
    if made is None:
        return None
    codings = made.get("coding", [])
    if any(one.get("system") == system for one in codings):
        return made
    ours = (None, terms.table(number))
    sent = [one["code"] for one in codings if "code" in one and one.get("system") in ours]
    found = next((table[one.upper()] for one in sent or [made.get("text", "")] if one.upper() in table), None)
    if found:
        made["coding"] = [{"system": system, "code": found}, *codings]
    return made


def tabled(code: str | None, number: str, known: Collection[str] | None = None) -> dict[str, Any] | None:
    """A bare v2 code as a CodeableConcept: in its table's system if the table has it, else as text."""
    code = text(code)
    if code is None:
        return None
    if known is None or code in known:
        return coded(terms.table(number), token(code))
    return {"text": code}


def joined(codes: Iterable[Code] | None) -> dict[str, Any] | None:
    """Several codes where FHIR takes one CodeableConcept: all codings, the texts side by side."""
    made = concepts(codes)
    if len(made) < 2:
        return made[0] if made else None
    return said(
        {
            "coding": [one for each in made for one in each.get("coding", ())],
            "text": "; ".join(each["text"] for each in made if "text" in each),
        }
    )
