"""The reviews that ask whether two identities are one human being: how they are named, and which of them wait."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from registries.database import among
from registries.tables import reviews
from schemas import facts

POSSIBLE = "possible-match"
CLAIMED = "claimed-twice"

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
    found = select(reviews.c.id).where(among(connection, reviews.c.id, ids), reviews.c.state == "open")
    return {ids[id] for id in connection.scalars(found)}


def _claims(one: str, other: str) -> tuple[str, str]:
    """As `store.review_row` names them."""
    return facts.name("review", one, other, CLAIMED, ""), facts.name("review", other, one, CLAIMED, "")
