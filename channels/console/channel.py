"""One channel: its state, what came through it, its file, and the buttons that stop and start its line."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from channels.channel import Channel
from channels.console.forms import posted, text
from channels.console.view import HEADERS, NOT_FOUND, View
from channels.gateway.parts import Parts
from channels.journal.counts import COUNTED
from channels.journal.times import iso

HOURS = (1, 6, 24)
HOUR = 3600 * 1_000_000


class ChannelPage:
    def __init__(self, view: View, parts: Parts) -> None:
        self._view, self._desk, self._audit = view, parts.desk, parts.house.audit
        self._zone = ZoneInfo(parts.house.settings.zone)

    def routes(self) -> list[Route]:
        shown = self._view.shown
        return [
            Route("/console/series", shown(self.series), methods=["GET"]),
            Route("/console/channels/{name}", shown(self.page), methods=["GET"]),
            Route("/console/channels/{name}/pause", shown(self.pause), methods=["POST"]),
            Route("/console/channels/{name}/resume", shown(self.resume), methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        channel, hours = self._channel(request), _hours(request)
        said = await run_in_threadpool(self._look, channel, hours)
        said |= {"channel": channel, "hours": hours, "choices": HOURS}
        return self._view.page(request, "channel.html", said)

    async def series(self, request: Request) -> Response:
        """`?channel=&hours=`: one list a count, and `at` in seconds since the epoch and on the `clock`."""
        name = request.query_params.get("channel") or None
        points = await run_in_threadpool(self._points, name, _hours(request))
        drawn: dict[str, list[Any]] = {count: [point[count] for point in points] for count in COUNTED}
        drawn["at"] = [point["at"] // 1_000_000 for point in points]
        # a browser's own time zones may be older than ours
        drawn["clock"] = [f"{datetime.fromtimestamp(at, self._zone):%H:%M}" for at in drawn["at"]]
        return JSONResponse(drawn, headers=HEADERS)

    async def pause(self, request: Request) -> Response:
        form, channel, actor = await posted(request), self._channel(request), request.scope["user"].name
        reason = text(form, "reason")[:200] or "stopped by hand"
        await run_in_threadpool(self._desk.line.pause, channel.name, actor, reason)
        await run_in_threadpool(self._audit.write, actor, "pause", f"channel/{channel.name}", reason)
        return RedirectResponse(f"/console/channels/{channel.name}", 303, HEADERS)

    async def resume(self, request: Request) -> Response:
        form, channel, actor = await posted(request), self._channel(request), request.scope["user"].name
        await run_in_threadpool(self._desk.line.resume, channel.name)
        await run_in_threadpool(self._audit.write, actor, "resume", f"channel/{channel.name}")
        back = "/" if text(form, "from") == "overview" else f"/console/channels/{channel.name}"
        return RedirectResponse(back, 303, HEADERS)

    def _channel(self, request: Request) -> Channel:
        channel = self._desk.channels.get(request.path_params["name"])
        if channel is None:
            raise NOT_FOUND
        return channel

    def _look(self, channel: Channel, hours: int) -> dict[str, Any]:
        paused = next((pause for pause in self._desk.line.all() if pause.channel == channel.name), None)
        points = [point for point in self._points(channel.name, hours) if any(point[name] for name in COUNTED)]
        return {
            "pause": paused,
            "since": iso(paused.since) if paused else None,
            "points": [point | {"at": iso(point["at"])} for point in reversed(points)],
            "yaml": channel.text,
        }

    def _points(self, channel: str | None, hours: int) -> list[dict[str, int]]:
        until = time.time_ns() // 1000
        return self._desk.series(channel, until - hours * HOUR, until)


def _hours(request: Request) -> int:
    given = request.query_params.get("hours", "")
    return next((hours for hours in HOURS if str(hours) == given), HOURS[0])
