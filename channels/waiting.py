"""Senders that wait until the registries know what they sent: one query at a time asks for all of them.

Mediation is another process, maybe on another machine, and what tells it of is a row (registries/outcomes.py); so the
door looks for those rows, and only while somebody waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence

from channels.loops import fault
from registries.outcomes import Outcome
from schemas.message import Unavailable

LONGEST = 5.0
EVERY = 0.01

log = logging.getLogger("wasl.waiting")


class Waiting:
    """`read` gives the outcomes known of some transactions; it may block, and raise Unavailable. Of one event loop."""

    def __init__(
        self, read: Callable[[Collection[str]], Mapping[str, Outcome]], longest: float = LONGEST, every: float = EVERY
    ) -> None:
        self._read, self._longest, self._every = read, longest, every
        self._waited: dict[str, asyncio.Future[Outcome]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def outcomes(self, transactions: Sequence[str]) -> list[Outcome]:
        """Of each transaction, in order. Raises Unavailable after `longest` seconds."""
        loop = asyncio.get_running_loop()
        mine = {one: loop.create_future() for one in transactions}
        self._waited |= mine
        if self._looking is None or self._looking.done():
            self._looking = loop.create_task(self._look())
        try:
            async with asyncio.timeout(self._longest):
                return [await mine[one] for one in transactions]
        except TimeoutError:
            text = "it is kept, but the registries have not decided in time whom it is about"
            raise Unavailable(text, retry_after=5) from None
        finally:
            for one in mine:
                self._waited.pop(one, None)

    async def _look(self) -> None:
        while self._waited:
            found: Mapping[str, Outcome] = {}
            try:
                found = await asyncio.to_thread(self._read, list(self._waited))
            except Unavailable:
                pass
            except Exception as error:  # whoever waits is told in time, and the next look may do better
                log.error("outcomes can't be read: %s", fault(error))
            for transaction, outcome in found.items():
                if (future := self._waited.pop(transaction, None)) and not future.done():
                    future.set_result(outcome)
            await asyncio.sleep(self._every)
