"""MLLP: HL7 v2 messages over TCP, framed by 0x0B … 0x1C 0x0D. One coroutine a connection.

The framing is a stream's: a frame may come in any number of pieces, several may come in one.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import lru_cache
from ipaddress import ip_address
from itertools import groupby

from channels.channel import Channel, first_fit
from channels.gateway.bounds import Bytes
from channels.gateway.rates import Rates
from channels.gateway.unfit import unfit
from channels.receive import Door, taken
from channels.settings import Mllp
from channels.watch import metrics
from schemas.message import Description, Message, Unavailable

START, END, RETURN = b"\x0b", b"\x1c", b"\x0d"
CONTENT_TYPE = "x-application/hl7-v2+er7"
CHUNK = 64 * 1024

log = logging.getLogger("wasl.mllp")


class Unframed(ValueError):
    """What came is no MLLP: says why; the connection is closed."""


class Listener:
    """One MLLP port, shared by the channels that listen there."""

    def __init__(
        self, channels: Sequence[Channel], door: Door, limits: Mllp, held: Bytes, rates: Rates | None = None
    ) -> None:
        self._door, self._limits, self._held = door, limits, held
        self._rates = rates or Rates()
        self.serve(channels)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    def serve(self, channels: Sequence[Channel]) -> None:
        """From the next frame on these channels are asked, in this order; connections stay open."""
        self._channels = channels
        self._choose = lru_cache(4096)(self._channel_for)

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Opens the port; gives its number (useful when 0 was asked for). Raises OSError."""
        self._server = await asyncio.start_server(self._talk, host, port, limit=CHUNK * 2, ssl=tls, backlog=1024)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        """Stops accepting and hangs up. Whoever got no answer sends again."""
        if self._server:
            self._server.close()
        for writer in list(self._open):
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= self._limits.max_connections or not self._welcome(writer):
            writer.close()
            return
        self._open.add(writer)
        metrics.connections.inc()
        peer = ":".join(str(part) for part in writer.get_extra_info("peername", ("",))[:2])
        try:
            async for frame in frames(reader, self._limits, self._held):
                try:
                    messages = self.messages(frame, peer)
                    answer = await self.answer(messages)
                finally:
                    self._held.give(len(frame))
                if answer:
                    writer.write(framed(answer))
                    if writer.transport.get_write_buffer_size() > CHUNK:  # whoever does not read is not waited for
                        async with asyncio.timeout(self._limits.frame_timeout):
                            await writer.drain()
                await self._slowed(messages, peer)
        except (Unframed, Unavailable) as error:
            log.info("closed %s: %s", peer, error)
        except (ConnectionError, TimeoutError, ssl.SSLError):
            log.debug("%s went away", peer)
        finally:
            self._open.discard(writer)
            metrics.connections.dec()
            writer.close()

    def _welcome(self, writer: asyncio.StreamWriter) -> bool:
        """Senders of networks that are not trusted must have shown a certificate."""
        if (tls := writer.get_extra_info("ssl_object")) is not None and tls.getpeercert():
            return True
        address = ip_address(str(writer.get_extra_info("peername", ("127.0.0.1",))[0]).partition("%")[0])
        if any(address in network for network in self._limits.trusted):
            return True
        log.warning("refused %s: not a trusted network (mllp.trusted), and no client certificate", address)
        return False

    def messages(self, frame: bytes, peer: str) -> list[tuple[Channel, Message]]:
        """The messages of one frame, each with the channel that takes it."""
        mediator = self._channels[0].mediator
        messages = []
        for body in mediator.split(frame):
            glance = mediator.describe(body, CONTENT_TYPE)
            channel = self._choose(replace(glance, control_id=""))
            messages.append((channel, taken(channel, glance, body, content_type=CONTENT_TYPE, peer=peer)))
        return messages

    async def answer(self, messages: Sequence[tuple[Channel, Message]]) -> bytes:
        """What the sender of one frame is told; empty when it wants no answer. Raises Unavailable."""
        replies = []
        # runs of one channel become durable together; the order of the batch is kept
        for _, run in groupby(messages, key=lambda one: one[0].name):
            pairs = list(run)
            replies += await self._door.receive_all(pairs[0][0], [message for _, message in pairs])
        return (replies[0] if len(replies) == 1 else messages[0][0].mediator.join(replies)).body

    async def _slowed(self, messages: Sequence[tuple[Channel, Message]], peer: str) -> None:
        """Leaves the next frame unread while the machine it comes from is over the rate of a channel.

        The machine is slowed and not the feed: what a message says of its sender is for the sender to choose.
        """
        if limited := {channel.name: channel for channel, _ in messages if channel.said.rate}:
            sent = Counter(channel.name for channel, _ in messages)
            await self._rates.pause(peer.rpartition(":")[0], [(limited[name], sent[name]) for name in limited])

    def _channel_for(self, glance: Description) -> Channel:
        """What no channel fits is refused in the name of the last one, and kept there."""
        return first_fit(self._channels, glance, CONTENT_TYPE) or unfit(self._channels[-1])


def framed(body: bytes) -> bytes:
    return START + body + END + RETURN


async def frames(reader: asyncio.StreamReader, limits: Mllp, held: Bytes) -> AsyncIterator[bytes]:
    """The bodies of the frames on this connection, whatever packets they come in.

    Bytes between frames (CR, LF, NUL, spaces) are passed over. Raises Unframed for anything else there, for a frame
    longer than the limit, and TimeoutError when the line is silent for too long or a frame does not end in time.
    The receiver of a frame gives its bytes back to `held`.
    """
    buffer = bytearray()
    while True:
        if not await _started(reader, buffer, limits.idle):
            return
        if (end := buffer.find(END + RETURN)) < 0:
            end = await _ended(reader, buffer, limits, held)
        if end > limits.max_frame:
            raise Unframed(f"a frame is longer than {limits.max_frame} bytes")
        body = bytes(buffer[:end])
        del buffer[: end + 2]
        await held.take(len(body))
        yield body


async def _ended(reader: asyncio.StreamReader, buffer: bytearray, limits: Mllp, held: Bytes) -> int:
    """Reads on until the frame is whole: where it ends. What it holds meanwhile counts."""
    holding, searched = 0, 0
    try:
        async with asyncio.timeout(limits.frame_timeout):
            while (end := buffer.find(END + RETURN, searched)) < 0:
                searched = max(0, len(buffer) - 1)
                if len(buffer) > limits.max_frame:
                    raise Unframed(f"a frame is longer than {limits.max_frame} bytes")
                if not (chunk := await reader.read(CHUNK)):
                    raise Unframed("the line ended within a frame")
                await held.take(len(chunk))
                holding += len(chunk)
                buffer += chunk
        return end
    finally:
        held.give(holding)


async def _started(reader: asyncio.StreamReader, buffer: bytearray, idle: float) -> bool:
    """Reads up to and with the start of a frame. False when the other side hung up between frames."""
    while True:
        rest = buffer.lstrip(b"\r\n\x00 \x1c")
        if rest[:1] == START:
            buffer[:] = rest[1:]
            return True
        if rest:
            raise Unframed("bytes outside a frame: MLLP frames start with 0x0B and end with 0x1C 0x0D")
        buffer.clear()
        async with asyncio.timeout(idle):
            if not (chunk := await reader.read(CHUNK)):
                return False
        buffer += chunk
