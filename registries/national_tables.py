"""The tables of what national registries said, did not say yet, and of how they do."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, String, Table, Text

TABLES = MetaData()

# `at`: µs since the epoch when the answer came. `registry` is client, facility or health-worker, as below.
remembered = Table(
    "remembered",
    TABLES,
    Column("question", String(32), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("answer", LargeBinary, nullable=False),
    Column("registry", String(16), nullable=False, server_default=""),
)

# What messages are parked for. `silent`: the registry did not answer; else it knew nobody. `asked` is sealed with the
# question; `next`: µs when it is asked again, after so many `tries`.
awaited = Table(
    "awaited",
    TABLES,
    Column("question", String(32), primary_key=True),
    Column("silent", Boolean, primary_key=True),
    Column("registry", String(16), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("next", BigInteger, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("asked", LargeBinary, nullable=False),
)

# `answered`: µs of an answer, no older than a minute; `down`: since when it does not, 0 while it does. `refusals`: what
# it said instead of late, the newest first, as JSON: [[µs, words], …].
nationals = Table(
    "nationals",
    TABLES,
    Column("registry", String(16), primary_key=True),
    Column("answered", BigInteger, nullable=False),
    Column("down", BigInteger, nullable=False),
    Column("refusals", Text, nullable=False),
)
