"""Facilities, organizations, services, health workers and their roles in every version: who changed what, when, why.

Writers of one database take turns, so that versions are numbered in the order of their commits: whoever reads the
changes in pages meets each once, whatever is written meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, RowMapping, and_, bindparam, delete, func, insert, select, update

from registries.care.tables import care_resources, care_terms
from registries.care.terms import terms_of
from registries.database import among, in_parts, insert_or_skip, reading
from registries.tables import next_version

Resource = dict[str, Any]
Key = tuple[str, str]

VERSION = "care"
_AT_ONCE = 1000
_MS = 1000
_GONE = delete(care_terms).where(and_(*(column == bindparam(f"the_{column.name}") for column in care_terms.c)))


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of a resource. `at`: µs of its commit. `body`: its JSON as served; of a deleted one, its last."""

    type: str
    id: str
    version: int
    change: int
    at: int
    by: str
    why: str
    deleted: bool
    body: str

    @property
    def resource(self) -> Resource:
        found: Resource = orjson.loads(self.body)
        return found


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of a history, newest first; `more`: there are older ones. `newest`: µs of the last commit of all, or of
    all up to the change that the page was asked for."""

    total: int
    page: tuple[Kept, ...]
    more: bool
    newest: int


class Care:
    """The directory as it is read. All of it blocks, and raises Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def read(self, kind: str, name: str, *, at: int | None = None) -> Kept | None:
        """The version that stands, a deletion too; with `at` (µs) the one that stood then. None: never heard of."""
        wanted = select(care_resources).where(care_resources.c.type == kind, care_resources.c.id == name)
        if at is not None:
            wanted = wanted.where(care_resources.c.at <= at)
        with reading(self.engine) as connection:
            row = connection.execute(wanted.order_by(care_resources.c.version.desc()).limit(1)).mappings().first()
        return kept(row) if row else None

    def versions(self, kind: str, name: str) -> list[Kept]:
        """Every version, newest first."""
        wanted = select(care_resources).where(care_resources.c.type == kind, care_resources.c.id == name)
        with reading(self.engine) as connection:
            return [
                kept(row) for row in connection.execute(wanted.order_by(care_resources.c.version.desc())).mappings()
            ]

    def changes(
        self, kind: str, *, since: int = 0, below: int | None = None, to: int | None = None, count: int
    ) -> Changes:
        """What was committed at or after `since` (µs), newest first: numbered below `below`, and up to `to`."""
        wanted = [care_resources.c.type == kind, care_resources.c.at >= since]
        if to is not None:
            wanted.append(care_resources.c.change <= to)
        page = [*wanted, care_resources.c.change < below] if below is not None else wanted
        with reading(self.engine) as connection:
            last = select(func.max(care_resources.c.at))  # before the page is read: what comes between is told twice
            newest = connection.scalar(last if to is None else last.where(care_resources.c.change <= to)) or 0
            total = connection.scalar(select(func.count()).select_from(care_resources).where(*wanted)) or 0
            query = select(care_resources).where(*page).order_by(care_resources.c.change.desc()).limit(count + 1)
            rows = [kept(row) for row in connection.execute(query).mappings()]
        return Changes(total, tuple(rows[:count]), len(rows) > count, newest)


def standing(connection: Connection, keys: Iterable[Key]) -> dict[Key, Kept]:
    """The newest version of each, deletions too; any number of keys."""
    by_type: dict[str, list[str]] = {}
    for kind, name in keys:
        by_type.setdefault(kind, []).append(name)
    found = {}
    for kind, names in by_type.items():
        for some in in_parts(names, _AT_ONCE):
            here = care_resources.c.type == kind, care_resources.c.current, among(connection, care_resources.c.id, some)
            for row in connection.execute(select(care_resources).where(*here)).mappings():
                found[kind, row["id"]] = kept(row)
    return found


def histories(connection: Connection, kind: str, names: Sequence[str]) -> dict[str, list[Kept]]:
    """Every version of each of these, the first one first."""
    found: dict[str, list[Kept]] = {}
    for some in in_parts(names, _AT_ONCE):
        wanted = care_resources.c.type == kind, among(connection, care_resources.c.id, some)
        for row in connection.execute(
            select(care_resources).where(*wanted).order_by(care_resources.c.version)
        ).mappings():
            found.setdefault(row["id"], []).append(kept(row))
    return found


