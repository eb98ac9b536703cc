"""Which identities are the same human being. Nothing is rewritten when two are linked: whoever reads follows."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Select, select

from registries.database import insert_or_skip, reading
from registries.tables import links, next_version, version

MERGED = "merged"
NAME = "links"


@dataclass(frozen=True, slots=True)
class Merge:
    """`prior` was replaced by `survivor`, as `event` tells (A40)."""

    prior: str
    survivor: str
    event: str


def record(connection: Connection, merges: Sequence[Merge], at: int) -> int:
    """Links each prior identity to its survivor, in the caller's transaction; how many links are new.

    A merge that would close a circle (A into B, later B into A) adds nothing: they are linked already.
    """
    unknown = [merge for merge in merges if merge.prior != merge.survivor and not _recorded(connection, merge)]
    if not unknown:
        return 0
    number = next_version(connection, NAME)
    added = 0
    for merge in unknown:
        if merge.prior not in _survivors(connection, merge.survivor):
            row = {"from_person": merge.prior, "to_person": merge.survivor, "kind": MERGED}
            added += insert_or_skip(connection, links, [row | {"event": merge.event, "at": at, "version": number}])
    return added


def _recorded(connection: Connection, merge: Merge) -> bool:
    found = _merged_into([merge.prior]).where(links.c.to_person == merge.survivor)
    return connection.execute(found).first() is not None


def _survivors(connection: Connection, person: str) -> set[str]:
    """Everyone this identity was merged into, one after the other."""
    seen: set[str] = set()
    frontier: set[str] = {person}
    while frontier:
        frontier = set(connection.scalars(_merged_into(frontier)).all()) - seen
        seen |= frontier
    return seen


def _merged_into(prior: Iterable[str]) -> Select[str]:
    return select(links.c.to_person).where(links.c.kind == MERGED, links.c.from_person.in_(list(prior)))


class Links:
    """The links, in memory. Any thread and any process may ask; an answer is as new as the last commit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._version = 0
        self._beside: dict[str, set[str]] = {}
        self._into: dict[str, str] = {}
        self._groups: dict[str, frozenset[str]] = {}

    def following(self, person: str) -> frozenset[str]:
        """Every identity linked with this one, itself among them, in both directions and over any number of links."""
        with self._lock:
            self._refresh()
            if person not in self._beside:
                return frozenset((person,))
            group = self._groups.get(person)
            if group is None:
                group = self._group(person)
                self._groups.update(dict.fromkeys(group, group))
            return group

    def survivor(self, person: str) -> str:
        """The identity that stands for this one after every merge; itself when it was never merged."""
        with self._lock:
            self._refresh()
            while person in self._into:
                person = self._into[person]
            return person

    def _refresh(self) -> None:
        """Reads what was linked since the last look: one row when nothing was."""
        with reading(self._engine) as connection:
            number = version(connection, NAME)
            if number == self._version:
                return
            news = select(links).where(links.c.version > self._version).order_by(links.c.version, links.c.at)
            for link in connection.execute(news):
                self._beside.setdefault(link.from_person, set()).add(link.to_person)
                self._beside.setdefault(link.to_person, set()).add(link.from_person)
                if link.kind == MERGED:
                    self._into[link.from_person] = link.to_person
        self._version = number
        self._groups.clear()

    def _group(self, person: str) -> frozenset[str]:
        group, frontier = {person}, [person]
        while frontier:
            news = self._beside.get(frontier.pop(), set()) - group
            group |= news
            frontier.extend(news)
        return frozenset(group)
