"""The journal: what happened to each message, projected from the bus.

Records may come twice, and a step before its received record. Each call of `project` is one commit, and leaves every
transaction it touched where all that is known puts it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from channels.bus.bus import Record
from channels.journal.page import Page
from channels.journal.partitions import LOCK, Months
from channels.journal.rows import Rows, rows_of
from channels.journal.tables import deliveries, events, parts, steps, subjects
from channels.journal.writing import insert_new, keep_latest
from registries.database import alone, writing
from schemas.events import EVENTS

log = logging.getLogger("wasl.journal")


class Journal:
    """Writes the journal. `expects`: consumer → the event types it wants, to tell when all of it has landed."""

    def __init__(self, engine: Engine, expects: Mapping[str, frozenset[str]]) -> None:
        self._engine, self._months = engine, Months()
        self._consumers = frozenset(expects)
        self._wanted_by = {
            event.__name__: ",".join(sorted(name for name, wants in expects.items() if event.__name__ in wants))
            for event in EVENTS
        }

    def project(self, records: Sequence[Record]) -> None:
        """Takes records of `wasl.received.*` and `wasl.steps`, in one commit; the same ones may come again.

        What the database can't keep is left out, alone and said in the log. Raises Unavailable.
        """
        try:
            self._take(records)
        except DBAPIError as error:
            if len(records) == 1:
                log.error("%s %d can't be kept: %s", records[0].topic, records[0].offset, type(error.orig).__name__)
                return
            for record in records:
                self.project([record])

    def _take(self, records: Sequence[Record]) -> None:
        rows = rows_of(records, self._wanted_by)
        if not rows.received and not rows.touched:
            return
        self._months.make(self._engine, [*rows.received, *rows.touched], datetime.now(UTC))
        with writing(self._engine) as connection:
            alone(connection, LOCK)
            page = Page(connection, rows, self._consumers)
            again = _write(connection, rows)
            page.judge(again=again)
            page.write()


def _write(connection: Connection, rows: Rows) -> bool:
    """Whether a consumer said something again that it had said before."""
    insert_new(connection, steps, rows.steps)
    insert_new(connection, events, rows.events)
    insert_new(connection, subjects, rows.subjects)
    keep_latest(connection, parts, rows.parts)
    if insert_new(connection, deliveries, rows.deliveries) == len(rows.deliveries):
        return False
    keep_latest(connection, deliveries, rows.deliveries)
    return True
