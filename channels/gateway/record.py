"""`/fhir` as it is read: the built-in shared record over FHIR R4, with every linked identity of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from email.utils import formatdate
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.consumers.reading import Kept, Reading
from channels.consumers.record import instant
from channels.gateway.capability import capability
from channels.gateway.search import ID, PARAMETERS, RESULT_PARAMETERS, Following, Pairs, Problem, page_of, query_of

FHIR_JSON = "application/fhir+json"
LARGEST_FORM = 64 * 1024

Audit = Callable[[Request, str, str], None]
Answer = Callable[[Request], Response]


class Reads:
    """The read side of `/fhir`. Every answer is made in a worker thread, for it blocks on the database.

    following: every identity linked with one, itself included. audit: called before clinical content is shown,
    with the request, what is done, and "Patient/<id>" or the type.
    """

    def __init__(self, record: Reading, following: Following, audit: Audit) -> None:
        self._record, self._following, self._audit = record, following, audit

    def metadata(self, request: Request) -> Response:
        page_of(request.query_params.multi_items())
        return _json(capability(str(request.base_url).rstrip("/") + "/fhir"))

    def read(self, request: Request) -> Response:
        kept = self._record.read(*_named(request))
        if kept is None:
            raise _unknown(request)
        self._audit(request, "read", _whose(kept))
        return _resource(kept)

    def version(self, request: Request) -> Response:
        wanted = request.path_params["version"]
        for kept in self._record.history(*_named(request)):
            if str(kept.version) == wanted:
                self._audit(request, "vread", _whose(kept))
                return _resource(kept)
        raise _unknown(request)

    def history(self, request: Request) -> Response:
        every = self._record.history(*_named(request))
        if not every:
            raise _unknown(request)
        self._audit(request, "history", _whose(every[0]))
        entries = [_entry(request, kept) | _landed(kept) for kept in every]
        return _bundle(request, "history", entries, len(every), [("self", _address(request, request.url.query))])

    def search(self, request: Request) -> Response:
        return self.found(request, request.query_params.multi_items())

    def found(self, request: Request, pairs: Pairs) -> Response:
        kind = _kind(request)
        query, patients = query_of(kind, pairs, self._following)
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
        page = every[begin : begin + count]
        self._audit(request, "everything", f"Patient/{name}")
        more = count and begin + count < len(every)
        last = f"{page[-1].type}/{page[-1].id}" if more else ""
        return _page(request, f"Patient/{name}/$everything", pairs, page, len(every), last)


def routes(record: Reading, following: Following, audit: Audit) -> list[Route]:
    """The routes, to be mounted after any other route under `/fhir`: `{type}/{id}` takes whatever is left."""
    reads = Reads(record, following, audit)

    async def search_by_form(request: Request) -> Response:
        try:
            pairs = [*request.query_params.multi_items(), *await _form(request)]
        except Problem as problem:
            return _outcome(problem)
        return await run_in_threadpool(_answering(lambda one: reads.found(one, pairs)), request)

    return [
        Route("/fhir/metadata", _answering(reads.metadata)),
        Route("/fhir/Patient/{id}/$everything", _answering(reads.everything)),
        Route("/fhir/{type}/_search", search_by_form, methods=["POST"]),
        Route("/fhir/{type}/{id}/_history/{version}", _answering(reads.version)),
        Route("/fhir/{type}/{id}/_history", _answering(reads.history)),
        Route("/fhir/{type}/{id}", _answering(reads.read)),
        Route("/fhir/{type}", _answering(reads.search)),
    ]


def _answering(answer: Answer) -> Answer:
    @wraps(answer)
    def answered(request: Request) -> Response:
        try:
            return answer(request)
        except Problem as problem:
            return _outcome(problem)

    return answered


async def _form(request: Request) -> Pairs:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Problem(415, "not-supported", "_search takes application/x-www-form-urlencoded")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            raise Problem(413, "too-long", f"_search takes at most {LARGEST_FORM} bytes")
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _kind(request: Request) -> str:
    kind: str = request.path_params["type"]
    if kind not in PARAMETERS:
        raise Problem(404, "not-supported", f"no such resource type here; served: {', '.join(sorted(PARAMETERS))}")
    return kind


def _named(request: Request) -> tuple[str, str]:
    kind, name = _kind(request), request.path_params["id"]
    if not ID.fullmatch(name):
        raise Problem(404, "not-found", "this is not an id: expected at most 64 letters, digits, - and .")
    return kind, name


def _unknown(request: Request) -> Problem:
    return Problem(404, "not-found", f"no such {request.path_params.get('type', 'Patient')}")


def _whose(kept: Kept) -> str:
    return f"Patient/{kept.person}" if kept.person else kept.type


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type=FHIR_JSON)


def _outcome(problem: Problem) -> Response:
    issue = {"severity": "error", "code": problem.code, "diagnostics": problem.text}
    return _json({"resourceType": "OperationOutcome", "issue": [issue]}, problem.status)


def _resource(kept: Kept) -> Response:
    headers = {"ETag": f'W/"{kept.version}"', "Last-Modified": formatdate(kept.at / 1e6, usegmt=True)}
    return Response(kept.body, headers=headers, media_type=FHIR_JSON)


def _entry(request: Request, kept: Kept) -> dict[str, Any]:
    return {"fullUrl": f"{_base(request)}/{kept.type}/{kept.id}", "resource": orjson.Fragment(kept.body)}


def _landed(kept: Kept) -> dict[str, Any]:
    """How the version came to be, as a history tells it."""
    response = {"status": "201" if kept.version == 1 else "200", "etag": f'W/"{kept.version}"'}
    response["lastModified"] = instant(kept.at)
    return {"request": {"method": "PUT", "url": f"{kept.type}/{kept.id}"}, "response": response}


def _page(request: Request, path: str, pairs: Pairs, kept: Iterable[Kept], total: int, last: str) -> Response:
    asked = urlencode(pairs)
    links = [("self", f"{_base(request)}/{path}" + (f"?{asked}" if asked else ""))]
    if last:
        after = urlencode([*((key, value) for key, value in pairs if key != "_after"), ("_after", last)])
        links.append(("next", f"{_base(request)}/{path}?{after}"))
    entries = [_entry(request, one) | {"search": {"mode": "match"}} for one in kept]
    return _bundle(request, "searchset", entries, total, links)


def _bundle(
    request: Request, kind: str, entries: Sequence[dict[str, Any]], total: int, links: Sequence[tuple[str, str]]
) -> Response:
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": kind, "total": total}
    bundle["link"] = [{"relation": relation, "url": url} for relation, url in links]
    if entries:
        bundle["entry"] = entries
    return _json(bundle)


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/") + "/fhir"


def _address(request: Request, query: str) -> str:
    return _base(request).removesuffix("/fhir") + request.url.path + (f"?{query}" if query else "")
