"""People without papers: a temporary identity with its number for the wristband, and the work list of those of whom
nobody knows yet who it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.console.care_sheets import SYSTEMS
from channels.console.forms import posted, text, texts
from channels.console.view import Problem, View
from channels.console.words import N_
from channels.gateway.parts import Parts
from channels.gateway.patient_feed import CHANNEL
from channels.gateway.temporary import ACTION
from channels.journal.times import iso
from channels.receive import taken
from channels.temporaries import Places, Temporary, UnknownPlace, Wanted, made, message
from registries.client.search import Filling
from schemas import temporary

# Of the work list, the oldest
SHOWN = 200
FHIR_JSON = "application/fhir+json"
FLAGS: Mapping[str, str] = {
    "newborn": N_("newborn"),
    "unconscious": N_("unconscious"),
    "unknown-sex": N_("sex unknown"),
}
_NO_CHANNEL = Problem(
    409,
    N_("Temporary identities can't be given here"),
    N_("They come by the channel client-registry-fhir: add it to the channels, or enable it."),
)


class TemporaryPage:
    def __init__(self, view: View, parts: Parts) -> None:
        self._view, self._parts = view, parts
        self._places = Places(parts.house.registries)

    def routes(self) -> list[Route]:
        """To be mounted before those of a person."""
        shown = self._view.shown
        return [
            Route("/people/temporary", shown(self.work), methods=["GET"]),
            Route("/people/temporary", shown(self.give), methods=["POST"]),
        ]

    async def work(self, request: Request) -> Response:
        return await self._page(request)

    async def give(self, request: Request) -> Response:
        form = await posted(request)
        try:
            wanted = await run_in_threadpool(self._wanted, form)
        except UnknownPlace as error:
            return await self._page(request, declined=str(error))
        number, patient = made(wanted)
        if refused := await self._sent(request, patient):
            return await self._page(request, declined=refused)
        person = await run_in_threadpool(self._given, request.scope["user"].name, number)
        return await self._page(request, number=number, person=person)

    def _wanted(self, form: FormData) -> Wanted:
        place = self._places.word({"system": "", "value": text(form, "facility")})
        flags = tuple(one for one in texts(form, "flag") if one in temporary.FLAGS)
        mother = {"system": text(form, "system"), "value": text(form, "number")}
        told = {"gender": text(form, "sex")} if text(form, "sex") in ("male", "female") else None
        return Wanted(place, flags, mother if mother["value"] and "newborn" in flags else None, told)

    async def _sent(self, request: Request, patient: dict[str, Any]) -> str:
        """Through the door, like what any client sends; why it was refused, "" where it was not."""
        channel = self._parts.house.channels.get(CHANNEL)
        if channel is None:
            raise _NO_CHANNEL
        body = message(patient)
        glance = channel.mediator.describe(body, FHIR_JSON)
        sender = f"console/{request.scope['user'].name}"
        one = taken(channel, glance, body, content_type=FHIR_JSON, client=sender)
        reply = await self._parts.door.receive(channel, one)
        return "" if reply.accepted else "; ".join(one["diagnostics"] for one in orjson.loads(reply.body)["issue"])

    def _given(self, user: str, number: str) -> str:
        person = min(self._parts.house.records.persons_with(temporary.SYSTEM, number), default="")
        self._parts.house.audit.write(user, ACTION, f"Patient/{person}")
        return person

    async def _page(self, request: Request, *, declined: str = "", number: str = "", person: str = "") -> Response:
        waiting = await run_in_threadpool(self._waiting)
        shown: dict[str, Any] = {
            "declined": declined,
            "number": number,
            "person": person,
            "flags": FLAGS,
            "systems": SYSTEMS,
        }
        shown |= {"waiting": waiting, "most": SHOWN, "days": self._parts.house.settings.client_registry.temporary_days}
        return self._view.page(request, "temporary.html", shown, 409 if declined else 200)

    def _waiting(self) -> list[dict[str, Any]] | None:
        """The oldest of the work list; None while the search is being filled."""
        try:
            return [_row(one) for one in self._parts.house.temporaries.open()[:SHOWN]]
        except Filling:
            return None


def _row(one: Temporary) -> dict[str, Any]:
    flags = [FLAGS[flag] for flag in one.flags if flag in FLAGS]
    return {
        "person": one.person,
        "number": one.number,
        "facility": one.facility,
        "flags": flags,
        "given": iso(one.given),
        "overdue": one.state == "overdue",
    }
