"""The first page: is everything flowing, and if not, what needs somebody."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.console.view import View
from channels.gateway.parts import Parts
from channels.watch import metrics

FRESH = 1.0
HOUR = 3600 * 1_000_000
WIDTH, HEIGHT = 120, 28


@dataclass(frozen=True, slots=True)
class Consumer:
    """`state`: answering, down or unknown; `lag` in records, None where nobody knows."""

    name: str
    state: str
    lag: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """One look at everything. `troubled`: messages refused, failed or parked and not mended yet. `mistake`: why the
    channels' files are not taken, empty when they are.

    A channel's `live` counts the last minute over all processes and machines; None where only the journal tells.
    """

    channels: Sequence[dict[str, Any]]
    consumers: Sequence[Consumer]
    mediation: int | None
    journal: int | None
    mistake: str = ""

    @property
    def stopped(self) -> list[dict[str, Any]]:
        return [channel for channel in self.channels if channel["paused"] is not None]

    @property
    def down(self) -> list[Consumer]:
        return [consumer for consumer in self.consumers if consumer.state == "down"]

    @property
    def troubled(self) -> int:
        return sum(channel["open"] for channel in self.channels)


class OverviewPage:
    """Looked at by many browsers every two seconds, so one look serves all of them for a second."""

    def __init__(self, view: View, parts: Parts) -> None:
        self._view, self._parts = view, parts
        self._lock = threading.Lock()
        self._seen: tuple[float, Overview] | None = None

    def routes(self) -> list[Route]:
        return [
            Route("/", self._view.shown(self.whole), methods=["GET"]),
            Route("/console/overview", self._view.shown(self.live), methods=["GET"]),
        ]

    async def whole(self, request: Request) -> Response:
        return await self._page(request, "overview.html")

    async def live(self, request: Request) -> Response:
        """What htmx puts in place of what it showed two seconds ago."""
        return await self._page(request, "overview_live.html")

    async def _page(self, request: Request, template: str) -> Response:
        return self._view.page(request, template, {"now": await run_in_threadpool(self._look)})

    def _look(self) -> Overview:
        with self._lock:
            if self._seen is None or self._seen[0] < time.monotonic() - FRESH:
                self._seen = time.monotonic(), look(self._parts)
            return self._seen[1]


def look(parts: Parts) -> Overview:
    waiting, until = parts.waiting(), time.time_ns() // 1000
    live = parts.house.live.minute(list(parts.desk.channels)) if parts.house.live else None
    channels = []
    for said in parts.desk.activity({name: counted["received"] for name, counted in live.items()} if live else None):
        points = [point["received"] for point in parts.desk.series(said["name"], until - HOUR, until)]
        more = {"waiting": waiting.get(said["name"]), "points": points, "live": live and live.get(said["name"])}
        channels.append({**_NOTHING, **said, **more})
    for channel in channels:
        channel["state"] = _state(channel)
        channel["errors"] = channel["refused"] + channel["failed"] + channel["parked"]
        channel["spark"] = spark(channel["points"])
    consumers = [
        Consumer(name, _circuit(name), None if name == "payer" else _lag(name)) for name in ("smr", "cnss", "payer")
    ]
    return Overview(channels, consumers, _lag("mediation"), _lag("journal"), parts.house.channels.mistake)


_NOTHING: dict[str, Any] = {
    **dict.fromkeys(("minute", "hour", "today", "refused", "failed", "parked", "open"), 0),
    **dict.fromkeys(("last_message", "last_error", "last_error_reason", "last_error_id")),
}


def spark(points: Sequence[int]) -> str:
    """The points of an SVG polyline, the highest at the top; a flat line at the bottom when nothing came."""
    most, step = max([*points, 1]), WIDTH / max(len(points) - 1, 1)
    return " ".join(
        f"{place * step:.1f},{HEIGHT - 2 - (HEIGHT - 4) * point / most:.1f}" for place, point in enumerate(points)
    )


def _state(channel: dict[str, Any]) -> str:
    if channel["paused"] is not None:
        return "paused"
    return "active" if channel["hour"] or channel["minute"] else "silent"


def _circuit(consumer: str) -> str:
    opened = metrics.value("wasl_circuit_open", consumer=consumer)
    return "unknown" if opened is None else "down" if opened else "answering"


def _lag(group: str) -> int | None:
    lag = metrics.value("wasl_lag_records", group=group)
    return None if lag is None else int(lag)
