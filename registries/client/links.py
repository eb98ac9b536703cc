"""Which identities are the same human being. Nothing is rewritten when two are linked: whoever reads follows.

Who is joined with some identities, over any number of links in both directions, is read by one statement for them
alone: it costs the same however many links there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, String, bindparam, text

from registries.arrays import Listed
from registries.database import reading

MERGED, MATCHED, JOINED, APART = "merged", "matched", "joined", "apart"
NAME = "links"

_JOINING = f"ended IS NULL AND kind <> '{APART}'"
_FACTS = "from_person, to_person, kind, at"
_ON_SQLITE = text(
    "WITH RECURSIVE joined (person) AS (SELECT value FROM json_each(:persons)"
    f" UNION SELECT to_person FROM joined CROSS JOIN links ON from_person = person WHERE {_JOINING}"
    f" UNION SELECT from_person FROM joined CROSS JOIN links ON to_person = person WHERE {_JOINING})"
    f" SELECT {_FACTS} FROM joined CROSS JOIN links ON from_person = person WHERE ended IS NULL"
    f" UNION ALL SELECT {_FACTS} FROM joined CROSS JOIN links ON to_person = person"
    f" WHERE ended IS NULL AND kind = '{APART}'"
)
# OFFSET 0: the links of each are looked up, whatever the planner thinks of how many they may be
_ON_POSTGRESQL = text(
    "WITH RECURSIVE joined (person) AS (SELECT unnest(:persons)"
    " UNION SELECT beside.person FROM joined, LATERAL ("
    f"SELECT to_person AS person FROM links WHERE from_person = joined.person AND {_JOINING}"
    f" UNION ALL SELECT from_person FROM links WHERE to_person = joined.person AND {_JOINING} OFFSET 0) AS beside)"
    f" SELECT link.* FROM joined, LATERAL (SELECT {_FACTS} FROM links WHERE from_person = joined.person"
    f" AND ended IS NULL UNION ALL SELECT {_FACTS} FROM links WHERE to_person = joined.person"
    f" AND ended IS NULL AND kind = '{APART}' OFFSET 0) AS link"
).bindparams(bindparam("persons", type_=Listed(String)))


class Links:
    """The links in force. Any thread and any process may ask; an answer is as new as the last commit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def following(self, person: str) -> frozenset[str]:
        """Every identity linked with this one, itself among them, in both directions and over any number of links."""
        return self.look((person,)).following(person)

    def survivor(self, person: str) -> str:
        """The identity that stands for this one after every merge; itself when it was never merged."""
        return self.look((person,)).survivor(person)

    def kept_apart(self, person: str) -> frozenset[str]:
        """Whom a steward keeps apart from this very identity."""
        return self.look((person,)).kept_apart(person)

    def look(self, persons: Collection[str]) -> Joined:
        """For many questions at once, about these and those joined with them. Raises Unavailable."""
        with reading(self._engine) as connection:
            return joined(connection, persons)


def joined(connection: Connection, persons: Collection[str]) -> Joined:
    """As the links stand for this connection."""
    if not persons:
        return Joined((), ())
    sqlite = connection.dialect.name == "sqlite"
    asked: Any = orjson.dumps(list(persons)).decode() if sqlite else list(persons)
    return Joined(persons, connection.execute(_ON_SQLITE if sqlite else _ON_POSTGRESQL, {"persons": asked}))


class Joined:
    """The links in force of some identities, and of all whom these join. Nobody else may be asked about: KeyError."""

    def __init__(self, persons: Iterable[str], links: Iterable[Any]) -> None:
        self._beside: dict[str, set[str]] = {person: set() for person in persons}
        self._into: dict[str, list[tuple[int, str]]] = {}
        self._told: dict[str, set[str]] = {}
        self._apart: dict[str, set[str]] = {}
        self._groups: dict[str, frozenset[str]] = {}
        for one, other, kind, at in links:
            beside = self._apart if kind == APART else self._beside
            for graph in (beside, self._told) if kind in (MERGED, JOINED) else (beside,):
                graph.setdefault(one, set()).add(other)
                graph.setdefault(other, set()).add(one)
            if kind == MERGED:
                self._into.setdefault(one, []).append((at, other))

    def following(self, person: str) -> frozenset[str]:
        """Every identity joined with this one, itself among them."""
        if person not in self._groups:
            group = _reached(person, lambda one: self._beside[one])
            self._groups.update(dict.fromkeys(group, group))
        return self._groups[person]

    def told_one(self, one: str, other: str) -> bool:
        """Whether sources and stewards joined the two, over any number of links, and not only the rules."""
        return other in self._told and other in _reached(one, lambda person: self._told.get(person, set()))

    def survivor(self, person: str) -> str:
        """The identity that stands for this one after every merge; itself when it was never merged."""
        seen, here = {person}, person
        while into := self._into.get(here):
            here = max(into)[1]  # of two merges of one identity, the later counts
            if here in seen:
                break
            seen.add(here)
        return here

    def standing(self, group: Iterable[str]) -> str:
        """The one identity that every member's merges lead to; of several the smallest."""
        return min({self.survivor(person) for person in group})

    def kept_apart(self, person: str) -> frozenset[str]:
        """Whom a steward keeps apart from this very identity."""
        return frozenset(self._apart.get(person, ()))

    def parted(self, one: frozenset[str], other: frozenset[str]) -> bool:
        """Whether a steward keeps anybody of the one apart from anybody of the other."""
        return any(person in one and not apart.isdisjoint(other) for person, apart in self._apart.items())


def _reached(person: str, beside: Callable[[str], set[str]]) -> frozenset[str]:
    group, frontier = {person}, [person]
    while frontier:
        news = beside(frontier.pop()) - group
        group |= news
        frontier.extend(news)
    return frozenset(group)


class Standing:
    """What one transaction sees of the links of some identities, and adds to them."""

    def __init__(self, links: Joined) -> None:
        self._links = links
        self._joined: dict[str, frozenset[str]] = {}

    def group(self, person: str) -> frozenset[str]:
        """Everybody joined with this identity, itself among them."""
        return self._joined.get(person) or self._links.following(person)

    def told_one(self, one: str, other: str) -> bool:
        """As `Joined.told_one`."""
        return self._links.told_one(one, other)

    def join(self, one: str, other: str) -> None:
        group = self.group(one) | self.group(other)
        self._joined.update(dict.fromkeys(group, group))

    def part(self, groups: Mapping[str, frozenset[str]]) -> None:
        """Everybody of some groups, grouped otherwise."""
        self._joined.update(groups)

    def kept_apart(self, one: frozenset[str], other: frozenset[str]) -> bool:
        """Whether a steward keeps anybody of the one group apart from anybody of the other."""
        return self._links.parted(one, other)
