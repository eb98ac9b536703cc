"""Codes that no table of their channel translated: a work list for integrators, and nothing about any patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
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
LOOKED_AT = 20_000  # translated ones stay in the table until their time


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


def unknown(
    engine: Engine, channels: Mapping[str, Channel], channel: str = "", limit: int = LIMIT
) -> list[dict[str, Any]]:
    """`channel`, `system`, `code`, `display`, `count` of messages, `last` (ISO UTC); the most frequent first.

    Without those that a table of their channel has by now.
    """
    query = select(codes).order_by(codes.c.count.desc(), codes.c.channel, codes.c.system, codes.c.code)
    if channel:
        query = query.where(codes.c.channel == channel)
    with reading(engine) as connection:
        found = connection.execute(query.limit(LOOKED_AT)).mappings().all()
    none = Codes()
    tables = {name: one.context.codes for name, one in channels.items()}
    still = (one for one in found if not tables.get(one["channel"], none).knows(one["system"], one["code"]))
    return [{**{name: one[name] for name in ("channel", "system", "code", "display", "count")}, "last": iso(one["at"])}
            for one in islice(still, limit)]  # fmt: skip
