"""Counts per channel and minute: what the console draws. Times are µs since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from channels.journal.tables import minutes, transactions
from channels.journal.times import iso
from channels.journal.writing import add_up
from registries.database import reading

MINUTE = 60_000_000
COUNTED = ("received", "delivered", "refused", "failed", "parked")


class Counts:
    """What one batch adds."""

    def __init__(self) -> None:
        self._added: dict[tuple[str, int], dict[str, int]] = {}

    def add(self, channel: str, at: int, what: str) -> None:
        """One more of `what` (one of COUNTED)."""
        counts = self._added.setdefault((channel, at // MINUTE), dict.fromkeys(COUNTED, 0))
        counts[what] += 1

    def write(self, connection: Connection) -> None:
        rows = [{"channel": channel, "minute": at, **counts} for (channel, at), counts in self._added.items()]
        add_up(connection, minutes, rows)


def activity(engine: Engine, now: int, minute: Mapping[str, int] | None = None) -> dict[str, dict[str, Any]]:
    """By channel: `minute` and `hour` (messages received in the last one), `today` (24 hours) with `refused`,
    `failed`, `parked`; `open` (transactions in trouble now), `last_message`, `last_error` (ISO UTC or None),
    `last_error_reason` and `last_error_id`. Channels that never received anything are absent. With the `minute` of
    each channel from elsewhere, the last minute's messages are not counted here: nothing else reads so many rows.
    """
    with reading(engine) as connection:
        known = connection.scalars(select(minutes.c.channel).distinct()).all()
        return {
            channel: {"minute": _minute(connection, channel, now) if minute is None else minute.get(channel, 0)}
            | _activity(connection, channel, now)
            for channel in known
        }


def series(engine: Engine, channel: str | None, since: int, until: int) -> list[dict[str, int]]:
    """One point a minute, oldest first, empty minutes too: `at` (µs) and each of COUNTED. None: all channels."""
    start, end = since // MINUTE, until // MINUTE
    sums = [func.sum(minutes.c[name]).label(name) for name in COUNTED]
    query = select(minutes.c.minute, *sums).where(minutes.c.minute.between(start, end)).group_by(minutes.c.minute)
    if channel is not None:
        query = query.where(minutes.c.channel == channel)
    with reading(engine) as connection:
        found = {row.minute: {name: int(getattr(row, name)) for name in COUNTED} for row in connection.execute(query)}
    empty = dict.fromkeys(COUNTED, 0)
    return [{"at": at * MINUTE, **found.get(at, empty)} for at in range(start, end + 1)]


def _minute(connection: Connection, channel: str, now: int) -> int:
    row = transactions.c
    recent = select(func.count()).select_from(transactions)
    return connection.scalar(recent.where(row.channel == channel, row.received > now - MINUTE)) or 0


def _activity(connection: Connection, channel: str, now: int) -> dict[str, Any]:
    row = transactions.c
    own = row.channel == channel
    troubled = select(func.count()).select_from(transactions).where(own, row.trouble.is_not(None))
    wrong = select(row.received, row.reason, row.id).where(own, row.trouble.is_not(None))
    error = connection.execute(wrong.order_by(row.received.desc()).limit(1)).first()
    day = _sums(connection, channel, now // MINUTE - 24 * 60 + 1)
    return {
        "hour": _sums(connection, channel, now // MINUTE - 59)["received"],
        "today": day["received"],
        "refused": day["refused"],
        "failed": day["failed"],
        "parked": day["parked"],
        "open": connection.scalar(troubled),
        "last_message": iso(connection.scalar(select(func.max(row.received)).where(own))),
        "last_error": iso(error.received) if error else None,
        "last_error_reason": error.reason if error else None,
        "last_error_id": error.id if error else None,
    }


def _sums(connection: Connection, channel: str, start: int) -> dict[str, int]:
    sums = [func.coalesce(func.sum(minutes.c[name]), 0).label(name) for name in COUNTED]
    found = connection.execute(select(*sums).where(minutes.c.channel == channel, minutes.c.minute >= start)).one()
    return {name: int(getattr(found, name)) for name in COUNTED}
