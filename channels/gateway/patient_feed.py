"""`/fhir/Patient` as it is written: the client registry's feed (IHE PIXm ITI-104), and PMIR (ITI-93).

What is sent is a message on a channel like any other: durable first, in the journal, run again from there. A request
that says something beside its body becomes a transaction Bundle of one entry, which says the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.channel import Channel
from channels.gateway.fhir import Instead, base, outcome
from channels.gateway.intake import TRANSACTION, Declined, Prepared
from channels.gateway.patient_removal import MERGED, NOT_HERE, Removal, removing
from channels.gateway.search import Problem
from mediators.fhir import pmir
from mediators.fhir.document import document
from mediators.fhir.feed import condition
from mediators.systems import identifier_system
from registries.client.bearers import bearer
from registries.client.links import Links
from registries.client.records import Records
from schemas.fhir.reading.elements import Json, parts
from schemas.fhir.reading_xml import NotFhir, in_json
from schemas.message import Refused

CHANNEL = "client-registry-fhir"
PATIENTS, PATIENT = "/fhir/Patient", "/fhir/Patient/{id}"
TEMPORARY = "https://hie.sante.gov.ma/fhir/OperationDefinition/Patient-temporary"

Take = Callable[[Request, str, Prepared], Awaitable[Response]]


class Feed:
    """take: sends one request through the door (intake.py). Whose a number is, is looked up in the registry. removal:
    what sources may take back."""

    def __init__(self, take: Take, records: Records, links: Links, removal: Removal) -> None:
        self._take, self._records, self._links, self._removal = take, records, links, removal

    async def put(self, request: Request) -> Response:
        """ITI-104: 201 when the number is new, else 200; in Location the person, and no number."""
        url = f"Patient?{_condition(request)}"
        number: tuple[str, str] | None = None
        before = ""

        async def prepared(channel: Channel, body: bytes) -> bytes:
            nonlocal number, before
            if number := _number(channel, url):
                before = await run_in_threadpool(bearer, self._records, self._links, *number)
            return written(url, body)

        response = await self._take(request, CHANNEL, prepared)
        if response.status_code == 200 and number:
            response.status_code = 200 if before else 201
            if person := await run_in_threadpool(bearer, self._records, self._links, *number):
                response.headers["Location"] = f"{base(request)}/Patient/{person}"
        return response

    async def delete(self, request: Request) -> Response:
        """ITI-104, as an option: 204 once the source's record is taken back."""
        url = f"Patient?{_condition(request)}"

        async def prepared(channel: Channel, _body: bytes) -> bytes:
            return removing(url, await run_in_threadpool(self._removed, channel, url, request.state.client))

        response = await self._take(request, CHANNEL, prepared)
        if response.status_code != 200:
            return response
        return Response(None, 204, {TRANSACTION: response.headers[TRANSACTION]})

    def _removed(self, channel: Channel, url: str, sender: str) -> Json:
        """The Patient that says so. Raises Declined."""
        if (number := _number(channel, url)) is None:
            raise Declined(Problem(400, "required", "delete Patient?identifier=system|value, and nothing else"))
        domain = channel.context.domains.of_system(number[0])
        if domain and not domain.may_assign(sender, channel.name):  # the door refuses it, and tells nobody who is known
            told = {"system": number[0], "value": number[1]}
            return {"resourceType": "Patient", "active": False, "identifier": [told]}
        try:
            return self._removal.patient(channel.name, number)
        except Problem as problem:
            raise Declined(problem) from None

    async def message(self, request: Request) -> Response:
        """ITI-93. An entry that tells of a merged number as if it were not is answered 405, and the merge stands,
        unless the settings let a source take back what a source merged."""
        back: dict[int, Collection[str]] = {}

        async def prepared(channel: Channel, body: bytes) -> bytes:
            nonlocal back
            back = await run_in_threadpool(self._unmerged, channel, body)
            return body

        response = await self._take(request, CHANNEL, prepared)
        if not back or response.status_code != 200:
            return response
        stand = await run_in_threadpool(self._standing, back, request.state.client)
        return _refusing(response, stand) if stand else response

    def _standing(self, back: Mapping[int, Collection[str]], by: str) -> list[int]:
        return [count for count, persons in back.items() if not self._removal.part(persons, by)]

    def _unmerged(self, channel: Channel, body: bytes) -> dict[int, Collection[str]]:
        """Which entries of the history would take a merge back, and of whom."""
        try:
            read = document(body)
        except Refused:
            return {}
        told = enumerate(pmir.entries(read) if pmir.header(read) else ())
        found = {count: self._merged(channel, one.resource) for count, one in told if one.method == "PUT"}
        return {count: persons for count, persons in found.items() if persons}

    def _merged(self, channel: Channel, resource: Json) -> Collection[str]:
        number = next(iter(parts(resource, "identifier")), {})
        if resource.get("active") is False or not number.get("value"):
            return ()
        system = identifier_system(str(number.get("system") or ""), authorities=channel.context.authorities)
        persons = self._records.persons_with(system, str(number["value"]))
        links = self._links.look(persons)
        return persons if all(links.survivor(one) != one for one in persons) else ()


