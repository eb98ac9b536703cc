"""How much a client may send on a channel: a bucket of messages that fills again all the time.

The bucket stands in Redis, so that all gateways share it; without Redis each gateway has one of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from channels.channel import Channel, Rate
from channels.watch import metrics

if TYPE_CHECKING:  # its client is loaded where there is a Redis
    from channels.memory import Memory

KIND = "rate"
# A body may hold more messages than the bucket: the rest is owed, but never more than what fills it in an hour.
LONGEST_DEBT = 3600
MOST_BUCKETS = 10_000

# KEYS: the bucket. ARGV: what it holds, what it gains a second, messages to take, 1 to take them in any case.
# Answers the seconds until there is something in it again; as text, for a number would lose its fraction.
_TAKE = f"""
local most, gain, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local kept = redis.call('HMGET', KEYS[1], 'left', 'at')
local left = most
if kept[1] then left = math.min(most, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * gain) end
local short = cost - left
if ARGV[4] == '1' or short <= 0 then
  left = math.max(left - cost, -{LONGEST_DEBT} * gain)
  short = -left
end
redis.call('HSET', KEYS[1], 'left', string.format('%.6f', left), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], {2 * LONGEST_DEBT})
return string.format('%.6f', math.max(0, short) / gain)
"""


@dataclass(slots=True)
class Bucket:
    """One gateway's own, in its memory. Reckons as `_TAKE` does."""

    left: float
    at: float

    def take(self, rate: Rate, cost: int, now: float, *, owed: bool) -> float:
        self.left = min(float(rate.messages), self.left + max(0.0, now - self.at) * rate.gain)
        self.at = now
        short = cost - self.left
        if owed or short <= 0:
            self.left = max(self.left - cost, -LONGEST_DEBT * rate.gain)
            short = -self.left
        return max(0.0, short) / rate.gain


class Rates:
    """The buckets of every client on every channel. `longest` is the most seconds that `pause` waits."""

    def __init__(self, memory: Memory | None = None, longest: float = 5.0) -> None:
        self._memory, self._longest = memory, longest
        self._own: OrderedDict[tuple[str, str], Bucket] = OrderedDict()

    async def admit(self, channel: Channel, client: str) -> float:
        """Takes one message: 0, or the seconds after which it would be let in."""
        wait = await self._take(channel, client, 1, owed=False)
        if wait:
            metrics.limited.labels(channel.name).inc()
        return wait

    async def owe(self, channel: Channel, client: str, messages: int) -> float:
        """Takes messages that came already, if need be into debt: the seconds until it is paid."""
        return await self._take(channel, client, messages, owed=True)

    async def pause(self, client: str, sent: Iterable[tuple[Channel, int]]) -> None:
        """Owes what was sent on each channel, and returns when all is paid, or after `longest` seconds."""
        longest = 0.0
        for channel, messages in sent:
            if wait := await self.owe(channel, client, messages):
                metrics.limited.labels(channel.name).inc()
                longest = max(longest, wait)
        if longest:
            await asyncio.sleep(min(longest, self._longest))

    async def _take(self, channel: Channel, client: str, cost: int, *, owed: bool) -> float:
        if (rate := channel.said.rate) is None or not cost:
            return 0.0
        if self._memory:
            name = f"{channel.name}\x1f{client}"
            said = await self._memory.run_soon(_TAKE, KIND, [name], rate.messages, rate.gain, cost, int(owed))
            if said is not None:
                return float(said)
        return self._bucket(rate, channel.name, client).take(rate, cost, time.monotonic(), owed=owed)

    def _bucket(self, rate: Rate, channel: str, client: str) -> Bucket:
        bucket = self._own.setdefault((channel, client), Bucket(rate.messages, time.monotonic()))
        self._own.move_to_end((channel, client))
        while len(self._own) > MOST_BUCKETS:
            self._own.popitem(last=False)
        return bucket
