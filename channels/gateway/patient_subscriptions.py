"""`/fhir/Subscription`: an administrator lets somebody be told of persons that change (FHIR R4, IHE PMIR ITI-94).

POST makes one, GET shows, DELETE ends. Each act is in the audit trail. Values of headers are not shown again.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.gateway.fhir import answer, base, body, bundle
from channels.gateway.mcsd_feed import told
from channels.gateway.record import Audit
from channels.gateway.search import Problem
from channels.subscriptions import Subscription, Subscriptions
from registries.client.happenings import Happenings

LARGEST = 64 * 1024
PAYLOAD = "application/fhir+json"
_HEADER = re.compile(r"([A-Za-z0-9-]{1,80}): ?([\x20-\x7e]{0,4000})")
_OURS = frozenset({"host", "content-type", "content-length", "transfer-encoding", "connection"})


class Asking:
    """audit: durable when it returns, before the answer."""

    def __init__(self, subscriptions: Subscriptions, happenings: Happenings, audit: Audit) -> None:
        self._subscriptions, self._happenings, self._audit = subscriptions, happenings, audit

    async def make(self, request: Request) -> Response:
        by = _administrator(request)
        said = _said(await _json(request))

        def kept() -> Subscription:
            made = self._subscriptions.make(by, self._happenings.now(), **said)
            self._audit(request, "subscribe", f"Subscription/{made.id}")
            return made

        made = await run_in_threadpool(kept)
        response = answer(_shown(made), 201)
        response.headers["Location"] = f"{base(request)}/Subscription/{made.id}"
        return response

    async def every(self, request: Request) -> Response:
        _administrator(request)
        found = await run_in_threadpool(self._subscriptions.every)
        address = f"{base(request)}/Subscription"
        entries = [{"fullUrl": f"{address}/{one.id}", "resource": _shown(one)} for one in found]
        return bundle(request, "searchset", entries, len(entries), [("self", address)])

    async def read(self, request: Request) -> Response:
        _administrator(request)
        return answer(_shown(await self._found(request)))

    async def end(self, request: Request) -> Response:
        _administrator(request)
        found = await self._found(request)

        def ended() -> None:
            if self._subscriptions.turn(found.id, "off"):
                self._audit(request, "unsubscribe", f"Subscription/{found.id}")

        await run_in_threadpool(ended)
        return Response(status_code=204)

    async def _found(self, request: Request) -> Subscription:
        found = await run_in_threadpool(self._subscriptions.of, request.path_params["id"])
        if found is None:
            raise Problem(404, "not-found", "no such Subscription")
        return found


def routes(asking: Asking) -> list[Route]:
    """To be mounted before the reads."""

    def answering(ask: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def asked(request: Request) -> Response:
            return await told(request, ask)

        return asked

    return [
        Route("/fhir/Subscription", answering(asking.make), methods=["POST"]),
        Route("/fhir/Subscription", answering(asking.every), methods=["GET"]),
        Route("/fhir/Subscription/{id}", answering(asking.read), methods=["GET"]),
        Route("/fhir/Subscription/{id}", answering(asking.end), methods=["DELETE"]),
    ]


def _administrator(request: Request) -> str:
    user = request.scope.get("user")
    if user is None or user.role != "admin":
        raise Problem(403, "forbidden", "subscriptions are made and ended by an administrator")
    return str(user.name)


async def _json(request: Request) -> dict[str, Any]:
    said = await body(request, LARGEST, f"a Subscription has at most {LARGEST} bytes")
    try:
        found = orjson.loads(said)
    except orjson.JSONDecodeError:
        raise Problem(400, "invalid", "this is neither JSON nor XML: send FHIR R4 in one of them") from None
    if not isinstance(found, dict) or found.get("resourceType") != "Subscription":
        raise Problem(400, "invalid", "expected a Subscription")
    return found


def _said(found: dict[str, Any]) -> dict[str, Any]:
    """What a Subscription asks. Raises Problem for what is not done here, rather than leave it out."""
    channel = found.get("channel")
    if not isinstance(channel, dict) or channel.get("type") != "rest-hook":
        raise Problem(422, "not-supported", "channel.type: only rest-hook is served")
    if found.get("end") is not None:
        raise Problem(422, "not-supported", "end: a Subscription lasts until it is deleted")
    endpoint, payload, reason = channel.get("endpoint"), channel.get("payload", ""), found.get("reason")
    address = urlsplit(endpoint) if isinstance(endpoint, str) else None
    if address is None or address.scheme not in ("http", "https") or not address.hostname or address.username:
        raise Problem(422, "invalid", "channel.endpoint: expected an http or https address without credentials")
    if payload not in ("", PAYLOAD):
        raise Problem(422, "not-supported", f"channel.payload: only {PAYLOAD}, or none")
    if not isinstance(reason, str) or not reason.strip():
        raise Problem(422, "required", "reason: say why somebody is told of patients")
    headers = [_header(one) for one in channel.get("header") or ()]
    system = _system(found.get("criteria"))
    return {"endpoint": endpoint, "headers": headers, "payload": bool(payload), "system": system, "reason": reason}


def _header(line: Any) -> tuple[str, str]:
    fits = _HEADER.fullmatch(line) if isinstance(line, str) else None
    if fits is None or fits[1].lower() in _OURS:
        raise Problem(422, "invalid", "channel.header: expected Name: value, and none that HTTP itself sets")
    return fits[1], fits[2]


def _system(criteria: Any) -> str:
    kind, _, query = criteria.partition("?") if isinstance(criteria, str) else ("", "", "")
    pairs = parse_qsl(query, keep_blank_values=True)
    if kind == "Patient" and not pairs:
        return ""
    if kind == "Patient" and len(pairs) == 1 and pairs[0][0] == "identifier" and pairs[0][1].endswith("|"):
        return pairs[0][1][:-1]
    raise Problem(422, "not-supported", "criteria: expected Patient, or Patient?identifier=system| for one domain")


def _shown(one: Subscription) -> dict[str, Any]:
    channel = {"type": "rest-hook", "endpoint": one.endpoint}
    more: dict[str, Any] = {"payload": PAYLOAD} if one.payload else {}
    more |= {"header": [f"{name}: ***" for name, _ in one.headers]} if one.headers else {}
    return {
        "resourceType": "Subscription",
        "id": one.id,
        "status": one.status,
        "reason": one.reason,
        "criteria": f"Patient?identifier={one.system}|" if one.system else "Patient",
        **({"error": one.error} if one.error else {}),
        "channel": channel | more,
    }
