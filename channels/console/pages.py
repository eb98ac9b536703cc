"""The operators' pages put together: server-rendered, readable without JavaScript, in the reader's language."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from channels.console import places, professionals
from channels.console.care_sheets import CareSheets
from channels.console.channel import ChannelPage
from channels.console.check import CheckPage
from channels.console.codes import Codes
from channels.console.entrance import Entrance
from channels.console.failures import Failures
from channels.console.language import Languages
from channels.console.nationals import Nationals
from channels.console.overview import OverviewPage
from channels.console.people import People
from channels.console.reviews import Reviews
from channels.console.rules import RulesPages
from channels.console.temporary import TemporaryPage
from channels.console.transactions import Transactions
from channels.console.verification import Verification
from channels.console.view import NOT_FOUND, View
from channels.gateway.parts import Parts
from channels.identities import Identities
from channels.security.guard import MACHINES

INTAKE = "/channels/"
HOUR = "public, max-age=3600"


def routes(parts: Parts) -> list[BaseRoute]:
    """To be put last: what no other route takes is answered with a page, too."""
    settings = parts.house.settings
    view = View(Languages(settings.language, settings.zone))
    identities = Identities.of(parts.house)

    async def missing(request: Request) -> Response:
        if request.url.path.startswith(MACHINES):
            raise HTTPException(404)
        if request.url.path.startswith(INTAKE):
            raise HTTPException(405, headers={"Allow": "POST"})
        return view.problem(request, NOT_FOUND)

    return [
        Mount("/static", Static(directory=Path(__file__).parent / "static")),
        *Entrance(view, parts.house.users, parts.house.audit).routes(),
        *OverviewPage(view, parts).routes(),
        *Transactions(view, parts).routes(),
        *Failures(view, parts).routes(),
        *Codes(view, parts).routes(),
        *CareSheets(view, parts).routes(),
        *places.routes(view, parts),
        *professionals.routes(view, parts),
        *Reviews(view, parts, identities).routes(),
        *Verification(view, parts, identities).routes(),
        *TemporaryPage(view, parts).routes(),
        *People(view, parts, identities).routes(),
        *Nationals(view, parts).routes(),
        *RulesPages(view, parts, identities).routes(),
        *ChannelPage(view, parts).routes(),
        *CheckPage(view, parts).routes(),
        Route("/{path:path}", missing, methods=["GET"]),
    ]


class Static(StaticFiles):
    """The style, the scripts and their licences: open to all, the only thing a browser may keep."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = HOUR
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer
