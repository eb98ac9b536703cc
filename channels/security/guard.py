"""Who may look: Basic credentials or a console session, asked for everything but the intake and the health pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from channels.security.basic import basic
from channels.security.passwords import TooManyAttempts
from channels.security.users import User, Users

COOKIE = "wasl_session"
OPEN = ("/channels/", "/healthz", "/readyz", "/metrics", "/login", "/static/")
MACHINES = ("/api", "/fhir")
SAFE = {"GET", "HEAD", "OPTIONS"}


class Guard:
    """ASGI middleware. The user stands in `scope["user"]`. `POST /fhir` is left to the intake: senders use it."""

    def __init__(self, app: ASGIApp, users: Users) -> None:
        self._app, self._users = app, users

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _open(scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            user = await self._user(request)
        except TooManyAttempts as error:
            wait = {"Retry-After": str(round(error.retry_after) + 1)}
            await JSONResponse({"error": "too many attempts", "remedy": "wait"}, 429, wait)(scope, receive, send)
            return
        if user is None:
            await _unknown(request)(scope, receive, send)
            return
        scope["user"] = user
        await self._app(scope, receive, send)

    async def _user(self, request: Request) -> User | None:
        if given := basic(request.headers.get("authorization", "")):
            peer = request.client.host if request.client else ""
            return await run_in_threadpool(self._users.verify, *given, peer)
        token = request.cookies.get(COOKIE)
        if not token or not (request.method in SAFE or _same_origin(request)):
            return None
        return await run_in_threadpool(self._users.session, token)


def _open(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.startswith(OPEN) or (scope["method"] == "POST" and path in {"/fhir", "/fhir/"})


def _same_origin(request: Request) -> bool:
    """A form of another site must not act with this browser's session."""
    origin = request.headers.get("origin") or request.headers.get("referer")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")


def _unknown(request: Request) -> Response:
    if request.url.path.startswith(MACHINES) or request.method not in SAFE:
        said = {"error": "who is asking is not known", "remedy": "log in, or send Basic credentials"}
        return JSONResponse(said, 401, {"WWW-Authenticate": 'Basic realm="Wasl"'})
    return RedirectResponse("/login", 303)
