"""Compares source records after they are kept: certain ones are linked, possible ones go to review.

It never decides whom an event is about, so nothing waits for it, and what a crash leaves uncompared is compared by
the next sweep. Records are committed before they are compared: of two workers that keep records of the same
human being at once, at least the later sees both.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from sqlalchemy import BigInteger, Connection, Engine, delete, select

from registries.client.candidates import Candidates, Known, nearest
from registries.client.digests import block_digests
from registries.client.keeping import Keeping
from registries.client.links import NAME as LINKS
from registries.client.matching.profile import Profile
from registries.client.matching.rules import Rules
from registries.client.matching.scoring import Score, outcome, score
from registries.client.matching.vetoes import hopeless
from registries.client.settlement import decide
from registries.client.verdicts import Verdict
from registries.client.versions import NAME as RULES
from registries.client.versions import held
from registries.database import among, reading, writing, written
from registries.sealing import Seal
from registries.tables import next_version, uncompared, version
from schemas.message import Unavailable

# Records compared in one commit
AT_ONCE = 500
# Records that a question is compared with, where rules compare one that comes with fewer: whoever asks is looking
CLOSELY = 20
# A block of more records than so many times `most` is not read for one that comes: among eight thousand of a million
# records it led to one true match more
REACH = 4
# What somebody is comparing right now is left alone by a sweep: µs
YOUNG = 10_000_000
# How often somebody looks for that: seconds
EVERY = 10.0

log = logging.getLogger("wasl.registries")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source record that may be of the human being asked for."""

    record: int
    person: str
    score: Score


