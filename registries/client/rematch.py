"""Rules changed: what becomes of those who were compared before. Shown first, then applied, and taken back if wrong.

What stewards and sources decided stays: only links of the rules are made and ended, only reviews of possible matches
opened and closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, select

from registries.client import changes, history
from registries.client.changes import Change, Row, Told
from registries.client.comparison import Comparison, Manual, Progress, everybody
from registries.client.decision import Decision, Declined, decided, pair
from registries.client.difference import Difference, Differences, differences
from registries.client.history import Line
from registries.client.links import MATCHED
from registries.client.matching.rules import Rules
from registries.client.questions import review_of
from registries.client.reblocking import Reblocking
from registries.client.records import NAME as RECORDS
from registries.client.versions import Versions, activated, in_force
from registries.database import insert_or_skip, reading
from registries.sealing import Seal
from registries.tables import next_version, records, uncompared, version


def _quiet(done: int, of: int) -> None:
    """Nobody asked."""


@dataclass(frozen=True, slots=True)
class _Change:
    """Of the rules `before` for those `after`. `since`: the change of records up to which all were compared by the
    rules after; `blocked`: up to which all are found by them, None where both find the same."""

    before: Rules
    after: Rules
    since: int
    blocked: int | None


class Rematch:
    """Blocks, for minutes where there are many records. Raises Unavailable, and Declined."""

    def __init__(self, engine: Engine, secret: bytes, seal: Seal) -> None:
        self._engine, self._secret, self._seal = engine, secret, seal
        self._versions = Versions(engine, seal)
        self._blocks = Reblocking(engine, secret, seal)

    def dry_run(self, rules: Rules, *, sample: int = 0, progress: Progress = _quiet) -> Differences:
        """What these rules would change, of `sample` records at most (0: all), each compared with everybody. Writes
        nothing. `progress` is told how many records are done, of how many."""
        with reading(self._engine) as connection:
            seen = version(connection, RECORDS)
            every = everybody(connection)
        ids = every[:: max(1, -(-len(every) // sample))] if sample else every
        comparison = Comparison(self._engine, self._secret, self._seal, rules, self._versions.active())
        comparison.run(ids, every, progress)
        with reading(self._engine) as connection:
            return differences(connection, comparison, len(ids), _late(connection, seen, every))

    def apply(self, number: int, by: str, why: str, *, progress: Progress = _quiet) -> Differences:
        """Puts this version of the rules in force, for everybody who was compared before too. What is decided while it
        runs counts: nobody is joined whom a steward keeps apart meanwhile."""
        rules, before = self._versions.rules(number), self._versions.active()
        with reading(self._engine) as connection:
            seen = version(connection, RECORDS)
        found = self.dry_run(rules, progress=progress)
        change = self._found_by(before, rules, seen, 0)

        def work(decision: Decision) -> int:
            self._put_in_force(decision, change)
            _apply(decision, found)
            kept = self._meanwhile(decision, change)
            counts = _counts(found)
            return decision.note("rematched", "", rules=number, before=before.version, records=kept, counts=counts)

        return replace(found, entry=decided(self._engine, self._seal, by, why, work))

    def undo(self, entry: int, by: str, why: str) -> int:
        """Takes back what was applied under this line of the history, as far as nobody decided about the same since,
        and puts the rules before in force. The line that says so; 0 where nothing was left to do."""
        with reading(self._engine) as connection:
            line = _applied(connection, self._seal, entry)
        before, since = self._versions.rules(line.detail["before"]), line.detail.get("records", 0)
        change = self._found_by(self._versions.active(), before, since, since)

        def work(decision: Decision) -> int:
            moved = self._put_in_force(decision, change)
            _undo(decision, line)
            if moved:
                self._meanwhile(decision, change)
            return decision.note("undone", "", of=entry)

        return decided(self._engine, self._seal, by, why, work)

    def _found_by(self, before: Rules, after: Rules, seen: int, blocked: int) -> _Change:
        """Ahead of the commit: it holds up those who come as little as can be. Up to `blocked` all have the blocks."""
        same = after.finds_as(before)
        return _Change(before, after, seen, None if same else self._blocks.ahead(after, blocked))

    def _put_in_force(self, decision: Decision, change: _Change) -> bool:
        """First of all: from here on nobody writes what the rules before decide."""
        if (found := in_force(decision.connection)) != change.before.version:
            raise Declined(f"version {found} of the rules was put in force meanwhile; look at the rules, and try again")
        return activated(decision.connection, decision.seal, change.after.version, decision.by, decision.why)

    def _meanwhile(self, decision: Decision, change: _Change) -> int:
        """Who came meanwhile, or changed, was compared by the rules before: the next sweep does it again. Up to which
        change of records everybody is found by both; last of all, for whoever keeps a record waits now, and then asks
        for the rules again."""
        connection = decision.connection
        number = next_version(connection, RECORDS)
        if change.blocked is not None:
            self._blocks.rest(connection, change.after, change.blocked)
        changed = select(records.c.id.label("record"), records.c.number, records.c.at)
        rows = connection.execute(changed.where(records.c.number > change.since))
        insert_or_skip(connection, uncompared, [row._asdict() for row in rows])
        return number


def _late(connection: Connection, seen: int, every: Iterable[int]) -> set[str]:
    """The identities of records that were not there when so many changes of records were."""
    known = set(every)
    found = connection.execute(select(records.c.id, records.c.person).where(records.c.number > seen))
    return {person for id, person in found if id not in known}


def _apply(decision: Decision, found: Differences) -> None:
    parting: Row = {"ended": decision.at, "version": decision.number}
    ended: Told = [(pair(one.one, one.other, MATCHED), parting) for one in found.ended]
    decision.put_all("links", _links(decision, ended, in_force=True))
    decision.put_all("links", _links(decision, _made(decision, found), in_force=False))
    decision.put_all("reviews", [_opened(decision, one) for one in found.opened])
    joined = {(one.one, one.other) for one in found.made}
    said: Row = {"state": "decided", "decided_at": decision.at, "decided_by": "rules"}
    for answer in ("accepted", ""):
        closed = [one for one in found.closed if ((one.one, one.other) in joined) == bool(answer)]
        told = said | {"decision": answer}
        decision.put_all("reviews", [({"id": review_of(one.one, one.other)}, told) for one in closed])


def _links(decision: Decision, told: Told, *, in_force: bool) -> Told:
    """Those that are in force now, or that are not."""
    rows = changes.rows(decision.connection, "links", [key for key, _ in told])
    there = [row is not None and row["ended"] is None for row in rows]
    return [one for one, stands in zip(told, there, strict=True) if stands == in_force]


def _made(decision: Decision, found: Differences) -> Told:
    """The likest first, as the rules do."""
    standing = Manual(decision.connection, every=True)
    said: Row = {"event": "", "at": decision.at, "version": decision.number, "ended": None, "by": "rules"}
    made: Told = []
    for one in sorted(found.made, key=lambda one: (-(one.score or 0.0), one.one, one.other)):
        if not standing.kept_apart(standing.group(one.one), standing.group(one.other)):
            standing.join(one.one, one.other)
            told = said | {"why": one.why, "score": one.score, "rules": found.version}
            made.append((pair(one.one, one.other, MATCHED), told))
    return made


def _opened(decision: Decision, one: Difference) -> tuple[Row, Row | None]:
    told = {"at": decision.at, "decided_at": None, "decided_by": "", "decision": ""}
    row = {name: value for name, value in one.review.items() if name != "id"}
    return {"id": one.review["id"]}, row | told


def _applied(connection: Connection, seal: Seal, entry: int) -> Line:
    line = history.line(connection, seal, entry)
    if line is None or line.action != "rematched":
        raise Declined(f"line {entry} of the history tells of no new comparison")
    return line


def _undo(decision: Decision, line: Line) -> None:
    made = changes.standing(decision.connection, changes.loaded(line.detail["changes"]))
    links = [one for one in made if one.table == "links"]
    parting: Row = {"ended": decision.at, "version": decision.number}
    decision.put_all("links", [(one.key, parting) for one in links if _in_force(one)])
    ended = _back(decision, [one for one in links if not _in_force(one)])
    decision.put_all("links", _links(decision, ended, in_force=False))
    decision.put_all("reviews", [(one.key, one.before) for one in made if one.table == "reviews"])


def _back(decision: Decision, ended: list[Change]) -> Told:
    standing = Manual(decision.connection, every=True)
    again: Row = {"ended": None, "version": decision.number}
    told: Told = []
    for one in ended:
        first, second = one.key["from_person"], one.key["to_person"]
        if not standing.kept_apart(standing.group(first), standing.group(second)):
            standing.join(first, second)
            told.append((one.key, again))
    return told


def _in_force(change: Change) -> bool:
    return change.after is not None and change.after["ended"] is None


def _counts(found: Differences) -> Mapping[str, int]:
    told = {"made": found.made, "ended": found.ended, "opened": found.opened, "closed": found.closed}
    return {name: len(value) for name, value in told.items()}
