"""What another registry answered, kept with the time it did: to be believed for a while, and when it is down, longer.

Questions are keyed digests and answers are sealed: neither can be read in the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, delete, select, update

from registries.client.keys import digest
from registries.database import among, insert_or_skip, reading, writing
from registries.national_tables import remembered
from registries.nationals import Condition
from registries.sealing import Seal
from schemas.message import Unavailable

FRESH: Final = 300.0  # seconds for which an answer is believed without asking again
REST: Final = 5.0  # seconds for which a registry that did not answer is not asked
MOST: Final = 50_000  # answers held in memory
KEPT: Final = 400 * 86_400.0  # seconds after which an answer is forgotten
AT_ONCE: Final = 8
SILENT: Final = "the national {} registry does not answer"
LATE: Final = "the national {} registry does not answer: as it was known {} ago"
EVERY: Final = 3600.0


class Question(NamedTuple):
    """`words` tell it from every other one; `fetch` asks the registry and raises Unavailable. `stale`: how many seconds
    old an answer may be while the registry is down."""

    words: tuple[str, ...]
    fetch: Callable[[], Any]
    stale: float


class Answer(NamedTuple):
    """What is known, as JSON; None is that nobody is. `at`: when the registry said so, seconds since the epoch, and
    `age` since then. `late`: it did not answer now. `is_news`: it was None before, or never asked."""

    value: Any
    at: float
    age: float
    late: bool = False
    is_news: bool = False


class TooOld(Unavailable):
    """The registry does not answer, and what is known of it is `age` seconds old: more than the channel allows."""

    def __init__(self, age: float) -> None:
        super().__init__("the national registry does not answer, and what it said last is too old")
        self.age = age


# Told of each answer used: by which channel it was asked for
Heard = Callable[[str, "Answer | Unavailable"], None]


def unheard(_channel: str, _answer: Answer | Unavailable) -> None:
    """Nobody listens."""


class _Kept(NamedTuple):
    at: float
    value: Any


@dataclass(slots=True)
class Remembered:
    """One instance belongs to one registry elsewhere (`registry`: client, facility, health-worker) and to one thread;
    processes share what they learn."""

    engine: Engine
    secret: bytes
    clock: Callable[[], float] = time.time
    fresh: float = FRESH
    registry: str = ""
    _condition: Condition = field(init=False)
    _seal: Seal = field(init=False)
    _known: dict[str, _Kept] = field(default_factory=dict)
    _rests: float = 0.0
    _pruned: float = 0.0
    _pool: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._seal = Seal(self.secret)
        self._condition = Condition(self.engine, self.registry)
        self._pool = ThreadPoolExecutor(AT_ONCE, "remembered")

    def ask(self, questions: Sequence[Question]) -> list[Answer | Unavailable]:
        """What is known of each, in order. Asked again only what is no longer fresh, each once, several at a time.

        Unavailable where the registry does not answer and nothing is known that is young enough; raised only when the
        database is away.
        """
        now = self.clock()
        if len(self._known) > MOST:  # before it is told what need not be read again
            self._known.clear()
        named = {one.words: digest(self.secret, *one.words) for one in questions}
        self._recall([name for name in named.values() if not self._is_sure(name, now)])
        old = {named[one.words]: one for one in questions if not self._is_fresh(named[one.words], now)}
        before = {name: self._known.get(name) for name in old}
        failure = self._renew(old, now)
        return [self._answer(one, named[one.words], before, failure, now) for one in questions]

    def _answer(
        self, one: Question, name: str, before: Mapping[str, _Kept | None], failure: Unavailable | None, now: float
    ) -> Answer | Unavailable:
        kept = self._known.get(name)
        late = name in before and kept is before[name]
        age = max(0.0, now - kept.at) if kept else 0.0
        if kept is None:
            return failure or Unavailable("the national registry does not answer")
        if late and age > one.stale:
            return TooOld(age)
        was = before.get(name, kept)
        return Answer(kept.value, kept.at, age, late, kept.value is not None and (was is None or was.value is None))

    def close(self) -> None:
        self._pool.shutdown()

    def _is_fresh(self, name: str, now: float) -> bool:
        kept = self._known.get(name)
        return kept is not None and abs(now - kept.at) <= self.fresh

    def _is_sure(self, name: str, now: float) -> bool:
        """That nobody is known may be told otherwise by now: another process may have asked for whom messages wait."""
        return self._is_fresh(name, now) and self._known[name].value is not None

    def _recall(self, names: Sequence[str]) -> None:
        """From the table into memory: another process may know it, or know it better by now."""
        if not names:
            return
        with reading(self.engine) as connection:
            columns = remembered.c.question, remembered.c.at, remembered.c.answer
            rows = connection.execute(select(*columns).where(among(connection, remembered.c.question, names)))
            for name, at, answer in rows:
                self._known[name] = _Kept(at / 1e6, orjson.loads(self._seal.open(answer, name)))

    def _renew(self, old: Mapping[str, Question], now: float) -> Unavailable | None:
        """Asks the registry, and keeps what it answers in one commit; what went wrong, if anything."""
        if not old:
            return None
        if now < self._rests:
            return Unavailable("the national registry did not answer a moment ago", retry_after=REST)
        failures: list[Unavailable] = []

        def fetched(name: str) -> tuple[str, Any] | None:
            if failures:
                return None
            try:
                return name, old[name].fetch()
            except Unavailable as unavailable:
                failures.append(unavailable)
                return None

        told = dict(filter(None, self._pool.map(fetched, old)))
        if failures:
            self._rests = now + REST
        if told:
            self._keep(told, now)
        self._condition.tell(failures[0] if failures else None, now)
        return failures[0] if failures else None

    def _keep(self, told: Mapping[str, Any], now: float) -> None:
        at = int(now * 1e6)
        rows = [
            {
                "question": name,
                "at": at,
                "answer": self._seal.seal(orjson.dumps(value), name),
                "registry": self.registry,
            }
            for name, value in sorted(told.items())
        ]
        with writing(self.engine) as connection:
            for row in rows:
                _put(connection, row)
            if now - self._pruned > EVERY:
                connection.execute(delete(remembered).where(remembered.c.at < at - int(KEPT * 1e6)))
                self._pruned = now
        self._known |= {name: _Kept(now, value) for name, value in told.items()}


def _put(connection: Connection, row: Mapping[str, Any]) -> None:
    """The newer of two answers stays."""
    mine = remembered.c.question == row["question"]
    if not insert_or_skip(connection, remembered, [row]):
        connection.execute(update(remembered).where(mine, remembered.c.at < row["at"]).values(row))


def flags(words: str, answer: Answer | Unavailable | None) -> list[str]:
    """What to tell of an answer that is not of now. `words`: which registry."""
    if isinstance(answer, Unavailable):
        return [SILENT.format(words)]
    return [LATE.format(words, _ago(answer.age))] if answer and answer.late else []


def _ago(seconds: float) -> str:
    """In the largest unit that is not nothing."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
