"""What waits for a steward: how many reviews, which, and which one is next. Reads only; `steward` decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Engine, Select, func, or_, select, tuple_

from registries.database import among, reading
from registries.tables import OPEN, reviews

Order = Literal["oldest", "likeliest"]

# a review without a score comes after those that have one
_UNLIKELY: ColumnElement[float] = -func.coalesce(reviews.c.score, -1.0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A review. `at` and `decided_at` in µs; `score` a probability; `text` and `why` are words without patient data."""

    id: str
    person: str
    other: str
    reason: str
    text: str
    at: int
    state: str
    transaction: str
    score: float | None
    why: str
    rules: int
    decided_at: int | None
    decided_by: str
    decision: str


_COLUMNS = tuple(reviews.c[field.name] for field in fields(Asked))


class Waiting(NamedTuple):
    """How many reviews are open, and the oldest of them: µs since the epoch."""

    number: int
    oldest: int


class Queue:
    """Any thread may ask. Raises Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def counts(self) -> Mapping[str, int]:
        """Open reviews by reason, the most first."""
        found = {reason: waiting.number for reason, waiting in self.waiting().items()}
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))

    def waiting(self) -> Mapping[str, Waiting]:
        """By reason."""
        counted = select(reviews.c.reason, func.count(), func.min(reviews.c.at))
        by_reason = counted.where(OPEN).group_by(reviews.c.reason)
        with reading(self._engine) as connection:
            return {reason: Waiting(count, oldest) for reason, count, oldest in connection.execute(by_reason)}

    def one(self, id: str) -> Asked | None:
        with reading(self._engine) as connection:
            found = connection.execute(select(*_COLUMNS).where(reviews.c.id == id)).first()
        return Asked(*found) if found else None

    def page(
        self, *, reason: str = "", state: str = "open", order: Order = "oldest", after: str = "", most: int = 50
    ) -> list[Asked]:
        """`after`: the id of the last one of the page before. One that is decided meanwhile still tells the place."""
        wanted = _ordered(order).where(OPEN if state == "open" else reviews.c.state == state).limit(most)
        if reason:
            wanted = wanted.where(reviews.c.reason == reason)
        if after:
            last = self.one(after)
            if last is None:
                return []
            wanted = wanted.where(_beyond(last, order))
        with reading(self._engine) as connection:
            return [Asked(*row) for row in connection.execute(wanted)]

    def next(self, after: Asked, *, reason: str = "", order: Order = "oldest") -> Asked | None:
        """The open review to look at after this one: the following one, else the first of those left for later."""
        found = self.page(reason=reason, order=order, after=after.id, most=1)
        found = found or self.page(reason=reason, order=order, most=2)
        return next((one for one in found if one.id != after.id), None)

    def of_persons(self, persons: Collection[str]) -> list[Asked]:
        """Open ones that are about any of these identities."""
        with reading(self._engine) as connection:
            # said of each side, so that SQLite too finds the index of each
            about = [OPEN & among(connection, side, persons) for side in (reviews.c.person, reviews.c.other)]
            wanted = _ordered("oldest").where(or_(*about))
            return [Asked(*row) for row in connection.execute(wanted)]


def _ordered(order: Order) -> Select[Any]:
    by = (reviews.c.at, reviews.c.id) if order == "oldest" else (_UNLIKELY, reviews.c.id)
    return select(*_COLUMNS).order_by(*by)


def _beyond(last: Asked, order: Order) -> ColumnElement[bool]:
    if order == "oldest":
        return tuple_(reviews.c.at, reviews.c.id) > tuple_(last.at, last.id)
    return tuple_(_UNLIKELY, reviews.c.id) > tuple_(1.0 if last.score is None else -last.score, last.id)
