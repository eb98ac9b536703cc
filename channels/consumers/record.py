"""The built-in shared record: FHIR resources with every version they had, in SQLite or PostgreSQL.

A call lands in one commit, with a few statements for all its events. Nothing is ever deleted. Resources are sealed, and
what they are found by stands in keyed digests: who has the database alone reads ids, types, times and no more. Whom the
client registry finds by name, birth date and gender needs no digests of them here: they were most of what a new patient
cost, and they tell whoever reads them who is called alike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import anyio.to_thread
import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from channels.consumers.consumer import Outcome
from channels.consumers.standing import Change, Key, Resource, Saying, Standing, key_of, outcome, person_of, settle
from channels.consumers.terms import Digests, Term, demographic, terms_of
from channels.journal.writing import insert_new
from registries.database import BYTEWISE, among, written
from registries.sealing import Seal

metadata = MetaData()

# `at`: µs of landing. `source`: µs of the sender's time. `said`: JSON, for what comes in parts, element → source.
# `body`: sealed, see `about`.
resources = Table(
    "resources",
    metadata,
    Column("row", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("type", String, nullable=False),
    Column("id", BYTEWISE, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("person", String),
    Column("source", BigInteger, nullable=False),
    Column("said", LargeBinary),
    Column("transaction", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("resources_by_id", "id", "type", unique=True),
    Index("resources_by_person", "person", "type", "id"),
)

# What stood before, as it was served.
versions = Table(
    "versions",
    metadata,
    Column("row", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("type", String, nullable=False),
    Column("id", BYTEWISE, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("transaction", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("versions_by_id", "id", "type", "version", unique=True),
)

# What can be searched for: identifiers of every type; names, birth date and gender of patients, except of those whom
# the client registry knew when they landed. `digest`: of the value, or of one of its beginnings.
digests = Table(
    "digests",
    metadata,
    Column("type", String, primary_key=True),
    Column("parameter", String, primary_key=True),
    Column("digest", BigInteger, primary_key=True, autoincrement=False),
    Column("system", BYTEWISE, primary_key=True),
    Column("id", BYTEWISE, primary_key=True),
    sqlite_with_rowid=False,
)

_REPLACE = (
    update(resources)
    .where(resources.c.id == bindparam("the_id"), resources.c.type == bindparam("the_type"))
    .values({name: bindparam(name) for name in ("version", "at", "person", "source", "said", "transaction", "body")})
)
_RENEW = (
    update(resources)
    .where(resources.c.id == bindparam("the_id"), resources.c.type == bindparam("the_type"))
    .values(source=bindparam("source"), said=bindparam("said"))
)
_FORGET = delete(digests).where(and_(*(column == bindparam(f"the_{column.name}") for column in digests.c)))


@dataclass(slots=True)
class _Pending:
    """What a call will write. `stood` are the rows in the database, `rows` those that will stand instead."""

    stood: dict[Key, Row[Any]] = field(default_factory=dict)
    rows: dict[Key, dict[str, Any]] = field(default_factory=dict)
    superseded: list[dict[str, Any]] = field(default_factory=list)
    changed: set[Key] = field(default_factory=set)
    renewed: set[Key] = field(default_factory=set)
    added: set[Term] = field(default_factory=set)
    removed: set[Term] = field(default_factory=set)


def nobody(_persons: Collection[str]) -> Collection[str]:
    return ()


class Record:
    """The shared record in a database of our own. `secret` keys the seal of resources and the digests of terms.

    registered: of these persons, those whom the client registry finds. Asked once a call that brings new demographics;
    it blocks, and may raise Unavailable.
    """

    def __init__(
        self, engine: Engine, secret: bytes, registered: Callable[[Collection[str]], Collection[str]] = nobody
    ) -> None:
        self.engine, self._registered = engine, registered
        self._seal, self._digests = Seal(secret), Digests(secret)
        self._writing = threading.Lock()

    async def land(self, sayings: Sequence[Saying]) -> Sequence[Outcome]:
        """All of them in one commit. Raises Unavailable when the database can't take them: then none landed."""
        return await anyio.to_thread.run_sync(self.write, sayings)

    def write(self, sayings: Sequence[Saying]) -> list[Outcome]:
        """`land`, blocking."""
        keys = {key_of(one) for say in sayings for one in say.resources}

        def work(connection: Connection) -> Sequence[Sequence[Change]]:
            pending, standing = self._standing(connection, keys)
            settled = settle(standing, sayings)
            at = time.time_ns() // 1000
            for saying, changes in zip(sayings, settled, strict=True):
                self._take(pending, saying, changes, at)
            self._index(pending, settled)
            self._write(connection, pending)
            return settled

        with self._writing:
            return [outcome(changes) for changes in written(self.engine, work)]

    async def close(self) -> None:
        self.engine.dispose()

    def _standing(self, connection: Connection, keys: set[Key]) -> tuple[_Pending, dict[Key, Standing]]:
        """What stands of these, in one round trip; on PostgreSQL locked until the commit."""
        pending, standing = _Pending(), dict[Key, Standing]()
        wanted = select(resources).where(among(connection, resources.c.id, {key[1] for key in keys}))
        for row in connection.execute(wanted.order_by(resources.c.id, resources.c.type).with_for_update()):
            key = row.type, row.id
            if key in keys:
                pending.stood[key] = row
                body = self._seal.open(row.body, about(row.type, row.id, row.version))
                standing[key] = Standing(_unstamped(body), row.source, orjson.loads(row.said) if row.said else {})
        return pending, standing

    def _take(self, pending: _Pending, saying: Saying, changes: Iterable[Change], at: int) -> None:
        for change in changes:
            after = change.after
            key = kind, name = key_of(after.resource)
            said = orjson.dumps(after.said) if after.said else None
            stood = pending.stood.get(key)
            row = pending.rows.get(key) or (stood._asdict() if stood else None)
            if row and not change.content:
                pending.rows[key] = row | {"source": after.version, "said": said}
                pending.renewed.add(key)
                continue
            if row:
                before = {column.name: row[column.name] for column in versions.c if column.name != "row"}
                pending.superseded.append(before)
            version = row["version"] + 1 if row else 1
            pending.rows[key] = {
                "type": kind, "id": name, "version": version, "at": at, "source": after.version, "said": said,
                "person": person_of(after.resource, saying.person), "transaction": saying.transaction,
                "body": self._seal.seal(_stamped(after.resource, version, at), about(kind, name, version)),
            }  # fmt: skip
            pending.changed.add(key)

    def _index(self, pending: _Pending, settled: Iterable[Iterable[Change]]) -> None:
        """By what the changed are found. What is no longer so goes, of everybody."""
        changed = [one for changes in settled for one in changes if one.content]
        patients = {one.after.resource["id"] for one in changed if one.after.resource["resourceType"] == "Patient"}
        registered = self._registered(patients) if patients else ()
        for one in changed:
            had = terms_of(one.before.resource) if one.before else set()
            have = terms_of(one.after.resource)
            gained = {term for term in have - had if not (term[-1] in registered and demographic(term))}
            pending.removed |= had - have
            pending.added -= had - have
            pending.added |= gained
            pending.removed -= gained

    def _write(self, connection: Connection, pending: _Pending) -> None:
        # in the order of the keys, so that two writers never wait for each other in a circle
        changed = sorted(pending.changed, key=lambda key: key[::-1])
        new = [pending.rows[key] for key in changed if key not in pending.stood]
        replaced = [key for key in changed if key in pending.stood]
        if new:
            connection.execute(insert(resources), new)
        if replaced:
            connection.execute(_REPLACE, [_aimed(pending.rows[key]) for key in replaced])
        if pending.superseded:
            connection.execute(insert(versions), pending.superseded)
        if renewed := pending.renewed - pending.changed:
            connection.execute(_RENEW, [_aimed(pending.rows[key]) for key in renewed])
        if gone := sorted(map(self._digested, pending.removed)):
            connection.execute(_FORGET, [{f"the_{name}": value for name, value in _named(term)} for term in gone])
        insert_new(connection, digests, [dict(_named(new)) for new in sorted(map(self._digested, pending.added))])

    def _digested(self, term: Term) -> tuple[str, str, int, str, str]:
        kind, parameter, value, system, name = term
        return kind, parameter, self._digests.of(kind, parameter, value), system, name


def about(kind: str, name: str, version: int) -> str:
    """What the seal of a resource's version is bound to."""
    return f"{kind}/{name}/{version}"


@lru_cache(maxsize=64)
def instant(micros: int) -> str:
    """µs since the epoch as a FHIR instant."""
    return datetime.fromtimestamp(micros / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _named(digested: tuple[str, str, int, str, str]) -> Iterable[tuple[str, str | int]]:
    return zip(("type", "parameter", "digest", "system", "id"), digested, strict=True)


def _aimed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the parameters of an update: its key under names of their own."""
    aimed = {name: value for name, value in row.items() if name not in ("row", "type", "id")}
    return aimed | {"the_type": row["type"], "the_id": row["id"]}


def _stamped(resource: Resource, version: int, at: int) -> bytes:
    meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": instant(at)}
    return orjson.dumps({**resource, "meta": meta})


def _unstamped(body: bytes) -> Resource:
    resource: Resource = orjson.loads(body)
    del resource["meta"]["versionId"], resource["meta"]["lastUpdated"]
    return resource
