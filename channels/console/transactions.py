"""Finding transactions, one transaction's whole story, and running it again."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.console.body import Body, body_shown
from channels.console.forms import fields, posted, text, texts
from channels.console.hiding import hidden
from channels.console.masks import Masks
from channels.console.reads import Reads
from channels.console.view import HEADERS, NOT_FOUND, Problem, View
from channels.console.words import N_
from channels.gateway.parts import Parts
from channels.journal.search import STATUSES, BadCursor, Query

PAGE = 50
ARRIVING = 60_000
ASKED = ("since", "until", "channel", "status", "control_id", "reason")
_BAD_TIME = Problem(400, N_("A time can't be read"), N_("Write it as 2026-03-12T14:30, or leave it empty."))
_BAD_CURSOR = Problem(400, N_("This page is gone"), N_("Start the search again from its first page."))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the search form holds. `person` is an identifier and never stands in an address."""

    since: str = ""
    until: str = ""
    channel: str = ""
    status: str = ""
    control_id: str = ""
    reason: str = ""
    person: str = ""

    def address(self, **more: str | None) -> str:
        said = {name: getattr(self, name) for name in ASKED} | more
        return urlencode({name: value for name, value in said.items() if value})

    def query(self, zone: ZoneInfo, subject: str) -> Query:
        """Raises Problem."""
        status = self.status if self.status in STATUSES else ""
        since, until = _micros(self.since, zone), _micros(self.until, zone)
        return Query(
            since, until, self.channel, status, self.control_id, subject=subject if self.person else "",
            reason=self.reason,
        )  # fmt: skip


class Transactions:
    def __init__(self, view: View, parts: Parts) -> None:
        self._view, self._desk, self._audit = view, parts.desk, parts.house.audit
        self._reads, self._masked = Reads(parts.house.audit), parts.house.settings.masked
        self._zone = ZoneInfo(parts.house.settings.zone)

    def routes(self) -> list[Route]:
        shown = self._view.shown
        return [
            Route("/transactions", shown(self.list), methods=["GET"]),
            Route("/transactions", shown(self.find), methods=["POST"]),
            Route("/transactions/{id}", shown(self.story), methods=["GET"]),
            Route("/transactions/{id}", shown(self.opened), methods=["POST"]),
            Route("/transactions/{id}/story", shown(self.progress), methods=["GET"]),
            Route("/transactions/{id}/rerun", shown(self.rerun), methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        given = request.query_params
        asked = Asked(**{name: given.get(name, "").strip() for name in ASKED})
        return await self._page(request, asked, given.get("cursor", ""))

    async def find(self, request: Request) -> Response:
        """The same form, posted: with a patient identifier it is answered here, else at an address of its own."""
        form = await fields(request)
        asked = Asked(person=text(form, "person"), **{name: text(form, name) for name in ASKED})
        if not asked.person:
            return RedirectResponse(f"/transactions?{asked.address()}".rstrip("?"), 303, HEADERS)
        self._audit.note(request.scope["user"].name, "search by patient", "Transaction")
        return await self._page(request, asked, text(form, "cursor"))

    async def _page(self, request: Request, asked: Asked, cursor: str) -> Response:
        query = asked.query(self._zone, self._desk.subject(asked.person))
        try:
            page = await run_in_threadpool(self._desk.search, query, cursor=cursor, limit=PAGE)
        except BadCursor as error:
            raise _BAD_CURSOR from error
        narrowed = any((asked.since, asked.until, asked.control_id, asked.reason))
        said = {"asked": asked, "page": page, "cursor": cursor, "narrowed": narrowed, "statuses": STATUSES}
        return self._view.page(request, "transactions.html", said | {"channels": list(self._desk.channels)})

    async def opened(self, request: Request) -> Response:
        """The same page with whole numbers, noted before they are shown."""
        told = await run_in_threadpool(self._desk.story, request.path_params["id"])
        if told is None:
            raise NOT_FOUND
        await self._reads.opened(request, f"Transaction/{told['id']}")
        return await self.story(request, open=True)

    async def story(self, request: Request, *, open: bool = False) -> Response:
        transaction = request.path_params["id"]
        told = await run_in_threadpool(self._desk.story, transaction)
        if told is None:
            if not _arriving(transaction):
                raise NOT_FOUND
            return self._view.page(request, "arriving.html", {"id": transaction}, 202)
        shown, hides = await run_in_threadpool(self._body, told, Masks(self._masked, open=open))
        if shown:
            self._audit.note(request.scope["user"].name, "view body", f"Transaction/{transaction}")
        return self._view.page(request, "transaction.html", {"body": shown, "hides": hides, **self._told(told)})

    async def progress(self, request: Request) -> Response:
        """The story alone, for a page whose transaction is still on its way."""
        told = await run_in_threadpool(self._desk.story, request.path_params["id"])
        if told is None:
            raise NOT_FOUND
        return self._view.page(request, "transaction_story.html", self._told(told))

    async def rerun(self, request: Request) -> Response:
        form, transaction = await posted(request), request.path_params["id"]
        actor, places = request.scope["user"].name, texts(form, "place")
        made = await self._desk.rerun(transaction, places)
        detail = f"as {made}" + (f", {len(places)} part(s)" if places else "")
        await run_in_threadpool(
            self._audit.write, actor, "rerun", f"Transaction/{transaction}", text(form, "purpose"), detail
        )
        return RedirectResponse(f"/transactions/{made}", 303, HEADERS)

    def _body(self, told: Mapping[str, Any], masks: Masks) -> tuple[Body | None, bool]:
        """And whether a number in it is hidden."""
        bytes_ = self._desk.body(told["id"])
        if bytes_ is None:
            return None, False
        channel, kind = self._desk.channels.get(told["channel"]), told["content_type"]
        shown = body_shown(bytes_, channel.said.mediator if channel else "", kind, _issues(told))
        return (shown, False) if masks.open else hidden(shown, bytes_, kind, channel, masks, passed=not told["trouble"])

    def _told(self, told: dict[str, Any]) -> dict[str, Any]:
        refused = sorted({part["place"] for part in told["parts"] if part["kind"] == "refused" and part["place"]})
        channel = self._desk.channels.get(told["channel"])
        return {
            "story": told | {"steps": [_STEP | step for step in told["steps"]]},
            "issues": _issues(told),
            "again": refused if told["trouble"] else [],
            "moving": told["status"] in ("received", "mediated"),
            "retention": channel.said.retention.body if channel else "",
        }


_STEP: dict[str, Any] = {"text": "", "attempt": None, "waiting_for": [], "first": None}
_ISSUE: dict[str, Any] = {"text": "", "remedy": "", "severity": "error", "line": None, "column": None, "source": ""}


def _issues(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Everything said to be wrong, at the door and later, each once."""
    said = [*told["issues"], *(issue for step in told["steps"] for issue in step.get("issues", ()))]
    once = {(issue["at"], issue["reason"], issue.get("line"), issue.get("text")): issue for issue in said}
    return [_ISSUE | issue for issue in once.values()]


def _arriving(transaction: str) -> bool:
    """Whether this id was made within the last minute: the journal may not have listed it yet."""
    try:
        made = uuid.UUID(transaction)
    except ValueError:
        return False
    return made.version == 7 and 0 <= time.time() * 1000 - (made.int >> 80) < ARRIVING


def _micros(text: str, zone: ZoneInfo) -> int | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1_000_000)
    except (ValueError, OverflowError) as error:
        raise _BAD_TIME from error
