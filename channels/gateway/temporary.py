"""`POST /fhir/Patient/$temporary`: a temporary identity for somebody without papers, with its number for the wristband.

Parameters: `facility` (valueIdentifier, or valueString for a local name), `flag` (valueCode, any number: newborn,
unconscious, unknown-sex), `mother` (valueIdentifier, of a newborn), `patient` (what is known, a Patient).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.channel import Channel
from channels.gateway.fhir import answer, base
from channels.gateway.intake import TRANSACTION, Declined, Prepared
from channels.gateway.parameters import Json, parameters, value
from channels.gateway.patient_feed import CHANNEL
from channels.gateway.search import Problem
from channels.temporaries import Places, UnknownPlace, Wanted, made, message
from mediators.fhir.document import parsed
from registries.client.bearers import bearer
from registries.client.links import Links
from registries.client.records import Records
from schemas import temporary
from schemas.events import Identifier
from schemas.fhir.reading_xml import in_json
from schemas.message import Refused

ACTION = "give a temporary identity"
_KNOWN = frozenset({"facility", "flag", "mother", "patient"})

Take = Callable[[Request, str, Prepared], Awaitable[Response]]
# Into the audit trail: who, what, about whom
Note = Callable[[str, str, str], None]


class Issuing:
    """take: sends one request through the door (intake.py). note: writes the audit trail."""

    def __init__(self, take: Take, places: Places, records: Records, links: Links, note: Note) -> None:
        self._take, self._places, self._records, self._links, self._note = take, places, records, links, note

    async def issue(self, request: Request) -> Response:
        """201 with the Patient; its address names no number. 400 and 422: what to send instead."""
        given: tuple[str, Json] | None = None

        async def prepared(_channel: Channel, body: bytes) -> bytes:
            nonlocal given
            try:
                wanted = asked(body)
                place = await run_in_threadpool(self._places.word, wanted.place)
            except Problem as problem:
                raise Declined(problem) from None
            except UnknownPlace as error:
                raise Declined(Problem(422, "not-found", f"facility: {error}")) from None
            given = made(Wanted(place, wanted.flags, wanted.mother, wanted.patient))
            return message(given[1])

        response = await self._take(request, CHANNEL, prepared)
        if response.status_code != 200 or given is None:
            return response
        return await run_in_threadpool(self._issued, request, response, *given)

    def _issued(self, request: Request, response: Response, number: str, patient: Json) -> Response:
        person = bearer(self._records, self._links, temporary.SYSTEM, number)
        self._note(request.state.client, ACTION, f"Patient/{person}")
        told = answer({**patient, **({"id": person} if person else {})}, 201)
        told.headers["Location"] = f"{base(request)}/Patient/{person}"
        told.headers[TRANSACTION] = response.headers[TRANSACTION]
        return told


def routes(issuing: Issuing) -> list[Route]:
    """To be mounted before the reads of a Patient."""
    return [Route("/fhir/Patient/$temporary", issuing.issue, methods=["POST"])]


def asked(body: bytes) -> Wanted:
    """Raises Problem."""
    try:
        parsed(body)  # no key twice, not too deep
        told = parameters(orjson.loads(in_json(body)))
    except (Refused, orjson.JSONDecodeError) as error:
        text = error.issues[0].text if isinstance(error, Refused) else "this is not JSON"
        raise Problem(400, "structure", text) from None
    if unknown := sorted({one["name"] for one in told} - _KNOWN):
        raise Problem(400, "not-supported", f"$temporary takes {', '.join(sorted(_KNOWN))}, not {unknown[0][:40]}")
    flags = tuple(dict.fromkeys(str(value(one)) for one in told if one["name"] == "flag"))
    if wrong := [one for one in flags if one not in temporary.FLAGS]:
        raise Problem(400, "code-invalid", f"flag: expected {', '.join(temporary.FLAGS)}, not {wrong[0][:40]}")
    mother = _first(told, "mother", value)
    if mother is not None and not (isinstance(mother, dict) and mother.get("system") and mother.get("value")):
        raise Problem(400, "invalid", "mother: expected valueIdentifier with system and value")
    if mother and "newborn" not in flags:
        raise Problem(400, "invalid", "mother: only a newborn is told by the mother's number; add the flag newborn")
    return Wanted(_place(told), flags, mother, _patient(told))


def _place(told: Any) -> Identifier:
    said = _first(told, "facility", value)
    if isinstance(said, str) and said.strip():
        return {"system": "", "value": said.strip()}
    if isinstance(said, dict) and isinstance(said.get("value"), str) and said["value"].strip():
        return {"system": str(said.get("system") or ""), "value": said["value"].strip()}
    text = "facility: expected valueIdentifier, the INPE of the establishment, or valueString, a name it is known by"
    raise Problem(400, "required", text)


def _patient(told: Any) -> Json | None:
    found = _first(told, "patient", lambda one: one.get("resource"))
    if found is None:
        return None
    if not isinstance(found, dict) or found.get("resourceType") != "Patient":
        raise Problem(400, "structure", "patient: expected a Patient as its resource")
    if not all(isinstance(found.get(name, []), list) for name in ("identifier", "extension", "contained")):
        raise Problem(400, "structure", "patient: this is not a Patient of FHIR R4")
    return found


def _first(told: Any, name: str, read: Callable[[Json], Any]) -> Any:
    found = [read(one) for one in told if one["name"] == name]
    if len(found) > 1:
        raise Problem(400, "invalid", f"{name}: expected once")
    return found[0] if found else None
