"""Finding transactions: newest first, a page at a time, never by counting or skipping."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, Select, select, tuple_

from channels.journal.rows import LONGEST
from channels.journal.tables import UNDELIVERED, subjects, transactions
from channels.journal.times import iso
from registries.database import reading

LIMIT = 500
_BAD = "this cursor was not given by a page before: start again without one"
STATUSES = ("received", "mediated", "delivered", "partial", "refused", "parked", "duplicate", "failed")
_LISTED = ("id", "channel", "sender", "control_id", "type", "received", "status", "reason", "size", "reply", "rerun_of")
LISTED = [transactions.c[name] for name in _LISTED]


class BadCursor(ValueError):
    """A cursor that was not given by a page before."""


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; everything left empty fits. Times in µs, `until` excluded.

    `subject` is a digest (`Digests.asked`); `reason` any part of a reason.
    """

    since: int | None = None
    until: int | None = None
    channel: str = ""
    status: str = ""
    control_id: str = ""
    sender: str = ""
    type: str = ""
    subject: str = field(default="", repr=False)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is the cursor of the page after, None at the end."""

    items: list[dict[str, Any]]
    next: str | None


def search(engine: Engine, query: Query, *, cursor: str = "", limit: int = 50) -> Page:
    """Transactions newest first, `received` as ISO UTC. At most LIMIT of them. Raises BadCursor."""
    limit = max(1, min(limit, LIMIT))
    row = transactions.c
    statement = _narrowed(select(*LISTED), query).order_by(row.received.desc(), row.id.desc())
    if cursor:
        statement = statement.where(tuple_(row.received, row.id) < tuple_(*opened(cursor)))
    with reading(engine) as connection:
        found = connection.execute(statement.limit(limit + 1)).all()
    following = cursor_of(found[limit - 1].received, found[limit - 1].id) if len(found) > limit else None
    return Page([listed(one) for one in found[:limit]], following)


def listed(row: Row[Any]) -> dict[str, Any]:
    """A transaction as lists show it."""
    shown = dict(zip(_LISTED, row, strict=True))
    shown["received"] = iso(shown["received"])
    return shown


def cursor_of(received: int, transaction: str) -> str:
    return base64.urlsafe_b64encode(f"{received} {transaction}".encode()).decode().rstrip("=")


def opened(cursor: str) -> tuple[int, str]:
    """(received, id) of the last row shown. Raises BadCursor."""
    try:
        received, transaction = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        at = int(received)
    except (binascii.Error, ValueError) as error:
        raise BadCursor(_BAD) from error
    if not 0 <= at < 2**63:
        raise BadCursor(_BAD)
    return at, transaction


def _narrowed(statement: Select[Any], query: Query) -> Select[Any]:
    row = transactions.c
    exact: Mapping[ColumnElement[str], str] = {
        row.channel: query.channel,
        row.status: query.status,
        row.control_id: query.control_id[:LONGEST],
        row.sender: query.sender[:LONGEST],
        row.type: query.type[:LONGEST],
    }
    statement = statement.where(*(column == wanted for column, wanted in exact.items() if wanted))
    if query.status and query.status != "delivered":
        statement = statement.where(UNDELIVERED)
    if query.since is not None:
        statement = statement.where(row.received >= query.since)
    if query.until is not None:
        statement = statement.where(row.received < query.until)
    if query.reason:
        statement = statement.where(row.reason.is_not(None), row.reason.icontains(query.reason, autoescape=True))
    if query.subject:
        known = select(subjects.c.transaction).where(subjects.c.digest == query.subject)
        statement = statement.where(row.id.in_(known))
    return statement
