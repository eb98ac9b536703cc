"""How `/fhir` answers: JSON, Bundles with their links, OperationOutcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response

from channels.gateway.search import Pairs, Problem

FHIR_JSON = "application/fhir+json"
LARGEST_FORM = 64 * 1024

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
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def answer(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type=FHIR_JSON)


def outcome(problem: Problem) -> Response:
    issue = {"severity": "error", "code": problem.code, "diagnostics": problem.text}
    return answer({"resourceType": "OperationOutcome", "issue": [issue]}, problem.status)


def bundle(
    request: Request,
    kind: str,
    entries: Sequence[dict[str, Any]],
    total: int,
    links: Sequence[tuple[str, str]],
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Response:
    """A Bundle; `links` are pairs of relation and address, `more` other elements."""
    made: dict[str, Any] = {"resourceType": "Bundle", **more, "type": kind, "total": total}
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
