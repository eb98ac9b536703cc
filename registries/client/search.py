"""Finds persons by what sources say of them (PDQ ITI-21, PDQm ITI-78), in memory: an SQLite database of the process.

Why in memory: the database holds nothing in clear, and what could be searched there, keyed digests of every beginning
and of every three letters, would tell how often each occurs, which of frequent names tells the names, and take about
fifty rows a record. Measured on invented people: 72 MB for 100,000 records, 149 MB for 300,000, so 385 bytes a record
and about 4 GB for 10 million; a million was taken in in 145 s, with rests for others, so ten million will take some 25
minutes, in which everything but searches is answered.

A term stands once, however many records say it, so a search for what is within a name reads each different name once:
that costs less than an index of three letters would take.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from registries.client.keys import normal
from registries.client.terms import MOTHER_NUMBER, NUMBER, days, terms
from registries.client.wanted import Criterion, of_query, question
from schemas.events import Patient
from schemas.message import Unavailable
from schemas.queries import Criteria

# Records read in one go
AT_ONCE = 250
# While it fills, it rests after so many of them, about 2 ms, for so many seconds: others answer questions meanwhile
_PIECE = 20
_REST = 0.0005
# Seconds a question waits for what is new, before it is told to come again
PATIENCE = 2.0
_PAUSE = 2.0
# Numbers of frequent words, remembered while records are read
_WORDS_AT_HAND = 50_000

_TABLES = """
CREATE TABLE people (n INTEGER PRIMARY KEY, record INTEGER NOT NULL UNIQUE, person TEXT NOT NULL,
                     first INTEGER, last INTEGER, sex TEXT NOT NULL, active INTEGER NOT NULL, words BLOB NOT NULL);
CREATE INDEX born ON people (first);
CREATE TABLE words (kind INTEGER, text TEXT, said TEXT, n INTEGER NOT NULL, PRIMARY KEY (kind, text, said))
             WITHOUT ROWID;
CREATE TABLE terms (word INTEGER, n INTEGER, PRIMARY KEY (word, n)) WITHOUT ROWID;
"""
log = logging.getLogger("wasl.registries")


class Filling(Unavailable):
    """Not all that is known can be found yet: ask again in some seconds."""


class TooMany(ValueError):
    """More fit than anybody reads."""


class Source(Protocol):
    """A record, the identity it is of, and the number of its last change."""

    @property
    def id(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def person(self) -> str: ...
    @property
    def patient(self) -> Patient: ...


class Changing(Protocol):
    """Records as they change (records.py)."""

    def since(self, number: int, most: int = AT_ONCE) -> Sequence[Source]: ...


class People:
    """One a process; any thread may ask, one is answered at a time. Blocks, and raises Unavailable.

    It reads what is new before it answers. Where that is much, as at the start, it goes on in a thread of its own, and
    whoever asks meanwhile is told to come again (Filling).
    """

    def __init__(self, records: Changing) -> None:
        self._records, self._number, self._words = records, 0, 0
        self._systems: dict[str, str] = {}
        self._word = lru_cache(_WORDS_AT_HAND)(self._numbered)
        self._lock = threading.Lock()
        self._filling = threading.Event()
        self._memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._memory.executescript(_TABLES)

    def start(self) -> None:
        """Begins to read, in a thread."""
        if not self._filling.is_set():
            self._filling.set()
            threading.Thread(target=self._fill, name="patient search", daemon=True).start()

    def persons(self, criteria: Iterable[Criterion], most: int) -> list[str]:
        """The identities of which one record meets all criteria; each once, linked ones too. Raises TooMany."""
        self._catch_up()
        asked, values = question(criteria, self._systems)
        with self._lock:
            found = self._memory.execute(f"{asked} LIMIT {most + 1}", values).fetchall()
        if len(found) > most:
            raise TooMany(f"more than {most} persons")
        return [person for (person,) in found]

    def systems_of(self, value: str) -> list[str]:
        """The identifier systems in which a record has a number that looks like this one."""
        self._catch_up()
        with self._lock:
            found = self._memory.execute("SELECT said FROM words WHERE kind=? AND text=?", (NUMBER, normal(value)))
            codes = {code for (code,) in found}
        return [system for system, code in self._systems.items() if code in codes]

    def __call__(self, wanted: Criteria, most: int) -> Sequence[str]:
        """As `schemas.queries.Search`: where more fit, some of them."""
        self._catch_up()
        asked, values = question(of_query(wanted), self._systems)
        with self._lock:
            return [person for (person,) in self._memory.execute(f"{asked} LIMIT {most}", values)]

    def _catch_up(self) -> None:
        if self._filling.is_set() or not self._read(time.monotonic() + PATIENCE):
            self.start()
            raise Filling("the registry is being read into memory; ask again in some seconds")

    def _fill(self) -> None:
        try:
            while not self._tried():
                time.sleep(_PAUSE)
        finally:
            self._filling.clear()

    def _tried(self) -> bool:
        try:
            return self._read(None)
        except Unavailable:
            log.warning("patients can't be searched yet: the database is away")
            return False

    def _read(self, until: float | None) -> bool:
        """Reads what changed; whether that was all of it by then."""
        while True:
            with self._lock:
                news = self._records.since(self._number, AT_ONCE)
                self._take(news, rests=until is None)
            if len(news) < AT_ONCE:
                return True
            if until is not None and time.monotonic() > until:
                return False

    def _take(self, news: Sequence[Source], *, rests: bool) -> None:
        """All of a page in one go, so that nobody finds half a record."""
        if not news:
            return
        self._memory.execute("BEGIN")
        for turn, one in enumerate(news, 1):
            self._put(one)
            if rests and turn % _PIECE == 0:
                time.sleep(_REST)
        self._memory.execute("COMMIT")
        self._number = news[-1].number

    def _put(self, one: Source) -> None:
        known = self._memory.execute("SELECT n, words FROM people WHERE record=?", (one.id,)).fetchone()
        patient = one.patient
        said = [self._word(kind, text, said) for kind, text, said in terms(patient)]
        first, last = days(patient.get("birth_date") or "") or (None, None)
        packed, active = array("I", said).tobytes(), patient.get("active") is not False
        told = (one.person, first, last, patient.get("sex") or "", active, packed)
        if known:
            self._memory.executemany(
                "DELETE FROM terms WHERE word=? AND n=?", [(w, known[0]) for w in array("I", known[1])]
            )
            self._memory.execute(
                "UPDATE people SET person=?, first=?, last=?, sex=?, active=?, words=? WHERE n=?", (*told, known[0])
            )
            n = known[0]
        else:
            insert = "INSERT INTO people (person, first, last, sex, active, words, record) VALUES (?,?,?,?,?,?,?)"
            n = self._memory.execute(insert, (*told, one.id)).lastrowid
        self._memory.executemany("INSERT OR IGNORE INTO terms VALUES (?, ?)", [(word, n) for word in said])

    def _numbered(self, kind: int, text: str, said: str) -> int:
        if kind in (NUMBER, MOTHER_NUMBER):
            said = self._systems.setdefault(said, str(len(self._systems)))
        key = (kind, text, said if said != text else "")
        known = self._memory.execute("SELECT n FROM words WHERE kind=? AND text=? AND said=?", key).fetchone()
        if known:
            return int(known[0])
        self._words += 1
        self._memory.execute("INSERT INTO words VALUES (?, ?, ?, ?)", (*key, self._words))
        return self._words
