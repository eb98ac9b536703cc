"""What persons are searched by, as tables: an SQLite database in memory.

A term stands once, however many records say it, so a search for what is within a name reads each different name once:
that costs less than an index of three letters would take.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from registries.client.terms import MOTHER_NUMBER, NUMBER, days, terms
from schemas.events import Patient

# Numbers of frequent words, remembered while records are put in
_WORDS_AT_HAND = 50_000

_TABLES = """
CREATE TABLE people (n INTEGER PRIMARY KEY, record INTEGER NOT NULL UNIQUE, person TEXT NOT NULL,
                     first INTEGER, last INTEGER, sex TEXT NOT NULL, active INTEGER NOT NULL, words TEXT NOT NULL);
CREATE INDEX born ON people (first);
CREATE TABLE words (kind INTEGER, text TEXT, said TEXT, n INTEGER NOT NULL, PRIMARY KEY (kind, text, said))
             WITHOUT ROWID;
CREATE TABLE terms (word INTEGER, n INTEGER, PRIMARY KEY (word, n)) WITHOUT ROWID;
"""
# A word that both know has the number here that it had here before
_MERGE = (
    "INSERT INTO words SELECT * FROM part.words WHERE true ON CONFLICT DO NOTHING",
    "CREATE TABLE part.same AS SELECT theirs.n AS theirs, ours.n AS ours"
    " FROM part.words AS theirs JOIN words AS ours USING (kind, text, said)",
    "CREATE UNIQUE INDEX part.their ON same (theirs)",
    "INSERT INTO terms SELECT ours, n FROM part.terms JOIN part.same ON word = theirs ORDER BY 1, 2",
    "INSERT INTO people SELECT n, record, person, first, last, sex, active, coalesce(told.words, '')"
    " FROM part.people LEFT JOIN (SELECT n, group_concat(ours) AS words FROM part.terms JOIN part.same ON word = theirs"
    " GROUP BY n) AS told USING (n)",
)


class Counted(NamedTuple):
    """How many words and records have numbers, and the codes by which the systems of numbers are said."""

    words: int = 0
    people: int = 0
    systems: Mapping[str, str] = {}


NOTHING = Counted()


class Index:
    """Not to be used by two threads at once. One that another will `merge` begins with what that one has `counted`, so
    that no two things have the same number."""

    def __init__(self, counted: Counted = NOTHING) -> None:
        self._words, self._people, systems = counted
        self.systems = dict(systems)
        self._word = lru_cache(_WORDS_AT_HAND)(self._numbered)
        self._memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._memory.executescript(_TABLES)

    @property
    def counted(self) -> Counted:
        return Counted(self._words, self._people, dict(self.systems))

    def ask(self, statement: str, values: Any = ()) -> list[Any]:
        """The first column of what is found."""
        return [one for (one,) in self._memory.execute(statement, values)]

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """All that is put meanwhile comes in one go, or nothing of it."""
        self._memory.execute("BEGIN")
        try:
            yield
            self._memory.execute("COMMIT")
        except BaseException:
            self._memory.execute("ROLLBACK")
            self._word.cache_clear()  # some of those words are gone
            raise

    def put(self, record: int, person: str, patient: Patient) -> None:
        """In the place of what this record said before."""
        self._forget(record)
        said = [self._word(kind, text, said) for kind, text, said in terms(patient)]
        first, last = days(patient.get("birth_date") or "") or (None, None)
        self._people += 1
        active, words = patient.get("active") is not False, ",".join(map(str, said))
        told = (self._people, record, person, first, last, patient.get("sex") or "", active, words)
        self._memory.execute("INSERT INTO people VALUES (?,?,?,?,?,?,?,?)", told)
        self._memory.executemany("INSERT OR IGNORE INTO terms VALUES (?,?)", [(word, self._people) for word in said])

    def packed(self) -> bytes:
        """All of it, for another to merge."""
        return self._memory.serialize()

    def merge(self, packed: bytes, counted: Counted) -> None:
        """Takes in what another put since it began with what was counted here; `counted` now is what that one counts.
        Other threads go on meanwhile: nothing of it is done in Python."""
        self._memory.execute("ATTACH ':memory:' AS part")
        try:
            self._memory.deserialize(packed, name="part")
            with self.at_once():
                for record in self.ask("SELECT record FROM part.people JOIN people USING (record)"):
                    self._forget(record)
                for statement in _MERGE:
                    self._memory.execute(statement)
        finally:
            self._memory.execute("DETACH part")
        self._words, self._people = counted.words, counted.people
        self.systems |= counted.systems

    def close(self) -> None:
        """Gives back its memory at once: the collector, which comes rarely, would find it late."""
        self._word.cache_clear()
        self._memory.close()

    def _forget(self, record: int) -> None:
        for n, words in self._memory.execute("SELECT n, words FROM people WHERE record=?", (record,)).fetchall():
            known = [(int(word), n) for word in words.split(",") if word]
            self._memory.executemany("DELETE FROM terms WHERE word=? AND n=?", known)
            self._memory.execute("DELETE FROM people WHERE n=?", (n,))

    def _numbered(self, kind: int, text: str, said: str) -> int:
        if kind in (NUMBER, MOTHER_NUMBER):
            said = self.systems.setdefault(said, str(len(self.systems)))
        key = (kind, text, said if said != text else "")
        known = self._memory.execute("SELECT n FROM words WHERE kind=? AND text=? AND said=?", key).fetchone()
        if known:
            return int(known[0])
        self._words += 1
        self._memory.execute("INSERT INTO words VALUES (?, ?, ?, ?)", (*key, self._words))
        return self._words
