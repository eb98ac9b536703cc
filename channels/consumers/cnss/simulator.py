"""The other side: a payer that checks its claims, remembers what it accepted, and fails when told to.

It runs in process, as the Payer when no endpoint is configured, and as a program of its own: `wasl simulate payer`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock
from typing import Any

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, Text, bindparam, insert, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.consumers.cnss.judgement import Billed, Faults, Unfit, judged, number_of
from channels.consumers.cnss.payer import FHIR_JSON, OPERATION, Sent
from channels.consumers.cnss.tables import insert_or
from registries.database import alone, reading, writing
from schemas.fhir import care_sheet
from schemas.fhir.care_sheet import Answer
from schemas.message import Unavailable

LARGEST = 1 << 20
TABLES = MetaData()

# digest: SHA-256 of the claim as first sent. asked: how often it was, until decided
received = Table(
    "payer_claims",
    TABLES,
    Column("number", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked", Integer, nullable=False),
)

# one row for each time a line was accepted: that none is there twice is for the ledger to ensure, and for tests to see
accepted_lines = Table(
    "payer_accepted_lines",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("claim", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("amount", Text),
)

_KNOWN = select(received).where(received.c.number.in_(bindparam("numbers", expanding=True)))
_LOCK = 0x50415952
_STATUS = {"duplicate": 409, "unreadable": 400}


class Simulator:
    """A Payer. The engine holds `TABLES`; the same claim is answered alike, before and after a restart."""

    def __init__(self, engine: Engine, faults: Faults | None = None) -> None:
        self._engine = engine
        self._faults = faults or Faults()
        self._remember = insert_or("replace", engine, received)
        self._calls = 0
        self._one_at_a_time = Lock()

    async def submit(self, claims: Sequence[Sent]) -> Sequence[Answer | Unavailable]:
        return await asyncio.to_thread(self.answer, [sent.body for sent in claims])

    async def close(self) -> None:
        """Nothing is open between calls."""

    def answer(self, bodies: Sequence[bytes]) -> list[Answer | Unavailable]:
        """One answer a claim, in order, all remembered in one commit. Blocks."""
        claims = [_readable(body) for body in bodies]
        numbers = [number for number, _ in claims if number]
        with self._one_at_a_time, writing(self._engine) as connection:
            alone(connection, _LOCK)
            rows = connection.execute(_KNOWN, {"numbers": numbers}).mappings()
            memory = _Memory({row["number"]: dict(row) for row in rows})
            answers = [
                self._one(memory, number, claim, body) for (number, claim), body in zip(claims, bodies, strict=True)
            ]
            memory.store(connection, self._remember)
        return answers

    def _one(self, memory: _Memory, number: str, claim: Any, body: bytes) -> Answer | Unavailable:
        self._calls += 1
        if self._faults.befalls("down", number, self._calls):
            return Unavailable("the simulated payer is down")
        answer = self._decide(memory, number, claim, body)
        if self._faults.befalls("lost", number, self._calls):
            return Unavailable("the simulated payer's answer is lost")
        return answer

    def _decide(self, memory: _Memory, number: str, claim: Any, body: bytes) -> Answer:
        if not number:
            return Answer("refused", "unreadable" if claim is None else "number")
        digest = hashlib.sha256(body).hexdigest()
        row = memory.claims.get(number)
        if row and row["digest"] != digest:
            return Answer("refused", "duplicate")
        if row and row["outcome"] != "queued":
            return Answer(row["outcome"], row["reason"])
        asked = row["asked"] + 1 if row else 1
        answer, billed = judged(claim, self._faults, asked=asked)
        memory.learn(number, digest, answer, asked, billed)
        return answer

    def accepted(self) -> list[tuple[str, str, Decimal | None]]:
        """Every line accepted, as (claim, line, dirhams)."""
        wanted = select(accepted_lines.c.claim, accepted_lines.c.line, accepted_lines.c.amount)
        with reading(self._engine) as connection:
            return [
                (claim, line, None if amount is None else Decimal(amount))
                for claim, line, amount in connection.execute(wanted.order_by(accepted_lines.c.id))
            ]

    def accepted_total(self) -> Decimal:
        """Dirhams in all lines accepted."""
        return sum((amount for _, _, amount in self.accepted() if amount is not None), Decimal("0.00"))


def _readable(body: bytes) -> tuple[str, Any]:
    """The claim and its number: no claim when the body is no JSON, no number when the claim has no right one."""
    try:
        claim = care_sheet.decode(body)
    except ValueError:
        return "", None
    try:
        return number_of(claim), claim
    except Unfit:
        return "", claim


class _Memory:
    """What the payer knows of the claims of one call, and what it learns."""

    def __init__(self, claims: dict[str, dict[str, Any]]) -> None:
        self.claims = claims
        self._learned: dict[str, dict[str, Any]] = {}
        self._accepted: list[dict[str, Any]] = []

    def learn(self, number: str, digest: str, answer: Answer, asked: int, billed: Billed | None) -> None:
        row = {"number": number, "digest": digest, "outcome": answer.outcome, "reason": answer.reason, "asked": asked}
        self.claims[number] = self._learned[number] = row
        for line, amount in billed.lines if billed else ():
            self._accepted.append({"claim": number, "line": line, "amount": None if amount is None else str(amount)})

    def store(self, connection: Connection, remember: Any) -> None:
        if self._learned:
            connection.execute(remember, list(self._learned.values()))
        if self._accepted:
            connection.execute(insert(accepted_lines), self._accepted)


def application(simulator: Simulator) -> Starlette:
    """`POST /Claim/$submit`: a Claim, answered by a ClaimResponse (200; refused 422, duplicate 409, unreadable 400);
    503 when down, 504 when the answer is lost. `GET /accepted`: how many lines were accepted, and their sum."""

    async def submit(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                return Response(status_code=413)
        answer = (await asyncio.to_thread(simulator.answer, [bytes(body)]))[0]
        if isinstance(answer, Unavailable):
            return Response(status_code=504 if "lost" in answer.reason else 503, headers={"Retry-After": "1"})
        number, _ = _readable(bytes(body))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        response = care_sheet.encode(care_sheet.response(number, answer, created=now))
        status = _STATUS.get(answer.reason, 422) if answer.outcome == "refused" else 200
        return Response(response, status_code=status, media_type=FHIR_JSON)

    async def accepted(_request: Request) -> Response:
        lines = await asyncio.to_thread(simulator.accepted)
        total = await asyncio.to_thread(simulator.accepted_total)
        summary = care_sheet.encode({"claims": len({line[0] for line in lines}), "lines": len(lines), "total": total})
        return Response(summary, media_type="application/json")

    return Starlette(routes=[Route(OPERATION, submit, methods=["POST"]), Route("/accepted", accepted)])
