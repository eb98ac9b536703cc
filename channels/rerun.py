"""A kept message goes through the door once more: all of it, or some of its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from channels.bus.bus import Bus, Record
from channels.receive import Door, message_of, now, transaction_id
from channels.reload import Channels
from channels.security.encryption import Keys


class NotKept(LookupError):
    """The message can't be run again: says why."""


class Rerun:
    """`row` is a transaction as the journal keeps it, with the topic, offset and key of its record."""

    def __init__(self, bus: Bus, keys: Keys, door: Door, channels: Channels) -> None:
        self._bus, self._keys, self._door, self._channels = bus, keys, door, channels

    def body(self, row: Mapping[str, Any]) -> bytes | None:
        """The bytes as they came; None when retention destroyed them. Blocks."""
        found = self._kept(row)
        return found[1] if found else None

    async def run(self, row: Mapping[str, Any], places: Sequence[str] = ()) -> str:
        """The new transaction. Raises NotKept, or Unavailable."""
        channel = self._channels.get(row["channel"])
        if channel is None:
            raise NotKept(f"the channel {row['channel']} is not configured any more")
        if (found := await asyncio.to_thread(self._kept, row)) is None:
            raise NotKept("the body is no longer kept: the channel's retention destroyed it")
        again = replace(message_of(*found), transaction=transaction_id(now()), rerun_of=row["id"], places=tuple(places))
        await self._door.receive(channel, again)
        return again.transaction

    def _kept(self, row: Mapping[str, Any]) -> tuple[Record, bytes] | None:
        record = self._bus.fetch(row["topic"], row["offset"], row["key"])
        body = self._keys.unlock(record.headers["key"], record.value) if record else None
        return None if record is None or body is None else (record, body)
