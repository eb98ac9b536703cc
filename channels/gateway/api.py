"""`/api`: management, with OpenAPI at `/api/openapi.json` and a readable page of it at `/api/docs`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as Failed

from channels.desk import Desk
from channels.gateway import reference
from channels.gateway.care_sheets import BadQuery
from channels.gateway.faults import failed
from channels.journal import search as journal
from channels.journal.search import STATUSES, BadCursor
from channels.rerun import NotKept
from channels.security.audit import Audit
from schemas.message import Unavailable

WEEK = 7 * 86_400_000_000

Sheets = Callable[[str, int], dict[str, Any]]


class Listed(BaseModel):
    """A page of a list, newest first; `next` is the cursor of the page after."""

    items: list[dict[str, Any]]
    next: str | None = None


class Again(BaseModel):
    """Which parts to run again (CSV lines, OBR groups); all of them when empty."""

    places: list[str] = Field([], max_length=10_000)


class Group(BaseModel):
    """Open failures of one kind, on one channel, for one reason, as `GET /failures` lists them."""

    kind: str
    channel: str
    reason: str


def application(desk: Desk, sheets: Sheets, audit: Audit) -> FastAPI:
    """The API on this desk. Who may call it is decided before: the user stands in the scope."""
    app = FastAPI(
        title="Wasl",
        version="1",
        description="What happened to each message, what is open, and the care sheets of a person.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        exception_handlers={
            Failed: _told,
            RequestValidationError: _invalid,
            Unavailable: failed,
            Exception: failed,
        },
    )
    _find(app, desk, audit)
    _look(app, desk)
    _act(app, desk, audit)

    @app.get("/care-sheets")
    async def care_sheets(
        request: Request,
        person: Annotated[str, Query(description="a patient identifier: system|value")] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Listed:
        """Care sheets of everyone carrying this identifier, newest first."""
        try:
            found = await run_in_threadpool(sheets, person, limit)
        except BadQuery as error:
            raise HTTPException(400, str(error)) from error
        audit.note(_actor(request), "read", "CareSheet")
        return Listed(**found)

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(reference.page(app.openapi(), request.scope.get("root_path", "")))

    return app


def _find(app: FastAPI, desk: Desk, audit: Audit) -> None:
    @app.get("/transactions")
    async def transactions(
        request: Request,
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
        if person:
            audit.note(_actor(request), "search by patient", "Transaction")
        try:
            page = await run_in_threadpool(desk.search, query, cursor=cursor, limit=limit)
        except BadCursor as error:
            raise HTTPException(422, "cursor: give what `next` held, unchanged") from error
        return Listed(items=page.items, next=page.next)

    @app.get("/transactions/{transaction}")
    async def story(transaction: str) -> dict[str, Any]:
        """One transaction's whole story, without the body."""
        return await _story(desk, transaction)


def _look(app: FastAPI, desk: Desk) -> None:
    @app.get("/failures")
    async def groups() -> Listed:
        """What is open, by kind, channel and reason; the largest first."""
        return Listed(items=await run_in_threadpool(desk.groups))

    @app.get("/unknown-codes")
    async def unknown_codes(channel: str = "") -> Listed:
        """Codes that no table translates yet, the most frequent first: for `config/codes/`."""
        return Listed(items=await run_in_threadpool(desk.unknown_codes, channel))

    @app.get("/channels")
    async def channels() -> Listed:
        """Every channel with what it did lately."""
        return Listed(items=await run_in_threadpool(desk.activity))

    @app.get("/series")
    async def series(since: datetime, until: datetime, channel: str | None = None) -> Listed:
        """Messages a minute, oldest first."""
        start, end = micros(since) or 0, micros(until) or 0
        if not 0 < end - start <= WEEK:
            raise HTTPException(422, "since and until: at most seven days apart, in this order")
        return Listed(items=[dict(one) for one in await run_in_threadpool(desk.series, channel, start, end)])


def _act(app: FastAPI, desk: Desk, audit: Audit) -> None:
    @app.post("/transactions/{transaction}/rerun", status_code=202)
    async def rerun(request: Request, transaction: str, again: Again | None = None) -> dict[str, str]:
        """Sends the kept message through the door once more."""
        known = await _story(desk, transaction)
        await run_in_threadpool(audit.write, _actor(request), "rerun", f"Transaction/{known['id']}")
        try:
            return {"transaction": await desk.rerun(transaction, again.places if again else ())}
        except NotKept as error:
            raise HTTPException(409, str(error)) from error

    @app.post("/failures/rerun", status_code=202)
    async def rerun_group(request: Request, group: Group) -> dict[str, Any]:
        """Sends every message of a group through the door once more, oldest first."""
        detail = f"{group.kind} on {group.channel}: {group.reason}"[:500]
        await run_in_threadpool(audit.write, _actor(request), "rerun group", "Transaction", "", detail)
        made, lost = await desk.rerun_group(group.kind, group.channel, group.reason)
        return {"transactions": made, "not_kept": lost}

    @app.post("/channels/{name}/pause", status_code=204)
    async def pause(request: Request, name: str) -> None:
        """Stops the line: messages are still received and acknowledged, not mediated."""
        _known(desk, name)
        await run_in_threadpool(desk.line.pause, name, _actor(request), "paused by an operator")
        await run_in_threadpool(audit.write, _actor(request), "pause", f"channel/{name}")

    @app.post("/channels/{name}/resume", status_code=204)
    async def resume(request: Request, name: str) -> None:
        """Lets the line run again."""
        _known(desk, name)
        await run_in_threadpool(desk.line.resume, name)
        await run_in_threadpool(audit.write, _actor(request), "resume", f"channel/{name}")


def micros(at: datetime | None) -> int | None:
    """µs since the epoch; a time without an offset is UTC."""
    if at is None:
        return None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6)


async def _story(desk: Desk, transaction: str) -> dict[str, Any]:
    told = await run_in_threadpool(desk.story, transaction)
    if told is None:
        raise HTTPException(404, "no such transaction")
    return told


def _known(desk: Desk, name: str) -> None:
    if name not in desk.channels:
        raise HTTPException(404, "no such channel")


def _actor(request: Request) -> str:
    name: str = request.scope["user"].name
    return name


async def _told(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Failed)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """What is wrong with each parameter; not what was given, which may be somebody's number."""
    assert isinstance(error, RequestValidationError)
    wrong = [f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors()]
    return JSONResponse({"error": "; ".join(wrong)}, 422)
