"""The reviews that ask whether two identities are one human being: how they are named, which of them wait, and which
are answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import product

from sqlalchemy import Connection, select, update

from registries.database import among
from registries.tables import OPEN, reviews
from schemas import facts

POSSIBLE = "possible-match"
CLAIMED = "claimed-twice"
_OF_TWO = (POSSIBLE, CLAIMED)

# Pairs of identities of two groups; beyond that only some are looked at
_MOST_PAIRS = 1_000

Pair = tuple[str, str]


def review_of(one: str, other: str, reason: str = POSSIBLE) -> str:
    """The id of the review of these two."""
    return facts.name("review", *sorted((one, other)), reason, "")


def reviews_of(pairs: Iterable[Pair]) -> dict[str, Pair]:
    """By id, the reviews that ask whether the two of a pair are one, whether there are any or not."""
    return {id: pair for pair in pairs for id in (review_of(*pair), *_claims(*pair))}


def waiting(connection: Connection, pairs: Iterable[Pair]) -> set[Pair]:
    """Those about whom somebody is asked and has not answered."""
    ids = reviews_of(pairs)
    found = select(reviews.c.id).where(among(connection, reviews.c.id, ids), OPEN)
    return {ids[id] for id in connection.scalars(found)}


def answered(connection: Connection, groups: Collection[Collection[str]], by: str, at: int) -> None:
    """All of a group are one, as `by` says: of no two of them need anybody be asked any more. Nobody is in two groups.
    In the caller's transaction."""
    group = {person: number for number, persons in enumerate(groups) for person in persons}
    asked = select(reviews.c.id, reviews.c.person, reviews.c.other).where(OPEN, reviews.c.reason.in_(_OF_TWO))
    found = connection.execute(asked.where(among(connection, reviews.c.person, group)))
    ids = [id for id, person, other in found if group.get(other) == group[person]]
    if ids:
        said = {"state": "decided", "decision": "accepted", "decided_by": by, "decided_at": at}
        connection.execute(update(reviews).where(among(connection, reviews.c.id, ids), OPEN).values(said))


def reopened(connection: Connection, pairs: Iterable[Pair]) -> None:
    """Of the two of each pair somebody is to be asked again, where the rules had answered. In the caller's
    transaction."""
    theirs = among(connection, reviews.c.id, reviews_of(pairs)), reviews.c.state == "decided"
    said = {"state": "open", "decision": "", "decided_by": "", "decided_at": None}
    connection.execute(update(reviews).where(*theirs, reviews.c.decided_by == "rules").values(said))


def across(here: frozenset[str], there: frozenset[str]) -> set[Pair]:
    """Every two of whom one is here and the other there, the smaller first."""
    if len(here) * len(there) > _MOST_PAIRS:
        here, there = (frozenset(sorted(some)[:30]) for some in (here, there))
    return {(min(pair), max(pair)) for pair in product(here, there) if pair[0] != pair[1]}


def _claims(one: str, other: str) -> tuple[str, str]:
    """As `store.review_row` names them."""
    return facts.name("review", one, other, CLAIMED, ""), facts.name("review", other, one, CLAIMED, "")
