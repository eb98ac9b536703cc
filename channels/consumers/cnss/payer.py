"""The Payer contract, and the payer at an address: our own contract behind an adapter (docs/care-sheet.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import httpx

from schemas.fhir import care_sheet
from schemas.fhir.care_sheet import Answer, Unreadable
from schemas.message import Unavailable

FHIR_JSON = "application/fhir+json"
OPERATION = "/Claim/$submit"


class Sent(NamedTuple):
    """A claim on its way: its number, and its body, the same to the byte whenever it is sent again."""

    number: str
    body: bytes


class Payer(Protocol):
    """Answers claims. Sending one again is asking again: the payer answers alike, or decides what it had queued."""

    async def submit(self, claims: Sequence[Sent]) -> Sequence[Answer | Unavailable]:
        """One answer a claim, in order; Unavailable where none came. Raises nothing else."""

    async def close(self) -> None: ...


class HttpPayer:
    """The payer at a FHIR base address. A claim is refused by what says so of the claim itself; network failures,
    time-outs, 408, 429, 5xx, answers that can't be read and problems of access (401, 403, 404, 405) are Unavailable.
    """

    def __init__(
        self,
        address: str,
        *,
        at_once: int = 16,
        timeout: float = 10.0,
        token: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._address = address.rstrip("/") + OPERATION
        self._at_once = at_once
        headers = {"Accept": FHIR_JSON} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._client = httpx.AsyncClient(timeout=timeout, transport=transport, headers=headers)

    async def submit(self, claims: Sequence[Sent]) -> Sequence[Answer | Unavailable]:
        """Several at once. After the first without an answer no other is begun: the rest come again."""
        turns = asyncio.Semaphore(self._at_once)
        down: list[Unavailable] = []

        async def one(sent: Sent) -> Answer | Unavailable:
            async with turns:
                if down:
                    return down[0]
                try:
                    return await self._ask(sent)
                except Unavailable as unavailable:
                    down.append(unavailable)
                    return unavailable

        return await asyncio.gather(*(one(sent) for sent in claims))

    async def _ask(self, sent: Sent) -> Answer:
        try:
            reply = await self._client.post(self._address, content=sent.body, headers={"Content-Type": FHIR_JSON})
        except httpx.TimeoutException as error:
            raise Unavailable("the payer did not answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable("the payer can't be reached") from error
        if reply.is_success or reply.status_code in (400, 409, 410, 412, 413, 422):
            return _read(reply, sent.number)
        raise Unavailable(f"the payer answered {reply.status_code}", retry_after=_retry_after(reply))

    async def close(self) -> None:
        await self._client.aclose()


def _read(reply: httpx.Response, number: str) -> Answer:
    try:
        return care_sheet.answer_of(care_sheet.decode(reply.content), number)
    except (Unreadable, ValueError) as error:
        if reply.is_success:
            raise Unavailable("the payer's answer can't be read") from error
        return Answer("refused", str(reply.status_code))


def _retry_after(reply: httpx.Response) -> float | None:
    text = reply.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
