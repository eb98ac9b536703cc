"""What operators do, from the console, the API and the terminal alike: look, run again, pause, resume."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine

from channels.channel import Channel
from channels.journal import counts, failures, unknown
from channels.journal.search import Page, Query, search
from channels.journal.story import story
from channels.line import Line
from channels.reload import Channels
from channels.rerun import NotKept, Rerun
from channels.security.digests import Digests


class Desk:
    """Looking blocks and belongs in a thread; running again is a coroutine of the loop that owns the door."""

    def __init__(self, journal: Engine, digests: Digests, rerun: Rerun, line: Line, channels: Channels) -> None:
        self._journal, self._digests, self._rerun, self._channels = journal, digests, rerun, channels
        self.line = line

    @property
    def channels(self) -> Mapping[str, Channel]:
        """Those that are open now, in the order they are asked."""
        return self._channels.open

    def search(self, query: Query, *, cursor: str = "", limit: int = 50) -> Page:
        """Raises BadCursor."""
        return search(self._journal, query, cursor=cursor, limit=limit)

    def subject(self, identifier: str) -> str:
        """What a Query wants for a patient identifier: "system|value" or the bare value."""
        return self._digests.asked(identifier) if identifier else ""

    def story(self, transaction: str) -> dict[str, Any] | None:
        return story(self._journal, transaction)

    def body(self, transaction: str) -> bytes | None:
        """The bytes as they came; None when there is no such transaction or its body is gone."""
        told = self.story(transaction)
        return self._rerun.body(told) if told and told["offset"] is not None else None

    def groups(self) -> list[dict[str, Any]]:
        """Open failures by kind, channel and reason."""
        return failures.groups(self._journal)

    def members(self, kind: str, channel: str, reason: str, cursor: str = "") -> Page:
        return failures.members(self._journal, kind, channel, reason, cursor=cursor)

    def activity(self, minute: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
        """One entry a channel: what it is, whether it is paused, and what it did lately (`minute`: see counts.py)."""
        seen = counts.activity(self._journal, time.time_ns() // 1000, minute)
        paused = {pause.channel: pause for pause in self.line.all()}
        return [
            {
                "name": name,
                "description": channel.said.description,
                "listen": channel.said.listen,
                "paused": paused[name].reason if name in paused else None,
                **seen.get(name, {}),
            }
            for name, channel in self.channels.items()
        ]

    def unknown_codes(self, channel: str = "") -> list[dict[str, Any]]:
        """Codes that no table translates, the most frequent first, without those that one translates by now."""
        return unknown.unknown(self._journal, self.channels, channel)

    def series(self, channel: str | None, since: int, until: int) -> list[dict[str, int]]:
        return counts.series(self._journal, channel, since, until)

    async def rerun(self, transaction: str, places: Sequence[str] = ()) -> str:
        """The new transaction. Raises NotKept, or Unavailable."""
        told = await asyncio.to_thread(self.story, transaction)
        if told is None or told["offset"] is None:
            raise NotKept(f"no transaction {transaction}")
        return await self._rerun.run(told, places)

    async def rerun_group(self, kind: str, channel: str, reason: str) -> tuple[list[str], int]:
        """Runs every member again, oldest first; the new transactions, and how many could not be run."""
        made: list[str] = []
        lost = 0
        # all of them are known before the first goes: what fails again joins the group, and must wait for next time
        for one in await asyncio.to_thread(self._every, kind, channel, reason):
            try:
                made.append(await self.rerun(one["id"], one["places"]))
            except NotKept:
                lost += 1
        return made, lost

    def _every(self, kind: str, channel: str, reason: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.members(kind, channel, reason, cursor)
            found += page.items
            cursor = page.next
        return found

    def waiting(self, entries: Sequence[str]) -> list[tuple[str, list[str]]]:
        """Parked transactions that wait for one of these registry entries, with the places to run again."""
        return failures.waiting(self._journal, entries)
