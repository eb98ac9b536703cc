"""Trying a message before it is ever sent: what is wrong with it, and what would become of it.

What is pasted or uploaded is held in memory while the page is made, and nowhere else: not stored, not logged. Files
are short enough (`MOST`) for the form's parser to keep them in memory too. That a message was tried is audited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.channel import Channel
from channels.console.body import Body, body_shown
from channels.console.forms import posted, text
from channels.console.view import Problem, View
from channels.console.words import N_
from channels.gateway.parts import Parts
from channels.preview import Preview, apart, key_facts, preview
from channels.receive import kept
from schemas.message import Issue, Message

MOST = 1024 * 1024
MOST_MESSAGES = 10
_NOTHING = Problem(400, N_("There is no message"), N_("Paste a message or choose a file, then try again."))


@dataclass(frozen=True, slots=True)
class Tried:
    """One message as the page shows it: what came, what is wrong with it, what it would become."""

    channel: Channel
    message: Message
    found: Preview
    issues: Sequence[Mapping[str, Any]]
    body: Body
    facts: Sequence[Mapping[str, str]]


class CheckPage:
    def __init__(self, view: View, parts: Parts) -> None:
        self._view, self._desk, self._audit = view, parts.desk, parts.house.audit

    def routes(self) -> list[Route]:
        return [
            Route("/check", self._view.shown(self.form), methods=["GET"]),
            Route("/check", self._view.shown(self.check), methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        return self._page(request, None, "", "", 0)

    async def check(self, request: Request) -> Response:
        form = await posted(request, most=MOST, files=1)
        pasted, name = text(form, "message"), text(form, "channel")
        body, file = await _sent(form, pasted)
        if not body.strip():
            raise _NOTHING
        named = self._desk.channels.get(name)
        tried, left = await run_in_threadpool(self._tried, body, file, named, pasted and not file)
        for one in {one.channel.name for one in tried}:
            self._audit.note(request.scope["user"].name, "check message", f"Channel/{one}")
        return self._page(request, tried, "" if file else pasted, named.name if named else "", left)

    def _tried(self, body: bytes, file: str, named: Channel | None, typed: object) -> tuple[list[Tried], int]:
        """The first messages, and how many more there are."""
        parted = apart([named] if named else list(self._desk.channels.values()), body, file)
        return [_tried(*one, typed=bool(typed)) for one in parted[:MOST_MESSAGES]], max(0, len(parted) - MOST_MESSAGES)

    def _page(self, request: Request, tried: Sequence[Tried] | None, pasted: str, channel: str, left: int) -> Response:
        said = {"tried": tried, "pasted": pasted, "chosen": channel, "left": left}
        return self._view.page(request, "check.html", said | {"channels": list(self._desk.channels.values())})


async def _sent(form: FormData, pasted: str) -> tuple[bytes, str]:
    """The bytes and the name of the file; a file goes over what was pasted."""
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        return await file.read(), file.filename
    return pasted.encode(), ""


def _tried(channel: Channel, message: Message, *, typed: bool) -> Tried:
    found = preview(channel, message)
    issues = [_shown(issue) for issue in [*found.issues, *found.advice] if not (typed and issue.reason == "charset")]
    body = body_shown(message.body, channel.said.mediator, message.content_type, issues)
    return Tried(channel, message, found, issues, body, [key_facts(event) for event in found.events])


def _shown(issue: Issue) -> dict[str, Any]:
    return {**kept(issue), "location": issue.location, "source": issue.source}
