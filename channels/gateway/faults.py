"""What is answered and logged when the program itself fails: where, never what was asked or found."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.loops import fault
from registries.outage import is_away
from schemas.message import Unavailable

log = logging.getLogger("wasl.http")


def answer(error: Exception) -> Response:
    """503 when a later try may pass, else 500."""
    if isinstance(error, Unavailable) or is_away(error):
        said = {"error": "the program is busy, or a database does not answer", "remedy": "send it again later"}
        return JSONResponse(said, 503, {"Retry-After": "5"})
    said = {"error": "the program failed on this request", "remedy": "look for wasl.http in its log"}
    return JSONResponse(said, 500)


async def failed(_request: Request, error: Exception) -> Response:
    """For an application's `exception_handlers`."""
    return answer(error)


class Contained:
    """ASGI middleware: no error leaves it, so that no server logs one with the values it holds."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except Exception as error:
            log.error("%s failed: %s", scope.get("method", scope["type"]), fault(error))
            if scope["type"] == "http" and not begun:
                await answer(error)(scope, receive, send)
