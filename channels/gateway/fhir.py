"""How `/fhir` is asked and answers: bodies, Bundles with their links, OperationOutcomes. All of it is JSON, of which
`negotiation.py` makes XML."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route

from channels.gateway.search import Pairs, Problem, format_of
from channels.receive import LARGE
from schemas.fhir.reading_xml import NotFhir, in_json

FHIR_JSON = "application/fhir+json"
# The channel of what is sent to `/fhir`, and by whose bounds who reads there is told
FHIR_CHANNEL = "fhir"
AGAIN = 5  # seconds after which to ask again what could not be answered now
LARGEST_FORM = 64 * 1024
# Where the scope of a request says in which format it is answered
FORMAT = "wasl.format"

Endpoint = Callable[[Request], Response]
# What to do in place of what is not taken: by method and the address as its routes have it
Instead = Mapping[tuple[str, str], str]

_UNKNOWN = (
    "who is asking is not known as a user of this program: log in, or send Basic credentials. A client that sends is no"
    " reader: it may POST Bundles to /fhir and /fhir/$process-message, PUT /fhir/Patient?identifier=system|value and"
    " POST to /fhir/Patient/$temporary"
)


def answering(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with a Problem told as an OperationOutcome."""

    @wraps(endpoint)
    def answered(request: Request) -> Response:
        try:
            return endpoint(request)
        except Problem as problem:
            return outcome(problem)

    return answered


async def form(request: Request) -> Pairs:
    """What a `_search` asks in its body. Raises Problem."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Problem(415, "not-supported", "_search takes application/x-www-form-urlencoded")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            raise Problem(413, "too-long", f"_search takes at most {LARGEST_FORM} bytes")
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    ask_for(request, pairs)
    return pairs


def ask_for(request: Request, pairs: Pairs) -> None:
    """Notes a `_format` that did not stand in the address. Whether it is served, `page_of` judges."""
    for name, value in pairs:
        if name == "_format" and (wanted := format_of(value)):
            request.scope[FORMAT] = wanted


async def body(request: Request, largest: int, text: str) -> bytes:
    """What was sent, in JSON, whichever format it came in; `text` is told of what is longer. Raises Problem."""
    said = bytearray()
    async for part in request.stream():
        said += part
        if len(said) > largest:
            raise Problem(413, "too-long", text)
    sent = bytes(said)
    try:
        return await asyncio.to_thread(in_json, sent) if len(sent) > LARGE else in_json(sent)
    except NotFhir as error:
        raise Problem(400, "structure", f"{error.at}: {error.text}; {error.remedy}") from None


def answer(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type=FHIR_JSON)


def outcome(problem: Problem) -> Response:
    issue = {"severity": "error", "code": problem.code, "diagnostics": problem.text}
    response = answer({"resourceType": "OperationOutcome", "issue": [issue]}, problem.status)
    if problem.status == 503:
        response.headers["Retry-After"] = str(AGAIN)
    return response


def unrouted(instead: Instead) -> Callable[[Request, Exception], Response]:
    """For an application's `exception_handlers`: a method or path that nothing answers, in the terms of its reader.
    `instead`: what to do, by method and the address as its routes have it."""

    def told(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if not request.url.path.startswith("/fhir"):
            return PlainTextResponse(error.detail, error.status_code, headers)
        text = error.detail
        if error.status_code == 405:
            place, methods = _taken(request)
            headers["Allow"] = ", ".join(methods)
            text = f"{request.method} is not taken at this address; it takes {headers['Allow']}"
            text = "; ".join(filter(None, [text, instead.get((request.method, place), "")]))
        response = outcome(Problem(error.status_code, "not-supported", text))
        response.headers.update(headers)
        return response

    return told


def _taken(request: Request) -> tuple[str, list[str]]:
    """The address as the first route has it that meets it, and what all routes of that address take."""
    routes = [one for one in request.app.routes if isinstance(one, Route)]
    place = next((one.path for one in routes if one.matches(request.scope)[0] is not Match.NONE), "")
    return place, sorted({method for one in routes if one.path == place for method in one.methods or ()})


def unknown(request: Request) -> Response | None:
    """Who asks `/fhir` and is nobody who may read, in its terms; None for who asks elsewhere."""
    if not request.url.path.startswith("/fhir"):
        return None
    response = outcome(Problem(401, "login", _UNKNOWN))
    response.headers["WWW-Authenticate"] = 'Basic realm="Wasl"'
    return response


def bundle(
    request: Request,
    kind: str,
    entries: Sequence[dict[str, Any]],
    total: int | None,
    links: Sequence[tuple[str, str]],
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Response:
    """A Bundle; `total` of all pages, where it is known. `links`: relation and address, `more`: other elements."""
    made: dict[str, Any] = {"resourceType": "Bundle", **more, "type": kind}
    if total is not None:
        made["total"] = total
    made["link"] = [{"relation": relation, "url": url} for relation, url in links]
    if entries:
        made["entry"] = entries
    return answer(made)


def base(request: Request) -> str:
    """The base address as the reader reached it."""
    return str(request.base_url).rstrip("/") + "/fhir"


def address(request: Request, query: str) -> str:
    """The address asked, with another query."""
    return base(request).removesuffix("/fhir") + request.url.path + (f"?{query}" if query else "")
