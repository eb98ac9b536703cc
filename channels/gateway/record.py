"""`/fhir` as it is read: the built-in shared record over FHIR R4, with every linked identity of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from email.utils import formatdate
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.consumers.reading import Kept, Reading
from channels.consumers.record import instant
from channels.gateway.capability import capability
from channels.gateway.fhir import FHIR_JSON, LARGEST_FORM, address, answer, answering, base, bundle, form, outcome
from channels.gateway.search import (
    ID,
    PARAMETERS,
    RESULT_PARAMETERS,
    Following,
    Pairs,
    Problem,
    astray,
    page_of,
    query_of,
)

__all__ = ["LARGEST_FORM", "Audit", "Reads", "routes"]

Audit = Callable[[Request, str, str], None]
NOTHING: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


class Reads:
    """The read side of `/fhir`. Every answer is made in a worker thread, for it blocks on the database.

    following: every identity linked with one, itself included. audit: called before clinical content is shown,
    with the request, what is done, and "Patient/<id>" or the type. beside: what others serve, for the statement.
    """

    def __init__(
        self, record: Reading, following: Following, audit: Audit, beside: Mapping[str, Mapping[str, Any]] = NOTHING
    ) -> None:
        self._record, self._following, self._audit, self._beside = record, following, audit, beside

    def metadata(self, request: Request) -> Response:
        page_of(request.query_params.multi_items())
        return answer(capability(base(request), self._beside))

    def read(self, request: Request) -> Response:
        kept = self._record.read(*self._named(request))
        if kept is None:
            raise _unknown(request)
        self._audit(request, "read", _whose(kept))
        return _resource(kept)

    def version(self, request: Request) -> Response:
        wanted = request.path_params["version"]
        for kept in self._record.history(*self._named(request)):
            if str(kept.version) == wanted:
                self._audit(request, "vread", _whose(kept))
                return _resource(kept)
        raise _unknown(request)

    def history(self, request: Request) -> Response:
        every = self._record.history(*self._named(request))
        if not every:
            raise _unknown(request)
        self._audit(request, "history", _whose(every[0]))
        entries = [_entry(request, kept) | _landed(kept) for kept in every]
        return bundle(request, "history", entries, len(every), [("self", address(request, request.url.query))])

    def search(self, request: Request) -> Response:
        return self.found(request, request.query_params.multi_items())

    def found(self, request: Request, pairs: Pairs) -> Response:
        kind = self._kind(request)
        query, patients = query_of(kind, pairs, self._following)
        if query.after and self._record.read(kind, query.after) is None:
            raise astray()
        found = self._record.search(query)
        for about in [f"Patient/{one}" for one in patients] or [kind]:
            self._audit(request, "search", about)
        return _page(request, kind, pairs, found.page, found.total, found.page[-1].id if found.more else "")

    def everything(self, request: Request) -> Response:
        name, pairs = request.path_params["id"], request.query_params.multi_items()
        if {key for key, _ in pairs} - set(RESULT_PARAMETERS):
            raise Problem(400, "not-supported", f"$everything takes {', '.join(RESULT_PARAMETERS)} and nothing else")
        if self._record.read("Patient", name) is None:
            raise _unknown(request)
        every = self._record.everything({name, *self._following(name)})
        count, after = page_of(pairs, default=len(every), largest=max(1000, len(every)))
        begin = next((place + 1 for place, one in enumerate(every) if f"{one.type}/{one.id}" == after), 0)
        if after and not begin:
            raise astray()
        page = every[begin : begin + count]
        self._audit(request, "everything", f"Patient/{name}")
        more = count and begin + count < len(every)
        last = f"{page[-1].type}/{page[-1].id}" if more else ""
        return _page(request, f"Patient/{name}/$everything", pairs, page, len(every), last)

    def _kind(self, request: Request) -> str:
        kind: str = request.path_params["type"]
        if kind not in PARAMETERS:
            served = ", ".join(sorted({*PARAMETERS, *self._beside}))
            raise Problem(404, "not-supported", f"no such resource type here; served: {served}")
        return kind

    def _named(self, request: Request) -> tuple[str, str]:
        kind, name = self._kind(request), request.path_params["id"]
        if not ID.fullmatch(name):
            raise Problem(404, "not-found", "this is not an id: expected at most 64 letters, digits, - and .")
        return kind, name


def routes(
    record: Reading, following: Following, audit: Audit, beside: Mapping[str, Mapping[str, Any]] = NOTHING
) -> list[Route]:
    """The routes, to be mounted after any other route under `/fhir`: `{type}/{id}` takes whatever is left."""
    reads = Reads(record, following, audit, beside)

    async def search_by_form(request: Request) -> Response:
        try:
            pairs = [*request.query_params.multi_items(), *await form(request)]
        except Problem as problem:
            return outcome(problem)
        return await run_in_threadpool(answering(lambda one: reads.found(one, pairs)), request)

    return [
        Route("/fhir/metadata", answering(reads.metadata)),
        Route("/fhir/Patient/{id}/$everything", answering(reads.everything)),
        Route("/fhir/{type}/_search", search_by_form, methods=["POST"]),
        Route("/fhir/{type}/{id}/_history/{version}", answering(reads.version)),
        Route("/fhir/{type}/{id}/_history", answering(reads.history)),
        Route("/fhir/{type}/{id}", answering(reads.read)),
        Route("/fhir/{type}", answering(reads.search)),
    ]


def _unknown(request: Request) -> Problem:
    return Problem(404, "not-found", f"no such {request.path_params.get('type', 'Patient')}")


def _whose(kept: Kept) -> str:
    return f"Patient/{kept.person}" if kept.person else kept.type


def _resource(kept: Kept) -> Response:
    headers = {"ETag": f'W/"{kept.version}"', "Last-Modified": formatdate(kept.at / 1e6, usegmt=True)}
    return Response(kept.body, headers=headers, media_type=FHIR_JSON)


def _entry(request: Request, kept: Kept) -> dict[str, Any]:
    return {"fullUrl": f"{base(request)}/{kept.type}/{kept.id}", "resource": orjson.Fragment(kept.body)}


def _landed(kept: Kept) -> dict[str, Any]:
    """How the version came to be, as a history tells it."""
    response = {"status": "201" if kept.version == 1 else "200", "etag": f'W/"{kept.version}"'}
    response["lastModified"] = instant(kept.at)
    return {"request": {"method": "PUT", "url": f"{kept.type}/{kept.id}"}, "response": response}


def _page(request: Request, path: str, pairs: Pairs, kept: Iterable[Kept], total: int, last: str) -> Response:
    asked = urlencode(pairs)
    links = [("self", f"{base(request)}/{path}" + (f"?{asked}" if asked else ""))]
    if last:
        after = urlencode([*((key, value) for key, value in pairs if key != "_after"), ("_after", last)])
        links.append(("next", f"{base(request)}/{path}?{after}"))
    entries = [_entry(request, one) | {"search": {"mode": "match"}} for one in kept]
    return bundle(request, "searchset", entries, total, links)
