"""What events are told of the entries they name: known, unknown, closed on their day. What facilities and health
workers have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Table
from sqlalchemy.exc import DBAPIError

from registries import clock
from registries.cache import Cache
from registries.care.candidates import Candidate, Candidates, Said
from registries.care.changed import begin, since, touched
from registries.care.names import alias, inpe, sure
from registries.database import insert_or_skip, reading, writing
from registries.entries import Entries, Entry
from registries.registry import Policy, Resolution
from registries.tables import aliases, version
from schemas.events import Event, Identifier, plain

CHANGES = "version"
# Seconds that a version in the cache is believed. A message that was parked in this time must be in the journal before
# `release` has looked for the last time, four seconds after it was told what was learned.
BELIEVED = 2

# The day the thing itself was done, before the day it was said.
_MOMENTS = {
    "MedicationDispensed": ("dispensed",),
    "MedicationPrescribed": ("prescribed",),
    "MedicationAdministered": ("given",),
    "ImmunizationRecorded": ("given",),
    "LabReportIssued": ("ended", "started", "issued"),
    "ImagingReportIssued": ("ended", "started", "issued"),
}


@dataclass(slots=True)
class Directory:
    """One registry's entries. `kind` is its word ("facility"), `system` the identifier system of its INPE.

    One instance belongs to one thread; a load by another process is seen at the next `refresh`. With a `cache` that
    still knows the version it had, nothing is asked of the database: a load is then seen at once when the cache was
    told (`changed`), and after BELIEVED seconds when it was not. That decides nothing that would not have been decided
    had the message come two seconds before the load.
    """

    engine: Engine
    kind: str
    table: Table
    system: str
    cache: Cache | None = None
    _version: int = -1
    entries: Entries = field(init=False)
    _made: dict[str, list[str]] = field(default_factory=dict)
    _candidates: Candidates | None = None
    _asked: dict[Said, list[Candidate]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.entries = Entries(self.kind, self.table)

    def refresh(self) -> None:
        """Reads what changed if the version moved, everything at first; otherwise one row, or none. Raises
        Unavailable."""
        if self._is_current():
            return
        with reading(self.engine) as connection:
            number = version(connection, self.kind)
            if self.cache:
                self.cache.write(CHANGES, {self.kind: str(number).encode()}, BELIEVED)
            if number == self._version:
                return
            numbers = since(connection, self.kind, self._version, number) if self._version >= 0 else None
            self._version = -1  # what is cut short is read whole
            self.entries.read(connection, numbers)
            if self._candidates:
                self._candidates.read(connection, numbers)
        self._version = number
        self._asked.clear()

    def _is_current(self) -> bool:
        if self.cache is None or self._version < 0:
            return False
        (number,) = self.cache.read(CHANGES, [self.kind])
        return number == str(self._version).encode()

    @property
    def loaded(self) -> bool:
        """Whether it knows any entry but those that messages made."""
        return self.entries.loaded

    def names(self, identifiers: Iterable[Identifier], name: str | None = None) -> list[str]:
        """What an entry may be looked up by. An INPE decides alone; local names only count without one."""
        local: list[str] = []
        for identifier in identifiers:
            value = identifier.get("value") or ""
            if identifier.get("system") == self.system and value.strip():
                return [inpe(value)]
            local += [alias(f"{identifier.get('system') or ''}|{value}"), alias(value)] if value.strip() else []
        return [*local, alias(name)] if name and name.strip() else local

    def find(self, names: Sequence[str]) -> Entry | None:
        return self.entries.find(names)

    def answer(self, names: Sequence[str], day: str, policy: Policy, said: Callable[[], Said] = Said) -> Resolution:
        """The verdict on who is to be known. Nothing to look up cannot be learned either, so it never parks. `said`:
        what to look for candidates by, when it parks."""
        words = self.kind.replace("-", " ")
        if not names:
            return Resolution("unknown", flags=[f"{words} not identified"])
        entry = self.find(names)
        if entry and not entry.provisional:
            why = entry.refusal(day)
            waits = self._waits(names) if why and policy == "require" else []
            return Resolution("found", entry.id, [f"{words} {why} at the time"] if why else [], waits)
        if policy == "require":
            candidates = [one.words for one in self._near(said())]
            return Resolution("unknown", waiting_for=self._waits(names), candidates=candidates)
        if policy == "create":
            return Resolution("found", entry.id) if entry else Resolution("new", self._make(names).id)
        return Resolution("unknown", flags=[f"{words} unknown"])

    def write(self, named: Sequence[tuple[Any, Sequence[str]]], policy: Policy, answer: Resolution) -> None:
        """`known` and `entry` into each one that an event names, the one that decides first."""
        for one, names in named:
            entry = self.find(names)
            one["known"] = entry is not None and not entry.provisional
            one["entry"] = entry.id if entry else None
        self.flag_another(named, policy, answer)

    def flag_another(self, named: Sequence[tuple[Any, Sequence[str]]], policy: Policy, answer: Resolution) -> None:
        """Whether one of those beside the first is unknown, told by a flag whatever the policy: it neither parks nor
        makes an entry."""
        flag = f"another {self.kind.replace('-', ' ')} unknown"
        others = [names for one, names in named[1:] if names and not one["known"] and names != named[0][1]]
        unknown = any(policy != "create" or self.find(names) is None for names in others)
        answer.flags = [*(one for one in answer.flags if one != flag), *([flag] if unknown else [])]

    def _near(self, said: Said) -> list[Candidate]:
        if self._candidates is None:
            self._candidates = Candidates(self.engine, self.kind)
        if said not in self._asked:
            self._asked[said] = self._candidates.near(said)
        return self._asked[said]

    def keep(self) -> list[str]:
        """Commits the provisional entries made since the last call; what was learned. Raises Unavailable."""
        if not self._made:
            return []
        blank = {column.name: "" for column in self.table.columns}
        rows = [blank | {"number": number, "provisional": True} for number in self._made]
        named = [
            {"kind": self.kind, "alias": name, "number": number}
            for number, names in self._made.items()
            for name in sure(names)
            if name != number
        ]
        try:
            self._commit(rows, named)
        except DBAPIError:  # what can't be kept must not come again with the next message
            self._made.clear()
            self._version = -1
            raise
        changed(self.cache, self.kind)
        learned = [f"{self.kind}|{name}" for names in self._made.values() for name in names]
        self._made.clear()
        return learned

    def _commit(self, rows: Sequence[dict[str, Any]], named: Sequence[dict[str, Any]]) -> None:
        with writing(self.engine) as connection:
            begin(connection, self.kind)  # first: who loads a list counts before its rows too
            insert_or_skip(connection, self.table, rows)
            insert_or_skip(connection, aliases, named)
            touched(connection, self.kind, [row["number"] for row in rows])

    def _make(self, names: Sequence[str]) -> Entry:
        entry = self.entries.make(sure(names))
        self._made[entry.number] = list(names)
        return entry

    def _waits(self, names: Sequence[str]) -> list[str]:
        return [f"{self.kind}|{name}" for name in names]


def changed(cache: Cache | None, *kinds: str) -> None:
    """To be called after the commit of a change, so that every process looks at once."""
    if cache:
        cache.forget(CHANGES, kinds)


def day_of(event: Event) -> str:
    """The day the event is about, with the precision it came with; else the day it was received."""
    said = plain(event)
    encounter: dict[str, Any] = said.get("encounter") or {}
    for text in (*map(said.get, _MOMENTS.get(event["type"], ())), encounter.get("admitted"), said.get("occurred")):
        if text:
            return clock.day_of(str(text))
    return clock.day_at(event["received"])
