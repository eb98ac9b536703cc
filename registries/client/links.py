"""Which identities are the same human being. Nothing is rewritten when two are linked: whoever reads follows."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, bindparam, select, update

from registries.database import among, insert_or_skip, reading
from registries.tables import links, next_version, version

_FACTS = (links.c.from_person, links.c.to_person, links.c.kind, links.c.at, links.c.ended)
_NEWS = (
    select(*_FACTS)
    .where(links.c.version > bindparam("after"), links.c.version <= bindparam("until"))
    .order_by(links.c.version, links.c.at)
)
# Links read at once: the first time, all of them
_MANY = 10_000
MERGED, MATCHED, JOINED, APART = "merged", "matched", "joined", "apart"
NAME = "links"


@dataclass(frozen=True, slots=True)
class Merge:
    """`prior` was replaced by `survivor`, as `event` tells (A40)."""

    prior: str
    survivor: str
    event: str


@dataclass(frozen=True, slots=True)
class Match:
    """The rules of this version say that the two are one. `one` is the smaller identity."""

    one: str
    other: str
    event: str
    why: str
    score: float
    rules: int


def record(connection: Connection, merges: Sequence[Merge], at: int) -> tuple[list[Merge], list[Merge]]:
    """Links each prior identity to its survivor, in the caller's transaction; which links are new, and which were not
    made because a steward keeps the two apart.

    A merge that would close a circle (A into B, later B into A) adds nothing: they are linked already. Nor does one
    that a steward took back, when the same event is read again.
    """
    added: list[Merge] = []
    refused: list[Merge] = []
    unknown = [merge for merge in merges if merge.prior != merge.survivor and not _recorded(connection, merge)]
    number = next_version(connection, NAME) if unknown else 0
    for merge in unknown:
        if _apart(connection, merge):
            refused.append(merge)
        elif merge.prior not in _survivors(connection, merge.survivor):
            key = {"from_person": merge.prior, "to_person": merge.survivor, "kind": MERGED}
            told = {"event": merge.event, "at": at, "version": number, "ended": None, "by": "", "why": ""}
            if _put(connection, key, told | {"score": None, "rules": 0}):
                added.append(merge)
    return added, refused


def match(connection: Connection, matches: Sequence[Match], at: int, number: int) -> list[Match]:
    """Links what the rules found, under this version of the links (the caller's own); which links are new.

    What a steward ended stays ended: he keeps the two apart, and the caller asked for that.
    """
    known = _matched(connection, {one.one for one in matches})
    added = [one for one in matches if known.get((one.one, one.other), 0) is not None]
    rows = {(one.one, one.other): _row(one, at, number) for one in added}
    insert_or_skip(connection, links, [row for pair, row in rows.items() if pair not in known])
    for pair in rows.keys() & known.keys():
        key = dict(zip(("from_person", "to_person", "kind"), (*pair, MATCHED), strict=True))
        _put(connection, key, {name: value for name, value in rows[pair].items() if name not in key})
    return added


def part(connection: Connection, pairs: Iterable[tuple[str, str]], at: int, number: int) -> list[tuple[str, str]]:
    """Ends what the rules linked, under this version of the links; which of them were in force."""
    ended = []
    for one, other in pairs:
        same = and_(links.c.from_person == one, links.c.to_person == other, links.c.kind == MATCHED)
        if connection.execute(
            update(links).where(same, links.c.ended.is_(None)).values(ended=at, version=number)
        ).rowcount:
            ended.append((one, other))
    return ended


def _matched(connection: Connection, ones: set[str]) -> dict[tuple[str, str], int | None]:
    """When each link of the rules between these and others ended; None while it is in force."""
    told = select(links.c.from_person, links.c.to_person, links.c.ended).where(links.c.kind == MATCHED)
    found = connection.execute(told.where(among(connection, links.c.from_person, ones)))
    return {(one, other): ended for one, other, ended in found}


def _row(one: Match, at: int, number: int) -> dict[str, Any]:
    key = {"from_person": one.one, "to_person": one.other, "kind": MATCHED}
    told = {"event": one.event, "at": at, "version": number, "ended": None, "by": "rules", "why": one.why}
    return key | told | {"score": one.score, "rules": one.rules}


def _put(connection: Connection, key: dict[str, str], told: dict[str, Any]) -> bool:
    """Whether the link was not in force before."""
    if insert_or_skip(connection, links, [key | told]):
        return True
    same = and_(*(links.c[name] == value for name, value in key.items()), links.c.ended.is_not(None))
    return bool(connection.execute(update(links).where(same).values(**told)).rowcount)


def _recorded(connection: Connection, merge: Merge) -> bool:
    known = select(links.c.ended, links.c.event).where(links.c.from_person == merge.prior, links.c.kind == MERGED)
    found = connection.execute(known.where(links.c.to_person == merge.survivor)).first()
    return found is not None and (found.ended is None or found.event == merge.event)


def _apart(connection: Connection, merge: Merge) -> bool:
    first, second = sorted((merge.prior, merge.survivor))
    told = select(links.c.kind).where(links.c.from_person == first, links.c.to_person == second)
    return connection.execute(told.where(links.c.kind == APART, links.c.ended.is_(None))).first() is not None


def _survivors(connection: Connection, person: str) -> set[str]:
    """Everyone this identity was merged into, one after the other."""
    seen: set[str] = set()
    frontier: set[str] = {person}
    while frontier:
        frontier = set(connection.scalars(_merged_into(connection, frontier)).all()) - seen
        seen |= frontier
    return seen


def _merged_into(connection: Connection, prior: Iterable[str]) -> Select[str]:
    in_force = and_(links.c.kind == MERGED, links.c.ended.is_(None))
    return select(links.c.to_person).where(in_force, among(connection, links.c.from_person, list(prior)))


class Links:
    """The links in force, in memory. Any thread and any process may ask; an answer is as new as the last commit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._version = 0
        # between two identities, how many links join them
        self._beside: dict[str, dict[str, int]] = {}
        self._in_force: set[tuple[str, str, str]] = set()
        self._into: dict[str, dict[str, int]] = {}
        self._apart: dict[str, set[str]] = {}
        self._groups: dict[str, frozenset[str]] = {}

    def following(self, person: str) -> frozenset[str]:
        """Every identity linked with this one, itself among them, in both directions and over any number of links."""
        return self.look().following(person)

    def survivor(self, person: str) -> str:
        """The identity that stands for this one after every merge; itself when it was never merged."""
        return self.look().survivor(person)

    def kept_apart(self, person: str) -> frozenset[str]:
        """Whom a steward keeps apart from this very identity."""
        self._refresh()
        with self._lock:
            return frozenset(self._apart.get(person, ()))

    def look(self) -> Look:
        """For many questions at once: the database is looked at once for all of them."""
        self._refresh()
        return Look(self)

    def standing(self, connection: Connection, number: int = 0) -> Standing:
        """The links as they stand for who makes version `number` of them, in their transaction: nobody else links
        until it ends. Without a number, for who only looks."""
        with self._lock:
            self._read(connection, number - 1 if number else version(connection, NAME))
            return Standing(self)

    def _refresh(self) -> None:
        """Reads what was linked since the last look: one row when nothing was."""
        with reading(self._engine) as connection:
            number = version(connection, NAME)
            if number <= self._version:  # nobody waits for a round trip of somebody else
                return
            with self._lock:
                self._read(connection, max(number, self._version))

    def _read(self, connection: Connection, number: int) -> None:
        read = 0
        for link in connection.execute(_NEWS, {"after": self._version, "until": number}):
            self._learn(link)
            read += 1
        self._version = number
        if read > _MANY:
            gc.freeze()  # they stay: the cyclic collector need not walk through all of them again and again

    def _learn(self, link: Any) -> None:
        key = (link.from_person, link.to_person, link.kind)
        if link.ended is not None:
            self._forget(key)
        elif key not in self._in_force:
            self._in_force.add(key)
            one, other, kind = key
            for here, there in ((one, other), (other, one)):
                if kind == APART:
                    self._apart.setdefault(here, set()).add(there)
                else:
                    beside = self._beside.setdefault(here, {})
                    beside[there] = beside.get(there, 0) + 1
            if kind != APART:
                self._join(one, other)
        if link.kind == MERGED and link.ended is None:
            self._into.setdefault(link.from_person, {})[link.to_person] = link.at

    def _forget(self, key: tuple[str, str, str]) -> None:
        if key not in self._in_force:
            return
        self._in_force.remove(key)
        one, other, kind = key
        for here, there in ((one, other), (other, one)):
            if kind == APART:
                self._apart[here].discard(there)
            else:
                self._beside[here][there] -= 1
                if not self._beside[here][there]:
                    del self._beside[here][there]
        if kind == MERGED:
            del self._into[one][other]
        if kind != APART:
            self._scatter(one, other)

    def _surviving(self, person: str) -> str:
        seen = {person}
        while into := self._into.get(person):
            # of two merges of one identity, the later counts
            person = max(into, key=lambda one: (into[one], one))
            if person in seen:
                break
            seen.add(person)
        return person

    def _join(self, one: str, other: str) -> None:
        for person in (one, other):
            self._scatter(person)

    def _scatter(self, *members: str) -> None:
        """Whose group must be found again."""
        for person in members:
            for member in self._groups.pop(person, ()):
                self._groups.pop(member, None)

    def _following(self, person: str) -> frozenset[str]:
        if not self._beside.get(person):
            return frozenset((person,))
        group = self._groups.get(person)
        if group is None:
            group = self._group(person)
            self._groups.update(dict.fromkeys(group, group))
        return group

    def _group(self, person: str) -> frozenset[str]:
        group, frontier = {person}, [person]
        while frontier:
            news = self._beside.get(frontier.pop(), {}).keys() - group
            group |= news
            frontier.extend(news)
        return frozenset(group)


class Look:
    """The links as they were when somebody looked, or newer."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def following(self, person: str) -> frozenset[str]:
        """As `Links.following`."""
        with self._links._lock:
            return self._links._following(person)

    def survivor(self, person: str) -> str:
        """As `Links.survivor`."""
        with self._links._lock:
            return self._links._surviving(person)

    def standing(self, group: Iterable[str]) -> str:
        """The one identity that every member's merges lead to; of several the smallest."""
        with self._links._lock:
            return min({self._links._surviving(person) for person in group})


class Standing:
    """What one transaction sees of the links, and adds to them."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._joined: dict[str, frozenset[str]] = {}

    def group(self, person: str) -> frozenset[str]:
        """Everybody joined with this identity, itself among them."""
        return self._joined.get(person) or self._links._following(person)

    def join(self, one: str, other: str) -> None:
        group = self.group(one) | self.group(other)
        self._joined.update(dict.fromkeys(group, group))

    def part(self, groups: Mapping[str, frozenset[str]]) -> None:
        """Everybody of some groups, grouped otherwise."""
        self._joined.update(groups)

    def kept_apart(self, one: frozenset[str], other: frozenset[str]) -> bool:
        """Whether a steward keeps anybody of the one group apart from anybody of the other."""
        return any(not self._links._apart.get(person, frozenset()).isdisjoint(other) for person in one)
