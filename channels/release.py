"""What waited for a registry entry goes on by itself once the registry learned it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence

import orjson

from channels.bus.bus import Bus, Lost, Record
from channels.desk import Desk
from channels.outputs import REGISTRY, dead_letter
from channels.rerun import NotKept
from schemas.message import Unavailable

# A message may be parked by a worker that had not seen the new entry yet, and its step take a moment to the journal.
LOOKS = 5
PAUSE = 1.0
LONGEST = 30.0

log = logging.getLogger("wasl.release")


class Release:
    """A loop in a thread of its own; reruns happen on the event loop that owns the door."""

    def __init__(self, bus: Bus, desk: Desk, loop: asyncio.AbstractEventLoop, stop: threading.Event) -> None:
        self._bus, self._desk, self._loop, self._stop = bus, desk, loop, stop

    def run(self, turned: Callable[[], None] = lambda: None) -> None:
        """Until `stop` is set."""
        while not self._stop.is_set():
            batches = self._bus.read("release", [REGISTRY])
            try:
                for batch in batches:
                    turned()
                    learned = [(record, _entries(record)) for record in batch]
                    if learned:
                        self.released([entry for _, entries in learned for entry in entries or ()], turned)
                    if self._stop.is_set():  # what was not looked for often enough is read again
                        break
                    if learned:
                        batch.done([dead_letter(record, "release") for record, known in learned if known is None])
            except (Unavailable, Lost) as error:
                log.warning("waits: %s", error)
                self._stop.wait(PAUSE)
            finally:
                batches.close()

    def released(self, entries: Sequence[str], turned: Callable[[], None] = lambda: None) -> int:
        """Each waiting message once; tells how many. A message that must wait again waits for the next lesson.

        Raises Unavailable.
        """
        seen: set[str] = set()
        for look in range(LOOKS):
            for transaction, places in self._desk.waiting(entries):
                if transaction not in seen and not self._stop.is_set():
                    turned()
                    seen.add(transaction)
                    self._again(transaction, places)
            turned()
            if look + 1 < LOOKS and self._stop.wait(PAUSE):
                break
        return len(seen)

    def _again(self, transaction: str, places: Sequence[str]) -> None:
        try:
            asyncio.run_coroutine_threadsafe(self._desk.rerun(transaction, places), self._loop).result(LONGEST)
        except NotKept as error:
            log.warning("%s stays parked: %s", transaction, error)
        except TimeoutError:
            raise Unavailable("the door did not answer in time") from None


def _entries(record: Record) -> list[str] | None:
    """What a registry learned; None when nobody of ours wrote the record. No entry holds a NUL."""
    try:
        said = orjson.loads(record.value)
    except orjson.JSONDecodeError:
        return None
    ours = isinstance(said, list) and all(isinstance(one, str) and "\0" not in one for one in said)
    return said if ours else None
