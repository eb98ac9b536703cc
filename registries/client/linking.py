"""Links as they are made and ended, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, select, update

from registries.client.links import MATCHED, MERGED, NAME, Standing, joined
from registries.database import among, insert_or_skip
from registries.tables import links, next_version


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
    made because a steward keeps the two, or others who would be joined with them, apart.

    A merge that would close a circle (A into B, later B into A) adds nothing: they are linked already. Nor does one
    that a steward took back, when the same event is read again.
    """
    added: list[Merge] = []
    refused: list[Merge] = []
    unknown = [merge for merge in merges if merge.prior != merge.survivor and not _recorded(connection, merge)]
    number = next_version(connection, NAME) if unknown else 0
    standing = Standing(joined(connection, {one for merge in unknown for one in (merge.prior, merge.survivor)}))
    for merge in unknown:
        if standing.kept_apart(standing.group(merge.prior), standing.group(merge.survivor)):
            refused.append(merge)
            continue
        standing.join(merge.prior, merge.survivor)
        if merge.prior not in _survivors(connection, merge.survivor):
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
