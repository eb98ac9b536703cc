"""What the journal already knows of some transactions, read back for judging."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import orjson
from sqlalchemy import Connection, select

from channels.journal.rows import Row
from channels.journal.standing import Delivery, Part, Run, Said
from channels.journal.tables import deliveries, events, parts, transactions

CHUNK = 5000  # ids in one statement: both databases take some ten thousand parameters
STANDING = ("heard", "status", "mediated", "settled", "due", "trouble", "reason", "first", "root")
LOADED = ("id", "channel", "received", "offset", "refused", "rerun_of", "places", *STANDING)
_COLUMNS = [transactions.c[name] for name in LOADED]


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def load(connection: Connection, ids: Iterable[str]) -> Iterator[Row]:
    """The transactions with these ids, and every rerun of them."""
    for chunk in chunks(ids):
        for column in (transactions.c.id, transactions.c.root):
            for found in connection.execute(select(*_COLUMNS).where(column.in_(chunk))):
                yield dict(zip(LOADED, found, strict=True))


def runs_of(connection: Connection, rows: Sequence[Row], consumers: frozenset[str]) -> Mapping[str, Run]:
    """Everything known of each transaction. Consumers that are gone are not waited for."""
    runs = {row["id"]: _run(row) for row in rows}
    mediated = [row["id"] for row in rows if row["mediated"] is not None]
    for ids in chunks(mediated):
        _read_events(connection, ids, runs, consumers)
        for part in connection.execute(select(parts).where(parts.c.transaction.in_(ids))):
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
    heard = deliveries.c
    query = (
        select(
            events.c.transaction, events.c.id, events.c.place, events.c.position, events.c.expects,
            heard.consumer, heard.verdict, heard.reason, heard.at, heard.transaction,
        )
        .outerjoin(deliveries, heard.event == events.c.id)
        .where(events.c.transaction.in_(ids))
    )  # fmt: skip
    known: dict[tuple[str, str], Said] = {}
    for own, event, place, position, expects, consumer, verdict, reason, at, by in connection.execute(query):
        said = known.get((own, event))
        if said is None:
            wanted = tuple(name for name in expects.split(",") if name in consumers)
            said = known[own, event] = Said(event, place, position, wanted)
            runs[own].said.append(said)
        if consumer is not None:
            said.deliveries.append(Delivery(consumer, verdict, reason, at, by))
