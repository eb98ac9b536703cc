"""The work list of codes: what senders say in words of their own that no table translates yet."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.console.view import View
from channels.gateway.parts import Parts


class Codes:
    def __init__(self, view: View, parts: Parts) -> None:
        self._view, self._desk = view, parts.desk

    def routes(self) -> list[Route]:
        return [Route("/codes", self._view.shown(self.unknown), methods=["GET"])]

    async def unknown(self, request: Request) -> Response:
        channel = request.query_params.get("channel", "")
        found = await run_in_threadpool(self._desk.unknown_codes, channel if channel in self._desk.channels else "")
        return self._view.page(request, "codes.html", {"codes": found})
