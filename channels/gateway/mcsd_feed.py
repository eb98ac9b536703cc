"""`/fhir` of facilities and health workers, written: the IHE mCSD care services feed (ITI-130), by an administrator.

PUT, POST and DELETE of one resource, or a transaction (all or nothing) or batch Bundle of them. What was waiting for an
entry goes on by itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.gateway.fhir import answer, base, body, outcome
from channels.gateway.mcsd import landed, resource
from channels.gateway.search import ID, Problem
from registries.care.feed import Change, Done, Refused, feed
from registries.care.store import Care
from registries.care.terms import TYPES
from registries.care.validity import checked
from registries.clock import today
from registries.database import writing

LARGEST = 32 * 1024 * 1024
WHY = "mCSD feed"
_METHODS = ("PUT", "POST", "DELETE")

# Called after each commit: the entries that parked messages may wait for ("facility|123456789")
Learned = Callable[[Sequence[str]], Awaitable[None]]
Audit = Callable[[Request, str, str], None]


class Feed:
    """audit: durable when it returns, before the answer: with the request, what is done, and the type."""

    def __init__(self, care: Care, learned: Learned, audit: Audit, day: Callable[[], str] = today) -> None:
        self._care, self._learned, self._audit, self._today = care, learned, audit, day

    async def put(self, request: Request, kind: str) -> Response:
        name = request.path_params["id"]
        told = _resource(await _json(request), kind)
        if told.get("id") != name:
            raise Problem(400, "invalid", "the id of the resource must be that of the address")
        return await self._one(request, Change(kind, _named(name), told, _version(request.headers.get("if-match"))))

    async def post(self, request: Request, kind: str) -> Response:
        return await self._one(request, Change(kind, "", _resource(await _json(request), kind)))

    async def delete(self, request: Request, kind: str) -> Response:
        version = _version(request.headers.get("if-match"))
        await self._done(request, [Change(kind, _named(request.path_params["id"]), None, version)])
        return Response(status_code=204)

    async def bundle(self, request: Request) -> Response:
        """A transaction or batch of `POST /fhir`. Raises Problem."""
        sent = await _json(request)
        kind, entries = sent.get("type"), sent.get("entry") or []
        if sent.get("resourceType") != "Bundle" or kind not in ("transaction", "batch") or not _listed(entries):
            raise Problem(400, "invalid", "expected a Bundle of the type transaction or batch")
        if kind == "transaction":
            changes = [_change(entry, number) for number, entry in enumerate(entries)]
            done = await self._done(request, changes)
            told = [_told(request, one, change) for one, change in zip(done, changes, strict=True)]
        else:
            told = [await self._alone(request, entry, number) for number, entry in enumerate(entries)]
        return answer({"resourceType": "Bundle", "type": f"{kind}-response", "entry": told})

    async def _alone(self, request: Request, entry: Mapping[str, Any], number: int) -> dict[str, Any]:
        try:
            change = _change(entry, number)
            (done,) = await self._done(request, [change])
        except Problem as problem:
            said = orjson.loads(bytes(outcome(problem).body))
            return {"response": {"status": str(problem.status), "outcome": said}}
        return _told(request, done, change)

    async def _one(self, request: Request, change: Change) -> Response:
        (done,) = await self._done(request, [change])
        response = resource(done.kept, 201 if done.made else 200)
        kept = done.kept
        response.headers["Location"] = f"{base(request)}/{kept.type}/{kept.id}/_history/{kept.version}"
        return response

    async def _done(self, request: Request, changes: Sequence[Change]) -> list[Done]:
        """Commits, and tells whoever waits. Raises Problem."""
        by = _administrator(request)

        def commit() -> tuple[list[Done], list[str]]:
            with writing(self._care.engine) as connection:
                done = feed(connection, changes, by=by, why=WHY, day=self._today())
            for kind in sorted({one.type for one in changes}):
                self._audit(request, "feed", kind)
            return done

        try:
            done, learned = await run_in_threadpool(commit)
        except Refused as refused:
            at = f"entry[{refused.number}]: " if len(changes) > 1 else ""
            raise Problem(refused.status, refused.code, f"{at}{refused.text}") from None
        await self._learned(learned)
        return done


def routes(feed_: Feed) -> list[Route]:
    """To be mounted beside the reads."""

    def typed(
        ask: Callable[[Request, str], Awaitable[Response]], kind: str
    ) -> Callable[[Request], Awaitable[Response]]:
        async def asking(request: Request) -> Response:
            return await told(request, lambda one: ask(one, kind))

        return asking

    return [
        route
        for kind in TYPES
        for route in (
            Route(f"/fhir/{kind}", typed(feed_.post, kind), methods=["POST"]),
            Route(f"/fhir/{kind}/{{id}}", typed(feed_.put, kind), methods=["PUT"]),
            Route(f"/fhir/{kind}/{{id}}", typed(feed_.delete, kind), methods=["DELETE"]),
        )
    ]


async def told(request: Request, ask: Callable[[Request], Awaitable[Response]]) -> Response:
    """The answer, a Problem as an OperationOutcome."""
    try:
        return await ask(request)
    except Problem as problem:
        return outcome(problem)


def _administrator(request: Request) -> str:
    user = request.scope.get("user")
    if user is None or user.role != "admin":
        raise Problem(403, "forbidden", "the directory is changed by an administrator")
    return str(user.name)


async def _json(request: Request) -> dict[str, Any]:
    _administrator(request)
    said = await body(request, LARGEST, f"at most {LARGEST} bytes; send it in several Bundles")
    try:
        found = orjson.loads(said)
    except orjson.JSONDecodeError:
        raise Problem(400, "invalid", "this is neither JSON nor XML: send FHIR R4 in one of them") from None
    if not isinstance(found, dict):
        raise Problem(400, "invalid", "expected a resource")
    return found


def _change(entry: Mapping[str, Any], number: int) -> Change:
    said = entry.get("request") or {}
    method, (kind, _, name) = str(said.get("method")), str(said.get("url")).partition("/")
    at = f"entry[{number}]"
    if method not in _METHODS or "?" in kind or (method != "POST") != bool(name):
        text = f"{at}.request: expected POST with Type, or PUT or DELETE with Type/id; nothing conditional"
        raise Problem(400, "not-supported", text)
    version = _version(said.get("ifMatch"))
    if method == "DELETE":
        return Change(kind, _named(name), None, version)
    found = _resource(entry.get("resource"), kind, f"{at}.resource: ")
    full = str(entry.get("fullUrl") or "")
    new = full if full.startswith("urn:") else ""
    return Change(kind, _named(name) if name else new, found, version)


def _resource(found: Any, kind: str, at: str = "") -> dict[str, Any]:
    """A resource of this type, valid by itself. Raises Problem."""
    try:
        return checked(found, kind)
    except Refused as refused:
        raise Problem(refused.status, refused.code, f"{at}{refused.text}") from None


def _named(name: str) -> str:
    if not ID.fullmatch(name):
        raise Problem(400, "invalid", "this is not an id: expected at most 64 letters, digits, - and .")
    return name


def _version(said: Any) -> int | None:
    """The number in If-Match: W/"3"."""
    text = str(said or "").removeprefix("W/").strip('"')
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise Problem(400, "invalid", 'If-Match: expected a version as an ETag told it, such as W/"3"')
    return int(text)


def _told(request: Request, done: Done, change: Change) -> dict[str, Any]:
    status = "204" if change.resource is None else "201" if done.made else "200"
    kept = done.kept
    where = {"location": f"{base(request)}/{kept.type}/{kept.id}/_history/{kept.version}"}
    return {"response": landed(kept, status) | where}


def _listed(entries: Any) -> bool:
    return isinstance(entries, list) and all(isinstance(one, dict) for one in entries)
