"""A message that kills the worker leaves no exception: find it, and let the innocent ones pass.

While a batch is worked on a file says so. Found at the start, it means an unclean end: then the messages of the
next batch are tried one at a time, each try written first. What was being tried when the worker died is counted;
at three it is not tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from channels.bus.bus import Batch, Record

LIMIT = 3


class Suspects:
    """The file of one worker. `tried(record)` is False when the record must not be tried again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._deaths: dict[str, int] = {}
        self._careful = path.exists()
        if self._careful:
            self._read()

    @contextmanager
    def batch(self, batch: Batch) -> Iterator[Callable[[Record], bool]]:
        """To be held while a batch is worked on. An exception is a clean end: the process lives."""
        self._write("")
        try:
            yield self._try if self._careful else _trust
        finally:
            self._path.unlink(missing_ok=True)
        for record in batch:
            self._deaths.pop(record.headers.get("transaction", ""), None)
        self._careful = bool(self._deaths)

    def acquit(self) -> None:
        """Every message of the batch was read: whatever ends the process from here on is no message's doing."""
        if self._careful:
            self._write("")

    def _try(self, record: Record) -> bool:
        transaction = record.headers["transaction"]
        if self._deaths.get(transaction, 0) >= LIMIT:
            return False
        self._write(transaction)
        return True

    def _read(self) -> None:
        try:
            said = orjson.loads(self._path.read_bytes())
            self._deaths = dict(said.get("deaths", {}))
            trying = said.get("trying")
        except (OSError, ValueError, TypeError, AttributeError):  # cut short by a power cut: nobody is suspected
            self._deaths, trying = {}, None
        if trying:
            self._deaths[trying] = self._deaths.get(trying, 0) + 1

    def _write(self, trying: str) -> None:
        # no fsync: a power cut is not the message's doing
        whole = self._path.with_suffix(".new")
        whole.write_bytes(orjson.dumps({"trying": trying, "deaths": self._deaths}))
        whole.replace(self._path)


def _trust(_record: Record) -> bool:
    return True
