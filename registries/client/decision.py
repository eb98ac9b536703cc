"""One decision of a steward: what it reads, what it changes and its line in the history, in one commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, select

from registries.client import changes, history
from registries.client.changes import Change, Row, Told
from registries.client.clusters import Link, about, cluster, joining, kept_apart, merges_of, path, reason
from registries.client.history import Line
from registries.client.links import JOINED, MATCHED, MERGED, NAME
from registries.database import alone, among, written
from registries.sealing import Seal
from registries.tables import OPEN, next_version, persons, reviews

_LOCK = 0x53544557


class Declined(ValueError):
    """A decision that can't be: says why, and what to do instead. Without patient data."""


@dataclass(slots=True)
class Decision:
    """`number` is the version of the links that it makes; `at` in µs."""

    connection: Connection
    seal: Seal
    by: str
    why: str
    at: int
    number: int
    changes: list[Change] = field(default_factory=list)

    def known(self, *ids: str) -> None:
        for person in ids:
            if self.connection.scalar(select(persons.c.id).where(persons.c.id == person)) is None:
                raise Declined(f"no identity {person}: look it up again, its address may have been mistyped")

    def put(self, table: str, key: Row, values: Row | None) -> bool:
        """Makes the row so; False where it is so already."""
        before = changes.row(self.connection, table, key)
        if before and values:
            before = {name: before[name] for name in values}
        if before == values:
            return False
        changes.write(self.connection, table, key, values)
        self.changes.append(Change(table, key, before, values))
        return True

    def put_all(self, table: str, told: Told) -> None:
        """The same for many rows, in a few statements."""
        found = changes.rows(self.connection, table, [key for key, _ in told])
        made = [
            Change(table, key, {name: row[name] for name in values} if row and values else row, values)
            for (key, values), row in zip(told, found, strict=True)
        ]
        made = [one for one in made if one.before != one.after]
        changes.write_all(self.connection, made)
        self.changes += made

    def join(self, one: str, other: str, kind: str) -> bool:
        """Puts a link in force; False where it is already."""
        key = pair(one, other, kind)
        found = changes.row(self.connection, "links", key)
        if found and found["ended"] is None:
            return False
        why = self.seal.seal_text(self.why, about(key["from_person"], key["to_person"], kind))
        told = {"event": "", "at": self.at, "version": self.number, "ended": None, "by": self.by, "why": why}
        return self.put("links", key, told | {"score": None, "rules": 0})

    def end(self, link: Link) -> None:
        key = {"from_person": link.from_person, "to_person": link.to_person, "kind": link.kind}
        self.put("links", key, {"ended": self.at, "version": self.number})

    def between(self, one: str, other: str, *kinds: str) -> list[Link]:
        """The links of these kinds in force between the two themselves."""
        found = joining(self.connection, [one]) + kept_apart(self.connection, [one, other])
        return [link for link in found if {link.from_person, link.to_person} == {one, other} and link.kind in kinds]

    def ended(self, one: str, other: str, *kinds: str) -> bool:
        """Whether there was such a link once."""
        return any(changes.row(self.connection, "links", pair(one, other, kind)) for kind in kinds)

    def part(self, one: str, other: str) -> None:
        """Ends the weakest links of the rules until nothing joins the two."""
        while way := path(cluster(self.connection, one)[1], one, other):
            ruled = [link for link in way if link.kind == MATCHED]
            if not ruled:
                raise Declined(f"they are joined by {_named(way[0])}; take that back first")
            self.end(min(ruled, key=lambda link: (link.score or 0.0, link.from_person, link.to_person)))

    def settle(self, one: str, other: str, decision: str) -> None:
        """Open reviews of the two are answered with this. If they are two, so is whoever is joined with either."""
        here, there = {one}, {other}
        if decision == "rejected":
            here, there = cluster(self.connection, one)[0], cluster(self.connection, other)[0]
        for person, beside in ((here, there), (there, here)):
            those = among(self.connection, reviews.c.person, person), among(self.connection, reviews.c.other, beside)
            asked = select(reviews.c.id).where(OPEN, *those)
            for id in self.connection.scalars(asked).all():
                self.close(id, decision)

    def close(self, review: str, decision: str) -> bool:
        said = {"decided_at": self.at, "decided_by": self.by, "decision": decision}
        return self.put("reviews", {"id": review}, {"state": "decided"} | said)

    def check(self) -> None:
        """Nobody is joined whom a steward keeps apart, and no merge turns in a circle. Raises Declined."""
        for change in self.changes:
            if change.table == "links" and change.after and change.after["ended"] is None:
                self._check(change.key)

    def _check(self, key: Mapping[str, str]) -> None:
        together, _ = cluster(self.connection, key["from_person"])
        for link in kept_apart(self.connection, together):
            raise Declined(
                f"{link.from_person} and {link.to_person} would be one, and {link.by or 'a steward'} keeps them apart: "
                f"{reason(self.seal, link) or 'no reason given'}; take that back first, if it was wrong"
            )
        if key["kind"] == MERGED:
            self._check_merges(key["from_person"])

    def _check_merges(self, prior: str) -> None:
        seen, person = {prior}, prior
        while into := merges_of(self.connection, person):
            if len(into) > 1:
                raise Declined(f"{person} is merged into another identity already; merge that one, or unmerge it first")
            person = into[0].to_person
            if person in seen:
                raise Declined("that would be a circle: the surviving identity was itself merged into the other one")
            seen.add(person)

    def note(
        self, action: str, person: str, other: str = "", record: int | None = None, *, rules: int = 0, **more: Any
    ) -> int:
        """The line in the history; `more` stands in its detail. 0 where nothing changed."""
        made = changes.together(self.changes)
        if not made:
            return 0
        detail = {"changes": changes.dumped(made)} | more
        line = Line(self.at, self.by, action, person, other, record, self.why, rules, detail)
        return history.add(self.connection, self.seal, line)


def decided(engine: Engine, seal: Seal, by: str, why: str, work: Callable[[Decision], int]) -> int:
    """`work` in one commit, one steward after the other; what it returns. Raises Declined: nothing was changed."""
    if not by.strip() or not why.strip():
        raise Declined("say who decides and why: both stay in the history")

    def once(connection: Connection) -> int:
        alone(connection, _LOCK)
        # who links waits for this too, so what is read here stays so
        number = next_version(connection, NAME)
        return work(Decision(connection, seal, by, why.strip(), time.time_ns() // 1000, number))

    return written(engine, once)


def pair(one: str, other: str, kind: str) -> Row:
    """The key of a link. Only a merge has a direction."""
    first, second = (one, other) if kind == MERGED else sorted((one, other))
    return {"from_person": first, "to_person": second, "kind": kind}


def _named(link: Link) -> str:
    if link.kind == JOINED:
        return f"a link that {link.by} made"
    return f"a merge of {link.from_person} into {link.to_person}"
