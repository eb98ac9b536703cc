"""The HTTP side of the program, as one ASGI application."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from channels.console import pages
from channels.gateway import api, record
from channels.gateway.bounds import Short
from channels.gateway.care_sheets import care_sheets
from channels.gateway.faults import Contained, failed
from channels.gateway.intake import Intake
from channels.gateway.parts import Parts
from channels.security.guard import Guard

__all__ = ["Parts", "application"]

FHIR_CHANNEL = "fhir"


def application(parts: Parts) -> ASGIApp:
    """Intake, `/fhir`, `/api`, console, health; everything that shows something asks who is there first."""
    house = parts.house
    intake = Intake(house.channels, parts.door, house.clients, house.settings.http, parts.held, house.rates)

    async def bundle_in(request: Request) -> Response:
        return await intake.take(request, FHIR_CHANNEL)

    def audited(request: Request, action: str, target: str) -> None:
        house.audit.note(request.scope["user"].name, action, target)

    def sheets(person: str, limit: int) -> dict[str, Any]:
        return care_sheets(house.ledger, person, house.links.following, limit=limit)

    routes: list[BaseRoute] = [
        *parts.health.routes(),
        *intake.routes(),
        Route("/fhir", bundle_in, methods=["POST"]),
        Route("/fhir/", bundle_in, methods=["POST"]),
        *record.routes(house.reading, house.links.following, audited),
        Mount("/api", api.application(parts.desk, sheets, house.audit)),
        *pages.routes(parts),
    ]
    program = Starlette(routes=routes, exception_handlers={Exception: failed})
    return Contained(Guard(Short(program, free=("/channels/", "/fhir")), house.users))
