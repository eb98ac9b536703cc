"""Rules changed: what becomes of those who were compared before. Shown first, then applied, and taken back if wrong.

What stewards and sources decided stays: only links of the rules are made and ended, only reviews of possible matches
opened and closed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, select

from registries.client import changes, history
from registries.client.changes import row
from registries.client.comparison import Comparison, Manual, Pair, Progress, everybody
from registries.client.decision import Decision, Declined, decided, pair
from registries.client.digests import block_digests
from registries.client.links import MATCHED
from registries.client.matching.profile import Profile
from registries.client.matching.rules import Rules
from registries.client.questions import POSSIBLE, review_of
from registries.client.verdicts import Verdict, asked
from registries.client.versions import Versions, activated
from registries.database import insert_or_skip, reading, written
from registries.sealing import Seal
from registries.tables import blocks, links, records, reviews, uncompared, version

_AT_ONCE = 500


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


def _quiet(done: int, of: int) -> None:
    """Nobody asked."""


class Rematch:
    """Blocks, for minutes where there are many records. Raises Unavailable, and Declined."""

    def __init__(self, engine: Engine, secret: bytes, seal: Seal) -> None:
        self._engine, self._secret, self._seal = engine, secret, seal
        self._versions = Versions(engine, seal)

    def dry_run(self, rules: Rules, *, sample: int = 0, progress: Progress = _quiet) -> Differences:
        """What these rules would change, of `sample` records at most (0: all), each compared with everybody. Writes
        nothing. `progress` is told how many records are done, of how many."""
        with reading(self._engine) as connection:
            every = everybody(connection)
        ids = every[:: max(1, -(-len(every) // sample))] if sample else every
        comparison = Comparison(self._engine, self._secret, self._seal, rules, self._versions.active())
        comparison.run(ids, every, progress)
        with reading(self._engine) as connection:
            return _differences(connection, comparison, rules.version, len(ids))

    def apply(self, number: int, by: str, why: str, *, progress: Progress = _quiet) -> Differences:
        """Puts this version of the rules in force, for everybody who was compared before too. What is decided while it
        runs counts: nobody is joined whom a steward keeps apart meanwhile."""
        rules, before = self._versions.rules(number), self._versions.active()
        with reading(self._engine) as connection:
            seen = version(connection, "records")
        found = self.dry_run(rules, progress=progress)
        self._find_by(rules, before)

        def work(decision: Decision) -> int:
            return _apply(decision, found, before.version, seen)

        entry = decided(self._engine, self._seal, by, why, work)
        return replace(found, entry=entry)

    def undo(self, entry: int, by: str, why: str) -> int:
        """Takes back what was applied under this line of the history, as far as nobody decided about the same since,
        and puts the rules before in force. The line that says so; 0 where nothing was left to do."""
        return decided(self._engine, self._seal, by, why, lambda decision: _undo(decision, entry))

    def _find_by(self, rules: Rules, before: Rules) -> None:
        """The blocks of these rules beside those of the rules before, so that both find everybody meanwhile."""
        if rules.finds_as(before):
            return
        with reading(self._engine) as connection:
            every = everybody(connection)
        for start in range(0, len(every), _AT_ONCE):
            written(self._engine, partial(self._block, every[start : start + _AT_ONCE], rules))

    def _block(self, part: Sequence[int], rules: Rules, connection: Connection) -> None:
        found = connection.execute(select(records.c.id, records.c.profile).where(records.c.id.in_(part)))
        profiles = {id: Profile.unpacked(self._seal.open(sealed, str(id))) for id, sealed in found}
        rows = [
            {"block": digest, "record": id}
            for id, profile in profiles.items()
            for digest in block_digests(profile, rules, self._secret)
        ]
        insert_or_skip(connection, blocks, rows)


def _differences(connection: Connection, comparison: Comparison, number: int, compared: int) -> Differences:
    certain, possible, persons = comparison.certain, comparison.possible, comparison.persons
    joined = {(one, other) for one, other in _matched(connection) if persons & {one, other}}
    known = {(one, other): state for one, other, state in _asked(connection) if persons & {one, other}}

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


def _apply(decision: Decision, found: Differences, before: int, seen: int) -> int:
    connection = decision.connection
    for one in found.ended:
        key = pair(one.one, one.other, MATCHED)
        if (link := row(connection, "links", key)) and link["ended"] is None:
            decision.put("links", key, {"ended": decision.at, "version": decision.number})
    _make(decision, found)
    for one in found.opened:
        _open(decision, one)
    joined = {(one.one, one.other) for one in found.made}
    for one in found.closed:
        said = "accepted" if (one.one, one.other) in joined else ""
        told = {"state": "decided", "decided_at": decision.at, "decided_by": "rules", "decision": said}
        decision.put("reviews", {"id": review_of(one.one, one.other)}, told)
    activated(connection, decision.seal, found.version, decision.by, decision.why)
    # what changed meanwhile was compared under the rules before: the next sweep does it again
    changed = select(records.c.id.label("record"), records.c.number, records.c.at).where(records.c.number > seen)
    insert_or_skip(connection, uncompared, [row._asdict() for row in connection.execute(changed)])
    return decision.note("rematched", "", rules=found.version, before=before, counts=_counts(found))


def _undo(decision: Decision, entry: int) -> int:
    line = history.line(decision.connection, decision.seal, entry)
    if line is None or line.action != "rematched":
        raise Declined(f"line {entry} of the history tells of no new comparison")
    made = [one for one in changes.loaded(line.detail["changes"]) if one.stands(decision.connection)]
    ending = [one for one in made if one.table == "links" and one.after and one.after["ended"] is None]
    for one in ending:
        decision.put("links", one.key, {"ended": decision.at, "version": decision.number})
    standing = Manual(decision.connection, every=True)
    for one in made:
        first, second = one.key.get("from_person", ""), one.key.get("to_person", "")
        if one.table == "reviews":
            decision.put("reviews", one.key, one.before)
        elif one not in ending and not standing.kept_apart(standing.group(first), standing.group(second)):
            decision.put("links", one.key, {"ended": None, "version": decision.number})
            standing.join(first, second)
    activated(decision.connection, decision.seal, line.detail["before"], decision.by, decision.why)
    return decision.note("undone", "", of=entry)


def _make(decision: Decision, found: Differences) -> None:
    """The likest first, as the rules do."""
    standing = Manual(decision.connection, every=True)
    for one in sorted(found.made, key=lambda one: (-(one.score or 0.0), one.one, one.other)):
        if standing.kept_apart(standing.group(one.one), standing.group(one.other)):
            continue
        said = {"event": "", "at": decision.at, "version": decision.number, "ended": None, "by": "rules"}
        told = said | {"why": one.why, "score": one.score, "rules": found.version}
        if decision.put("links", pair(one.one, one.other, MATCHED), told):
            standing.join(one.one, one.other)


def _open(decision: Decision, one: Difference) -> None:
    told = {"at": decision.at, "decided_at": None, "decided_by": "", "decision": ""}
    row = {name: value for name, value in one.review.items() if name != "id"}
    decision.put("reviews", {"id": one.review["id"]}, row | told)


def _counts(found: Differences) -> Mapping[str, int]:
    told = {"made": found.made, "ended": found.ended, "opened": found.opened, "closed": found.closed}
    return {name: len(value) for name, value in told.items()}
