"""`POST /channels/{name}`: a message of any format over HTTP, answered in the format's own terms.

Refusals come in this order: 401 who are you, 403 not your channel, 429 too many, 413 too large, 415 not this type,
then content.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.channel import Channel
from channels.gateway import search
from channels.gateway.bounds import Bytes
from channels.gateway.fhir import FHIR_JSON, outcome
from channels.gateway.rates import Rates
from channels.gateway.unfit import unfit
from channels.receive import LARGE, Door, taken
from channels.reload import Channels
from channels.security.basic import basic
from channels.security.clients import Client, Clients
from channels.settings import Http
from schemas.message import Message, Reply, Unavailable

TRANSACTION = "X-Wasl-Transaction"
# A body of nothing but headers would be millions of messages, each a hundred times its own size in memory.
MOST_MESSAGES = 10_000
NAMED = 100

# Called once it is known who sends, and that it is allowed; what it makes is JSON
Prepared = Callable[[Channel, bytes], Awaitable[bytes]]


class Problem(Exception):
    """An answer before the content was looked at: what is wrong and how to mend it."""

    def __init__(self, status: int, text: str, remedy: str, **headers: str) -> None:
        super().__init__(text)
        self.response: Response = JSONResponse({"error": text, "remedy": remedy}, status, headers)


class Declined(Problem):
    """What `/fhir` was asked cannot be: an OperationOutcome, before anything becomes a message."""

    def __init__(self, problem: search.Problem) -> None:
        super().__init__(problem.status, problem.text, "")
        self.response: Response = outcome(problem)


class Intake:
    """The HTTP side of every channel."""

    def __init__(
        self,
        channels: Channels,
        door: Door,
        clients: Clients,
        limits: Http,
        held: Bytes,
        rates: Rates | None = None,
    ) -> None:
        self._channels, self._door = channels, door
        self._clients, self._limits, self._held = clients, limits, held
        self._rates = rates or Rates()

    def routes(self) -> list[Route]:
        return [Route("/channels/{name}", self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        return await self.take(request, request.path_params["name"])

    async def take(self, request: Request, name: str, prepared: Prepared | None = None) -> Response:
        """One request for one channel; also behind `/fhir`. `prepared` makes its body the message."""
        try:
            client = await self._client(request)
            request.state.client = client.name
            channel = self._allowed(client, name)
            await self._admit(channel, client)
            size = self._sized(request, channel)
            # 413 goes before 415, and a body that does not say its size must be read to be measured
            content_type = self._typed(request, channel) if "content-length" in request.headers else ""
            await self._hold(size)
            try:
                body = await self._body(request, channel)
                content_type = content_type or self._typed(request, channel)
                made = await prepared(channel, body) if prepared else body
                return await self._answer(request, channel, client, made, content_type if made is body else FHIR_JSON)
            finally:
                self._held.give(size)
        except Problem as problem:
            return problem.response
        except Unavailable as error:
            wait = str(max(1, round(error.retry_after or 5)))
            return Problem(503, error.reason, "send the same message again later", **{"Retry-After": wait}).response

    async def _client(self, request: Request) -> Client:
        client = None
        if key := request.headers.get("x-api-key"):
            client = await run_in_threadpool(self._clients.verify_key, key)
        elif given := basic(request.headers.get("authorization", "")):
            client = await run_in_threadpool(self._clients.verify, *given)
        if client is None:
            raise Problem(
                401,
                "who is sending is not known",
                "send the client's name and secret as Basic authentication, or the secret as X-API-Key;"
                " `wasl clients add NAME --channels A,B` makes one",
                **{"WWW-Authenticate": 'Basic realm="Wasl channels"'},
            )
        return client

    def _allowed(self, client: Client, name: str) -> Channel:
        channel = self._channels.get(name)
        named = channel.said.clients if channel else []
        if channel is None or not client.may_send(name) or (named and client.name not in named):
            raise Problem(403, "this client may not send on this channel", "ask for the channel to be added to it")
        return channel

    async def _admit(self, channel: Channel, client: Client) -> None:
        """Before the body is read: one message is paid now, the others of the body once they are counted."""
        if (wait := await self._rates.admit(channel, client.name)) and (rate := channel.said.rate):
            raise Problem(
                429,
                f"this client may send {rate.messages} messages in {rate.seconds} s on this channel, and has sent more",
                "send the same message again after the seconds that Retry-After says",
                **{"Retry-After": str(math.ceil(wait))},
            )

    def _sized(self, request: Request, channel: Channel) -> int:
        """The bytes to hold: as declared, else the most there may be. Raises Problem (413)."""
        limit = self._limit(channel)
        declared = request.headers.get("content-length", "")
        # more digits than any limit has would cost a conversion of their own
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > limit):
            raise _too_large(limit)
        return int(declared) if declared.isdecimal() else limit

    def _limit(self, channel: Channel) -> int:
        return min(self._limits.max_body, channel.said.max_size)

    def _typed(self, request: Request, channel: Channel) -> str:
        content_type = request.headers.get("content-type", "")
        wanted = channel.said.match.content_type
        if content_type and not channel.said.match.reads(content_type):
            readable = ", ".join(one.rstrip("*") for one in wanted)
            raise Problem(415, "this channel does not read this content type", f"send {readable}")
        if request.headers.get("content-encoding", "identity") != "identity":
            raise Problem(415, "encoded bodies are not read", "send the body without Content-Encoding")
        return content_type or (wanted[0].rstrip("*") if wanted else "")

    async def _hold(self, size: int) -> None:
        """Waits for room, not for ever: whoever is held back holds nothing meanwhile. Raises Unavailable."""
        try:
            async with asyncio.timeout(self._limits.timeout):
                await self._held.take(size)
        except TimeoutError:
            raise Unavailable("too much is being received at once") from None

    async def _body(self, request: Request, channel: Channel) -> bytes:
        limit = self._limit(channel)
        chunks, size = [], 0
        try:
            async with asyncio.timeout(self._limits.timeout):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > limit:
                        raise _too_large(limit)
                    chunks.append(chunk)
        except TimeoutError:
            text = f"the body did not arrive within {self._limits.timeout:.0f} s"
            raise Problem(408, text, "send it again, in smaller parts if the line is slow") from None
        except ClientDisconnect:
            raise Problem(400, "the line ended within the body", "send it again") from None
        return b"".join(chunks)

    async def _answer(
        self, request: Request, channel: Channel, client: Client, body: bytes, content_type: str
    ) -> Response:
        read = (request, channel, client, body, content_type)
        messages = await asyncio.to_thread(_messages, *read) if len(body) > LARGE else _messages(*read)
        await self._rates.owe(channel, client.name, len(messages) - 1)
        replies: list[Reply] = []
        # what is not the channel's is refused and kept; the others pass, and the order of the body stays
        for own, run in groupby(messages, key=lambda one: one[1]):
            way = channel if own else unfit(channel)
            replies += await self._door.receive_all(way, [message for message, _ in run])
        reply = replies[0] if len(replies) == 1 else channel.mediator.join(replies)
        return _response(reply, [message for message, _ in messages])


def _messages(
    request: Request, channel: Channel, client: Client, body: bytes, content_type: str
) -> list[tuple[Message, bool]]:
    """The messages of a body, each with whether it is the channel's. Raises Problem (413)."""
    bodies = channel.mediator.split(body)
    if len(bodies) > MOST_MESSAGES:
        raise Problem(413, f"the body holds more than {MOST_MESSAGES} messages", "send it in several parts")
    found = []
    for one in bodies:
        glance = channel.mediator.describe(one, content_type)
        message = taken(channel, glance, one, content_type=content_type, peer=_peer(request), client=client.name)
        found.append((message, channel.said.match.fits(glance, content_type, request.scope["path"])))
    return found


def _response(reply: Reply, messages: Sequence[Message]) -> Response:
    headers = {TRANSACTION: ",".join(message.transaction for message in messages[:NAMED])}
    return Response(reply.body, reply.status, headers, reply.content_type)


def _peer(request: Request) -> str:
    return f"{request.client.host}:{request.client.port}" if request.client else ""


def _too_large(limit: int) -> Problem:
    return Problem(413, f"the body is longer than {limit} bytes", "send it in several parts")
