"""FHIR data types from the event's own shapes: identifiers, names, addresses, telecoms, notes, documents.

As `codes`, whose names can be had from here too: None (or an empty list) for what was not said.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from schemas.events import Address, Attachment, Code, HumanName, Identifier, Note, Telecom
from schemas.fhir import extensions, terms, times
from schemas.fhir.codes import (
    beyond,
    coded,
    coding,
    concept,
    concepts,
    joined,
    key,
    one_of,
    required,
    said,
    sent_coding,
    tabled,
    text,
    texts,
    token,
    translated,
    uri,
)

__all__ = [
    "addresses",
    "attachment",
    "beyond",
    "body",
    "coded",
    "coding",
    "communication",
    "concept",
    "concepts",
    "gender",
    "human_name",
    "human_names",
    "identifier",
    "identifiers",
    "joined",
    "key",
    "notes",
    "one_of",
    "required",
    "said",
    "sent_coding",
    "spelled",
    "tabled",
    "telecoms",
    "text",
    "texts",
    "token",
    "translated",
    "uri",
]

INPE = "https://hie.sante.gov.ma/id/inpe-es"
# What needs no extension
_NUMBER = frozenset({"system", "value", "type", "authority", "use", "start", "end"})
_NAME = frozenset({"family", "given", "prefix", "suffix", "use", "text"})
_NOTE = frozenset({"text", "source"})
_SHA1 = re.compile(r"[A-Za-z0-9+/]{27}=")


def identifier(one: Identifier | None, kind: str | None = None) -> dict[str, Any] | None:
    """An Identifier with its type (HL7 table 0203; `kind` goes before the one sent) and who assigned it."""
    value = text(one.get("value")) if one else None
    if one is None or value is None:
        return None
    made: dict[str, Any] = {}
    if beyond(one, _NUMBER) and (beside := _of_identifier(one)):
        made["extension"] = beside
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
        made["assigner"] = body(authority, text(one.get("authority_id")) or system)
    return made


def _of_identifier(one: Identifier) -> list[dict[str, Any]]:
    facility, facility_id = text(one.get("facility")), text(one.get("facility_id"))
    authority_id = text(one.get("authority_id"))
    place = body(facility, facility_id) if facility else None
    return extensions.extensions(
        *extensions.texts(
            (extensions.CHECK_DIGIT, text(one.get("check_digit"))),
            (extensions.CHECK_SCHEME, text(one.get("check_scheme"))),
            (extensions.SOURCE_TABLE, text(one.get("source_table"))),
        ),
        extensions.extension(extensions.ASSIGNER_ID, "Uri", authority_id and uri(authority_id)),
        extensions.extension(extensions.ASSIGNING_FACILITY, "Reference", place),
        extensions.extension(extensions.FACILITY_ID, "Uri", facility_id and uri(facility_id)),
        extensions.extension(extensions.JURISDICTION, "CodeableConcept", concept(one.get("jurisdiction"))),
        extensions.extension(extensions.AGENCY, "CodeableConcept", concept(one.get("agency"))),
    )


def body(name: str, system: str | None) -> dict[str, Any]:
    """A logical reference to an Organization that is known by its name and a universal id; `draft` makes it a resource.

    Its number is the one that the same HD would have as a facility: an INPE, else its name within the universal id,
    else within itself.
    """
    return {"type": "Organization", "identifier": {**_body(name, system)}, "display": name}


@lru_cache(maxsize=4096)
def _body(name: str, system: str | None) -> dict[str, Any]:
    if len(name) == 9 and name.isascii() and name.isdecimal():
        return {"system": INPE, "value": name}
    if system and system.startswith("urn:") and not system.startswith("urn:id:"):
        return {"system": uri(system), "value": name}
    return {"system": f"urn:id:{quote(name, safe='')}".replace("~", "%7E"), "value": name}


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
    """A HumanName; a degree and a professional suffix stand beside the suffix."""
    made: dict[str, Any] = {
        "use": one_of(one.get("use"), terms.NAME_USES),
        "text": one.get("text"),
        "family": one.get("family"),
        "given": texts(one.get("given")),
        "prefix": texts([one.get("prefix")]),
        "suffix": texts([one.get("suffix"), one.get("degree"), one.get("professional_suffix")]),
    }
    if beyond(one, _NAME):
        made |= {
            "extension": _of_name(one),
            "_family": _surnames(one) if one.get("family") else None,
            "period": times.period(one.get("start"), one.get("end")),
        }
    return said(made)


def _of_name(one: HumanName) -> list[dict[str, Any]]:
    order, form = (one.get("order") or "").strip(), (one.get("representation") or "").strip()
    known_order, known_form = one_of(order, ("G", "F")), terms.NAME_REPRESENTATION.get(form)
    return extensions.extensions(
        *extensions.texts(
            (extensions.NAME_TYPE, text(one.get("type"))),
            (extensions.CALLED_BY, text(one.get("called_by"))),
            (extensions.OURS + "name-assembly-order", None if known_order else text(order)),
            (extensions.OURS + "name-representation", None if known_form else text(form)),
        ),
        extensions.extension(extensions.NAME_ORDER, "Code", known_order),
        extensions.extension(extensions.NAME_REPRESENTATION, "Code", known_form),
    )


def _surnames(one: HumanName) -> dict[str, Any] | None:
    parts = extensions.texts(
        (extensions.OWN_PREFIX, text(one.get("own_prefix"))),
        (extensions.OWN_NAME, text(one.get("own_family"))),
        (extensions.PARTNER_PREFIX, text(one.get("partner_prefix"))),
        (extensions.PARTNER_NAME, text(one.get("partner_family"))),
    )
    return {"extension": parts} if parts else None


def spelled(names: list[dict[str, Any]]) -> str:
    """The first of some HumanNames in one line, to make an id of."""
    first = names[0] if names else {}
    parts = [*first.get("prefix", ()), *first.get("given", ()), first.get("family", "")]
    return first.get("text") or " ".join(parts)


def human_names(ones: Iterable[HumanName] | None) -> list[dict[str, Any]]:
    return [made for made in map(human_name, ones or ()) if made.keys() - {"use", "extension", "period"}]


def addresses(ones: Iterable[Address] | None) -> list[dict[str, Any]]:
    return [made for made in map(_address, ones or ()) if made.keys() - {"use", "type", "extension", "period"}]


def _address(one: Address) -> dict[str, Any]:
    county = concept(one.get("county"))
    beside = extensions.texts(
        (extensions.ADDRESS_TYPE, text(one.get("type_code"))),
        (extensions.STREET_NAME, text(one.get("street_name"))),
        (extensions.HOUSE_NUMBER, text(one.get("house_number"))),
        (extensions.OTHER_GEOGRAPHIC, text(one.get("other_geographic"))),
        (extensions.CENSUS_TRACT, text(one.get("census_tract"))),
    )
    if county:
        beside.append({"url": extensions.COUNTY, "valueCodeableConcept": county})
    return said(
        {
            "extension": beside,
            "use": one_of(one.get("use"), terms.ADDRESS_USES),
            "type": one_of(one.get("type"), terms.ADDRESS_TYPES),
            "line": texts(one.get("lines")),
            "city": one.get("city"),
            "district": one.get("district"),
            "state": one.get("state"),
            "postalCode": one.get("postal_code"),
            "country": one.get("country"),
            "period": times.period(one.get("start"), one.get("end")),
        }
    )


def telecoms(ones: Iterable[Telecom] | None) -> list[dict[str, Any]]:
    return [made for made in map(_telecom, ones or ()) if made]


def _telecom(one: Telecom) -> dict[str, Any] | None:
    value = text(one.get("value"))
    if value is None:
        return None
    beside = extensions.texts(
        (extensions.PHONE_USE, text(one.get("use_code"))),
        (extensions.PHONE_EQUIPMENT, text(one.get("equipment"))),
        (extensions.PHONE_COUNTRY, text(one.get("country"))),
        (extensions.PHONE_AREA, text(one.get("area"))),
        (extensions.PHONE_LOCAL, text(one.get("local"))),
        (extensions.PHONE_EXTENSION, text(one.get("extension"))),
        (extensions.PHONE_COMMENT, text(one.get("comment"))),
    )
    rank = one.get("rank")
    return said(
        {
            "extension": beside,
            # A ContactPoint with a value must have a system (cpt-2).
            "system": one_of(one.get("system"), terms.TELECOM_SYSTEMS) or "other",
            "value": value,
            "use": one_of(one.get("use"), terms.TELECOM_USES),
            "rank": rank if rank and 0 < rank < 2**31 else None,
            "period": times.period(one.get("start"), one.get("end")),
        }
    )


def notes(ones: Iterable[Note] | None) -> list[dict[str, Any]]:
    """Notes (NTE), each an Annotation; its author is who wrote it (NTE-5), else the source as sent (NTE-2)."""
    return [_note(one, words) for one in ones or () if (words := text(one.get("text")))]


def _note(one: Note, words: str) -> dict[str, Any]:
    made: dict[str, Any] = {"authorString": one.get("source"), "text": words}
    if beyond(one, _NOTE):
        by = one.get("by") or {}
        names, numbers = human_names(by.get("names")), identifiers(by.get("identifiers"))
        author = spelled(names) or (numbers[0]["value"] if numbers else "")
        kind = concept(one.get("kind")) or tabled(one.get("type"), "0364", terms.NOTE_TYPES)
        held = times.period(one.get("start"), one.get("end"))
        made |= {
            "extension": extensions.extensions(
                extensions.extension(extensions.NOTE_TYPE, "CodeableConcept", kind),
                extensions.extension(extensions.NOTE_SOURCE, "String", text(one.get("source")) if author else None),
                extensions.extension(extensions.NOTE_PERIOD, "Period", held),
                *(extensions.extension(extensions.NOTE_AUTHOR_NAME, "HumanName", each) for each in names),
                *(extensions.extension(extensions.NOTE_AUTHOR_NUMBER, "Identifier", each) for each in numbers),
            ),
            "authorString": author or one.get("source"),
            "time": times.date_time(one.get("recorded")),
        }
    return said(made)


def communication(language: Code | None) -> list[dict[str, Any]] | None:
    """PID-15, NK1-20. FHIR takes languages of BCP 47 only: the code as sent stands in the text."""
    sent = concept(language)
    if sent is None:
        return None
    codes = [one["code"] for one in sent.get("coding", ()) if "code" in one]
    names = texts([sent.get("text"), *(one.get("display") for one in sent.get("coding", ())), *codes])
    found = next((terms.LANGUAGE[one.upper()] for one in [*codes, *names] if one.upper() in terms.LANGUAGE), None)
    coding = [{"system": terms.LANGUAGE_SYSTEM, "code": found}] if found else None
    # A code that the text does not hold stands beside it
    more = set(codes) - {names[0]} or any("system" in one for one in sent.get("coding", ()))
    return [
        said(
            {
                "extension": [{"url": extensions.LANGUAGE_AS_SENT, "valueCodeableConcept": sent}] if more else None,
                "language": said({"coding": coding, "text": names[0] if names else None}),
            }
        )
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
