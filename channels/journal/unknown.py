"""Codes that no table of their channel translated: a work list for integrators, and nothing about any patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, select

from channels.channel import Channel
from channels.journal.tables import codes
from channels.journal.times import iso
from channels.journal.writing import tally
from mediators.codes import Codes
from registries.database import reading
from schemas.events import StepCode

LIMIT = 1000


class Unknown:
    """What one batch adds."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], dict[str, Any]] = {}

    def add(self, channel: str, at: int, told: Sequence[StepCode]) -> None:
        """The codes of one message."""
        for one in told:
            row = self._found.setdefault(
                (channel, one["system"], one["code"]),
                {"channel": channel, "system": one["system"], "code": one["code"], "display": "", "count": 0, "at": 0},
            )
            row["count"] += 1
            row["at"] = max(at, row["at"])
            row["display"] = one.get("display") or row["display"]

    def write(self, connection: Connection) -> None:
        tally(connection, codes, [self._found[key] for key in sorted(self._found)])


def open_ones(found: Sequence[dict[str, Any]], channels: Mapping[str, Channel]) -> list[dict[str, Any]]:
    """Without those that a table of their channel has by now."""
    tables = {name: channel.context.codes for name, channel in channels.items()}
    none = Codes()
    return [one for one in found if not tables.get(one["channel"], none).knows(one["system"], one["code"])]


def unknown(engine: Engine, channel: str = "", limit: int = LIMIT) -> list[dict[str, Any]]:
    """`channel`, `system`, `code`, `display`, `count` of messages, `last` (ISO UTC); the most frequent first."""
    query = select(codes).order_by(codes.c.count.desc(), codes.c.channel, codes.c.system, codes.c.code)
    if channel:
        query = query.where(codes.c.channel == channel)
    with reading(engine) as connection:
        found = connection.execute(query.limit(limit)).mappings().all()
    return [{**{name: one[name] for name in ("channel", "system", "code", "display", "count")}, "last": iso(one["at"])}
            for one in found]  # fmt: skip
