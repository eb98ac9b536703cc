"""Connections that never send a whole request are closed; the others are left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import uvicorn
from starlette.types import Message, Receive, Scope, Send

from channels.gateway.wire import impatient

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def told(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body at /read, and answers at once anywhere else."""
    while scope["path"] == "/read" and (await receive()).get("more_body"):
        pass
    start: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    await send(start)
    await send({"type": "http.response.body", "body": b"ok"})


async def serve(talk: Talk, patience: float) -> None:
    config = uvicorn.Config(
        told, http=impatient(patience), ws="none", loop="none", lifespan="off", log_config=None, access_log=False
    )
    config.load()
    protocol, state = config.http_protocol_class, uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: protocol(config=config, server_state=state, app_state={}),  # type: ignore[call-arg]  # uvicorn's own
        "127.0.0.1", 0,
    )  # fmt: skip
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    try:
        async with asyncio.timeout(10):
            await talk(reader, writer)
    finally:
        writer.close()
        server.close()
        await asyncio.gather(*state.tasks, return_exceptions=True)


def closed_after(sent: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await reader.read()

    asyncio.run(serve(talk, 0.05))


def test_silence_from_the_beginning_ends() -> None:
    closed_after(b"")


def test_headers_that_do_not_end() -> None:
    closed_after(b"POST /read HTTP/1.1\r\nHost: wasl\r\n")


def test_a_body_that_does_not_come_after_its_answer() -> None:
    closed_after(b"POST / HTTP/1.1\r\nHost: wasl\r\nContent-Length: 9\r\n\r\nx")


def test_whole_requests_are_answered_one_after_the_other() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for path in (b"/", b"/read", b"/"):
            writer.write(b"POST " + path + b" HTTP/1.1\r\nHost: wasl\r\nContent-Length: 3\r\n\r\nab")
            writer.write(b"c")
            assert await reader.readuntil(b"ok") != b""

    asyncio.run(serve(talk, 5))