def written(url: str, body: bytes) -> bytes:
    """A Bundle that asks for the resource to be written there, its JSON as it came; what is no resource stays
    as it is, for the door to refuse. It has an identifier of its own: what a source says again after it said something
    else is no duplicate."""
    try:
        resource = in_json(body)
        if not isinstance(orjson.loads(resource), dict):
            return body
    except (NotFhir, orjson.JSONDecodeError):
        return body
    entry = {"request": {"method": "PUT", "url": url}, "resource": orjson.Fragment(resource)}
    named = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid.uuid4()}"}
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "identifier": named, "entry": [entry]})


def routes(feed: Feed, *, delete: bool = False) -> list[Route]:
    """To be mounted before the reads. delete: whether sources may."""
    always = [
        Route(PATIENTS, feed.put, methods=["PUT"]),
        Route("/fhir/$process-message", feed.message, methods=["POST"]),
    ]
    return [*always, Route(PATIENTS, feed.delete, methods=["DELETE"])] if delete else always


def instead(*, delete: bool = False) -> Instead:
    """What whoever writes a Patient as nobody may is told to do. delete: whether sources may."""
    put = "PUT Patient?identifier=system|value, by the number that its source gave it, registers and updates a Patient"
    ids = f"ids of Patients are given here, and nobody writes under one: {put}"
    removed = "DELETE Patient?identifier=system|value removes what you wrote under this number" if delete else NOT_HERE
    posted = f"{put}; a message (PMIR) is POSTed to $process-message, and a Bundle to the base address"
    here = {("POST", PATIENTS): posted, ("PATCH", PATIENTS): put, ("DELETE", PATIENTS): removed}
    return {**here, ("PUT", PATIENT): ids, ("PATCH", PATIENT): ids, ("DELETE", PATIENT): removed}


def capabilities(read: Mapping[str, Mapping[str, Any]], *, delete: bool = False) -> dict[str, Mapping[str, Any]]:
    """What the CapabilityStatement says: of Patients what is read, and that they are written and followed."""
    patient = read["Patient"]
    more = ["update", "delete", "history-type"] if delete else ["update", "history-type"]
    interactions = [*patient["interaction"], *({"code": one} for one in more)]
    written: dict[str, Any] = {"interaction": interactions, "conditionalUpdate": True}
    written["conditionalDelete"] = "single" if delete else "not-supported"
    written["operation"] = [*patient["operation"], {"name": "temporary", "definition": TEMPORARY}]
    codes = [{"code": one} for one in ("create", "read", "delete", "search-type")]
    return {**read, "Patient": {**patient, **written}, "Subscription": {"interaction": codes}}


def _condition(request: Request) -> str:
    """The query without the format of the answer, which is no part of it."""
    return "&".join(one for one in request.url.query.split("&") if not one.startswith("_format="))


def _number(channel: Channel, url: str) -> tuple[str, str] | None:
    """The condition's number under the system by which the registry knows it."""
    asked = condition(url)
    if asked is None or asked.anonymous:
        return None
    return identifier_system(asked.words[0], authorities=channel.context.authorities), asked.value


def _refusing(response: Response, back: Sequence[int]) -> Response:
    """The answer, with 405 for these entries of its history."""
    told = orjson.loads(bytes(response.body))
    history = next(one["resource"] for one in told["entry"] if one["resource"].get("type") == "history")
    for count in back:
        said = orjson.loads(bytes(outcome(Problem(405, "business-rule", MERGED)).body))
        history["entry"][count]["response"] = {"status": "405", "outcome": said}
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    return Response(orjson.dumps(told), response.status_code, kept, response.media_type)