def named_by(
    connection: Connection, kind: str, parameter: str, values: Iterable[str], system: str | None = None
) -> list[Kept]:
    """The current resources of this type that have one of these terms: of a system, or whatever its system."""
    found = []
    for some in in_parts(sorted(set(values)), _AT_ONCE):
        here = [care_terms.c.type == kind, care_terms.c.parameter == parameter]
        here += [care_terms.c.system == system] if system is not None else []
        ids = select(care_terms.c.id).where(*here, among(connection, care_terms.c.value, some))
        wanted = care_resources.c.type == kind, care_resources.c.current, care_resources.c.id.in_(ids)
        query = select(care_resources).where(*wanted, ~care_resources.c.deleted)
        found += [kept(row) for row in connection.execute(query).mappings()]
    return found


def write(
    connection: Connection, resources: Sequence[Resource], gone: Iterable[Key] = (), *, by: str, why: str
) -> dict[Key, Kept]:
    """Writes what differs from what stands, and marks as deleted what is gone; the new versions.

    A resource given twice: the last one counts. Writers wait for each other from here to the end of the commit.
    """
    next_version(connection, VERSION)
    wanted: dict[Key, Resource | None] = {(one["resourceType"], one["id"]): one for one in resources}
    wanted |= dict.fromkeys(gone)
    change, last = connection.execute(select(func.max(care_resources.c.change), func.max(care_resources.c.at))).one()
    change, at = change or 0, max(time.time_ns() // 1_000_000 * _MS, (last or 0) + _MS)
    written: dict[Key, Kept] = {}
    for some in in_parts(list(wanted), _AT_ONCE):
        before = standing(connection, some)
        fresh: list[Kept] = []
        for key in some:
            made = _version(key, wanted[key], before.get(key), change + 1, at, by, why)
            if made:
                change += 1
                fresh.append(made)
        _insert(connection, fresh, before)
        written |= {(one.type, one.id): one for one in fresh}
    return written


def instant(micros: int) -> str:
    """µs since the epoch as a FHIR instant."""
    said = datetime.fromtimestamp(micros / 1e6, UTC).isoformat(timespec="milliseconds")
    return said.replace("+00:00", "Z")


def kept(row: RowMapping) -> Kept:
    return Kept(**{name: row[name] for name in Kept.__slots__})


def unstamped(resource: Mapping[str, Any]) -> Resource:
    """Without what the store itself says of a version."""
    meta = {name: one for name, one in (resource.get("meta") or {}).items() if name not in ("versionId", "lastUpdated")}
    rest = {name: one for name, one in resource.items() if name != "meta"}
    return rest | ({"meta": meta} if meta else {})


def _version(
    key: Key, resource: Resource | None, before: Kept | None, change: int, at: int, by: str, why: str
) -> Kept | None:
    """The next version; None when nothing changes."""
    version = before.version + 1 if before else 1
    if resource is None:
        if before is None or before.deleted:
            return None
        return Kept(*key, version, change, at, by, why, True, before.body)
    bare = unstamped(resource)
    if before and not before.deleted and unstamped(before.resource) == bare:
        return None
    meta = {**bare.get("meta", {}), "versionId": str(version), "lastUpdated": instant(at)}
    return Kept(*key, version, change, at, by, why, False, orjson.dumps({**bare, "meta": meta}).decode())


def _insert(connection: Connection, fresh: Sequence[Kept], before: Mapping[Key, Kept]) -> None:
    if not fresh:
        return
    replaced = [before[key] for one in fresh if (key := (one.type, one.id)) in before]
    if replaced:
        old = care_resources.c
        aimed = old.type == bindparam("kind"), old.id == bindparam("name"), old.version == bindparam("number")
        rows = [{"kind": one.type, "name": one.id, "number": one.version} for one in replaced]
        connection.execute(update(care_resources).where(*aimed).values(current=False), rows)
    rows = [{name: getattr(one, name) for name in Kept.__slots__} | {"current": True} for one in fresh]
    connection.execute(insert(care_resources), rows)
    had = {term for one in replaced if not one.deleted for term in _terms(one)}
    have = {term for one in fresh if not one.deleted for term in _terms(one)}
    if lost := sorted(had - have):
        connection.execute(_GONE, [{f"the_{name}": value for name, value in _named(term)} for term in lost])
    insert_or_skip(connection, care_terms, [dict(_named(term)) for term in have - had])


def _terms(one: Kept) -> Iterator[tuple[str, ...]]:
    return ((one.type, parameter, value, system, one.id) for parameter, value, system in terms_of(one.resource))


def _named(term: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    return zip(("type", "parameter", "value", "system", "id"), term, strict=True)
