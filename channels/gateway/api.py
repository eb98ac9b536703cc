"""`/api`: management, with OpenAPI at `/api/openapi.json` and a readable page of it at `/api/docs`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from channels.desk import Desk
from channels.journal import search as journal
from channels.journal.search import STATUSES, BadCursor
from channels.rerun import NotKept
from schemas.message import Unavailable


class Listed(BaseModel):
    """A page of a list, newest first; `next` is the cursor of the page after."""

    items: list[dict[str, Any]]
    next: str | None = None


class Again(BaseModel):
    """Which parts to run again (CSV lines, OBR groups); all of them when empty."""

    places: list[str] = []


class Group(BaseModel):
    kind: str
    channel: str
    reason: str


def application(desk: Desk) -> FastAPI:
    """The API on this desk. Who may call it is decided before."""
    app = FastAPI(title="Wasl", version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json")

    @app.get("/transactions")
    async def transactions(
        channel: str = "",
        status: Annotated[str, Query(pattern=f"^({'|'.join(STATUSES)})?$")] = "",
        control_id: str = "",
        sender: str = "",
        type: str = "",
        reason: str = "",
        person: Annotated[str, Query(description="a patient identifier: value, or system|value")] = "",
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> Listed:
        """Messages received, newest first."""
        query = journal.Query(
            since=micros(since),
            until=micros(until),
            channel=channel,
            status=status,
            control_id=control_id,
            sender=sender,
            type=type,
            subject=desk.subject(person),
            reason=reason,
        )
        try:
            page = await run_in_threadpool(desk.search, query, cursor=cursor, limit=limit)
        except BadCursor as error:
            raise HTTPException(422, "cursor: give what `next` held, unchanged") from error
        return Listed(items=page.items, next=page.next)

    @app.get("/transactions/{transaction}")
    async def story(transaction: str) -> dict[str, Any]:
        """One transaction's whole story, without the body."""
        told = await run_in_threadpool(desk.story, transaction)
        if told is None:
            raise HTTPException(404, "no such transaction")
        return told

    @app.post("/transactions/{transaction}/rerun", status_code=202)
    async def rerun(transaction: str, again: Again | None = None) -> dict[str, str]:
        """Sends the kept message through the door once more."""
        try:
            return {"transaction": await desk.rerun(transaction, again.places if again else ())}
        except NotKept as error:
            raise HTTPException(409, str(error)) from error
        except Unavailable as error:
            raise HTTPException(503, error.reason) from error

    @app.get("/failures")
    async def groups() -> Listed:
        """What is open, by kind, channel and reason; the largest first."""
        return Listed(items=await run_in_threadpool(desk.groups))

    @app.post("/failures/rerun", status_code=202)
    async def rerun_group(group: Group) -> dict[str, Any]:
        """Sends every message of a group through the door once more, oldest first."""
        made, lost = await desk.rerun_group(group.kind, group.channel, group.reason)
        return {"transactions": made, "not_kept": lost}

    @app.get("/channels")
    async def channels() -> Listed:
        """Every channel with what it did lately."""
        return Listed(items=await run_in_threadpool(desk.activity))

    @app.post("/channels/{name}/pause", status_code=204)
    async def pause(name: str) -> None:
        """Stops the line: messages are still received and acknowledged, not mediated."""
        _known(desk, name)
        await run_in_threadpool(desk.line.pause, name, "api", "paused by an operator")

    @app.post("/channels/{name}/resume", status_code=204)
    async def resume(name: str) -> None:
        _known(desk, name)
        await run_in_threadpool(desk.line.resume, name)

    @app.get("/series")
    async def series(since: datetime, until: datetime, channel: str | None = None) -> Listed:
        """Messages a minute, oldest first."""
        start, end = micros(since) or 0, micros(until) or 0
        if not 0 < end - start <= 7 * 86_400_000_000:
            raise HTTPException(422, "since and until: at most seven days apart, in this order")
        return Listed(items=[dict(one) for one in await run_in_threadpool(desk.series, channel, start, end)])

    return app


def micros(at: datetime | None) -> int | None:
    """µs since the epoch; a time without an offset is UTC."""
    if at is None:
        return None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6)


def _known(desk: Desk, name: str) -> None:
    if name not in desk.channels:
        raise HTTPException(404, "no such channel")
