"""Up to which change each subscriber was told of persons (ITI-10), and who tells it now."""

from __future__ import annotations

import time
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Engine, MetaData, String, Table, or_, select, update

from registries.database import insert_or_skip, writing

metadata = MetaData()

notices = Table(
    "notices",
    metadata,
    Column("subscriber", String(250), primary_key=True),
    Column("records", BigInteger, nullable=False),
    Column("links", BigInteger, nullable=False),
    Column("teller", String(36), nullable=False),
    Column("until", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

HELD = 60  # seconds that a teller may take for what it tells at once, before another takes its place


class Position(NamedTuple):
    """The number of the last change of records, and the version of the links."""

    records: int
    links: int


class Notices:
    """Any number of processes may want to tell a subscriber: one does. Every method raises Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def hold(self, subscriber: str, teller: str, start: Position) -> Position | None:
        """Where this teller goes on, the only one for HELD seconds; None while another does. Who was never told begins
        at `start`."""
        now = time.time_ns() // 1_000_000_000
        row = {"subscriber": subscriber, "teller": teller, "until": now + HELD, **start._asdict()}
        free = or_(notices.c.teller == teller, notices.c.until < now)
        with writing(self._engine) as connection:
            insert_or_skip(connection, notices, [row])
            mine = update(notices).where(notices.c.subscriber == subscriber, free)
            if not connection.execute(mine.values(teller=teller, until=now + HELD)).rowcount:
                return None
            found = select(notices.c.records, notices.c.links).where(notices.c.subscriber == subscriber)
            return Position(*connection.execute(found).one())

    def move(self, subscriber: str, to: Position) -> None:
        """All up to here was told."""
        with writing(self._engine) as connection:
            connection.execute(update(notices).where(notices.c.subscriber == subscriber).values(**to._asdict()))
