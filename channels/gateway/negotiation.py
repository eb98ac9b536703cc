"""In which format `/fhir` answers, JSON or XML (FHIR R4, 3.1.0.1.11; ITI TF-2 Appendix Z.6): the one place for it.

`_format` goes before `Accept`, and whoever prefers nothing is answered in the format of what was sent. Everything
behind speaks JSON. What is asked for in another format is answered 406 before anything is done.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.gateway.fhir import FHIR_JSON, FORMAT, outcome
from channels.gateway.search import FORMATS, Problem, format_of
from channels.receive import LARGE
from schemas.fhir.reading_xml import NotFhir
from schemas.fhir.writing_xml import to_xml

FHIR_XML = "application/fhir+xml"
# Whoever takes pages is a browser: it is shown JSON, whatever it says of XML
_ANY = frozenset({"*/*", "application/*", "text/*", "text/html"})


class Negotiated:
    """ASGI middleware. A channel that speaks no FHIR is never asked for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/fhir", "/channels/")):
            await self._app(scope, receive, send)
            return
        wanted = _wanted(scope)
        if not wanted and scope["path"].startswith("/fhir"):
            await _not_served()(scope, receive, send)
            return
        scope[FORMAT] = wanted
        await self._app(scope, receive, _translating(scope, receive, send))


@lru_cache(256)
def preferred(accept: str) -> str:
    """`json`, `xml`, `any`, or "" when none of what is asked for (RFC 9110, 12.5.1) is served."""
    ranges = [_range(one) for one in accept.split(",") if one.strip()]
    unwanted = {format_of(media) for media, weight in ranges if weight <= 0}
    for media, weight in sorted(ranges, key=lambda one: (-one[1], one[0] in _ANY)):
        if weight <= 0:
            break
        if media in FORMATS:
            return format_of(media)
        if media in _ANY:
            return "xml" if "json" in unwanted else "json" if "xml" in unwanted else "any"
    return "" if ranges else "any"


def _range(text: str) -> tuple[str, float]:
    """A media type and its weight; what is no weight counts as none given."""
    media, *parameters = (one.strip().lower() for one in text.split(";"))
    said = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    try:
        return media, float(said)
    except ValueError:
        return media, 1.0


def _wanted(scope: Scope) -> str:
    headers = Headers(scope=scope)
    if b"_format" in scope["query_string"]:
        asked = [one for name, one in parse_qsl(scope["query_string"].decode("latin-1"), True) if name == "_format"]
        if asked:
            return format_of(asked[0])
    wanted = preferred(",".join(headers.getlist("accept")))
    if wanted == "any":
        sent = format_of(headers.get("content-type", ""))
        return sent or "json"
    return wanted


def _translating(scope: Scope, receive: Receive, send: Send) -> Send:
    """`send`, with answers of FHIR held back until they are whole, and sent in the format asked for."""
    begun: Message | None = None
    body = b""

    async def sent(message: Message) -> None:
        nonlocal begun, body
        if message["type"] == "http.response.start" and scope[FORMAT] == "xml" and _is_fhir(message):
            begun = message
        elif begun is None:
            await send(message)
        else:
            body += message.get("body", b"")
            if not message.get("more_body"):
                await (await _in_xml(begun, body))(scope, receive, send)

    return sent


def _is_fhir(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith(FHIR_JSON)


async def _in_xml(begun: Message, body: bytes) -> Response:
    try:
        made = await asyncio.to_thread(to_xml, body) if len(body) > LARGE else to_xml(body)
    except NotFhir as error:
        return outcome(Problem(406, "not-supported", f"{error.at}: {error.text}; {error.remedy}"))
    response = Response(made, begun["status"], media_type=FHIR_XML)
    said = MutableHeaders(raw=[one for one in begun["headers"] if one[0] not in (b"content-type", b"content-length")])
    response.raw_headers += said.raw
    return response


def _not_served() -> Response:
    return outcome(Problem(406, "not-supported", f"served are {FHIR_JSON} and {FHIR_XML}"))
