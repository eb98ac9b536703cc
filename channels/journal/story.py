"""One transaction's whole story, from the socket to every consumer."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, func, select

from channels.journal.search import LISTED, listed
from channels.journal.tables import deliveries, events, parts, steps, transactions
from channels.journal.times import iso
from registries.database import among, reading

LIMIT = 500


def story(engine: Engine, transaction: str, *, limit: int = LIMIT) -> dict[str, Any] | None:
    """Everything known of a transaction, or None. Times are ISO UTC; lists hold at most `limit` items.

    Beside the columns of the row: `topic`, `offset`, `key` to fetch the body from the bus; `issues` told at the
    door; `steps` in order; `events`, each with its `deliveries` (one entry a consumer, `pending` when nothing was
    heard); `event_count`; `parts` that did not go out; `reruns` and `duplicates` of it, `rerun_of` and `first`.
    """
    with reading(engine) as connection:
        row = connection.execute(select(transactions).where(transactions.c.id == transaction)).mappings().first()
        if row is None:
            return None
        told = {str(key): value for key, value in row.items() if key not in ("heard", "due")}
        told |= {name: iso(row[name]) for name in ("received", "mediated", "settled")}
        told["issues"] = orjson.loads(row["issues"] or "[]")
        told["places"] = orjson.loads(row["places"] or "[]")
        told["steps"] = _steps(connection, transaction, limit)
        told["events"] = _events(connection, transaction, limit)
        own = select(func.count()).select_from(events).where(events.c.transaction == transaction)
        told["event_count"] = connection.scalar(own)
        told["parts"] = _parts(connection, transaction, limit)
        told["reruns"] = _others(connection, transactions.c.root == transaction, limit)
        told["duplicates"] = _others(connection, transactions.c.first == transaction, limit)
    return told


def _steps(connection: Connection, transaction: str, limit: int) -> list[dict[str, Any]]:
    row = steps.c
    query = select(row.kind, row.at, row.by, row.reason, row.detail).where(row.transaction == transaction)
    found = connection.execute(query.order_by(row.at, row.digest).limit(limit))
    return [
        {"kind": one.kind, "at": iso(one.at), "by": one.by, "reason": one.reason, **_detail(one.detail)}
        for one in found
    ]


def _detail(text: str) -> dict[str, Any]:
    detail: dict[str, Any] = orjson.loads(text)
    detail.pop("subjects", None)
    return detail


def _events(connection: Connection, transaction: str, limit: int) -> list[dict[str, Any]]:
    row, heard = events.c, deliveries.c
    found = connection.execute(
        select(events).where(row.transaction == transaction).order_by(row.position, row.id).limit(limit)
    )
    told = {one.id: one for one in found}
    answers: dict[str, dict[str, dict[str, Any]]] = {}
    query = select(deliveries).where(heard.transaction == transaction, among(connection, heard.event, told))
    for said in connection.execute(query.order_by(heard.consumer)):
        answers.setdefault(said.event, {})[said.consumer] = {
            "consumer": said.consumer,
            "verdict": said.verdict,
            "reason": said.reason,
            "detail": said.detail,
            "at": iso(said.at),
        }
    return [
        {
            "id": one.id,
            "type": one.type,
            "fact": one.fact,
            "person": one.person,
            "place": one.place,
            "flags": orjson.loads(one.flags),
            "deliveries": _deliveries(one.expects, answers.get(one.id, {})),
        }
        for one in told.values()
    ]


def _deliveries(expects: str, answers: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    silent = {"verdict": "pending", "reason": "", "detail": "", "at": None}
    waited_for = {name: {"consumer": name, **silent} for name in expects.split(",") if name}
    return list((waited_for | answers).values())


def _parts(connection: Connection, transaction: str, limit: int) -> list[dict[str, Any]]:
    row = parts.c
    query = select(parts).where(row.transaction == transaction).order_by(row.place, row.kind, row.at)
    return [
        {
            "kind": one.kind,
            "place": one.place,
            "event": one.event,
            "reason": one.reason,
            "at": iso(one.at),
            "waiting_for": orjson.loads(one.waiting_for),
        }
        for one in connection.execute(query.limit(limit))
    ]


def _others(connection: Connection, wanted: ColumnElement[bool], limit: int) -> list[dict[str, Any]]:
    query = select(*LISTED).where(wanted).order_by(transactions.c.received, transactions.c.id)
    return [listed(one) for one in connection.execute(query.limit(limit))]
