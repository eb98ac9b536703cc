"""Records as the embedded bus keeps them: headers and value sealed in one piece.

Topics and keys stand beside them in clear: they name channels and are opaque. A record that a program before this one
left in clear is read as it lies, and sealed at a start (`seal_standing`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import orjson

from channels.bus.bus import Record
from channels.migrations import vacuum
from registries.sealing import Seal, Unsealable

AT_ONCE = 200
SEALED = b""  # the column of headers, where they are sealed with the value
_LENGTH = 4

_PAGE = (
    "SELECT place, name, key, headers, value FROM records JOIN topics ON topics.id = records.topic"
    " WHERE place > ? ORDER BY place LIMIT ?"
)


class Envelope:
    """Seals and opens with a secret of the house. Any thread may use it."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret)

    def sealed(self, record: Record) -> tuple[bytes, bytes]:
        """The columns of headers and value."""
        headers = orjson.dumps(record.headers)
        content = len(headers).to_bytes(_LENGTH) + headers + record.value
        return SEALED, self._seal.seal(content, f"{record.topic}|{record.key}")

    def opened(self, topic: str, key: str, headers: bytes, value: bytes, offset: int) -> Record:
        """The record as it was published; what another wrote or the disk damaged has no headers, so that its reader
        takes it for foreign."""
        if headers != SEALED:
            return Record(topic, key, value, orjson.loads(headers), offset)
        try:
            content = self._seal.open(value, f"{topic}|{key}")
        except Unsealable:
            return Record(topic, key, value, {}, offset)
        end = _LENGTH + int.from_bytes(content[:_LENGTH])
        return Record(topic, key, content[end:], orjson.loads(content[_LENGTH:end]), offset)


def seal_standing(connection: sqlite3.Connection, envelope: Envelope, name: str) -> None:
    """Seals what lies in clear in one file of the bus, and writes the file anew; nobody else writes it meanwhile. Cut
    short, it is done at the next call."""
    if vacuum.stage(connection) == 0:
        found = place = 0
        while page := connection.execute(_PAGE, (place, AT_ONCE)).fetchall():
            found, place = found + _seal(connection, envelope, page), page[-1][0]
        connection.execute(f"PRAGMA user_version = {vacuum.DUE if found else vacuum.DONE}")
    vacuum.vacuum(connection, name)


def _seal(
    connection: sqlite3.Connection, envelope: Envelope, page: Sequence[tuple[int, str, str, bytes, bytes]]
) -> int:
    clear = [
        (*envelope.sealed(Record(topic, key, value, orjson.loads(headers))), place)
        for place, topic, key, headers, value in page
        if headers != SEALED
    ]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("UPDATE records SET headers = ?, value = ? WHERE place = ?", clear)
    connection.execute("COMMIT")
    return len(clear)
