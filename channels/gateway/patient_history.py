"""`GET /fhir/Patient/_history`: the client registry followed by pull, from a time or from where one stopped.

Each entry is a person as it stands now; `meta.tag` says what happened since: made, changed, linked, unlinked, merged,
unmerged. Pages go forward, none is of more than `_count`. The last one's link `monitor` reads on from there: nothing
is missed, and what changed between two looks is told once.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.bulletins import Bulletin, Bulletins
from channels.consumers.record import instant
from channels.gateway.fhir import answering, base, bundle
from channels.gateway.record import Audit
from channels.gateway.search import Pairs, Problem, page_of
from registries.client.happenings import MOST, Happenings
from registries.client.pages import End, Place, page

# What is told of records and links; within the last changes the record, and a link with one of its two ends
_AFTER = re.compile(
    r"(\d{1,18})\.(\d{1,18})(?:\.r(\d{1,19}))?(?:\.([A-Za-z0-9\-.]{1,64})_([A-Za-z0-9\-.]{1,64})_([a-z]{1,8})_([01]))?",
    re.ASCII,
)
_GREATEST = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Following:
    """audit: called before anybody is shown."""

    def __init__(self, engine: Engine, bulletins: Bulletins, audit: Audit) -> None:
        self._engine, self._bulletins, self._audit = engine, bulletins, audit

    def changes(self, request: Request) -> Response:
        pairs = request.query_params.multi_items()
        count, place = self._asked(pairs)
        found = page(self._engine, place, count)
        told = self._bulletins.of(found.happenings)
        for one in told:
            self._audit(request, "history", f"Patient/{one.person}")
        path = f"{base(request)}/Patient/_history"
        rest = [(name, value) for name, value in pairs if name not in ("_after", "_since")]
        onward = urlencode([*rest, ("_after", _named(found.place))])
        links = [
            ("self", f"{path}?{urlencode(pairs)}" if pairs else path),
            ("next" if found.more else "monitor", f"{path}?{onward}"),
        ]
        whole = not found.more and "_after" not in dict(pairs)  # else nobody has counted the other pages
        entries = [entry(one, base(request)) for one in told]
        return bundle(request, "history", entries, len(told) if whole else None, links)

    def _asked(self, pairs: Pairs) -> tuple[int, Place]:
        """Raises Problem."""
        if unknown := {name for name, _ in pairs} - {"_since", "_count", "_format", "_after"}:
            raise Problem(400, "not-supported", f"a history takes _since and _count, not {min(unknown)[:40]}")
        count, after = page_of(pairs, default=MOST)
        if after:
            return count, _place(after)
        since = dict(pairs).get("_since", "")
        return count, Place(*Happenings(self._engine).at(_moment(since))) if since else Place()


def entry(one: Bulletin, address: str) -> dict[str, Any]:
    """As an entry of a history Bundle."""
    request = {"method": "POST" if one.is_new else "PUT", "url": "Patient" if one.is_new else f"Patient/{one.person}"}
    response = {"status": "201" if one.is_new else "200", "lastModified": instant(one.at)}
    return {
        "fullUrl": f"{address}/Patient/{one.person}", "resource": one.patient, "request": request, "response": response,
    }  # fmt: skip


def routes(following: Following) -> list[Route]:
    """To be mounted before the reads of one Patient."""
    return [Route("/fhir/Patient/_history", answering(following.changes))]


def _named(place: Place) -> str:
    """A place as `_after` says it."""
    record = "" if place.record is None else f"r{place.record}"
    end = "_".join([*place.end[:3], f"{place.end.second:d}"]) if place.end else ""
    return ".".join(filter(None, [f"{place.records}.{place.links}", record, end]))


def _place(after: str) -> Place:
    """Raises Problem."""
    found = _AFTER.fullmatch(after)
    if not found or max(int(one or 0) for one in found.groups()[:3]) > _GREATEST:
        raise Problem(400, "invalid", "_after: expected what a link `next` or `monitor` said")
    records, links, record, one, other, kind, second = found.groups()
    end = End(one, other, kind, second == "1") if one else None
    return Place(int(records), int(links), int(record) if record else None, end)


def _moment(text: str) -> int:
    """µs. A day without a time is its begin in UTC. Raises Problem."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # the + of an offset that nobody encoded
    except ValueError:
        raise Problem(400, "invalid", "_since: expected an instant, such as 2026-03-01T10:00:00Z") from None
    return round(((found if found.tzinfo else found.replace(tzinfo=UTC)) - _EPOCH).total_seconds() * 1e6)
