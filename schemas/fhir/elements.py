"""FHIR data types from the event's own shapes: codes, identifiers, names, addresses, notes, documents.

Everything here answers None (or an empty list) for what was not said, and `said` leaves that out, so that a
mapping reads as a table: one line an element. No element of a result is ever empty.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from schemas.events import Address, Attachment, Code, Coding, HumanName, Identifier, Note, Telecom
from schemas.fhir import extensions, tables, terms, times

_CONTROLS = {code: None for code in (*range(32), 0xFFFE, 0xFFFF) if code not in (9, 10, 13)} | {11: "\n", 12: "\n"}
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_SHA1 = re.compile(r"[A-Za-z0-9+/]{27}=")


def said(elements: dict[str, Any]) -> dict[str, Any]:
    """The elements that say something: without None, "", blanks and empty lists. False and 0 stay."""
    made = {name: one for name, one in elements.items() if one or one == 0}
    for one in made.values():
        if type(one) is str and (one[0] == " " or not one.isprintable()):
            cleaned = {name: text(one) if type(one) is str else one for name, one in made.items()}
            return {name: one for name, one in cleaned.items() if one is not None}
    return made


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
    if mapped := text(one.get("mapped")):
        beside = extensions.extension(extensions.MAPPED_EQUIVALENCE, "Code", token(one.get("equivalence") or ""))
        by = {"url": extensions.MAPPED_FROM, "valueString": mapped}
        return {**made, "extension": [by, beside] if beside else [by]} if made else None
    return made.copy() or None


@lru_cache(maxsize=8192)
def _sent_coding(system: str | None, code: str | None, display: str | None, version: str | None) -> dict[str, Any]:
    """Remembered: a laboratory says the same few hundred codings all day. Copied by the caller."""
    code = token(code) if code else None
    made = said({"code": code, "display": display})
    if code and system and not system.isspace():
        name = uri(system)
        if tables.lacks(name, code):
            name = tables.LOCAL + name[len(tables.SYSTEM) :]
        made = said({"system": name, "version": version, **made})
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


def identifier(one: Identifier | None, kind: str | None = None) -> dict[str, Any] | None:
    """An Identifier with its type (HL7 table 0203; `kind` goes before the one sent) and who assigned it."""
    value = text(one.get("value")) if one else None
    if one is None or value is None:
        return None
    made: dict[str, Any] = {}
    if use := one_of(one.get("use"), terms.IDENTIFIER_USES):
        made["use"] = use
    if kind := kind or text(one.get("type")):
        made["type"] = tabled(kind, "0203", terms.IDENTIFIER_TYPES)
    if system := text(one.get("system")):
        made["system"] = uri(system)
    made["value"] = value
    if held := times.period(one.get("start"), one.get("end")):
        made["period"] = held
    if authority := text(one.get("authority")):
        made["assigner"] = {"display": authority}
    return made


def identifiers(ones: Iterable[Identifier] | None) -> list[dict[str, Any]]:
    return [made for made in map(identifier, ones or ()) if made]


def gender(sex: str | None, code: str | None = None) -> dict[str, Any]:
    """gender, and beside it PID-8 as sent when that says more than M, F, O or U."""
    word = one_of(sex, terms.GENDERS) or terms.GENDER.get((sex or code or "").upper())
    made: dict[str, Any] = {"gender": word or ("unknown" if text(code) else None)}
    code = text(code)
    if code and code.upper() not in ("M", "F", "O", "U"):
        made["_gender"] = {"extension": [{"url": extensions.SEX_AS_SENT, "valueString": code}]}
    return made


def human_name(one: HumanName) -> dict[str, Any]:
    return said(
        {
            "use": one_of(one.get("use"), terms.NAME_USES),
            "text": one.get("text"),
            "family": one.get("family"),
            "given": texts(one.get("given")),
            "prefix": texts([one.get("prefix")]),
            "suffix": texts([one.get("suffix")]),
        }
    )


def spelled(names: list[dict[str, Any]]) -> str:
    """The first of some HumanNames in one line, to make an id of."""
    first = names[0] if names else {}
    parts = [*first.get("prefix", ()), *first.get("given", ()), first.get("family", "")]
    return first.get("text") or " ".join(parts)


def human_names(ones: Iterable[HumanName] | None) -> list[dict[str, Any]]:
    return [made for made in map(human_name, ones or ()) if made.keys() - {"use"}]


def addresses(ones: Iterable[Address] | None) -> list[dict[str, Any]]:
    return [made for made in map(_address, ones or ()) if made.keys() - {"use", "type"}]


def _address(one: Address) -> dict[str, Any]:
    return said(
        {
            "use": one_of(one.get("use"), terms.ADDRESS_USES),
            "type": one_of(one.get("type"), terms.ADDRESS_TYPES),
            "line": texts(one.get("lines")),
            "city": one.get("city"),
            "district": one.get("district"),
            "state": one.get("state"),
            "postalCode": one.get("postal_code"),
            "country": one.get("country"),
        }
    )


def telecoms(ones: Iterable[Telecom] | None) -> list[dict[str, Any]]:
    return [made for made in map(_telecom, ones or ()) if made]


def _telecom(one: Telecom) -> dict[str, Any] | None:
    value = text(one.get("value"))
    if value is None:
        return None
    # A ContactPoint with a value must have a system (cpt-2).
    system = one_of(one.get("system"), terms.TELECOM_SYSTEMS) or "other"
    return said({"system": system, "value": value, "use": one_of(one.get("use"), terms.TELECOM_USES)})


def notes(ones: Iterable[Note] | None) -> list[dict[str, Any]]:
    """Notes (NTE), each an Annotation; its author is the source as sent (NTE-2)."""
    return [
        said({"authorString": one.get("source"), "text": words})
        for one in ones or ()
        if (words := text(one.get("text")))
    ]


def attachment(one: Attachment, *, data: bool = True) -> dict[str, Any]:
    """An Attachment with its bytes in base64 and their SHA-1, or (`data` false) only what it is."""
    content = one.get("data")
    kind = text(one.get("content_type"))
    digest = b64encode(hashlib.sha1(content).digest()).decode() if content else one.get("hash")
    url, size = text(one.get("url")), one.get("size")
    return said(
        {
            # Data without a content type is not allowed (att-1).
            "contentType": token(kind) if kind else "application/octet-stream" if content else None,
            "data": b64encode(content).decode() if content and data else None,
            "url": uri(url) if url else None,
            "size": len(content) if content else size if size and 0 < size < 2**31 else None,
            "hash": digest if digest and _SHA1.fullmatch(digest) else None,
            "title": one.get("title"),
        }
    )
