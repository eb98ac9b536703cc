"""MLLP over real sockets: any fragmentation, many connections, bounds, TLS, and silence when unsure."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.gateway.bounds import Bytes
from channels.gateway.mllp import Listener, Unframed, framed, frames
from channels.receive import Door
from channels.settings import Mllp
from schemas.message import Message, Reply, Unavailable
from tests.certificates import certificate
from tests.plain import Flow, channel

LIMITS = Mllp(max_frame=1000, idle=5, frame_timeout=5)


async def read_frames(*chunks: bytes, limits: Mllp = LIMITS) -> list[bytes]:
    reader, held = asyncio.StreamReader(), Bytes(10_000)
    for chunk in chunks:
        reader.feed_data(chunk)
    reader.feed_eof()
    found = []
    async for frame in frames(reader, limits, held):
        found.append(frame)
        held.give(len(frame))
    assert held.held == 0
    return found


BODY = st.binary(max_size=60).filter(lambda body: b"\x1c\r" not in body and not body.endswith(b"\x1c"))


@given(st.lists(BODY, max_size=6), st.data())
@settings(max_examples=150)
def test_frames_come_out_whole_however_they_were_cut(bodies: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(framed(body) for body in bodies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert asyncio.run(read_frames(*chunks)) == bodies


@given(st.binary(max_size=200))
def test_any_bytes_give_frames_or_a_clear_end(data: bytes) -> None:
    with contextlib.suppress(Unframed):
        asyncio.run(read_frames(data))


@pytest.mark.parametrize("between", [b"\r", b"\n", b"\r\n", b"\x00", b" ", b"\x1c\r"])
def test_bytes_between_frames_are_passed_over(between: bytes) -> None:
    assert asyncio.run(read_frames(framed(b"a") + between + framed(b"b") + between)) == [b"a", b"b"]


def test_a_frame_over_the_limit_ends_the_connection() -> None:
    with pytest.raises(Unframed, match="longer than 1000 bytes"):
        asyncio.run(read_frames(framed(b"x" * 1001)))
    with pytest.raises(Unframed, match="longer than 1000 bytes"):
        asyncio.run(read_frames(b"\x0b" + b"x" * 200_000))


def test_the_end_of_a_frame_inside_it_is_data_when_not_followed_by_return() -> None:
    assert asyncio.run(read_frames(framed(b"a\x1cb"))) == [b"a\x1cb"]


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


class Answers:
    """A door that remembers what it took; `down` messages are left without an answer."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.down = False

    async def receive_all(self, _channel: object, messages: list[Message]) -> list[Reply]:
        if self.down:
            raise Unavailable("down")
        self.taken += [message.body for message in messages]
        return [Reply(b"yes " + message.body, "text/plain", "AA") for message in messages]


