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

from channels.gateway.search import Pairs, Problem, format_of
from channels.receive import LARGE
from schemas.fhir.reading_xml import NotFhir, in_json

FHIR_JSON = "application/fhir+json"
LARGEST_FORM = 64 * 1024
# Where the scope of a request says in which format it is answered
FORMAT = "wasl.format"

Endpoint = Callable[[Request], Response]


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
    return answer({"resourceType": "OperationOutcome", "issue": [issue]}, problem.status)


def unrouted(request: Request, error: Exception) -> Response:
    """For an application's `exception_handlers`: a method or path that nothing answers, in the terms of its reader."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if not request.url.path.startswith("/fhir"):
        return PlainTextResponse(error.detail, error.status_code, headers)
    allowed = headers.get("Allow")
    text = f"{request.method} is not taken at this address{f'; it takes {allowed}' if allowed else ''}"
    told = outcome(Problem(error.status_code, "not-supported", text if error.status_code == 405 else error.detail))
    told.headers.update(headers)
    return told


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
