"""Templates made into answers, in the reader's language and with the headers every page carries."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from channels.console.language import ASKED, COOKIE, SOURCE, Language, Languages
from channels.console.text import code, visible
from channels.console.words import N_, parted, word
from channels.rerun import NotKept
from channels.security.guard import COOKIE as SESSION
from channels.security.users import form_token
from schemas.message import Unavailable

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
YEAR = 365 * 24 * 3600
Endpoint = Callable[[Request], Awaitable[Response]]
log = logging.getLogger("wasl.console")


class Problem(Exception):
    """A page can't be given: what happened and what to do, as texts of the catalogue."""

    def __init__(self, status: int, title: str, remedy: str) -> None:
        super().__init__(title)
        self.status, self.title, self.remedy = status, title, remedy


NOT_FOUND = Problem(404, N_("There is no such page"), N_("Check the address, or start again from the overview."))
_NOT_KEPT = Problem(
    409,
    N_("This message can't be run again"),
    N_("Its body is no longer kept, or its channel is no longer configured. Ask the sender to send it again."),
)
_BUSY = Problem(
    503,
    N_("The program is busy or its log does not answer"),
    N_("Nothing was lost and nothing was done twice. Try again in a moment; if it goes on, look at the disk."),
)
_BROKEN = Problem(
    500,
    N_("This page could not be made"),
    N_("The messages go on. Try again; if it happens again, look for wasl.console in the program's log."),
)


class View:
    """One environment a language; everything that is shown goes through `page`."""

    def __init__(self, languages: Languages) -> None:
        self._languages = languages
        self._environments = {name: _environment(language) for name, language in languages.known.items()}

    def language(self, request: Request) -> Language:
        return self._languages.chosen(request)

    def page(self, request: Request, template: str, shown: Mapping[str, Any], status: int = 200) -> Response:
        language = self.language(request)
        user = request.scope.get("user")
        body = (
            self._environments[language.code]
            .get_template(template)
            .render(
                user=user.name if user else "",
                token=token_of(request),
                path=request.url.path,
                languages=self._offered(request, language),
                **shown,
            )
        )
        answer = HTMLResponse(body, status, HEADERS)
        if request.query_params.get(ASKED) == language.code:
            secure = request.url.scheme == "https"
            answer.set_cookie(COOKIE, language.code, YEAR, samesite="lax", secure=secure, httponly=True)
        return answer

    def shown(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint, with every failure told on a page of its own and never as a trace."""

        async def answered(request: Request) -> Response:
            try:
                return await endpoint(request)
            except Problem as problem:
                return self.problem(request, problem)
            except NotKept:
                return self.problem(request, _NOT_KEPT)
            except Unavailable:
                return self.problem(request, _BUSY)
            except Exception as error:
                # neither the error's text nor its values: they may hold what was searched for
                log.error("%s: %s%s", request.url.path, type(error).__name__, _where(error))
                return self.problem(request, _BROKEN)

        return answered

    def problem(self, request: Request, problem: Problem) -> Response:
        return self.page(request, "problem.html", {"problem": problem}, problem.status)

    def _offered(self, request: Request, current: Language) -> list[tuple[str, str, str]]:
        """The other languages: code, own name, and this page in it."""
        return [
            (one.code, one.name, f"?{request.url.include_query_params(**{ASKED: one.code}).query}")
            for one in self._languages.known.values()
            if one is not current
        ]


def token_of(request: Request) -> str:
    """What forms carry back; empty without a session."""
    session = request.cookies.get(SESSION)
    return form_token(session) if session else ""


def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("channels.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(language.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"language": language, "word": word, "parted": parted, "source": SOURCE}
    environment.filters |= {
        "when": language.when,
        "ago": language.ago,
        "number": language.number,
        "translated": language.text,
        "code": code,
        "visible": visible,
    }
    return environment


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
