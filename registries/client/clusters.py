"""Who is joined with whom, read in the transaction that decides on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from registries.client.links import APART, MERGED
from registries.database import among
from registries.sealing import Seal
from registries.tables import links

Link = Any  # a row of links


def about(one: str, other: str, kind: str) -> str:
    """What the reason of a link is sealed with."""
    return f"{one}|{other}|{kind}"


def reason(seal: Seal, link: Link) -> str:
    """Why the two are joined or kept apart: a steward's words are sealed. Raises Unsealable."""
    return seal.open_text(link.why, about(link.from_person, link.to_person, link.kind))


def joining(connection: Connection, persons: Collection[str]) -> list[Link]:
    """The links in force that join any of them to anybody."""
    return _in_force(connection, persons, links.c.kind != APART)


def cluster(connection: Connection, person: str) -> tuple[set[str], list[Link]]:
    """Everybody joined with this identity, itself among them, and the links that join them."""
    known: set[str] = set()
    frontier = {person}
    found: dict[tuple[str, str, str], Link] = {}
    while frontier:
        known |= frontier
        news = joining(connection, frontier)
        found.update(((link.from_person, link.to_person, link.kind), link) for link in news)
        frontier = {one for link in news for one in (link.from_person, link.to_person)} - known
    return known, [found[name] for name in sorted(found)]


def kept_apart(connection: Connection, persons: Collection[str]) -> list[Link]:
    """What a steward said of any two among them: not the same."""
    rows = _in_force(connection, persons, links.c.kind == APART)
    return [row for row in rows if row.from_person in persons and row.to_person in persons]


def path(between: Iterable[Link], one: str, other: str) -> Sequence[Link]:
    """The links of a shortest way from one to the other; none where there is no way."""
    beside: dict[str, list[tuple[str, Link]]] = {}
    for link in between:
        beside.setdefault(link.from_person, []).append((link.to_person, link))
        beside.setdefault(link.to_person, []).append((link.from_person, link))
    ways: dict[str, tuple[Link, ...]] = {one: ()}
    frontier = [one]
    while frontier and other not in ways:
        news = [(here, there, link) for here in frontier for there, link in beside.get(here, ()) if there not in ways]
        frontier = []
        for here, there, link in news:
            if there not in ways:
                ways[there] = (*ways[here], link)
                frontier.append(there)
    return ways.get(other, ())


def merges_of(connection: Connection, person: str) -> list[Link]:
    """What this identity was merged into, in force."""
    found = select(links).where(links.c.kind == MERGED, links.c.from_person == person, links.c.ended.is_(None))
    return list(connection.execute(found))


def _in_force(connection: Connection, persons: Collection[str], kind: Any) -> list[Link]:
    either = or_(among(connection, links.c.from_person, persons), among(connection, links.c.to_person, persons))
    ordered = select(links).order_by(links.c.from_person, links.c.to_person, links.c.kind)
    return list(connection.execute(ordered.where(links.c.ended.is_(None), kind, either)))
