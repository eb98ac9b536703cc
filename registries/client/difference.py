"""What other rules decide otherwise about those who were compared before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from registries.client.comparison import Comparison, Pair
from registries.client.links import MATCHED
from registries.client.questions import POSSIBLE
from registries.client.verdicts import Verdict, asked
from registries.tables import links, reviews


@dataclass(frozen=True, slots=True)
class Difference:
    """Two identities, and why the rules decide otherwise about them now, in words. `record` is the source record whose
    comparison decided; None where nothing that can be compared joins the two any more. `score` is a probability,
    `review` what a review says of it."""

    one: str
    other: str
    record: int | None = None
    score: float | None = None
    why: str = ""
    review: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Differences:
    """What the rules of `version` would change. `compared` counts records; `entry` is the line of the history once it
    is applied, 0 before."""

    version: int
    compared: int
    made: Sequence[Difference] = ()
    ended: Sequence[Difference] = ()
    opened: Sequence[Difference] = ()
    closed: Sequence[Difference] = ()
    entry: int = 0


def differences(connection: Connection, comparison: Comparison, compared: int, late: Collection[str]) -> Differences:
    """Between what a comparison that ran says and what stands; `compared`: of how many records it was. Of those who
    came `late`, while it ran, it says nothing."""
    number = comparison.rules.version
    certain, possible, persons = comparison.certain, comparison.possible, comparison.persons
    unseen = set(late) - persons

    def seen(*two: str) -> bool:
        return not persons.isdisjoint(two) and unseen.isdisjoint(two)

    joined = {(one, other) for one, other in _matched(connection) if seen(one, other)}
    known = {(one, other): state for one, other, state in _asked(connection) if seen(one, other)}

    def told(pairs: Collection[Pair]) -> list[Difference]:
        return [_difference(one, *possible.get(one, (certain.get(one), "")), number) for one in sorted(pairs)]

    return Differences(
        number,
        compared,
        made=told(certain.keys() - joined),
        ended=told(joined - certain.keys()),
        opened=told({one for one in possible if known.get(one, "closed") == "closed"}),
        closed=told({one for one, state in known.items() if state == "open" and one not in possible}),
    )


def _difference(of: Pair, verdict: Verdict | None, text: str, number: int) -> Difference:
    if verdict is None:
        return Difference(*of, why="nothing that can be compared joins the two any more")
    review = asked(POSSIBLE, *of, verdict, text, verdict.why, number, 0) if text else {}
    return Difference(*of, verdict.record, verdict.score.probability, verdict.why, review)


def _matched(connection: Connection) -> list[Pair]:
    found = select(links.c.from_person, links.c.to_person).where(links.c.kind == MATCHED, links.c.ended.is_(None))
    return [(one, other) for one, other in connection.execute(found)]


def _asked(connection: Connection) -> list[tuple[str, str, str]]:
    """Reviews of possible matches: open, closed by the rules, or decided by a steward."""
    columns = (reviews.c.person, reviews.c.other, reviews.c.state, reviews.c.decided_by)
    rows = connection.execute(select(*columns).where(reviews.c.reason == POSSIBLE))
    return [
        (min(one, other), max(one, other), "open" if state == "open" else "closed" if by == "rules" else "decided")
        for one, other, state, by in rows
    ]
