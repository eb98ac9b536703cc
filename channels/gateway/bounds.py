"""How much the gateway may hold: bytes of messages not yet answered, and the length of any other body."""

from __future__ import annotations

import asyncio
from collections import deque

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# forms and what the API takes; messages have their channel's own limit
SHORT = 1024 * 1024


class Bytes:
    """A budget of bytes in flight. Whoever would exceed it waits: the socket is not read meanwhile.

    One message alone is always let in, however long, so that no size waits for ever.
    """

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


class Short:
    """ASGI middleware: ends a request whose body is longer than `limit` bytes with 413, the rest unread.

    `free` are the beginnings of paths that bound their bodies themselves.
    """

    def __init__(self, app: ASGIApp, free: tuple[str, ...], limit: int = SHORT) -> None:
        self._app, self._free, self._limit = app, free, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        came = 0

        async def bounded() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._limit:
                raise HTTPException(413, f"the body is longer than {self._limit} bytes", {"Connection": "close"})
            return message

        free = scope["type"] != "http" or scope["path"].startswith(self._free)
        await self._app(scope, receive if free else bounded, send)
