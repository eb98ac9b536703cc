"""What is too large for a record of Kafka (claim check): kept in the database, once, sealed, under its digest."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from channels.bus.bus import Record
from registries.database import insert_or_skip, reading
from registries.sealing import Seal, Unsealable
from schemas.message import Unavailable

LARGE = 256 * 1024
CLAIM, SIZE = "claim", "claim_size"
_DIGEST, _BYTES = re.compile("[0-9a-f]{64}"), re.compile(rb"[0-9]{1,12}")

metadata = MetaData()

# `at`: µs since the epoch.
values = Table(
    "large_values",
    metadata,
    Column("digest", String, primary_key=True),
    Column("topic", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Index("large_values_by_age", "topic", "at"),
)


class Large:
    """Blocks. Durable when `lightened` returns, before the records that point here are sent. `secret` seals."""

    def __init__(self, engine: Engine, secret: bytes) -> None:
        self._engine, self._seal = engine, Seal(secret)

    def lightened(self, records: Sequence[Record]) -> Sequence[Record]:
        """The records, those too large with a claim check for their value. Raises Unavailable."""
        if not any(is_large(record) for record in records):
            return records
        light = [_light(record) if is_large(record) else record for record in records]
        at = time.time_ns() // 1000
        rows = [
            {"digest": digest, "topic": heavy.topic, "at": at, "value": self._seal.seal(heavy.value, digest)}
            for heavy, check in zip(records, light, strict=True)
            if is_large(heavy) and (digest := check.headers[CLAIM])
        ]
        try:
            with self._engine.begin() as connection:
                if insert_or_skip(connection, values, rows) < len(rows):
                    _renew(connection, rows)
        except SQLAlchemyError as error:
            raise Unavailable(f"a large message can't be kept: {type(error).__name__}") from None
        return light

    def whole(self, record: Record) -> Record:
        """The record with its value; an empty one when it is no longer kept. Raises Unavailable."""
        if (digest := record.headers.get(CLAIM)) is None:
            return record
        headers = {name: value for name, value in record.headers.items() if name not in (CLAIM, SIZE)}
        ours = _DIGEST.fullmatch(digest)  # what somebody else wrote there may be nothing a database takes
        return replace(record, value=(self._fetch(digest) if ours else None) or b"", headers=headers)

    def _fetch(self, digest: str) -> bytes | None:
        try:
            with reading(self._engine) as connection:
                value = connection.scalar(select(values.c.value).where(values.c.digest == digest))
        except SQLAlchemyError as error:
            raise Unavailable(f"a large message can't be read: {type(error).__name__}") from None
        return None if value is None else self._opened(digest, bytes(value))

    def _opened(self, digest: str, value: bytes) -> bytes | None:
        try:
            return self._seal.open(value, digest)
        except Unsealable:  # a program before this one kept it in clear
            return value if hashlib.sha256(value).hexdigest() == digest else None

    def forget(self, topic: str, before: int) -> int:
        """Deletes what was kept for this topic before (µs), once its records are gone; tells how many."""
        gone = delete(values).where(values.c.topic == topic, values.c.at < before)
        with self._engine.begin() as connection:
            return connection.execute(gone).rowcount


def _renew(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """What was kept before is needed for as long as the record that points there now."""
    for row in sorted(rows, key=itemgetter("digest")):  # all in one order, so that nobody waits in a circle
        connection.execute(update(values).where(values.c.digest == row["digest"]).values(at=row["at"]))


def is_large(record: Record) -> bool:
    return len(record.value) > LARGE


def size_of(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> int:
    """Bytes of the whole value, also of one that is kept elsewhere."""
    said = next((size for name, size in headers if name == SIZE), None) or b""
    return int(said) if _BYTES.fullmatch(said) else len(value or b"")


def _light(record: Record) -> Record:
    claim = {CLAIM: hashlib.sha256(record.value).hexdigest(), SIZE: str(len(record.value))}
    return replace(record, value=b"", headers={**record.headers, **claim})
