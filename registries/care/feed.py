"""Changes of the directory as FHIR tells them (IHE mCSD ITI-130): resources put, made and deleted, in one commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from registries.care.elements import referred
from registries.care.listing import FACILITY, HEALTH_WORKER, Taken, begun, follow
from registries.care.pairing import aligned
from registries.care.seeds import prepare
from registries.care.store import Kept, Key, standing, write
from registries.care.terms import TYPES

Resource = dict[str, Any]

_OF_PLACES = ("Organization", "Location", "HealthcareService")
# What an entry's rows are made from, beside itself: type → the element that names it
_ABOUT = {"Location": "managingOrganization", "PractitionerRole": "practitioner"}


class Refused(ValueError):
    """This change can't be: HTTP `status`, `code` of a FHIR issue, words; `number` of the change, from 0."""

    def __init__(self, status: int, code: str, text: str, number: int = 0) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.number = status, code, text, number


@dataclass(frozen=True, slots=True)
class Change:
    """`resource` None is a deletion. `id`: "" or a urn:uuid makes a new one. `version`: what must stand (If-Match)."""

    type: str
    id: str
    resource: Resource | None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The version that stands now; whether it is the first, and whether it is new at all."""

    kept: Kept
    made: bool
    changed: bool


def feed(
    connection: Connection, changes: Sequence[Change], *, by: str, why: str, day: str
) -> tuple[list[Done], list[str]]:
    """All of them or none: what became of each, and what parked messages may wait for ("facility|123456789").

    Raises Refused; then nothing may be committed.
    """
    if changes:
        begun(connection, FACILITY if any(one.type in _OF_PLACES for one in changes) else HEALTH_WORKER)
    prepare(connection, day)
    named = _named(changes)
    stood = standing(connection, [(one.type, one.id) for one in named])
    _check(named, stood)
    gone = [(one.type, one.id) for one in named if one.resource is None]
    wanted = aligned(connection, {(one.type, one.id): one.resource for one in named if one.resource is not None}, day)
    fresh = write(connection, list(wanted.values()), gone, by=by, why=why)
    try:
        learned = _followed(connection, wanted, gone, stood)
    except Taken as taken:
        raise Refused(409, "duplicate", str(taken), _number(named, taken.entry)) from None
    now = stood | fresh
    keys = [(one.type, one.id) for one in named]
    return [Done(now[key], _is_first(stood.get(key)), key in fresh) for key in keys], learned


def _named(changes: Sequence[Change]) -> list[Change]:
    """With ids for those that have none; references to a urn:uuid are of the id given there."""
    ids: dict[str, str] = {}
    named = []
    for number, change in enumerate(changes):
        if change.type not in TYPES:
            raise Refused(404, "not-supported", f"no such type in the directory; kept: {', '.join(TYPES)}", number)
        name = change.id if change.id and not change.id.startswith("urn:") else str(uuid.uuid4())
        if change.id.startswith("urn:"):
            ids[change.id] = f"{change.type}/{name}"
        resource = change.resource and {**change.resource, "resourceType": change.type, "id": name}
        named.append(replace(change, id=name, resource=resource))
    return [replace(one, resource=_pointed(one.resource, ids)) for one in named] if ids else named


def _pointed(node: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            name: ids.get(one, one) if name == "reference" and isinstance(one, str) else _pointed(one, ids)
            for name, one in node.items()
        }
    return [_pointed(one, ids) for one in node] if isinstance(node, list) else node


def _check(changes: Sequence[Change], stood: Mapping[Key, Kept]) -> None:
    seen: set[Key] = set()
    for number, one in enumerate(changes):
        kept = stood.get((one.type, one.id))
        if (one.type, one.id) in seen:
            raise Refused(400, "invalid", "the same resource twice in one transaction", number)
        seen.add((one.type, one.id))
        if one.version is not None and (kept is None or kept.version != one.version):
            raise Refused(412, "conflict", "another version stands; read it, and change that one", number)
        if one.resource is None and kept is None:
            raise Refused(404, "not-found", f"no such {one.type}", number)


def _followed(
    connection: Connection, wanted: Mapping[Key, Resource], gone: Iterable[Key], stood: Mapping[Key, Kept]
) -> list[str]:
    """The rows of every entry that a change is about, or was. Raises Taken."""
    about: dict[str, set[str]] = {"Organization": set(), "Practitioner": set()}
    former = {key: kept.resource for key, kept in stood.items()}
    for key, resource in [*wanted.items(), *former.items(), *((key, former[key]) for key in gone)]:
        kind, name = _about(key, resource)
        about[kind] |= {name} - {""}
    places = follow(connection, FACILITY, about["Organization"])
    people = follow(connection, HEALTH_WORKER, about["Practitioner"])
    told = ((FACILITY, places), (HEALTH_WORKER, people))
    return [f"{kind}|{name}" for kind, one in told for names in one.found.values() for name in names]


def _about(key: Key, resource: Resource) -> Key:
    """The Organization or Practitioner whose rows a resource makes."""
    kind = "Organization" if key[0] in _OF_PLACES else "Practitioner"
    return kind, key[1] if key[0] == kind else referred(resource.get(_ABOUT.get(key[0], "")), kind)


def _number(changes: Sequence[Change], entry: str) -> int:
    """Of the change that is about this entry."""
    about = (_about((one.type, one.id), one.resource or {})[1] for one in changes)
    return next((number for number, name in enumerate(about) if name == entry), 0)


def _is_first(before: Kept | None) -> bool:
    return before is None or before.deleted
