"""The audit trail: who did what to what, why. Each row holds a hash over itself and the row before."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, select

from channels.security.tables import audit
from registries.database import alone, reading, writing
from schemas.message import Unavailable

START = "0" * 64
PATIENCE = 1.0
AT_ONCE = 1000
_LOCK = 0x41554449
# a word, or a word with an opaque id: never a number that somebody was given, never a name
_TARGET = re.compile(r"[A-Za-z][A-Za-z-]*(/(?!\d+$)[A-Za-z0-9._-]+)?")
log = logging.getLogger("wasl.audit")
_CONTENT = ("number", "at", "actor", "action", "target", "purpose", "detail")


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that does not follow from the ones before, and why."""

    number: int
    why: str


class Audit:
    """Appends, in any number of processes at once. `now` gives µs since the epoch."""

    def __init__(self, engine: Engine, now: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        self._engine, self._now = engine, now
        self._noted: list[dict[str, Any]] = []
        # who notes waits for the list alone, never for a commit
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._timer: threading.Timer | None = None

    def write(self, actor: str, action: str, target: str, purpose: str = "", detail: str = "") -> None:
        """Durable when this returns, after everything noted before. Raises Unavailable.

        `target` is a word ("Patient") or an opaque id ("Patient/<uuid>", "channel/lab-rabat"); ValueError otherwise.
        """
        entry = self._entry(actor, action, target, purpose, detail)
        with self._lock:
            self._noted.append(entry)
        self.flush()

    def note(self, actor: str, action: str, target: str, purpose: str = "", detail: str = "") -> None:
        """As `write`, but durable within a second: for reads, which are many."""
        entry = self._entry(actor, action, target, purpose, detail)
        with self._lock:
            self._noted.append(entry)
            self._later()
            many = len(self._noted) >= AT_ONCE
        if many:
            self.flush()

    def _later(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(PATIENCE, self._try)
            self._timer.daemon = True
            self._timer.start()

    def _try(self) -> None:
        """As `flush`, in a thread of its own: while the database is away, again and again."""
        try:
            self.flush()
        except Unavailable as error:
            log.warning("%s; what was noted waits", error)
            with self._lock:
                self._later()

    def flush(self) -> None:
        """What was noted becomes durable. Raises Unavailable: what can't be written is kept for the next time."""
        with self._writing:
            with self._lock:
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None
                entries, self._noted = self._noted, []
            try:
                self._append(entries)
            except BaseException:
                with self._lock:
                    self._noted = entries + self._noted
                raise

    def _append(self, entries: Sequence[dict[str, Any]]) -> None:
        if entries:
            with writing(self._engine) as connection:
                _append(connection, entries)

    def verify(self) -> Broken | None:
        """The first row that was changed, removed or put in; None when all follow."""
        expected, previous = 1, START
        for row in self._rows():
            if row["number"] != expected:
                return Broken(row["number"], f"row {expected} is missing")
            if row["previous"] != previous:
                return Broken(row["number"], "it does not follow the row before")
            if row["hash"] != _hash(row):
                return Broken(row["number"], "its content is not what was written")
            expected, previous = expected + 1, row["hash"]
        return None

    def head(self) -> tuple[int, str]:
        """Number and hash of the last row. Noted elsewhere, it shows whether the end was cut off."""
        with reading(self._engine) as connection:
            return _head(connection)

    def entries(self, *, before: int | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """Newest first, those numbered below `before`: `number`, `at` (µs), `actor`, `action`, `target`, ..."""
        query = select(*(audit.c[name] for name in _CONTENT)).order_by(audit.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.number < before)
        with reading(self._engine) as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _entry(self, actor: str, action: str, target: str, purpose: str, detail: str) -> dict[str, Any]:
        if not _TARGET.fullmatch(target):
            raise ValueError("an audited target is a word or an opaque id: Patient, Patient/<uuid>, channel/<name>")
        said = {"actor": actor, "action": action, "target": target, "purpose": purpose, "detail": detail}
        return {"at": self._now(), **said}

    def _rows(self) -> Iterator[dict[str, Any]]:
        last = 0
        while True:
            query = select(audit).where(audit.c.number > last).order_by(audit.c.number).limit(AT_ONCE)
            with reading(self._engine) as connection:
                found = connection.execute(query).mappings().all()
            yield from (dict(row) for row in found)
            if len(found) < AT_ONCE:
                return
            last = found[-1]["number"]


def _append(connection: Connection, entries: Sequence[dict[str, Any]]) -> None:
    alone(connection, _LOCK)
    number, previous = _head(connection)
    rows = []
    for entry in entries:
        number += 1
        row = {"number": number, **entry, "previous": previous}
        row["hash"] = previous = _hash(row)
        rows.append(row)
    connection.execute(audit.insert(), rows)


def _head(connection: Connection) -> tuple[int, str]:
    row = connection.execute(select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)).first()
    return (row.number, row.hash) if row else (0, START)


def _hash(row: dict[str, Any]) -> str:
    content = orjson.dumps([row[name] for name in _CONTENT])
    return hashlib.sha256(row["previous"].encode() + b"\n" + content).hexdigest()
