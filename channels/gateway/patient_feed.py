"""`/fhir/Patient` as it is written: the client registry's feed (IHE PIXm ITI-104), and PMIR (ITI-93).

What is sent is a message on a channel like any other: durable first, in the journal, run again from there. A request
that says something beside its body becomes a transaction Bundle of one entry, which says the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.channel import Channel
from channels.gateway.fhir import base, outcome
from channels.gateway.intake import Prepared
from channels.gateway.search import Problem
from mediators.fhir import pmir
from mediators.fhir.document import document
from mediators.fhir.feed import condition
from mediators.systems import identifier_system
from registries.client.links import Links
from registries.client.records import Records
from schemas.fhir.reading.elements import Json, parts
from schemas.message import Refused

CHANNEL = "client-registry-fhir"
TEMPORARY = "https://hie.sante.gov.ma/fhir/OperationDefinition/Patient-temporary"

Take = Callable[[Request, str, Prepared], Awaitable[Response]]

MERGED = (
    "this number was merged into another, and stays so; what was said of the patient is kept."
    " A steward takes a merge back"
)


class Feed:
    """take: sends one request through the door (intake.py). Whose a number is, is looked up in the registry."""

    def __init__(self, take: Take, records: Records, links: Links) -> None:
        self._take, self._records, self._links = take, records, links

    async def put(self, request: Request) -> Response:
        """ITI-104: 201 when the number is new, else 200; in Location the person, and no number."""
        url = f"Patient?{request.url.query}"
        number: tuple[str, str] | None = None
        before = ""

        async def prepared(channel: Channel, body: bytes) -> bytes:
            nonlocal number, before
            if number := _number(channel, url):
                before = await run_in_threadpool(self._person, *number)
            return written(url, body)

        response = await self._take(request, CHANNEL, prepared)
        if response.status_code == 200 and number:
            response.status_code = 200 if before else 201
            if person := await run_in_threadpool(self._person, *number):
                response.headers["Location"] = f"{base(request)}/Patient/{person}"
        return response

    async def delete(self, _request: Request) -> Response:
        text = (
            "numbers are not removed here; PUT the Patient with active=false and link.type replaced-by if another"
            " number replaces it, or ask a steward to part what was joined wrongly"
        )
        response = outcome(Problem(405, "not-supported", text))
        response.headers["Allow"] = "GET, PUT"
        return response

    async def message(self, request: Request) -> Response:
        """ITI-93. An entry that tells of a merged number as if it were not is answered 405: the merge stands."""
        back: list[int] = []

        async def prepared(channel: Channel, body: bytes) -> bytes:
            nonlocal back
            back = await run_in_threadpool(self._unmerged, channel, body)
            return body

        response = await self._take(request, CHANNEL, prepared)
        return _refusing(response, back) if back and response.status_code == 200 else response

    def _unmerged(self, channel: Channel, body: bytes) -> list[int]:
        """Which entries of the history would take a merge back."""
        try:
            read = document(body)
        except Refused:
            return []
        told = enumerate(pmir.entries(read) if pmir.header(read) else ())
        return [count for count, one in told if one.method == "PUT" and self._is_merged(channel, one.resource)]

    def _is_merged(self, channel: Channel, resource: Json) -> bool:
        number = next(iter(parts(resource, "identifier")), {})
        if resource.get("active") is False or not number.get("value"):
            return False
        system = identifier_system(str(number.get("system") or ""), authorities=channel.context.authorities)
        persons = self._records.persons_with(system, str(number["value"]))
        return bool(persons) and all(self._links.survivor(one) != one for one in persons)

    def _person(self, system: str, value: str) -> str:
        """Who stands for the person with this number, "" for nobody; of several the smallest, as everywhere."""
        persons = self._records.persons_with(system, value)
        return min((self._links.survivor(one) for one in persons), default="")


def written(url: str, body: bytes) -> bytes:
    """A Bundle that asks for the resource to be written there, its bytes as they came; what is no JSON object stays
    as it is, for the door to refuse."""
    try:
        if not isinstance(orjson.loads(body), dict):
            return body
    except orjson.JSONDecodeError:
        return body
    entry = {"request": {"method": "PUT", "url": url}, "resource": orjson.Fragment(body)}
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})


def routes(feed: Feed) -> list[Route]:
    """To be mounted before the reads."""
    return [
        Route("/fhir/Patient", feed.put, methods=["PUT"]),
        Route("/fhir/Patient", feed.delete, methods=["DELETE"]),
        Route("/fhir/$process-message", feed.message, methods=["POST"]),
    ]


def capabilities(read: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """What the CapabilityStatement says: of Patients what is read, and that they are written and followed."""
    patient = read["Patient"]
    interactions = [*patient["interaction"], {"code": "update"}, {"code": "history-type"}]
    written = {"interaction": interactions, "conditionalUpdate": True, "conditionalDelete": "not-supported"}
    written["operation"] = [*patient["operation"], {"name": "temporary", "definition": TEMPORARY}]
    codes = [{"code": one} for one in ("create", "read", "delete", "search-type")]
    return {**read, "Patient": {**patient, **written}, "Subscription": {"interaction": codes}}


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
