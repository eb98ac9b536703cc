"""The HTTP side of the program, as one ASGI application."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from channels.bulletins import Bulletins
from channels.console import pages
from channels.gateway import (
    api,
    clients,
    mcsd,
    mcsd_feed,
    patient_feed,
    patient_history,
    patient_subscriptions,
    patients,
    record,
    reviews,
    temporary,
)
from channels.gateway.bounds import Short
from channels.gateway.care_sheets import care_sheets
from channels.gateway.faults import Contained, failed
from channels.gateway.fhir import FHIR_CHANNEL, unknown, unrouted
from channels.gateway.intake import Intake
from channels.gateway.negotiation import Negotiated
from channels.gateway.parts import Parts
from channels.gateway.patient_removal import Removal
from channels.identities import Identities
from channels.security.basic import basic
from channels.security.guard import Guard
from channels.security.passwords import TooManyAttempts
from channels.security.users import ADMIN, User, Users
from channels.temporaries import Places
from registries.care.store import Care
from registries.client.happenings import Happenings
from registries.client.records import Records
from registries.client.steward import Steward
from registries.sealing import Seal

__all__ = ["Parts", "application"]


def application(parts: Parts) -> ASGIApp:
    """Intake, `/fhir`, `/api`, console, health; everything that shows something asks who is there first."""
    house = parts.house
    intake = Intake(house.channels, parts.door, house.clients, house.settings.http, parts.held, house.rates)

    async def bundle_in(request: Request) -> Response:
        """What a client sends is a message; a Bundle of an administrator changes the directory."""
        if user := await _administrator(request, house.users):
            request.scope["user"] = user
            return await mcsd_feed.told(request, feed.bundle)
        return await intake.take(request, FHIR_CHANNEL)

    def written(request: Request, action: str, target: str) -> None:
        house.audit.write(request.scope["user"].name, action, target)

    def audited(request: Request, action: str, target: str) -> None:
        house.audit.note(request.scope["user"].name, action, target)

    def sheets(person: str, limit: int) -> dict[str, Any]:
        return care_sheets(house.ledger, person, house.links.following, limit=limit)

    care, of_the_record = Care(house.registries), record.Reads(house.reading, house.links.following, audited)
    known = Records(house.registries, house.registry_secret)
    said = house.settings.client_registry
    steward = Steward(house.registries, house.registry_secret, Seal(house.registry_secret), house.redis)
    removal = Removal(known, house.registries, steward, unmerge=said.unmerge)
    written_patients = patient_feed.Feed(intake.take, known, house.links, removal)
    issuing = temporary.Issuing(intake.take, Places(house.registries), known, house.links, house.audit.write)
    bulletins = Bulletins(house.records, house.links, house.believed)
    happenings = Happenings(house.registries)
    followed = patient_history.Following(house.registries, bulletins, audited)
    subscribed = patient_subscriptions.Asking(house.subscriptions, happenings, written)
    directory, feed = mcsd.Directory(care, of_the_record, audited), mcsd_feed.Feed(care, parts.learned, written)
    capable = mcsd.capabilities() | patient_feed.capabilities(patients.capabilities(), delete=said.delete)
    answers = reviews.added(api.application(parts.desk, sheets, house.audit), Identities.of(house), house.audit)

    routes: list[BaseRoute] = [
        *parts.health.routes(),
        *intake.routes(),
        Route("/fhir", bundle_in, methods=["POST"]),
        Route("/fhir/", bundle_in, methods=["POST"]),
        *mcsd.routes(directory),
        *mcsd_feed.routes(feed),
        *patient_feed.routes(written_patients, delete=said.delete),
        *temporary.routes(issuing),
        *patient_history.routes(followed),
        *patient_subscriptions.routes(subscribed),
        *clients.routes(house, of_the_record, audited),
        *record.routes(house.reading, house.links.following, audited, capable),
        Mount("/api", answers),
        *pages.routes(parts),
    ]
    not_taken = unrouted(patient_feed.instead(delete=said.delete))
    program = Starlette(routes=routes, exception_handlers={Exception: failed, HTTPException: not_taken})
    return Contained(Guard(Negotiated(Short(program, free=("/channels/", "/fhir"))), house.users, unknown))


async def _administrator(request: Request, users: Users) -> User | None:
    """The user `admin`, by Basic credentials. Nobody else is asked for here: senders would pay for it."""
    given = basic(request.headers.get("authorization", ""))
    if given is None or given[0] != ADMIN:
        return None
    peer = request.client.host if request.client else ""
    try:
        return await run_in_threadpool(users.verify, *given, peer)
    except TooManyAttempts:
        return None