class Open(contextlib.AbstractAsyncContextManager["Open"]):
    def __init__(self, limits: Mllp = LIMITS, tls: ssl.SSLContext | None = None) -> None:
        self.door, self.tls = Answers(), tls
        self.listener = Listener([channel()], self.door, limits, Bytes(100_000))  # type: ignore[arg-type]  # a test double

    async def __aenter__(self) -> Open:
        self.port = await self.listener.listen("127.0.0.1", 0, self.tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.listener.close()

    @contextlib.asynccontextmanager
    async def connect(
        self, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=tls)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def test_several_messages_on_one_connection_are_answered_in_order() -> None:
    async def talk() -> None:
        async with Open() as server, server.connect() as (reader, writer):
            writer.write(framed(b"one") + framed(b"two")[:3])
            assert await reader.readuntil(b"\x1c\r") == framed(b"yes one")
            writer.write(framed(b"two")[3:] + framed(b"three"))
            assert await reader.readuntil(b"\x1c\r") == framed(b"yes two")
            assert await reader.readuntil(b"\x1c\r") == framed(b"yes three")

    asyncio.run(talk())


def test_a_silent_or_slow_sender_keeps_nobody_waiting() -> None:
    async def talk() -> None:
        async with Open() as server, server.connect() as (_, silent), server.connect() as (reader, writer):
            silent.write(b"\x0bnever finished")
            for _ in range(20):
                writer.write(framed(b"quick"))
                assert await reader.readuntil(b"\x1c\r") == framed(b"yes quick")

    asyncio.run(talk())


def test_silence_and_unfinished_frames_end_the_connection() -> None:
    async def talk() -> None:
        limits = Mllp(idle=0.05, frame_timeout=0.05)
        async with Open(limits) as server:
            async with server.connect() as (reader, _):
                assert await reader.read() == b""
            async with server.connect() as (reader, writer):
                writer.write(b"\x0bunfinished")
                assert await reader.read() == b""

    asyncio.run(talk())


def test_when_durability_is_unknown_the_line_is_closed_without_an_answer() -> None:
    async def talk() -> None:
        async with Open() as server, server.connect() as (reader, writer):
            server.door.down = True
            writer.write(framed(b"one"))
            assert await reader.read() == b""

    asyncio.run(talk())


def test_more_connections_than_allowed_are_closed() -> None:
    async def talk() -> None:
        limits = Mllp(max_connections=1)
        async with Open(limits) as server, server.connect() as (reader, writer):
            writer.write(framed(b"one"))
            await reader.readuntil(b"\x1c\r")
            async with server.connect() as (refused, _):
                assert await refused.read() == b""

    asyncio.run(talk())


def test_many_connections_at_once() -> None:
    async def talk() -> None:
        async with Open() as server:

            async def sender(number: int) -> None:
                async with server.connect() as (reader, writer):
                    for n in range(5):
                        body = f"{number} {n}".encode()
                        writer.write(framed(body))
                        assert await reader.readuntil(b"\x1c\r") == framed(b"yes " + body)

            await asyncio.gather(*(sender(number) for number in range(50)))
            assert len(server.door.taken) == 250

    asyncio.run(talk())


def test_tls(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    async def talk() -> None:
        client = ssl.create_default_context(cafile=str(cert))
        async with Open(tls=context) as server, server.connect(client) as (reader, writer):
            writer.write(framed(b"one"))
            assert await reader.readuntil(b"\x1c\r") == framed(b"yes one")

    asyncio.run(talk())


@given(data=st.binary(max_size=100))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_at_all_gets_an_answer_or_a_closed_line(data: bytes) -> None:
    async def talk() -> None:
        async with Open(Mllp(idle=0.2, frame_timeout=0.2)) as server:
            async with server.connect() as (reader, writer):
                writer.write(data)
                writer.write_eof()
                await reader.read()
            async with server.connect() as (reader, writer):
                writer.write(framed(b"still here"))
                assert await reader.readuntil(b"\x1c\r") == framed(b"yes still here")

    asyncio.run(talk())


def test_a_batch_in_one_frame_is_split_and_answered_as_one(tmp_path: Path) -> None:
    flow = Flow(tmp_path)

    async def talk() -> None:
        door = Door(flow.gateway, flow.keys, b"secret", 5)
        listener = Listener(flow.channels, door, LIMITS, Bytes(100_000))
        assert (
            await listener.answer(listener.messages(b"m1 p1 good\nm2 p1 bad\nm3 p1 good", "peer"))
            == b"yes m1\nno m2\nyes m3"
        )

    asyncio.run(talk())
    flow.close()


def test_senders_outside_the_trusted_networks_need_a_certificate() -> None:
    async def talk() -> None:
        limits = Mllp.model_validate({"trusted": "10.0.0.0/8"})
        async with Open(limits) as server, server.connect() as (reader, writer):
            with contextlib.suppress(ConnectionError):
                writer.write(framed(b"one"))
                assert await reader.read() == b""
            assert server.door.taken == []

    asyncio.run(talk())


def test_what_no_channel_takes_is_rejected_and_kept(tmp_path: Path) -> None:
    flow = Flow(tmp_path, channel(match={"type": "something else"}))

    async def talk() -> None:
        door = Door(flow.gateway, flow.keys, b"secret", 5)
        listener = Listener(flow.channels, door, LIMITS, Bytes(100_000))
        assert await listener.answer(listener.messages(b"m1 p1 good", "peer")) == b"no m1"

    asyncio.run(talk())
    (record,) = flow.read("wasl.received.plain")
    assert (record.headers["refused"], record.headers["reply"]) == ("1", "AR")
    flow.close()
