"""Stop the line: when almost everything of a channel is refused, the fault is ours. Pause, and call for help.

A paused channel is still received and acknowledged; it is not mediated until somebody resumes it.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Column, Engine, MetaData, String, Table, delete, select

from channels.settings import Line as Limits
from channels.watch import metrics
from registries.database import insert_or_skip, reading, writing
from schemas.message import Unavailable

metadata = MetaData()
pauses = Table(
    "pauses",
    metadata,
    Column("channel", String, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("by", String, nullable=False),
    Column("reason", String, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Pause:
    channel: str
    since: int
    by: str
    reason: str


@dataclass(slots=True)
class _Seen:
    at: deque[tuple[float, bool]] = field(default_factory=deque)
    refused: int = 0


class Line:
    """Which channels are stopped, kept in the database for every process and the console. Raises Unavailable."""

    def __init__(self, database: Engine, limits: Limits) -> None:
        self._database, self._limits = database, limits
        self._seen: dict[str, _Seen] = {}
        self._read = 0.0
        self._paused: frozenset[str] | None = None

    def saw(self, channel: str, *, refused: bool) -> None:
        """One message of the channel was mediated or refused; stops the line when the limit is reached."""
        seen, at = self._seen.setdefault(channel, _Seen()), time.monotonic()
        seen.at.append((at, refused))
        seen.refused += refused
        while seen.at[0][0] < at - self._limits.window or len(seen.at) > 10_000:
            seen.refused -= seen.at.popleft()[1]
        if refused and len(seen.at) >= self._limits.messages and seen.refused >= self._limits.ratio * len(seen.at):
            self.pause(channel, "wasl", f"{seen.refused} of the last {len(seen.at)} messages were refused")
            del self._seen[channel]  # or each of those that follow would pause it again

    def pause(self, channel: str, by: str, reason: str) -> None:
        row = {"channel": channel, "since": time.time_ns() // 1000, "by": by, "reason": reason}
        with writing(self._database) as connection:
            insert_or_skip(connection, pauses, [row])
        self._read = 0.0

    def resume(self, channel: str) -> bool:
        """Whether it was paused. Counting starts anew."""
        with writing(self._database) as connection:
            gone = connection.execute(delete(pauses).where(pauses.c.channel == channel)).rowcount
        self._seen.pop(channel, None)
        self._read = 0.0
        return bool(gone)

    def all(self) -> list[Pause]:
        with reading(self._database) as connection:
            return [Pause(*row) for row in connection.execute(select(pauses).order_by(pauses.c.channel))]

    def paused(self) -> frozenset[str]:
        """The names of paused channels, at most half a second old; while the database is away, as they were."""
        if self._paused is None or time.monotonic() - self._read > 0.5:
            before, self._paused = self._paused or frozenset(), self._looked_up()
            self._read = time.monotonic()
            for channel in self._paused | before:
                metrics.paused.labels(channel).set(channel in self._paused)
            for channel in before - self._paused:
                self._seen.pop(channel, None)
        return self._paused

    def _looked_up(self) -> frozenset[str]:
        try:
            return frozenset(pause.channel for pause in self.all())
        except Unavailable:
            if self._paused is None:
                raise
            return self._paused
