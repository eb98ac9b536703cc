"""The window of what was mediated lately."""

from __future__ import annotations

from dataclasses import replace

from channels.window import Window
from schemas.message import Message

FIRST = Message("t1", "lab", "LIS", b"body", "text/plain", 1, control_id="m1")


def test_the_same_from_the_same_feed_is_a_duplicate() -> None:
    window = Window(10)
    window.learn([FIRST])
    assert window.duplicate_of(replace(FIRST, transaction="t2")) == "t1"
    assert window.duplicate_of(replace(FIRST, transaction="t2", sender="other")) is None
    assert window.duplicate_of(replace(FIRST, transaction="t2", control_id="m2")) is None


def test_a_record_read_again_and_a_rerun_are_no_duplicates() -> None:
    window = Window(10)
    window.learn([FIRST])
    assert window.duplicate_of(FIRST) is None
    assert window.duplicate_of(replace(FIRST, transaction="t2", rerun_of="t1")) is None


def test_the_first_stays_the_first() -> None:
    window = Window(10)
    window.learn([FIRST, replace(FIRST, transaction="t2"), replace(FIRST, transaction="t3")])
    assert window.duplicate_of(replace(FIRST, transaction="t4")) == "t1"


def test_other_content_under_the_same_control_id_is_told() -> None:
    window = Window(10)
    window.learn([FIRST])
    other = replace(FIRST, transaction="t2", body=b"other")
    assert window.duplicate_of(other) is None
    assert window.reused(other)
    assert not window.reused(replace(FIRST, transaction="t3"))


def test_without_a_control_id_only_the_same_bytes_are_the_same() -> None:
    window = Window(10)
    nameless = replace(FIRST, control_id="")
    window.learn([nameless])
    assert window.duplicate_of(replace(nameless, transaction="t2")) == "t1"
    assert not window.reused(replace(nameless, transaction="t2", body=b"other"))


def test_a_batch_reads_through_to_what_lasts_and_forgets_its_own() -> None:
    lasting = Window(10)
    lasting.learn([FIRST])
    batch = Window(10, lasting)
    second = replace(FIRST, transaction="t2", control_id="m2")
    batch.learn([second])
    assert batch.duplicate_of(replace(FIRST, transaction="t3")) == "t1"
    assert batch.duplicate_of(replace(second, transaction="t3")) == "t2"
    assert lasting.duplicate_of(replace(second, transaction="t3")) is None


def test_only_the_latest_are_remembered() -> None:
    window = Window(2)
    window.learn(replace(FIRST, transaction=f"t{n}", control_id=f"m{n}") for n in range(3))
    assert window.duplicate_of(replace(FIRST, transaction="t9", control_id="m0")) is None
    assert window.duplicate_of(replace(FIRST, transaction="t9", control_id="m2")) == "t2"
