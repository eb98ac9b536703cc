"""`/fhir` of facilities and health workers: IHE mCSD, find (ITI-90) and request updates (ITI-91).

The directory answers first for its types. What only the shared record holds of them, as messages told it, is still
read there by id, and found by `_id` and `identifier` where the directory finds nothing. So a reference in the record
leads to the registry's entry as soon as there is one, for both have the same id.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.gateway.fhir import FHIR_JSON, answering, base, bundle, form, outcome
from channels.gateway.mcsd_query import INCLUDES, Asked, asked, since
from channels.gateway.record import Audit, Reads
from channels.gateway.search import ID, Pairs, Problem, astray
from channels.gateway.search import PARAMETERS as OF_THE_RECORD
from registries.care import days, search
from registries.care.store import Care, Kept, instant
from registries.care.terms import PARAMETERS, TYPES, terms_of
from registries.clock import today

_ASKED_OF_BOTH = {"_id", "identifier", "_count", "_format", "_after"}


class Directory:
    """The read side. Every answer is made in a worker thread, for it blocks on the database.

    record: answers for what only the shared record holds. audit: called before content is shown.
    """

    def __init__(self, care: Care, record: Reads, audit: Audit, day: Callable[[], str] = today) -> None:
        self._care, self._record, self._audit, self._today = care, record, audit, day
        self._day, self._turning = "", threading.Lock()

    def read(self, request: Request) -> Response:
        kept = self._kept(request)
        if kept is None:
            return self._elsewhere(request, self._record.read)
        self._audit(request, "read", kept.type)
        return resource(kept)

    def version(self, request: Request) -> Response:
        wanted = request.path_params["version"]
        every = self._versions(request)
        if not every:
            return self._elsewhere(request, self._record.version)
        kept = next((one for one in every if str(one.version) == wanted), None)
        if kept is None:
            raise _unknown(request)
        self._audit(request, "vread", kept.type)
        return resource(kept)

    def versions(self, request: Request) -> Response:
        every = self._versions(request)
        if not every:
            return self._elsewhere(request, self._record.history)
        self._audit(request, "history", every[0].type)
        entries = [_changed(request, one) for one in every]
        path = f"{every[0].type}/{every[0].id}/_history"
        return bundle(request, "history", entries, len(every), [("self", f"{base(request)}/{path}")])

    def changes(self, request: Request) -> Response:
        """ITI-91. Pages go back in time from the newest change of the first page, so that what is written meanwhile
        shifts nothing; `meta.lastUpdated` is what to ask `_since` next."""
        self._turned()
        kind, pairs = request.path_params["type"], request.query_params.multi_items()
        page = since(pairs)
        found = self._care.changes(kind, since=page.since, below=page.below, to=page.to, count=page.count)
        self._audit(request, "history", kind)
        to = page.to or (found.page[0].change if found.page else 0)
        after = f"{found.page[-1].change}.{to}" if found.more else ""
        links = _links(request, f"{kind}/_history", pairs, after)
        meta = {"meta": {"lastUpdated": instant(found.newest)}} if found.newest else {}
        return bundle(request, "history", [_changed(request, one) for one in found.page], found.total, links, meta)

    def search(self, request: Request) -> Response:
        return self.found(request, request.query_params.multi_items())

    def found(self, request: Request, pairs: Pairs) -> Response:
        self._turned()
        kind = request.path_params["type"]
        what = asked(kind, pairs)
        found = search.search(self._care.engine, what.query)
        if not found.total and kind in OF_THE_RECORD and {name for name, _ in pairs} <= _ASKED_OF_BOTH:
            return self._record.found(request, pairs)
        if what.query.after and self._care.read(kind, what.query.after) is None:
            raise astray()
        self._audit(request, "search", kind)
        entries = [_entry(request, one, "match") for one in found.page]
        entries += [_entry(request, one, "include") for one in self._along(what, found.page)]
        links = _links(request, kind, pairs, found.page[-1].id if found.more else "")
        return bundle(request, "searchset", entries, found.total, links)

    def _along(self, what: Asked, page: Iterable[Kept]) -> list[Kept]:
        """What the page's resources refer to or are referred to by, as asked, each once."""
        shown = {(one.type, one.id): one for one in page}
        wanted = {name for _, name in what.includes}
        paths = {value for one in shown.values() for name, value, _ in terms_of(one.resource) if name in wanted}
        along = search.included(self._care.engine, paths)
        for kind, name in what.back:
            along += search.referring(self._care.engine, kind, name, [f"{one.type}/{one.id}" for one in shown.values()])
        return list({(one.type, one.id): one for one in along if (one.type, one.id) not in shown}.values())

    def _kept(self, request: Request) -> Kept | None:
        self._turned()
        kind, name = request.path_params["type"], request.path_params["id"]
        if not ID.fullmatch(name):
            raise Problem(404, "not-found", "this is not an id: expected at most 64 letters, digits, - and .")
        return self._care.read(kind, name)

    def _versions(self, request: Request) -> list[Kept]:
        self._turned()
        return self._care.versions(request.path_params["type"], request.path_params["id"])

    def _elsewhere(self, request: Request, ask: Callable[[Request], Response]) -> Response:
        if request.path_params["type"] not in OF_THE_RECORD:
            raise _unknown(request)
        return ask(request)

    def _turned(self) -> None:
        """Brings the directory to today, once a day: what ends today is told from today on."""
        day = self._today()
        if day == self._day:
            return
        with self._turning:
            if day != self._day:
                days.turn(self._care.engine, day)
                self._day = day


