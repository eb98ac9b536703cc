"""Facilities and health workers from a file of FHIR resources: a Bundle, or one resource a line (NDJSON)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection

from registries.care.elements import numbers
from registries.care.feed import Change, Done, Refused, feed
from registries.care.ids import entry_ids
from registries.care.listing import FACILITY, HEALTH_WORKER, TABLES, number_of
from registries.care.validity import checked
from registries.clock import today
from schemas.message import Issue

Resource = dict[str, Any]

TYPES = {
    FACILITY: ("Organization", "Location", "HealthcareService"),
    HEALTH_WORKER: ("Practitioner", "PractitionerRole"),
}
_ENTRY = {"Organization": FACILITY, "Practitioner": HEALTH_WORKER}


def is_fhir(body: bytes) -> bool:
    """Whether a file holds JSON, not rows."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def load_resources(
    connection: Connection, kind: str, body: bytes, by: str
) -> tuple[list[Done], list[str], list[Issue]]:
    """Everything in the file, or nothing where one resource can't be taken: then the issues say which."""
    issues: list[Issue] = []
    changes, places, wrong = [], [], []
    for place, full, resource in _read(body, issues):
        told = resource.get("resourceType")
        if told not in TYPES[kind]:
            issues.append(_wrong(place, "not-supported", f"expected one of {', '.join(TYPES[kind])}", "leave it out"))
            continue
        try:
            changes.append(_change(full, checked(resource, told)))
            places.append(place)
        except Refused as refused:
            wrong.append(_refused(place, refused))
    if wrong:
        return [], [], [*issues, *wrong]
    with connection.begin_nested() as part:
        try:
            done, learned = feed(connection, _known(connection, changes), by=by, why="FHIR file loaded", day=today())
        except Refused as refused:
            part.rollback()
            return [], [], [*issues, _refused(places[refused.number] if places else "", refused)]
    return done, learned, issues


def _read(body: bytes, issues: list[Issue]) -> Iterator[tuple[str, str, Resource]]:
    """Place, fullUrl and resource of each."""
    try:
        whole = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        yield from _lines(body, issues)
        return
    if whole.get("resourceType") != "Bundle":
        yield "resource", "", whole
        return
    entries = whole.get("entry") or ()
    if not isinstance(entries, list | tuple):
        issues.append(_wrong("entry", "invalid", "this is no list of entries", "give each resource an entry of it"))
        return
    for number, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            yield f"entry[{number}]", str(entry.get("fullUrl") or ""), resource
        else:
            issues.append(_wrong(f"entry[{number}]", "required", "no resource in this entry", "give it one"))


def _lines(body: bytes, issues: list[Issue]) -> Iterator[tuple[str, str, Resource]]:
    for number, line in enumerate(body.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if not line.strip():
            continue
        try:
            resource = orjson.loads(line)
        except orjson.JSONDecodeError:
            resource = None
        if isinstance(resource, dict):
            yield f"line {number}", "", resource
        else:
            issues.append(_wrong(f"line {number}", "not-json", "this line is no JSON object", "one resource a line"))


def _change(full: str, resource: Resource) -> Change:
    name = resource.get("id") or (full if full.startswith("urn:") else "")
    return Change(resource["resourceType"], str(name), resource)


def _known(connection: Connection, changes: Sequence[Change]) -> list[Change]:
    """Entries without an id are those of their INPE, so that a file loaded again changes nothing."""
    said = {n: _number(one) for n, one in enumerate(changes) if not one.id and one.type in _ENTRY}
    ids: Mapping[str, str] = {}
    for kind in TABLES:
        mine = {number for n, number in said.items() if number and _ENTRY[changes[n].type] == kind}
        ids = {**ids, **entry_ids(connection, kind, mine)}
    return [
        Change(one.type, ids.get(said.get(n, ""), one.id), one.resource, one.version) for n, one in enumerate(changes)
    ]


def _number(one: Change) -> str:
    number = number_of(_ENTRY[one.type], numbers(one.resource or {}), "")
    return "" if number.startswith("id:") else number


def _refused(at: str, refused: Refused) -> Issue:
    return _wrong(at, refused.code, refused.text, "correct it; nothing was loaded")


def _wrong(at: str, reason: str, text: str, remedy: str) -> Issue:
    return Issue(at, reason, text, remedy)
