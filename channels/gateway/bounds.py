"""How much the gateway may hold at once: bytes of messages that are not yet answered."""

from __future__ import annotations

import asyncio
from collections import deque


class Bytes:
    """A budget of bytes in flight. Whoever would exceed it waits: the socket is not read meanwhile."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.held = 0

    async def take(self, size: int) -> None:
        while self.held and self.held + size > self._limit:
            self._waiting.append(asyncio.get_running_loop().create_future())
            await self._waiting[-1]
        self.held += size

    def give(self, size: int) -> None:
        self.held -= size
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
