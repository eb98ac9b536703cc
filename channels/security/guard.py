"""Who may look: Basic credentials or a console session, asked for everything but the intake and the health pages."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from channels.security.basic import basic
from channels.security.passwords import TooManyAttempts
from channels.security.users import User, Users

COOKIE = "wasl_session"
PAGES = {"/healthz", "/readyz", "/metrics", "/login"}
OPEN = ("/channels/", "/static/")
MACHINES = ("/api", "/fhir")
SAFE = {"GET", "HEAD", "OPTIONS"}
SENDERS = {
    ("POST", "/fhir"),
    ("POST", "/fhir/"),
    ("PUT", "/fhir/Patient"),
    ("DELETE", "/fhir/Patient"),
    ("POST", "/fhir/$process-message"),
    ("POST", "/fhir/Patient/$temporary"),
}
# What nobody may, so that whoever sends is told so, and what to do: else it would be its credentials that are wrong
_NOT_TAKEN = {("POST", "/fhir/Patient"), ("PATCH", "/fhir/Patient")}
_WRITES, _PATIENT = {"PUT", "PATCH", "DELETE"}, "/fhir/Patient/"


class Guard:
    """ASGI middleware. The user stands in `scope["user"]`. What senders use is left to the intake. unknown: answers a
    stranger in the terms of what was asked; None where there are none."""

    def __init__(
        self, app: ASGIApp, users: Users, unknown: Callable[[Request], Response | None] = lambda _: None
    ) -> None:
        self._app, self._users, self._stranger = app, users, unknown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or (scope["type"] == "http" and _open(scope)):
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no WebSockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope)
        if request.method not in SAFE and _cross_site(request):
            said = {"error": "another site sent this", "remedy": "do it from a page of this program"}
            await JSONResponse(said, 403)(scope, receive, send)
            return
        try:
            user = await self._user(request)
        except TooManyAttempts as error:
            wait = {"Retry-After": str(round(error.retry_after) + 1)}
            await JSONResponse({"error": "too many attempts", "remedy": "wait"}, 429, wait)(scope, receive, send)
            return
        if user is None:
            await (self._stranger(request) or _unknown(request))(scope, receive, send)
            return
        scope["user"] = user
        await self._app(scope, receive, send)

    async def _user(self, request: Request) -> User | None:
        if given := basic(request.headers.get("authorization", "")):
            program = request.scope["path"].startswith(MACHINES)
            if program and (user := self._users.recent(*given)):
                return user
            peer = request.client.host if request.client else ""
            return await run_in_threadpool(self._users.verify, *given, peer)
        token = request.cookies.get(COOKIE)
        if not token or not (request.method in SAFE or _origin(request)):
            return None
        return await run_in_threadpool(self._users.session, token)


def _open(scope: Scope) -> bool:
    path: str = scope["path"]
    asked = scope["method"], path
    refused = asked in _NOT_TAKEN or (asked[0] in _WRITES and path.startswith(_PATIENT))
    return path in PAGES or path.startswith(OPEN) or asked in SENDERS or refused


def _origin(request: Request) -> str | None:
    return request.headers.get("origin") or request.headers.get("referer")


def _cross_site(request: Request) -> bool:
    """A form of another site must not act with what this browser holds: a session, or Basic credentials it keeps."""
    if (origin := _origin(request)) is None:
        return False
    try:
        return urlsplit(origin).netloc != request.headers.get("host")
    except ValueError:
        return True


def _unknown(request: Request) -> Response:
    if request.scope["path"].startswith(MACHINES) or request.method not in SAFE:
        said = {"error": "who is asking is not known", "remedy": "log in, or send Basic credentials"}
        return JSONResponse(said, 401, {"WWW-Authenticate": 'Basic realm="Wasl"'})
    return RedirectResponse("/login", 303)
