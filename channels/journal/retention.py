"""How long the journal remembers."""

from __future__ import annotations

from collections.abc import Collection

import orjson
from sqlalchemy import Connection, Engine, Table, bindparam, func, select

from channels.journal import partitions
from channels.journal.counts import MINUTE
from channels.journal.tables import (
    codes,
    deliveries,
    events,
    failures,
    minutes,
    parts,
    steps,
    subjects,
    transactions,
    waiting,
)
from registries.database import among, reading, writing

_OF_ONE = (steps, events, parts, deliveries, failures, waiting)
AT_ONCE = 500


def prune(engine: Engine, before: int) -> None:
    """Forgets what was received before (µs): on PostgreSQL each month that is wholly before. Blocks.

    A message and its reruns go together, once the last of them is old enough. What stands in no month, as on SQLite
    everything, goes in steps of AT_ONCE, so that the projection goes on meanwhile.
    """
    scattered = transactions
    if engine.dialect.name == "postgresql":
        for month in partitions.months(engine):
            if partitions.began(partitions.after(month)) <= before:
                partitions.drop(engine, month, before)
        scattered = partitions.default_of(transactions)
    while ids := _old(engine, scattered, before):
        with writing(engine) as connection:
            _forget(connection, ids)
    with writing(engine) as connection:
        connection.execute(minutes.delete().where(minutes.c.minute < before // MINUTE))
        connection.execute(codes.delete().where(codes.c.at < before))


def _old(engine: Engine, scattered: Table, before: int) -> list[str]:
    row, other = scattered.c, transactions.alias("other")
    again = select(other.c.id).where(other.c.root == func.coalesce(row.root, row.id), other.c.received >= before)
    query = select(row.id).where(row.received < before, ~again.exists()).order_by(row.received)
    with reading(engine) as connection:
        return list(connection.scalars(query.limit(AT_ONCE)))


def _forget(connection: Connection, ids: Collection[str]) -> None:
    row = steps.c
    kept = connection.execute(select(row.transaction, row.detail).where(among(connection, row.transaction, ids)))
    said = [
        {"of": digest, "by": one.transaction} for one in kept for digest in orjson.loads(one.detail).get("subjects", ())
    ]
    if said:
        own = (subjects.c.digest == bindparam("of"), subjects.c.transaction == bindparam("by"))
        connection.execute(subjects.delete().where(*own), said)
    for table in _OF_ONE:
        connection.execute(table.delete().where(among(connection, table.c.transaction, ids)))
    connection.execute(transactions.delete().where(among(connection, transactions.c.id, ids)))
