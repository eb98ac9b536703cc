"""The HTTP side of the program, as one ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from channels.console import pages
from channels.gateway import api, record
from channels.gateway.care_sheets import BadQuery, care_sheets
from channels.gateway.intake import Intake
from channels.gateway.parts import Parts
from channels.security.guard import Guard

__all__ = ["Parts", "application"]

FHIR_CHANNEL = "fhir"


def application(parts: Parts) -> ASGIApp:
    """Intake, `/fhir`, `/api`, console, health; everything that shows something asks who is there first."""
    house = parts.house
    intake = Intake(house.channels, parts.door, house.clients, house.settings.http, parts.held)

    async def bundle_in(request: Request) -> Response:
        return await intake.take(request, FHIR_CHANNEL)

    def audited(request: Request, action: str, target: str) -> None:
        house.audit.note(request.scope["user"].name, action, target)

    async def sheets(request: Request) -> Response:
        """`GET /api/care-sheets?person=system|value`."""
        try:
            person, limit = request.query_params.get("person", ""), int(request.query_params.get("limit", "100"))
            found = await run_in_threadpool(care_sheets, house.ledger, person, house.links.following, limit=limit)
        except (BadQuery, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        audited(request, "read", "CareSheet")
        return JSONResponse(found)

    routes: list[BaseRoute] = [
        *parts.health.routes(),
        *intake.routes(),
        Route("/fhir", bundle_in, methods=["POST"]),
        Route("/fhir/", bundle_in, methods=["POST"]),
        *record.routes(house.reading, house.links.following, audited),
        Route("/api/care-sheets", sheets),
        Mount("/api", api.application(parts.desk)),
        *pages.routes(parts),
    ]
    return Guard(Starlette(routes=routes), house.users)