class Matcher:
    """Any thread may use it. Every method blocks, and raises Unavailable. `rules` may change while it works: then it is
    asked for those in force before each comparison."""

    def __init__(
        self,
        engine: Engine,
        secret: bytes,
        seal: Seal,
        rules: Rules | Callable[[], Rules],
        candidates: Candidates | None = None,
    ) -> None:
        self._engine, self._secret, self._seal, self._rules = engine, secret, seal, rules
        self._candidates = candidates or Candidates(seal)
        self._next = 0.0

    @property
    def rules(self) -> Rules:
        """Those in force."""
        return self._rules if isinstance(self._rules, Rules) else self._rules()

    @property
    def skipped(self) -> int:
        """How many blocks were not looked through, as they were too big."""
        return self._candidates.skipped

    def keeping(self, connection: Connection, named: set[str]) -> Keeping:
        """The records of a batch."""
        return Keeping(connection, self._secret, self._seal, named)

    def candidates(self, profile: Profile, most: int = 20, rules: Rules | None = None) -> list[Candidate]:
        """The likeliest first by these rules, by default those in force; records that are certainly of two human
        beings are left out. Writes nothing."""
        rules = rules or self.rules
        blocks = block_digests(profile, rules, self._secret)
        with reading(self._engine) as connection:
            sharing = self._candidates.sharing(connection, blocks, rules.cap)
            near = nearest(blocks, sharing, max(rules.most, CLOSELY)) or nearest(blocks, sharing, rules.cap)
            known = self._candidates.known(connection, near)
        scored = ((one, score(profile, one.profile, rules)) for one in known.values())
        found = [Candidate(one.id, one.person, said) for one, said in scored if outcome(said, rules) != "none"]
        found.sort(key=lambda one: (outcome(one.score, rules) != "certain", -one.score.weight, one.record))
        return found[:most]

    def settle(self, ids: Collection[int]) -> None:
        """Compares these records, and writes down what comes of it."""
        waiting = iter(sorted(ids))
        while part := list(islice(waiting, AT_ONCE)):
            with reading(self._engine) as connection:
                mine = self._candidates.known(connection, part)
            self._settle(list(mine.values()))

    def compare(self, kept: Sequence[Known]) -> None:
        """The same for records that were just written, as they were."""
        self._candidates.learn(kept)
        waiting = iter(kept)
        while part := list(islice(waiting, AT_ONCE)):
            self._settle(part)

    def sweep(self, *, everything: bool = False, most: int = 10_000) -> int:
        """Compares what was kept but not compared, by a crash or an outage; how many records that was. Unless
        `everything`, those of the last seconds are left to who kept them."""
        until = time.time_ns() // 1000 - (0 if everything else YOUNG)
        waiting = select(uncompared.c.record).where(uncompared.c.at <= until).order_by(uncompared.c.at)
        with reading(self._engine) as connection:
            found = list(dict.fromkeys(connection.scalars(waiting.limit(most))))
        try:
            self.settle(found)
        except Unavailable:
            raise
        except Exception:
            for id in found:
                self._alone(id)
        return len(found)

    def _alone(self, id: int) -> None:
        """One that cannot be compared is set aside, so that the others are."""
        try:
            self.settle([id])
        except Unavailable:
            raise
        except Exception as error:
            log.warning("source record %d can't be compared (%s): it is left out", id, type(error).__name__)
            with writing(self._engine) as connection:
                connection.execute(delete(uncompared).where(uncompared.c.record == id))

    def meanwhile(self) -> None:
        """A piece of the sweep, now and then; costs nothing in between. To be called again and again."""
        if time.monotonic() >= self._next:
            left = self.sweep(most=AT_ONCE)
            self._next = time.monotonic() + (0.0 if left == AT_ONCE else EVERY)

    def _settle(self, mine: Sequence[Known]) -> None:
        if not mine:
            return
        with reading(self._engine) as connection:
            # before the rules themselves: if others come into force in between, nothing is written
            moved = version(connection, RULES)
            rules = self.rules
            verdicts = self.compared(connection, mine, rules)
        at = time.time_ns() // 1000
        written(self._engine, lambda connection: self._write(connection, mine, verdicts, rules, moved, at))

    def compared(self, connection: Connection, mine: Sequence[Known], rules: Rules | None = None) -> list[Verdict]:
        """What the rules, by default those in force, say of these records and everybody else. Writes nothing."""
        rules = rules or self.rules
        blocks = {one.id: one.blocks_by(rules, self._secret) for one in mine}
        wanted = {block for digests in blocks.values() for block in digests}
        sharing = self._candidates.sharing(connection, wanted, min(rules.cap, REACH * rules.most))
        beside = {one.id: nearest(blocks[one.id], sharing, rules.most) for one in mine}
        known = self._candidates.known(connection, {id for ids in beside.values() for id in ids})
        return [
            verdict
            for one in mine
            for verdict in judged(one, [known[id] for id in sorted(beside[one.id]) if id in known], rules)
        ]

    def _write(
        self,
        connection: Connection,
        mine: Sequence[Known],
        verdicts: Sequence[Verdict],
        rules: Rules,
        moved: int,
        at: int,
    ) -> None:
        """`moved`: how often the rules had changed when the records were compared."""
        number = next_version(connection, LINKS) if verdicts else 0
        # after the links, as everybody takes the two
        if held(connection) != moved:
            return  # by rules that are not in force any more: the next sweep compares them again
        of = partial(self._candidates.newest, connection)
        again = decide(connection, verdicts, mine, of, rules, self._seal, at, number)
        # what changed since it was read has a greater number than any that was read
        same = uncompared.c.number <= max(one.number for one in mine)
        ids = among(connection, uncompared.c.record, [one.id for one in mine if one.id not in again], BigInteger)
        connection.execute(delete(uncompared).where(ids, same))


def judged(one: Known, others: Iterable[Known], rules: Rules) -> list[Verdict]:
    """For every other identity what its likest record gives."""
    best: dict[str, Verdict] = {}
    for other in others:
        if other.person == one.person or hopeless(one.profile, other.profile, rules):
            continue
        said = score(one.profile, other.profile, rules)
        found = outcome(said, rules)
        if found != "none":
            verdict = Verdict.of(one, other, said, found == "certain")
            before = best.get(other.person)
            if before is None or verdict.rank > before.rank:
                best[other.person] = verdict
    return list(best.values())