def routes(reads: Directory) -> list[Route]:
    """To be mounted before those of the shared record."""
    return [route for kind in TYPES for route in _of_type(reads, kind)]


def capabilities() -> dict[str, dict[str, Any]]:
    """What the CapabilityStatement says of each type."""
    reads = ("read", "vread", "history-instance", "history-type", "search-type")
    writes = ("create", "update", "delete")
    return {
        kind: {
            "interaction": [{"code": one} for one in (*reads, *writes)],
            "versioning": "versioned-update",
            "readHistory": True,
            "updateCreate": True,
            "searchInclude": [f"{kind}:{one}" for one in INCLUDES[kind]],
            "searchRevInclude": sorted(f"{one}:{name}" for one, names in INCLUDES.items() for name in names),
            "searchParam": [
                {"name": "_id", "type": "token"},
                {"name": "_lastUpdated", "type": "date"},
                *({"name": name, "type": what} for name, what in PARAMETERS[kind].items()),
            ],
        }
        for kind in TYPES
    }


def resource(kept: Kept, status: int = 200) -> Response:
    """One version. Raises Problem for a deleted one."""
    if kept.deleted:
        raise Problem(410, "deleted", f"this {kept.type} was deleted; its _history tells what it said")
    headers = {"ETag": f'W/"{kept.version}"', "Last-Modified": formatdate(kept.at / 1e6, usegmt=True)}
    return Response(kept.body, status, headers, FHIR_JSON)


def _of_type(reads: Directory, kind: str) -> list[Route]:
    def typed(ask: Callable[[Request], Response]) -> Callable[[Request], Response]:
        def asking(request: Request) -> Response:
            request.path_params["type"] = kind
            return ask(request)

        return answering(asking)

    async def search_by_form(request: Request) -> Response:
        try:
            pairs = [*request.query_params.multi_items(), *await form(request)]
        except Problem as problem:
            return outcome(problem)
        return await run_in_threadpool(typed(lambda one: reads.found(one, pairs)), request)

    return [
        Route(f"/fhir/{kind}/_search", search_by_form, methods=["POST"]),
        Route(f"/fhir/{kind}/_history", typed(reads.changes)),
        Route(f"/fhir/{kind}/{{id}}/_history/{{version}}", typed(reads.version)),
        Route(f"/fhir/{kind}/{{id}}/_history", typed(reads.versions)),
        Route(f"/fhir/{kind}/{{id}}", typed(reads.read)),
        Route(f"/fhir/{kind}", typed(reads.search)),
    ]


def _unknown(request: Request) -> Problem:
    return Problem(404, "not-found", f"no such {request.path_params['type']}")


def _entry(request: Request, kept: Kept, mode: str) -> dict[str, Any]:
    return {"fullUrl": _address(request, kept), "resource": orjson.Fragment(kept.body), "search": {"mode": mode}}


def _changed(request: Request, kept: Kept) -> dict[str, Any]:
    """An entry of a history; a deletion has no resource."""
    method, status = ("DELETE", "204") if kept.deleted else ("PUT", "201" if kept.version == 1 else "200")
    told = {"fullUrl": _address(request, kept)}
    shown = {} if kept.deleted else {"resource": orjson.Fragment(kept.body)}
    how = {"method": method, "url": f"{kept.type}/{kept.id}"}
    return told | shown | {"request": how, "response": landed(kept, status)}


def landed(kept: Kept, status: str) -> dict[str, str]:
    """How a version came to be, as Bundles tell it."""
    return {"status": status, "etag": f'W/"{kept.version}"', "lastModified": instant(kept.at)}


def _links(request: Request, path: str, pairs: Pairs, after: str) -> list[tuple[str, str]]:
    query = urlencode(pairs)
    links = [("self", f"{base(request)}/{path}" + (f"?{query}" if query else ""))]
    if after:
        next_ = urlencode([*((name, value) for name, value in pairs if name != "_after"), ("_after", after)])
        links.append(("next", f"{base(request)}/{path}?{next_}"))
    return links


def _address(request: Request, kept: Kept) -> str:
    return f"{base(request)}/{kept.type}/{kept.id}"
