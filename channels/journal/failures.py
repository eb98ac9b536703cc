"""What is open: refused, failed and parked, grouped by reason; what to run again, and what waits for a registry."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Engine, func, select, tuple_

from channels.journal.rows import LONGEST
from channels.journal.search import LIMIT, Page, cursor_of, opened
from channels.journal.tables import failures, transactions
from channels.journal.tables import waiting as waits
from channels.journal.times import iso
from registries.database import among, reading


def groups(engine: Engine, *, kind: str = "", channel: str = "") -> list[dict[str, Any]]:
    """`kind`, `channel`, `reason`, `count` of transactions, `first` and `last` (ISO UTC), `sample` (the newest one's
    id); the largest first. What was mended by a rerun is no longer here."""
    row = failures.c
    wanted = [column == value for column, value in ((row.kind, kind), (row.channel, channel)) if value]
    columns = (row.kind, row.channel, row.reason)
    counted = (func.count(), func.min(row.received), func.max(row.received), func.max(row.transaction))
    with reading(engine) as connection:
        found = connection.execute(select(*columns, *counted).where(*wanted).group_by(*columns)).all()
    names = ("kind", "channel", "reason", "count", "first", "last", "sample")
    listed = [dict(zip(names, one, strict=True)) for one in found]
    listed.sort(key=lambda group: (-group["count"], group["kind"], group["channel"], group["reason"]))
    return [{**group, "first": iso(group["first"]), "last": iso(group["last"])} for group in listed]


def members(engine: Engine, kind: str, channel: str, reason: str, *, cursor: str = "", limit: int = LIMIT) -> Page:
    """The transactions of a group, oldest first, so that running them again keeps their order.

    Each with `id`, `received` (ISO UTC) and `places`: the parts to run again, all of it when empty. Raises BadCursor.
    """
    row = failures.c
    query = select(row.transaction, row.received, row.places).where(*_group(kind, channel, reason))
    if cursor:
        query = query.where(tuple_(row.received, row.transaction) > tuple_(*opened(cursor)))
    with reading(engine) as connection:
        found = connection.execute(query.order_by(row.received, row.transaction).limit(limit + 1)).all()
    following = cursor_of(found[limit - 1].received, found[limit - 1].transaction) if len(found) > limit else None
    items = [
        {"id": one.transaction, "received": iso(one.received), "places": orjson.loads(one.places)}
        for one in found[:limit]
    ]
    return Page(items, following)


def awaited(engine: Engine) -> list[str]:
    """Every registry entry something waits for ("facility|123456789")."""
    with reading(engine) as connection:
        return list(connection.scalars(select(waits.c.entry).distinct().order_by(waits.c.entry)))


def still(engine: Engine, entries: Collection[str]) -> set[str]:
    """Those of these entries that something waits for."""
    asked = {entry[:LONGEST]: entry for entry in entries}
    with reading(engine) as connection:
        found = select(waits.c.entry).where(among(connection, waits.c.entry, asked)).distinct()
        return {asked[entry] for entry in connection.scalars(found)}


def waiting(engine: Engine, entries: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Parked transactions that wait for one of these entries, oldest first, with the places to run again (all of it
    when empty). One whose rerun is under way is left out."""
    if not (asked := [entry[:LONGEST] for entry in entries]):
        return []
    row, wait, rerun = transactions.c, waits.c, transactions.alias("rerun")
    under_way = select(rerun.c.id).where(rerun.c.root == row.id, rerun.c.status == "received").exists()
    query = (
        select(row.id, wait.place)
        .join(waits, wait.transaction == row.id)
        .where(~under_way)
        .order_by(row.received, row.id, wait.place)
    )
    places: dict[str, set[str]] = {}
    with reading(engine) as connection:
        for transaction, place in connection.execute(query.where(among(connection, wait.entry, asked))):
            places.setdefault(transaction, set()).add(place)
    return [(transaction, [] if "" in named else sorted(named)) for transaction, named in places.items()]


def _group(kind: str, channel: str, reason: str) -> tuple[ColumnElement[bool], ...]:
    row = failures.c
    return row.kind == kind, row.channel == channel, row.reason == reason
