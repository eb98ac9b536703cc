"""Finds persons by what sources say of them (PDQ ITI-21, PDQm ITI-78), in the memory of the process (index.py).

Why in memory: the database holds nothing in clear, and what could be searched there, keyed digests of every beginning
and of every three letters, would tell how often each occurs, which of frequent names tells the names, and take about
fifty rows a record. Of 10 million records of invented people it took 3.7 GB, and 19 minutes to
read them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import count
from typing import Protocol

from registries.client.filling import Fetch
from registries.client.index import Index
from registries.client.keys import normal
from registries.client.terms import NUMBER
from registries.client.wanted import Criterion, of_query, question
from schemas.events import Patient
from schemas.message import Unavailable
from schemas.queries import Criteria

# Records read in one go
AT_ONCE = 250
# Pages of them that are read here after a start, in a tenth of a second; the rest, in a process of its own
SOON = 4
# Seconds a question waits for what is new, before it is told to come again
PATIENCE = 2.0
_PAUSE = 2.0

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
    whoever asks meanwhile is told to come again (Filling). `helper` opens what reads the most of it in another process,
    so that whoever asks something else is not kept waiting.
    """

    def __init__(self, records: Changing, helper: Callable[[], AbstractContextManager[Fetch]] | None = None) -> None:
        self._records, self._helper, self._number = records, helper, 0
        self._lock = threading.Lock()
        self._filling = threading.Event()
        self._index = Index()

    def start(self) -> None:
        """Begins to read, in a thread."""
        if not self._filling.is_set():
            self._filling.set()
            threading.Thread(target=self._fill, name="patient search", daemon=True).start()

    def persons(self, criteria: Iterable[Criterion], most: int) -> list[str]:
        """The identities of which one record meets all criteria; each once, linked ones too. Raises TooMany."""
        found = self._found(criteria, most + 1)
        if len(found) > most:
            raise TooMany(f"more than {most} persons")
        return found

    def systems_of(self, value: str) -> list[str]:
        """The identifier systems in which a record has a number that looks like this one."""
        self._catch_up()
        with self._lock:
            asked = "SELECT said FROM words WHERE kind=? AND text=?"
            codes = set(self._index.ask(asked, (NUMBER, normal(value))))
            return [system for system, code in self._index.systems.items() if code in codes]

    def __call__(self, wanted: Criteria, most: int) -> Sequence[str]:
        """As `schemas.queries.Search`: where more fit, some of them."""
        return self._found(of_query(wanted), most)

    def _found(self, criteria: Iterable[Criterion], most: int) -> list[str]:
        self._catch_up()
        asked, values = question(criteria, self._index.systems)
        with self._lock:
            return self._index.ask(f"{asked} LIMIT {most}", values)

    def _catch_up(self) -> None:
        end = time.monotonic() + PATIENCE
        if self._filling.is_set() or not self._read(lambda: time.monotonic() > end):
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
            if self._helper is None:
                return self._read(lambda: False)
            pages = count(1)
            return self._read(lambda: next(pages) == SOON) or self._fetched(self._helper)
        except Unavailable as error:
            log.warning("patients can't be searched yet: %s", error)
            return False

    def _read(self, enough: Callable[[], bool]) -> bool:
        """Reads what changed, a page at a time until it is `enough`; whether that was all of it."""
        while True:
            with self._lock:
                news = self._records.since(self._number, AT_ONCE)
                self._take(news)
            if len(news) < AT_ONCE:
                return True
            if enough():
                return False

    def _take(self, news: Sequence[Source]) -> None:
        """All of a page in one go, so that nobody finds half a record."""
        with self._index.at_once():
            for one in news:
                self._index.put(one.id, one.person, one.patient)
        if news:
            self._number = news[-1].number

    def _fetched(self, helper: Callable[[], AbstractContextManager[Fetch]]) -> bool:
        """What is left, in parts that another process makes."""
        with helper() as fetch:
            while True:
                with self._lock:
                    number, counted = self._number, self._index.counted
                part = fetch(number, counted)
                with self._lock:
                    if self._number != number:  # somebody whose question came before this began has read on
                        continue
                    self._index.merge(part.packed, part.counted)
                    self._number = part.number
                if part.last:
                    return True
