"""What the journal already knows of some transactions, read back for judging."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Select, select

from channels.journal.rows import Row
from channels.journal.standing import Delivery, Part, Run, Said
from channels.journal.tables import deliveries, events, parts, transactions
from registries.database import among

STANDING = ("heard", "status", "mediated", "settled", "due", "trouble", "reason", "first", "root", "reruns")
LOADED = ("id", "channel", "received", "offset", "refused", "rerun_of", "places", *STANDING)
_COLUMNS = [transactions.c[name] for name in LOADED]


def load(connection: Connection, ids: Collection[str]) -> list[Row]:
    """The transactions with these ids, and the whole family of each that is a rerun or was run again."""
    if not ids:
        return []
    query = select(*_COLUMNS)
    found = _rows(connection, query.where(among(connection, transactions.c.id, ids)))
    roots = {row["root"] or row["id"] for row in found if row["root"] or row["reruns"]}
    if roots:
        found += _rows(connection, query.where(among(connection, transactions.c.id, roots)))
        found += _rows(connection, query.where(among(connection, transactions.c.root, roots)))
    return found


def _rows(connection: Connection, query: Select[Any]) -> list[Row]:
    return [dict(zip(LOADED, row, strict=True)) for row in connection.execute(query)]


def runs_of(connection: Connection, rows: Sequence[Row], consumers: frozenset[str]) -> Mapping[str, Run]:
    """Everything known of each transaction. Consumers that are gone are not waited for."""
    runs = {row["id"]: _run(row) for row in rows}
    mediated = [row["id"] for row in rows if row["mediated"] is not None]
    if mediated:
        _read_events(connection, mediated, runs, consumers)
        for part in connection.execute(select(parts).where(among(connection, parts.c.transaction, mediated))):
            waiting_for = tuple(orjson.loads(part.waiting_for))
            runs[part.transaction].parts.append(
                Part(part.kind, part.place, part.event, part.reason, part.at, waiting_for)
            )
    return runs


def _run(row: Row) -> Run:
    return Run(
        transaction=row["id"],
        received=row["received"],
        places=frozenset(orjson.loads(row["places"] or "[]")),
        refused=row["refused"],
        duplicate=row["first"] is not None,
        mediated=row["mediated"],
    )


def _read_events(
    connection: Connection, ids: Sequence[str], runs: Mapping[str, Run], consumers: frozenset[str]
) -> None:
    event = events.c
    columns = (event.transaction, event.id, event.place, event.position, event.expects)
    for own, key, place, position, expects in connection.execute(
        select(*columns).where(among(connection, event.transaction, ids))
    ):
        wanted = tuple(name for name in expects.split(",") if name in consumers)
        runs[own].said[key] = Said(place, position, wanted)
    heard = deliveries.c
    said = (heard.transaction, heard.event, heard.consumer, heard.verdict, heard.reason, heard.at)
    for own, key, consumer, *verdict in connection.execute(
        select(*said).where(among(connection, heard.transaction, ids))
    ):
        runs[own].heard.setdefault(key, []).append(Delivery(consumer, *verdict))
