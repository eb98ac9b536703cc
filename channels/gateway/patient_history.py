"""`GET /fhir/Patient/_history`: the client registry followed by pull, from a time or from where one stopped.

Each entry is a person as it stands now; `meta.tag` says what happened since: made, changed, linked, unlinked, merged,
unmerged. Pages go forward. The last one's link `monitor` reads on from there: nothing is missed, and what changed
between two looks is told once.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.bulletins import Bulletin, Bulletins
from channels.consumers.record import instant
from channels.gateway.fhir import answering, base, bundle
from channels.gateway.record import Audit
from channels.gateway.search import Pairs, Problem, page_of
from registries.client.happenings import MOST, Happenings
from registries.notices import Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Following:
    """audit: called before anybody is shown."""

    def __init__(self, happenings: Happenings, bulletins: Bulletins, audit: Audit) -> None:
        self._happenings, self._bulletins, self._audit = happenings, bulletins, audit

    def changes(self, request: Request) -> Response:
        pairs = request.query_params.multi_items()
        count, position = self._asked(pairs)
        happenings, after = self._happenings.since(position, count)
        more = self._happenings.since(after, 1).position != after
        told = self._bulletins.of(happenings)
        for one in told:
            self._audit(request, "history", f"Patient/{one.person}")
        path = f"{base(request)}/Patient/_history"
        rest = [(name, value) for name, value in pairs if name not in ("_after", "_since")]
        onward = urlencode([*rest, ("_after", f"{after.records}.{after.links}")])
        links = [
            ("self", f"{path}?{urlencode(pairs)}" if pairs else path),
            ("next" if more else "monitor", f"{path}?{onward}"),
        ]
        whole = not more and "_after" not in dict(pairs)  # else nobody has counted the other pages
        entries = [entry(one, base(request)) for one in told]
        return bundle(request, "history", entries, len(told) if whole else None, links)

    def _asked(self, pairs: Pairs) -> tuple[int, Position]:
        """Raises Problem."""
        if unknown := {name for name, _ in pairs} - {"_since", "_count", "_format", "_after"}:
            raise Problem(400, "not-supported", f"a history takes _since and _count, not {min(unknown)[:40]}")
        count, after = page_of(pairs, default=MOST)
        if after:
            fits = re.fullmatch(r"(\d{1,18})\.(\d{1,18})", after)
            if not fits:
                raise Problem(400, "invalid", "_after: expected what a link `next` or `monitor` said")
            return max(count, 1), Position(int(fits[1]), int(fits[2]))
        since = dict(pairs).get("_since", "")
        return max(count, 1), self._happenings.at(_moment(since)) if since else Position(0, 0)


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


def _moment(text: str) -> int:
    """µs. A day without a time is its begin in UTC. Raises Problem."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # the + of an offset that nobody encoded
    except ValueError:
        raise Problem(400, "invalid", "_since: expected an instant, such as 2026-03-01T10:00:00Z") from None
    return round(((found if found.tzinfo else found.replace(tzinfo=UTC)) - _EPOCH).total_seconds() * 1e6)
