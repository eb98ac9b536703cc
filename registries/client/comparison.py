"""Everybody compared again under other rules: who would be linked, and who reviewed, if only stewards and sources had
joined anybody before. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, Engine, select

from registries.client.candidates import Candidates
from registries.client.digests import block_digests
from registries.client.links import APART, MATCHED, Joined, Standing
from registries.client.matcher import Matcher
from registries.client.matching.rules import Rules
from registries.client.questions import POSSIBLE
from registries.client.verdicts import Decision, Verdict
from registries.database import in_parts, reading
from registries.sealing import Seal
from registries.tables import links, records

Pair = tuple[str, str]
Progress = Callable[[int, int], None]

_AT_ONCE = 500


class Comparison:
    """`certain` and `possible` after `run`: by pair of identities, the smaller first. Each record is compared with all
    that share a block under these rules, whatever the rules in force find them by."""

    def __init__(self, engine: Engine, secret: bytes, seal: Seal, rules: Rules, before: Rules) -> None:
        self._engine, self._secret, self.rules = engine, secret, rules
        self._candidates = Candidates(seal) if rules.finds_as(before) else _Shadow(seal)
        self._matcher = Matcher(engine, secret, seal, rules, candidates=self._candidates)
        self.certain: dict[Pair, Verdict] = {}
        self.possible: dict[Pair, tuple[Verdict, str]] = {}
        self.persons: set[str] = set()

    def run(self, ids: Sequence[int], everybody: Sequence[int], progress: Progress) -> None:
        """Compares these records with everybody. `progress` is told how many are done, of how many."""
        if isinstance(self._candidates, _Shadow):
            for part in in_parts(everybody, _AT_ONCE):
                with reading(self._engine) as connection:
                    self._candidates.index(connection, part, self.rules, self._secret)
        best: dict[Pair, Verdict] = {}
        for done, part in enumerate(in_parts(ids, _AT_ONCE)):
            progress(done * _AT_ONCE, len(ids))
            for verdict in self._compared(part):
                known = best.get((verdict.one, verdict.other))
                if known is None or verdict.rank > known.rank:
                    best[verdict.one, verdict.other] = verdict
        self._decide(list(best.values()))
        progress(len(ids), len(ids))

    def _compared(self, part: Sequence[int]) -> Sequence[Verdict]:
        with reading(self._engine) as connection:
            mine = list(self._candidates.known(connection, part).values())
            self.persons |= {one.person for one in mine}
            return self._matcher.compared(connection, mine)

    def _decide(self, verdicts: Sequence[Verdict]) -> None:
        with reading(self._engine) as connection:
            standing = Manual(connection)

            def decision() -> Decision:
                return Decision(self.rules, standing, partial(self._candidates.newest, connection))

            for part in _components([one for one in verdicts if one.certain], standing):
                self._settle(decision(), part, ())
            self._settle(decision(), (), [one for one in verdicts if not one.certain])

    def _settle(self, decision: Decision, certain: Sequence[Verdict], possible: Sequence[Verdict]) -> None:
        decision.link(certain)
        decision.ask(possible)
        self.certain.update({(one.one, one.other): one for one in decision.matches})
        for (reason, one, other), (verdict, text, _) in decision.doubts.items():
            if reason == POSSIBLE and verdict:
                self.possible[one, other] = (verdict, text)


class Manual(Standing):
    """The links in force but those of the rules, or `every` one."""

    def __init__(self, connection: Connection, *, every: bool = False) -> None:
        super().__init__(Joined((), ()))
        self._parted: dict[str, set[str]] = {}
        rows = select(links.c.from_person, links.c.to_person, links.c.kind).where(links.c.ended.is_(None))
        for one, other, kind in connection.execute(rows if every else rows.where(links.c.kind != MATCHED)):
            if kind == APART:
                self._parted.setdefault(one, set()).add(other)
                self._parted.setdefault(other, set()).add(one)
            else:
                self.join(one, other)

    def group(self, person: str) -> frozenset[str]:
        return self._joined.get(person) or frozenset((person,))

    def kept_apart(self, one: frozenset[str], other: frozenset[str]) -> bool:
        return any(not self._parted.get(person, set()).isdisjoint(other) for person in one)


class _Shadow(Candidates):
    """Blocks in memory: those of rules that are not in force."""

    def __init__(self, seal: Seal) -> None:
        super().__init__(seal)
        self._blocks: dict[int, list[int]] = {}

    def index(self, connection: Connection, ids: Collection[int], rules: Rules, secret: bytes) -> None:
        for one in self.known(connection, ids).values():
            for digest in block_digests(one.profile, rules, secret):
                self._blocks.setdefault(digest, []).append(one.id)

    def sharing(self, connection: Connection, blocks: Collection[int], cap: int) -> Mapping[int, Sequence[int]]:
        found = ((block, self._blocks.get(block, [])) for block in blocks)
        return {block: ids for block, ids in found if len(ids) <= cap}


def everybody(connection: Connection) -> list[int]:
    return list(connection.scalars(select(records.c.id).order_by(records.c.id)))


def _components(verdicts: Sequence[Verdict], standing: Manual) -> list[list[Verdict]]:
    """Verdicts that may come to join the same people: decided together, each lot alone, so that little is in memory."""
    above: dict[str, str] = {}

    def top(person: str) -> str:
        while (higher := above.get(person, person)) != person:
            above[person] = above.get(higher, higher)
            person = higher
        return person

    for verdict in verdicts:
        for person in standing.group(verdict.one) | standing.group(verdict.other):
            above[top(person)] = top(verdict.one)
    lots: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        lots.setdefault(top(verdict.one), []).append(verdict)
    return list(lots.values())
