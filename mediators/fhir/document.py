"""Bytes → a FHIR document: one resource, or a Bundle's entries, with every number kept as the text it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.fhir.reading.elements import Json, part
from schemas.fhir.reading_xml import NotFhir, in_json
from schemas.message import Issue, Refused

MAX_DEPTH = 64
BUNDLES = frozenset({"transaction", "batch", "collection", "message", "document"})

_BOM = b"\xef\xbb\xbf"
_REMEDY = "send a FHIR R4 resource or Bundle as JSON or XML"


class Repeated(ValueError):
    """A JSON object names a property twice."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource. `place` is the entry's ("entry[2]"), `path` the resource's own ("entry[2].resource"). `method` and
    `url` are what the Bundle asks to be done with it."""

    place: str
    path: str
    resource: Json
    full_url: str = ""
    method: str = ""
    url: str = ""

    @property
    def kind(self) -> str:
        return str(self.resource.get("resourceType") or "")

    @property
    def id(self) -> str:
        return str(self.resource.get("id") or "")


@dataclass(frozen=True, slots=True)
class Document:
    """`type` is "Bundle/transaction", or the type of the one resource."""

    type: str
    root: Json
    entries: list[Entry]

    @property
    def control_id(self) -> str:
        """Bundle.identifier.value: what the sender calls this message."""
        value = part(self.root, "identifier").get("value") if self.type.startswith("Bundle") else None
        return value if isinstance(value, str) else ""


def document(body: bytes) -> Document:
    """The document, of JSON or XML. Raises Refused for what is neither, for what is not FHIR, and for a Bundle of a
    type that carries no messages."""
    root = parsed(body)
    kind = root.get("resourceType")
    if not isinstance(kind, str) or not kind:
        raise _refused("resourceType", "required", "this JSON does not say which resource it is", _REMEDY)
    if kind != "Bundle":
        return Document(kind, root, [Entry(kind, kind, root)])
    bundle = root.get("type")
    if bundle not in BUNDLES:
        known = ", ".join(sorted(BUNDLES))
        raise _refused("type", "unsupported-type", "this type of Bundle carries no messages", f"use one of: {known}")
    return Document(f"Bundle/{bundle}", root, list(_entries(root)))


def glance(body: bytes) -> tuple[str, str]:
    """Type and control ID, both "" for what is no FHIR. Faster than reading, and less strict."""
    try:
        root = orjson.loads(in_json(body).removeprefix(_BOM))
    except ValueError:
        return "", ""
    kind = root.get("resourceType") if isinstance(root, dict) else None
    if not isinstance(kind, str):
        return "", ""
    named = f"Bundle/{root['type']}" if kind == "Bundle" and isinstance(root.get("type"), str) else kind
    return named, Document(named, root, []).control_id


def _entries(bundle: Json, within: str = "") -> Iterator[Entry]:
    """Of a message, those of the history it carries too (IHE PMIR)."""
    for number, entry in enumerate(bundle["entry"] if isinstance(bundle.get("entry"), list) else ()):
        if not isinstance(entry, dict):
            continue
        place, resource = f"{within}entry[{number}]", entry.get("resource")
        url, method, target = entry.get("fullUrl"), *(part(entry, "request").get(name) for name in ("method", "url"))
        if within and resource is None and method == "DELETE" and isinstance(target, str):
            resource = {"resourceType": target.partition("?")[0].partition("/")[0]}
        if not isinstance(resource, dict):
            continue
        if not within and bundle.get("type") == "message" and _is_history(resource):
            yield from _entries(resource, f"{place}.resource.")
            continue
        said = (one if isinstance(one, str) else "" for one in (url, method, target))
        yield Entry(place, f"{place}.resource", resource, *said)


def _is_history(resource: Json) -> bool:
    return resource.get("resourceType") == "Bundle" and resource.get("type") == "history"


def parsed(body: bytes) -> Json:
    """The JSON object, its numbers as texts. Raises Refused; `not-json` and `not-xml` are told apart from the rest."""
    try:
        text = in_json(body).removeprefix(_BOM)
    except NotFhir as error:
        raise _refused(error.at, "not-xml", error.text, error.remedy) from None
    try:
        orjson.loads(text)  # stricter than json: no NaN, no lone surrogates, UTF-8 only
        root = json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=_unique)
    except Repeated:
        raise _refused(
            "", "repeated-property", "a JSON object names a property twice", "name each property once"
        ) from None
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _refused(where, "not-json", "this is not JSON", _REMEDY) from None
    except (ValueError, RecursionError):
        raise _refused("", "not-json", "this JSON cannot be read", _REMEDY) from None
    if not isinstance(root, dict):
        raise _refused("", "not-fhir", "a FHIR resource is a JSON object", _REMEDY)
    _bounded(root)
    return root


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise Repeated
    return made


def _bounded(root: Json) -> None:
    """Refuses what is nested too deep to be FHIR, and NUL, which no text can hold."""
    level: list[Any] = [root]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below.extend(one.values())
            elif isinstance(one, list):
                below.extend(one)
            elif isinstance(one, str) and "\x00" in one:
                raise _refused("", "not-text", "a value holds the character NUL", "remove it")
        if not below:
            return
        level = below
    raise _refused("", "too-deep", f"elements are nested more than {MAX_DEPTH} deep", _REMEDY)


def _refused(at: str, reason: str, text: str, remedy: str) -> Refused:
    return Refused([Issue(at=at or "body", reason=reason, text=text, remedy=remedy)])
