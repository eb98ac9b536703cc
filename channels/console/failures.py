"""What is open, grouped by reason; what parked messages wait for; running a whole group again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.console.forms import posted, text
from channels.console.view import HEADERS, Problem, View
from channels.console.words import N_
from channels.gateway.parts import Parts
from channels.journal import failures
from channels.journal.search import BadCursor
from schemas.message import Unavailable

PATIENCE = 3.0
MOST_ENTRIES = 100
_GONE = Problem(404, N_("This group is empty now"), N_("Its messages were run again or mended. Look at what is open."))
log = logging.getLogger("wasl.console")
Group = tuple[str, str, str]


class Failures:
    """A large group goes on in the background; `_running` keeps it from being started twice."""

    def __init__(self, view: View, parts: Parts) -> None:
        self._view, self._desk, self._house = view, parts.desk, parts.house
        self._running: dict[Group, asyncio.Task[tuple[list[str], int]]] = {}

    def routes(self) -> list[Route]:
        shown = self._view.shown
        return [
            Route("/failures", shown(self.groups), methods=["GET"]),
            Route("/failures/group", shown(self.group), methods=["GET"]),
            Route("/failures/rerun", shown(self.rerun), methods=["POST"]),
        ]

    async def groups(self, request: Request) -> Response:
        groups = await run_in_threadpool(self._desk.groups)
        for group in groups:
            group["running"] = (group["kind"], group["channel"], group["reason"]) in self._running
        waits = await run_in_threadpool(self._waits) if any(group["kind"] == "parked" for group in groups) else []
        again, lost = (_number(request.query_params.get(name)) for name in ("again", "lost"))
        said = {"again": again, "lost": lost, "started": "started" in request.query_params}
        return self._view.page(request, "failures.html", {"groups": groups, "waits": waits, **said})

    async def group(self, request: Request) -> Response:
        """A group's messages, and the question whether to run them all again."""
        key = _key(request.query_params)
        found = [one for one in await run_in_threadpool(self._desk.groups) if _key(one) == key]
        if not found:
            raise _GONE
        try:
            page = await run_in_threadpool(self._desk.members, *key, request.query_params.get("cursor", ""))
        except BadCursor as error:
            raise _GONE from error
        said = {"group": found[0], "page": page, "running": key in self._running}
        return self._view.page(request, "failure_group.html", said)

    async def rerun(self, request: Request) -> Response:
        form = await posted(request)
        key: Group = (text(form, "kind"), text(form, "channel"), text(form, "reason"))
        if key not in self._running:
            detail = " ".join(key)
            audit, actor = self._house.audit, request.scope["user"].name
            await run_in_threadpool(audit.write, actor, "rerun group", "Transaction", detail=detail)
            self._running[key] = asyncio.create_task(self._desk.rerun_group(*key))
            self._running[key].add_done_callback(lambda task: self._finished(key, task))
        task = self._running[key]
        done, _ = await asyncio.wait([task], timeout=PATIENCE)
        if not done:
            return RedirectResponse("/failures?started=1", 303, HEADERS)
        made, lost = task.result()
        return RedirectResponse(f"/failures?again={len(made)}&lost={lost}", 303, HEADERS)

    def _finished(self, key: Group, task: asyncio.Task[tuple[list[str], int]]) -> None:
        self._running.pop(key, None)
        if task.cancelled():
            return
        if isinstance(task.exception(), Unavailable):
            log.warning("running a group again stopped half-way: the bus does not answer")

    def _waits(self) -> list[dict[str, Any]]:
        """What parked messages wait for, the most wanted first: `kind`, `number` and how many messages."""
        entries = failures.awaited(self._house.journal)[:MOST_ENTRIES]
        waits = []
        for entry in entries:
            kind, _, number = entry.partition("|")
            waits.append({"kind": kind, "number": number, "count": len(self._desk.waiting([entry]))})
        return sorted(waits, key=lambda wait: (-wait["count"], wait["kind"], wait["number"]))


def _key(given: Mapping[str, Any]) -> Group:
    return str(given.get("kind", "")), str(given.get("channel", "")), str(given.get("reason", ""))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
