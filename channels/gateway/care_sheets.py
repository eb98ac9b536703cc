"""`GET /api/care-sheets?person=system|value`: the sheets of everyone carrying an identifier."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.consumers.cnss.ledger import Ledger, total
from channels.consumers.cnss.sheet import LineState

MOST = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = ("code", "system", "designation", "quantity", "amount", "executor", "date", "state")


class BadQuery(ValueError):
    """The query can't be answered as it is; the text says what was expected."""


def care_sheets(
    ledger: Ledger, person: str, following: Callable[[str], Collection[str]], *, limit: int = 100
) -> dict[str, Any]:
    """`{"items": [sheet], "next": None}`, newest first, lines by date. Blocks.

    `person` is "system|value". Several persons may carry it: an insured's number is shared by a family. `following`
    gives the identities linked with one; a sheet stays under the identity it was opened for. `total` is what the
    lines done amount to (None without any price), `opened` ISO 8601 in UTC. Raises BadQuery.
    """
    system, bar, value = person.partition("|")
    if not (system and bar and value):
        raise BadQuery("person: expected system|value, as in https://hie.sante.gov.ma/id/cnss|123456789")
    if not 0 < limit <= MOST:
        raise BadQuery(f"limit: expected a number from 1 to {MOST}")
    carrying = ledger.carrying(system, value)
    identities = {identity for one in carrying for identity in (one, *following(one))}
    return {"items": [_shown(page) for page in ledger.sheets(identities, limit)], "next": None}


def _shown(page: dict[str, Any]) -> dict[str, Any]:
    done = [line for line in page["lines"] if line["state"] != LineState.NOT_DONE]
    priced = [line["amount"] for line in done if line["amount"] is not None]
    opened = _EPOCH + timedelta(microseconds=page["opened"])
    return {
        "number": page["number"],
        "state": page["state"],
        "person": page["person"],
        "opened": opened.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "total": str(total(priced)) if priced else None,
        "note": page["note"],
        "lines": [{name: line[name] for name in _SHOWN} for line in page["lines"]],
    }
