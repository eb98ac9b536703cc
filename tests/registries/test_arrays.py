"""What a list holds, comes back from PostgreSQL as it was."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, MetaData, String, Table, literal, select

from registries.arrays import Listed
from registries.database import BYTEWISE, among, insert_or_skip, open_database, reading, writing

METADATA = MetaData()
PAIRS = Table(
    "pairs", METADATA, Column("name", BYTEWISE, primary_key=True), Column("number", Integer), Column("t", String)
)


def test_a_list_is_one_parameter_whatever_stands_in_it(database_url: str) -> None:
    engine = open_database(database_url, METADATA)
    texts = ["", "NULL", "null", "a,b", '"', "\\", "{}", " x ", "é\u0651", "a'b", "\n", "%s", ":x", "0"]
    rows: list[dict[str, Any]] = [
        {"name": text, "number": at or None, "t": text or None} for at, text in enumerate(texts)
    ]
    with writing(engine) as connection:
        assert insert_or_skip(connection, PAIRS, rows) == len(texts)
    with reading(engine) as connection:
        found = connection.execute(select(PAIRS).where(among(connection, PAIRS.c.name, texts)))
        assert sorted(map(tuple, found)) == sorted(tuple(row.values()) for row in rows)
        numbers = among(connection, PAIRS.c.number, [3, 5], Integer)
        assert set(connection.scalars(select(PAIRS.c.name).where(numbers))) == {texts[3], texts[5]}
    engine.dispose()


def test_bytes_and_fractions_come_back_as_they_were(database_url: str) -> None:
    engine = open_database(database_url, METADATA)

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.none() | st.binary(max_size=20), max_size=5), st.lists(st.floats(allow_nan=False)))
    def all_of_them(blobs: list[bytes | None], shares: list[float]) -> None:
        with reading(engine) as connection:
            for told, kind in ((blobs, LargeBinary), (shares, Float), ([True, None, False], Boolean)):
                assert connection.scalar(select(literal(told, Listed(kind)))) == told

    all_of_them()
    engine.dispose()
