"""Whatever stands on a topic: it is one of our records, or it is Foreign; within bounds, and without harm."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import catalog, codec
from tests.schemas.records import grow, records, varint, written

HUGE = [2**31, 2**40, 2**62, 2**63 - 1, -1, -2, -(2**62), -(2**63)]
STEP = {"transaction": "t", "kind": "k", "at": 1}


def head(name: str) -> bytes:
    return struct.pack(">bI", 0, catalog.id_of(name))


def readable(data: bytes) -> bool:
    """Whether it is one of ours; anything but a record or Foreign fails the test."""
    try:
        return isinstance(codec.decode(data), dict)
    except codec.Foreign:
        return False


@given(st.binary(max_size=300))
def test_any_bytes_are_a_record_or_foreign(data: bytes) -> None:
    assert not readable(data) or data[0] == 0


@settings(max_examples=30)
@given(st.binary(max_size=300))
@pytest.mark.parametrize("name", catalog.written())
def test_any_bytes_after_one_of_our_heads_are_a_record_or_foreign(name: str, data: bytes) -> None:
    readable(head(name) + data)


@settings(max_examples=60)
@given(st.data())
def test_a_record_with_a_byte_changed_lost_or_added_is_a_record_or_foreign(data: st.DataObject) -> None:
    record = data.draw(records(catalog.schema("Step")))
    whole = written(catalog.schema("Step"), record, catalog.id_of("Step"))
    at = data.draw(st.integers(0, len(whole) - 1))
    readable(whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :])
    assert not readable(whole[:at])
    assert not readable(whole + whole[at:])


def test_any_bytes_of_an_older_version_are_a_record_or_foreign(contract: Path) -> None:
    old = head("Step")
    grow(contract, "Step", {"name": "score", "type": ["null", "long"], "default": None}, drop="attempt")
    whole = written(catalog.by_id(int.from_bytes(old[1:], "big")), STEP, int.from_bytes(old[1:], "big"))
    assert codec.decode(whole)["score"] is None

    @settings(max_examples=100)
    @given(st.binary(max_size=300), st.integers(0, len(whole)))
    def any_bytes(data: bytes, kept: int) -> None:
        readable(old + data)
        readable(whole[:kept] + data)

    any_bytes()


@pytest.mark.parametrize("count", HUGE)
@pytest.mark.parametrize("before", [b"", b"\x02t\x02k\x02\0\0\0\0"], ids=["text", "list"])
def test_a_length_beyond_the_bytes_takes_neither_memory_nor_time(before: bytes, count: int) -> None:
    tracemalloc.start()
    try:
        assert not readable(head("Step") + before + varint(count) + b"abc")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_number_without_end_is_foreign() -> None:
    assert not readable(head("Step") + b"\xff" * 1_000_000)


def test_bytes_after_the_record_are_foreign() -> None:
    with pytest.raises(codec.Foreign, match="bytes follow the Step"):
        codec.decode(codec.encode("Step", STEP) + b"\0")


def test_a_schema_id_nobody_knows_is_foreign_and_named() -> None:
    with pytest.raises(codec.Foreign, match="schema id 77 is not known"):
        codec.decode(struct.pack(">bI", 0, 77) + b"abc")


def test_what_is_said_of_foreign_bytes_quotes_none_of_them() -> None:
    data = head("PatientRegistered") + varint(6) + b"Ala\xffmi" + b"Fatima"
    with pytest.raises(codec.Foreign) as caught:
        codec.decode(data)
    assert str(caught.value) == "not the bytes of a PatientRegistered: UnicodeDecodeError"
