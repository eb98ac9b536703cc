"""Logging in and out. A session is a cookie that scripts can't read and other sites can't send."""

from __future__ import annotations

import hmac
import secrets

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.console.forms import TOKEN, fields, posted, text
from channels.console.view import HEADERS, View
from channels.security.audit import Audit
from channels.security.guard import COOKIE
from channels.security.passwords import TooManyAttempts
from channels.security.users import Users, form_token

ENTERING = "wasl_login"
TARGET = "console"


class Entrance:
    def __init__(self, view: View, users: Users, audit: Audit) -> None:
        self._view, self._users, self._audit = view, users, audit

    def routes(self) -> list[Route]:
        return [
            Route("/login", self._view.shown(self.login), methods=["GET"]),
            Route("/login", self._view.shown(self.enter), methods=["POST"]),
            Route("/logout", self._view.shown(self.leave), methods=["POST"]),
        ]

    async def login(self, request: Request) -> Response:
        if request.headers.get("hx-request"):  # a part of a page whose session has ended
            return Response(headers=HEADERS | {"HX-Redirect": "/login"})
        return self._form(request)

    async def enter(self, request: Request) -> Response:
        form = await fields(request)
        expected = form_token(request.cookies.get(ENTERING, ""))
        if ENTERING not in request.cookies or not hmac.compare_digest(text(form, TOKEN).encode(), expected.encode()):
            return self._form(request, 403, stale=True)
        name, password, peer = text(form, "name"), form.get("password"), request.client.host if request.client else ""
        try:
            user = await run_in_threadpool(
                self._users.verify, name, password if isinstance(password, str) else "", peer
            )
        except TooManyAttempts as error:
            return self._form(request, 429, name=name, wait=round(error.retry_after) + 1)
        if user is None:
            return self._form(request, 401, name=name, wrong=True)
        session = await run_in_threadpool(self._users.open_session, user)
        await run_in_threadpool(self._audit.write, user.name, "log in", TARGET)
        answer = RedirectResponse("/", 303, HEADERS)
        answer.set_cookie(COOKIE, session, httponly=True, samesite="strict", secure=_secure(request))
        answer.delete_cookie(ENTERING, path="/login")
        return answer

    async def leave(self, request: Request) -> Response:
        await posted(request)
        await run_in_threadpool(self._users.close_session, request.cookies.get(COOKIE, ""))
        await run_in_threadpool(self._audit.write, request.scope["user"].name, "log out", TARGET)
        answer = RedirectResponse("/login", 303, HEADERS)
        answer.delete_cookie(COOKIE)
        return answer

    def _form(
        self,
        request: Request,
        status: int = 200,
        *,
        name: str = "",
        wait: int = 0,
        wrong: bool = False,
        stale: bool = False,
    ) -> Response:
        fresh = secrets.token_urlsafe(32)
        said = {"name": name, "wait": wait, "wrong": wrong, "stale": stale, "entering": form_token(fresh)}
        answer = self._view.page(request, "login.html", said, status)
        answer.set_cookie(
            ENTERING, fresh, 3600, path="/login", httponly=True, samesite="strict", secure=_secure(request)
        )
        return answer


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"
