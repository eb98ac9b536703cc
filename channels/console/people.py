"""One person as the client registry knows them: what is believed, what each source says, links and history; and every
decision a steward can take. A person is found by a number or a name that never stands in an address."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.console.care_sheets import SYSTEMS
from channels.console.compared import compared, sources, told
from channels.console.decisions import ACTS
from channels.console.forms import posted, text
from channels.console.masks import Masks
from channels.console.portrait import LABELS, Field, Told, Value, human, plain, portrait
from channels.console.reads import Reads
from channels.console.view import HEADERS, Problem, View
from channels.console.words import N_, SEX
from channels.gateway.parts import Parts
from channels.identities import Identities
from channels.journal.times import iso
from registries.client import typed
from registries.client.decision import Declined
from registries.client.golden import Golden
from registries.client.records import SourceRecord
from registries.client.survivorship import CHOOSABLE
from schemas.events import Patient
from schemas.queries import Criteria

MOST = 50
GONE = Problem(404, N_("There is no such person"), N_("Look the person up again: the address may have been mistyped."))


class People:
    def __init__(self, view: View, parts: Parts, identities: Identities) -> None:
        self._view, self._audit, self._of = view, parts.house.audit, identities
        self._reads = Reads(parts.house.audit)
        self._masked = parts.house.settings.masked
        self._verifies = parts.house.settings.registries.rnp.url != ""

    def routes(self) -> list[Route]:
        shown = self._view.shown
        return [
            Route("/people", shown(self.form), methods=["GET"]),
            Route("/people", shown(self.find), methods=["POST"]),
            Route("/people/{person}", shown(self.one), methods=["GET"]),
            Route("/people/{person}", shown(self.opened), methods=["POST"]),
            Route("/people/{person}/beside", shown(self.seek), methods=["POST"]),
            Route("/people/{person}/beside/{other}", shown(self.beside), methods=["GET"]),
            Route("/people/{person}/beside/{other}", shown(self.beside_opened), methods=["POST"]),
            Route("/people/{person}/{act:str}", shown(self.act), methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        return self._found(request, None, {})

    async def find(self, request: Request) -> Response:
        form = await posted(request)
        found = await run_in_threadpool(self._sought, form)
        if len(found) == 1:
            return RedirectResponse(f"/people/{found[0]}", 303, HEADERS)
        people = [await run_in_threadpool(self._short, person) for person in found]
        self._reads.note(request, found)
        return self._found(request, people, {name: text(form, name) for name in ("system", "family", "given", "birth")})

    async def one(self, request: Request) -> Response:
        return await self._page(request)

    async def opened(self, request: Request) -> Response:
        await self._open(request)
        return await self._page(request, open=True)

    async def seek(self, request: Request) -> Response:
        """Another identity to be laid beside this one."""
        form, person = await posted(request), request.path_params["person"]
        found = [one for one in await run_in_threadpool(self._sought, form) if one != person]
        if len(found) == 1:
            return RedirectResponse(f"/people/{person}/beside/{found[0]}", 303, HEADERS)
        people = [await run_in_threadpool(self._short, one) for one in found]
        self._reads.note(request, found)
        return self._found(request, people, {"system": text(form, "system")}, beside=person)

    async def beside(self, request: Request) -> Response:
        return await self._beside(request)

    async def beside_opened(self, request: Request) -> Response:
        await self._open(request)
        return await self._beside(request, open=True)

    async def act(self, request: Request) -> Response:
        form, person = await posted(request), request.path_params["person"]
        act, by = ACTS.get(request.path_params["act"]), request.scope["user"].name
        if act is None or not await run_in_threadpool(self._of.known, person):
            raise GONE
        await run_in_threadpool(self._audit.write, by, request.path_params["act"], f"Patient/{person}")
        try:
            entry = await run_in_threadpool(act, self._of.steward, person, form, by, text(form, "why"))
        except Declined as error:
            return await self._page(request, declined=str(error))
        return RedirectResponse(f"/people/{person}?done={entry}", 303, HEADERS)

    async def _open(self, request: Request) -> None:
        await self._reads.opened(request, f"Patient/{uuid_of(request.path_params['person'])}")

    def _found(self, request: Request, people: Any, asked: Mapping[str, str], beside: str = "") -> Response:
        asked = {"system": "", "family": "", "given": "", "birth": "", **asked}
        said = {"people": people, "asked": asked, "systems": SYSTEMS, "beside": beside, "most": MOST}
        return self._view.page(request, "people.html", said)

    def _sought(self, form: FormData) -> list[str]:
        """Who stands for each person found, by an identity, a number, or a name and a birth date."""
        number, system = text(form, "number"), text(form, "system")
        if number:
            system, number = number.split("|", 1) if "|" in number else (system, number)
            found = {number} if self._of.known(number) else self._of.records.persons_with(system, number)
        elif family := text(form, "family"):
            wanted = Criteria(family=f"{family}*", given=_begins(text(form, "given")), birth=text(form, "birth"))
            found = set(self._of.search(wanted, MOST))
        else:
            return []
        links = self._of.links.look(found)
        return sorted({links.survivor(min(links.following(one))) for one in found})

    def _short(self, person: str) -> dict[str, Any]:
        here = self._of.side(person)
        patient = self._of.golden(here.joined, here.records).patient
        return {"id": person, "records": len(here.records), **_named(patient)}

    async def _page(self, request: Request, *, open: bool = False, declined: str = "") -> Response:
        masks = Masks(self._masked, open=open)
        said = await run_in_threadpool(self._look, uuid_of(request.path_params["person"]), masks)
        self._reads.note(request, said["joined"])
        shown = said | {"open": open, "declined": declined, "done": "done" in request.query_params}
        return self._view.page(request, "person.html", shown, 409 if declined else 200)

    def _look(self, person: str, masks: Masks) -> dict[str, Any]:
        if not self._of.known(person):
            raise GONE
        here = self._of.side(person)
        golden = self._of.golden(here.joined, here.records)
        joining, apart = self._of.links_of(here.joined)
        return {
            "person": person,
            "name": _named(golden.patient)["name"],
            "survivor": self._of.links.survivor(person),
            "joined": sorted(here.joined),
            "believed": _believed(golden, here.records, masks),
            "chosen": {choice.field for choice in self._of.choices(here.joined)},
            "records": [told(one) | {"fields": portrait([one], masks)} for one in here.records],
            "sources": sources(here),
            "links": [_link(one) | {"why": self._of.reason(one)} for one in joining],
            "apart": [_link(one) | {"why": self._of.reason(one)} for one in apart],
            "reviews": self._of.queue.of_persons(here.joined),
            "history": [_line(one) for one in self._of.steward.history(person)],
            "systems": SYSTEMS,
            "plain": plain,
            "sexes": {code: SEX[code] for code in typed.SEXES},
            "verifies": self._verifies,
        }

    async def _beside(self, request: Request, *, open: bool = False) -> Response:
        masks = Masks(self._masked, open=open)
        person, other = uuid_of(request.path_params["person"]), uuid_of(request.path_params["other"])
        said = await run_in_threadpool(self._both, person, other, masks)
        self._reads.note(request, said.pop("read"))
        return self._view.page(request, "person_beside.html", said | {"open": open})

    def _both(self, person: str, other: str, masks: Masks) -> dict[str, Any]:
        if person == other or not (self._of.known(person) and self._of.known(other)):
            raise GONE
        one, another = self._of.side(person, other), self._of.side(other, person)
        return compared(self._of, one, another, masks) | {
            "together": other in self._of.links.following(person),
            "here": f"/people/{person}/beside/{other}",
        }


def uuid_of(given: str) -> str:
    """Of an address: nothing else is an identity. Raises Problem."""
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise GONE from None


def _begins(name: str) -> str:
    return f"{name}*" if name else ""


def _named(patient: Patient) -> dict[str, str]:
    names = [said for name in patient.get("names") or () if (said := human(name))]
    return {"name": names[0] if names else "", "birth": patient.get("birth_date") or ""}


def _believed(golden: Golden, records: Collection[SourceRecord], masks: Masks) -> list[dict[str, Any]]:
    """Each field with who says the same, the one that decided first; and what could be chosen instead."""
    carried = {(field.name, field.system): field.values for field in portrait(records, masks)}
    decisive = {name.partition(".")[0]: record for name, record in golden.sources.items()}
    fields = portrait([Told(0, golden.patient)], masks)
    untold = typed.TYPED.keys() - {field.name for field in fields}
    found = []
    for field in [*fields, *(Field(name, LABELS[name], ()) for name in sorted(untold))]:
        known = {value.key: value for value in carried.get((field.name, field.system), ())}
        values = [_carried(one, known.get(one.key), decisive.get(field.name, 0)) for one in field.values]
        choices = list(known.values()) if field.name in CHOOSABLE and len(known) > 1 else []
        found.append({"field": field, "values": values, "choices": choices, "typed": field.name in typed.TYPED})
    return found


def _carried(value: Value, known: Value | None, first: int) -> Value:
    records = sorted(known.records, key=lambda one: one != first) if known else ()
    return Value(value.text, value.note, tuple(records), value.hidden, value.key)


def _link(link: Any) -> dict[str, Any]:
    return {
        "one": link.from_person,
        "other": link.to_person,
        "kind": link.kind,
        "by": link.by,
        "at": iso(link.at),
        "score": link.score,
    }


def _line(line: Any) -> dict[str, Any]:
    return {
        "id": line.id,
        "action": line.action,
        "person": line.person,
        "other": line.other,
        "by": line.by,
        "why": line.why,
        "at": iso(line.at),
        "field": line.detail.get("field", ""),
        "undoable": "changes" in line.detail and line.action != "rematched",
    }
