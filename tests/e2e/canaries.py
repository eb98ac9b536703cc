"""People who do not exist, with names and numbers that occur nowhere else: wherever one is found, it was written down.

What is looked through is bytes: files, columns, logs. A canary is found in UTF-8, UTF-16 and as JSON escapes it,
whatever its case, and in base64 at any of its three alignments.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from redis import Redis

FAMILY, GIVEN, ARABIC = "ZWIKNARBI", "Xhafiroula", "زقنربيل"
CIN, IPP, INSURED, IDCS = "QZX918273", "IPPQ7755331", "918273645", "8302917469"
STREET, PHONE = "Derb Qarnablouch", "0677889912"
BORN, BORN_ISO, BORN_HERE = "19370719", "1937-07-19", "19/07/1937"
CANARIES = (FAMILY, GIVEN, ARABIC, CIN, IPP, INSURED, IDCS, STREET, PHONE, BORN, BORN_ISO, BORN_HERE)


def found(bytes_by_place: Iterator[tuple[str, bytes]]) -> Mapping[str, list[str]]:
    """Place → the canaries in it."""
    return {place: seen for place, data in bytes_by_place if (seen := seen_in(data))}


def seen_in(data: bytes) -> list[str]:
    low = data.lower()
    return [one for one in CANARIES if any(p in low for p in _plain(one)) or any(p in data for p in _encoded(one))]


@cache
def _plain(canary: str) -> tuple[bytes, ...]:
    low = canary.lower()
    escaped = low.encode("ascii", "backslashreplace")
    return tuple({low.encode(), low.encode("utf-16-le"), low.encode("utf-16-be"), escaped})


@cache
def _encoded(canary: str) -> tuple[bytes, ...]:
    """Every base64 text that holds the canary has one of these in it."""
    forms = {canary, canary.lower(), canary.upper(), canary.title()}
    raw = {form.encode(charset) for form in forms for charset in ("utf-8", "utf-16-le", "utf-16-be")}
    standard = {_middle(data, shift) for data in raw for shift in range(3)}
    return tuple(standard | {one.translate(bytes.maketrans(b"+/", b"-_")) for one in standard})


def _middle(data: bytes, shift: int) -> bytes:
    """The signs that only these bytes decide, when as many others as `shift` stand before them."""
    whole = base64.b64encode(b"\0" * shift + data)
    first = (0, 2, 3)[shift]
    last = (shift + len(data)) * 8 // 6
    return whole[first:last]


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def rows(url: str) -> Iterator[tuple[str, bytes]]:
    """Every value of every column of a PostgreSQL database."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            for row in connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table))):
                values = (one if isinstance(one, bytes) else str(one).encode() for one in row)
                yield f"{schema}.{table}", b"\n".join(values)


def held(url: str) -> Iterator[tuple[str, bytes]]:
    """Every key of a Redis, with what is kept under it as Redis itself writes it."""
    with Redis.from_url(url) as redis:
        for key in redis.scan_iter():
            yield key.decode(errors="replace"), key + b"\n" + (redis.dump(key) or b"")
