"""Whether the program lives (`/healthz`) and whether it can take messages (`/readyz`). Open to all, says little."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.loops import fault
from channels.watch import metrics

STALE = 60.0

log = logging.getLogger("wasl.health")


def turned(loop: str) -> Callable[[], None]:
    """What a loop calls each time it turns; written at most once a second."""
    gauge, last = metrics.turned.labels(loop), [0.0]

    def turn() -> None:
        if (at := time.monotonic()) - last[0] > 1.0:
            last[0] = at
            gauge.set(time.time())

    return turn


@dataclass
class Health:
    """`checks`: name → whether that part is up. Checks may block, and may fail: then the part is not up."""

    checks: dict[str, Callable[[], bool]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [Route("/healthz", self.live), Route("/readyz", self.ready), Route("/metrics", self.metrics)]

    async def live(self, _request: Request) -> Response:
        """A loop that turned once and then stopped for a minute is stuck; others may just not run on this node."""
        stuck = await run_in_threadpool(_stuck)
        return JSONResponse({"stuck": stuck}, 503 if stuck else 200)

    async def ready(self, _request: Request) -> Response:
        up = await run_in_threadpool(lambda: {name: _passes(name, check) for name, check in self.checks.items()})
        return JSONResponse(up, 200 if all(up.values()) else 503)

    async def metrics(self, _request: Request) -> Response:
        body = await run_in_threadpool(metrics.exposition)
        return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")


def _stuck() -> list[str]:
    at = time.time()
    turns = metrics.values("wasl_loop_turned_timestamp_seconds", "loop")
    return sorted(loop for loop, last in turns.items() if last and at - last > STALE)


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as error:
        log.warning("%s is not ready: %s", name, fault(error))
        return False
