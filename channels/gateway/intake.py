"""`POST /channels/{name}`: a message of any format over HTTP, answered in the format's own terms.

Refusals come in this order: 401 who are you, 403 not your channel, 413 too large, 415 not this type, then content.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.channel import Channel
from channels.gateway.bounds import Bytes
from channels.receive import Door, taken
from channels.security.basic import basic
from channels.security.clients import Client, Clients
from channels.settings import Http
from schemas.message import Issue, Message, Reply, Unavailable

TRANSACTION = "X-Wasl-Transaction"


class Problem(Exception):
    """An answer before the content was looked at: what is wrong and how to mend it."""

    def __init__(self, status: int, text: str, remedy: str, **headers: str) -> None:
        super().__init__(text)
        self.response = JSONResponse({"error": text, "remedy": remedy}, status, headers)


class Intake:
    """The HTTP side of every channel."""

    def __init__(self, channels: Sequence[Channel], door: Door, clients: Clients, limits: Http, held: Bytes) -> None:
        self._channels = {channel.name: channel for channel in channels}
        self._door, self._clients, self._limits, self._held = door, clients, limits, held

    def routes(self) -> list[Route]:
        return [Route("/channels/{name}", self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        return await self.take(request, request.path_params["name"])

    async def take(self, request: Request, name: str) -> Response:
        """One request for one channel; also behind `POST /fhir`."""
        try:
            client = await self._client(request)
            channel = self._allowed(client, name)
            size = self._sized(request, channel)
            content_type = self._typed(request, channel)
            await self._held.take(size)
            try:
                body = await self._body(request, channel)
                return await self._answer(channel, client, body, content_type, _peer(request))
            finally:
                self._held.give(size)
        except Problem as problem:
            return problem.response
        except Unavailable as error:
            wait = str(round(error.retry_after or 5))
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
        if channel is None or not client.may_send(name):
            raise Problem(403, "this client may not send on this channel", "ask for the channel to be added to it")
        return channel

    def _sized(self, request: Request, channel: Channel) -> int:
        """The bytes to hold: as declared, else the most there may be. Raises Problem (413)."""
        limit = min(self._limits.max_body, channel.said.max_size)
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            raise _too_large(limit)
        return int(declared) if declared.isdigit() else limit

    def _typed(self, request: Request, channel: Channel) -> str:
        content_type = request.headers.get("content-type", "")
        wanted = channel.said.match.content_type
        if content_type and not channel.said.match.reads(content_type):
            readable = ", ".join(one.rstrip("*") for one in wanted)
            raise Problem(415, "this channel does not read this content type", f"send {readable}")
        if request.headers.get("content-encoding", "identity") != "identity":
            raise Problem(415, "encoded bodies are not read", "send the body without Content-Encoding")
        return content_type or (wanted[0].rstrip("*") if wanted else "")

    async def _body(self, request: Request, channel: Channel) -> bytes:
        limit = min(self._limits.max_body, channel.said.max_size)
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

    async def _answer(self, channel: Channel, client: Client, body: bytes, content_type: str, peer: str) -> Response:
        bodies = await asyncio.to_thread(channel.mediator.split, body)
        messages = []
        for one in bodies:
            glance = await asyncio.to_thread(channel.mediator.describe, one, content_type)
            if not channel.said.match.fits(glance, content_type):
                message = taken(channel, glance, one, content_type=content_type, peer=peer, client=client.name)
                return _response(channel.mediator.refuse(message, [_unfit(channel)], reject=True), message)
            messages.append(taken(channel, glance, one, content_type=content_type, peer=peer, client=client.name))
        replies = await self._door.receive_all(channel, messages)
        reply = replies[0] if len(replies) == 1 else channel.mediator.join(replies)
        return _response(reply, *messages)


def _response(reply: Reply, *messages: Message) -> Response:
    headers = {TRANSACTION: ",".join(message.transaction for message in messages[:100])}
    return Response(reply.body, reply.status, headers, reply.content_type)


def _peer(request: Request) -> str:
    return f"{request.client.host}:{request.client.port}" if request.client else ""


def _too_large(limit: int) -> Problem:
    return Problem(413, f"the body is longer than {limit} bytes", "send it in several parts")


def _unfit(channel: Channel) -> Issue:
    wanted = ", ".join(channel.said.match.type) or "another kind of message"
    return Issue(
        at="MSH-9",
        reason="not for this channel",
        text=f"the channel {channel.name} takes {wanted}",
        remedy="send this message on the channel made for it",
        code="200",
        location="MSH^1^9",
    )
