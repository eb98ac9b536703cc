"""The built-in record as it is read: by id, by version, by search, and everything about a person. All of it blocks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Engine,
    RowMapping,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from channels.consumers.record import about, digests, resources, versions
from channels.consumers.terms import LONGEST, Digests
from registries.database import asked, reading
from registries.sealing import Seal

# In JSON a quote inside a text is escaped, so this finds elements only.
_REFERENCE = re.compile(rb'"reference":"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})"')
_ASKED_AT_ONCE = 500
_OF_KIND = resources.c.type == bindparam("kind")
_RESOURCES, _IDS = select(resources).where(_OF_KIND), select(resources.c.id).where(_OF_KIND)


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of a resource. `body`: its JSON as served. `at`: µs of landing. `person`: whose it is, if known."""

    type: str
    id: str
    version: int
    at: int
    body: bytes
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """One alternative of a token search. None is any; an empty system is none at all."""

    value: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Beginning:
    """One alternative of a text search: what the term begins with, already folded."""

    text: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """Terms of any of these parameters, of which one alternative must fit."""

    parameters: tuple[str, ...]
    alternatives: tuple[Token | Beginning, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched: every criterion must fit. persons, ids: alternatives; None is any. after: id of the last
    one on the page before."""

    type: str
    criteria: tuple[Criterion, ...] = ()
    persons: tuple[Collection[str], ...] = ()
    ids: tuple[Collection[str], ...] = ()
    after: str = ""
    count: int = 500


@dataclass(frozen=True, slots=True)
class Found:
    """One page, in the order of ids; `total` counts all pages."""

    total: int
    page: tuple[Kept, ...]
    more: bool


class Reading:
    """Reads what a Record with the same secret landed, here or in another process."""

    def __init__(self, engine: Engine, secret: bytes) -> None:
        self._engine, self._seal, self._digests = engine, Seal(secret), Digests(secret)

    def read(self, kind: str, name: str) -> Kept | None:
        """The resource as it stands."""
        found = self._rows(select(resources).where(resources.c.type == kind, resources.c.id == name))
        return found[0] if found else None

    def of(self, kind: str, names: Collection[str]) -> list[Kept]:
        """Those of these ids that there are, as they stand."""
        with reading(self._engine) as connection:
            return self._opened(asked(connection, _RESOURCES, resources.c.id, names, kind=kind))

    def having(self, kind: str, names: Collection[str]) -> set[str]:
        """The ids that there are of these."""
        with reading(self._engine) as connection:
            return set(asked(connection, _IDS, resources.c.id, names, kind=kind).scalars())

    def history(self, kind: str, name: str) -> list[Kept]:
        """Every version, newest first; empty when there never was one."""
        standing = self.read(kind, name)
        if standing is None:
            return []
        before = select(versions).where(versions.c.type == kind, versions.c.id == name)
        older = self._rows(before.order_by(versions.c.version.desc()))
        seen = [one for one in older if one.version < standing.version]
        return [standing, *(Kept(k.type, k.id, k.version, k.at, k.body, standing.person) for k in seen)]

    def search(self, query: Query) -> Found:
        matching = self._matching(query)
        with reading(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(resources).where(matching)).scalar_one()
            page = select(resources).where(matching, resources.c.id > query.after).order_by(resources.c.id)
            rows = self._kept(connection, page.limit(query.count + 1)) if query.count else []
        return Found(total, tuple(rows[: query.count]), len(rows) > query.count)

    def everything(self, persons: Collection[str]) -> list[Kept]:
        """All resources of these identities, their Patients first, then what they refer to and persons share."""
        with reading(self._engine) as connection:
            own = self._kept(connection, select(resources).where(resources.c.person.in_(persons)))
            found = {(one.type, one.id): one for one in own}
            fresh = own
            while fresh:
                wanted = _references(fresh) - found.keys()
                fresh = [one for one in self._shared(connection, sorted(wanted)) if (one.type, one.id) not in found]
                found |= {(one.type, one.id): one for one in fresh}
        return sorted(found.values(), key=lambda one: (one.type != "Patient", one.type, one.id))

    def _rows(self, query: Select[Any]) -> list[Kept]:
        with reading(self._engine) as connection:
            return self._kept(connection, query)

    def _kept(self, connection: Connection, query: Select[Any]) -> list[Kept]:
        return self._opened(connection.execute(query))

    def _opened(self, rows: CursorResult[Any]) -> list[Kept]:
        return [self._one(row) for row in rows.mappings()]

    def _one(self, row: RowMapping) -> Kept:
        kind, name, version = row["type"], row["id"], row["version"]
        body = self._seal.open(row["body"], about(kind, name, version))
        return Kept(kind, name, version, row["at"], body, row.get("person"))

    def _shared(self, connection: Connection, wanted: Sequence[tuple[str, str]]) -> list[Kept]:
        """Those of the wanted that belong to nobody: another person's are never shown along."""
        found: list[Kept] = []
        for start in range(0, len(wanted), _ASKED_AT_ONCE):
            some = wanted[start : start + _ASKED_AT_ONCE]
            named = resources.c.id.in_({name for _, name in some})
            query = select(resources).where(named, resources.c.person.is_(None))
            found += [one for one in self._kept(connection, query) if (one.type, one.id) in some]
        return found

    def _matching(self, query: Query) -> ColumnElement[bool]:
        conditions: list[ColumnElement[bool]] = [resources.c.type == query.type]
        conditions += [resources.c.person.in_(persons) for persons in query.persons]
        conditions += [resources.c.id.in_(ids) for ids in query.ids]
        conditions += [resources.c.id.in_(self._fitting(query.type, criterion)) for criterion in query.criteria]
        return and_(*conditions)

    def _fitting(self, kind: str, criterion: Criterion) -> Select[tuple[str]]:
        ways = [(parameter, one) for parameter in criterion.parameters for one in criterion.alternatives]
        fits = or_(*(self._fits(kind, parameter, one) for parameter, one in ways))
        return select(digests.c.id).where(digests.c.type == kind, fits)

    def _fits(self, kind: str, parameter: str, one: Token | Beginning) -> ColumnElement[bool]:
        said: list[ColumnElement[bool]] = [digests.c.parameter == parameter]
        value = one.text[:LONGEST] if isinstance(one, Beginning) else one.value
        if value is not None:
            said.append(digests.c.digest == self._digests.of(kind, parameter, value))
        if isinstance(one, Token) and one.system is not None:
            said.append(digests.c.system == one.system)
        return and_(*said)


def _references(kept: Iterable[Kept]) -> set[tuple[str, str]]:
    return {(kind.decode(), name.decode()) for one in kept for kind, name in _REFERENCE.findall(one.body)}
