"""What all processes of all machines did in the last minute, by channel, for the console's first page.

Nothing is counted twice: the metrics count already. Once a second each process tells Redis what its own grew by, and
whoever draws the page asks Redis for the sum. Where that is not the whole minute (Redis is down, was emptied, or began
less than a minute ago) no numbers are given: the page then shows the journal's.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from prometheus_client import Counter as Metric

from channels.watch import metrics

if TYPE_CHECKING:  # its client is loaded where there is a Redis
    from channels.memory import Memory

KIND = "live"
SECONDS = 60
WHAT = ("received", "mediated", "refused", "delivered")

# KEYS: the second, and since when has been counted without a break. ARGV: that second, then fields and what to add.
_ADD = f"""
redis.call('SET', KEYS[2], ARGV[1], 'NX')
redis.call('EXPIRE', KEYS[2], {2 * SECONDS})
for n = 2, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[n], ARGV[n + 1]) end
redis.call('EXPIRE', KEYS[1], {2 * SECONDS})
return 1
"""

# KEYS: since when, and the seconds of a minute. ARGV: the oldest second, then fields. Nothing when it began later.
_SUM = """
local since = redis.call('GET', KEYS[1])
if not since or tonumber(since) > tonumber(ARGV[1]) then return {} end
local fields, sums = {}, {}
for n = 2, #ARGV do fields[n - 1], sums[n - 1] = ARGV[n], 0 end
for k = 2, #KEYS do
  for n, value in ipairs(redis.call('HMGET', KEYS[k], unpack(fields))) do
    if value then sums[n] = sums[n] + tonumber(value) end
  end
end
return sums
"""

Counted = Counter[tuple[str, str]]


class Live:
    """One a process. Belongs to one thread, but `minute` may be asked by any."""

    def __init__(self, memory: Memory, clock: Callable[[], float] = time.time) -> None:
        self._memory, self._clock = memory, clock
        self._told = counted()

    def run(self, stop: threading.Event) -> None:
        """Tells once a second, until `stop` is set."""
        while not stop.wait(1.0):
            self.tell()

    def tell(self) -> None:
        """What was not heard is told again with the next."""
        found, second = counted(), int(self._clock())
        grown = [(self._field(*key), round(more)) for key, more in (found - self._told).items()]
        said = [one for pair in grown for one in pair]
        if self._memory.run(_ADD, KIND, [str(second), "since"], second, *said):
            self._told = found

    def minute(self, channels: Collection[str]) -> dict[str, dict[str, int]] | None:
        """By channel how many of WHAT in the last 60 s; None when Redis can't tell. One round trip."""
        until = int(self._clock())
        seconds = [str(second) for second in range(until - SECONDS, until)]
        wanted = [(channel, what) for channel in channels for what in WHAT]
        fields = [self._field(*one) for one in wanted]
        sums = self._memory.run(_SUM, KIND, ["since", *seconds], seconds[0], *fields)
        if not sums:
            return None
        told: dict[str, dict[str, int]] = {channel: {} for channel in channels}
        for (channel, what), number in zip(wanted, sums, strict=True):
            told[channel][what] = int(number)
        return told

    def _field(self, channel: str, what: str) -> str:
        return self._memory.opaque(KIND, f"{channel}\x1f{what}")


def counted() -> Counted:
    """What this process did since it started, by channel."""
    found: Counted = Counter()
    _add(found, "received", metrics.received)
    _add(found, "mediated", metrics.mediated, outcome="mediated")
    _add(found, "refused", metrics.refused)
    _add(found, "refused", metrics.mediated, outcome="refused")
    _add(found, "delivered", metrics.landed)
    return found


def _add(found: Counted, what: str, metric: Metric, **only: str) -> None:
    for family in metric.collect():
        for sample in family.samples:
            if sample.name.endswith("_total") and only.items() <= sample.labels.items():
                found[sample.labels["channel"], what] += round(sample.value)
