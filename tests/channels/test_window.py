"""The window of what was mediated lately."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.bus.bus import Record
from channels.memory import Memory
from channels.settings import Redis as Address
from channels.window import Shared, Window
from schemas.message import Message
from tests.remembering import NOBODY, memory
from tests.servers.redis import Redis

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


def record(message: Message) -> Record:
    """As the door writes it."""
    said = {name: getattr(message, name) for name in ("transaction", "channel", "sender", "control_id", "rerun_of")}
    return Record("wasl.received.lab", "k", b"locked", {**said, "sha256": message.digest})


class Worker:
    """A mediation process: what its window said of each message, batch by batch."""

    def __init__(self, memory: Memory, journal: Collection[str], size: int = 100) -> None:
        self.asked = 0
        self._journal = journal
        self.window = Window(size, shared=Shared(memory, self._landed))

    def _landed(self, wanted: Collection[str]) -> set[str]:
        self.asked += 1
        return set(wanted) & set(self._journal)

    def batch(self, *messages: Message) -> list[str]:
        seen = self.window.over([record(message) for message in messages])
        said = []
        for message in messages:
            said.append(seen.duplicate_of(message) or ("reused" if seen.reused(message) else ""))
            seen.learn([message])
        self.window.learn(messages)
        return said


@pytest.fixture
def redis(redis_server: Redis) -> Memory:
    return memory(redis_server.url)


def test_a_resend_after_a_restart_is_a_duplicate_of_what_was_delivered(redis: Memory) -> None:
    assert Worker(redis, []).batch(FIRST, replace(FIRST, transaction="t0", control_id="m0")) == ["", ""]
    restarted = Worker(redis, ["t1"])
    assert restarted.batch(replace(FIRST, transaction="t2")) == ["t1"]
    assert restarted.batch(replace(FIRST, transaction="t3")) == ["t1"], "the first stays the first"
    assert Worker(redis, ["t1"]).batch(replace(FIRST, transaction="t4")) == ["t1"], "for everybody"


def test_what_redis_knows_and_the_journal_does_not_loses_no_message(redis: Memory) -> None:
    Worker(redis, []).batch(FIRST)
    restored = Worker(redis, [])
    assert restored.batch(replace(FIRST, transaction="t2")) == [""]
    assert restored.batch(replace(FIRST, transaction="t3")) == ["t2"], "its own work it knows"
    assert Worker(redis, ["t2"]).batch(replace(FIRST, transaction="t4")) == ["t2"]


def test_other_content_elsewhere_is_told_and_takes_the_place(redis: Memory) -> None:
    Worker(redis, []).batch(FIRST)
    other = replace(FIRST, transaction="t2", body=b"other")
    second = Worker(redis, ["t1"])
    assert second.batch(other, FIRST, replace(other, transaction="t3")) == ["reused", "reused", "reused"]
    assert Worker(redis, ["t3"]).batch(replace(other, transaction="t4")) == ["t3"]


def test_a_record_read_again_elsewhere_and_a_rerun_are_no_duplicates(redis: Memory) -> None:
    Worker(redis, []).batch(FIRST)
    assert Worker(redis, ["t1"]).batch(FIRST, replace(FIRST, transaction="t2", rerun_of="t1")) == ["", ""]
    assert Worker(redis, ["t1", "t2"]).batch(replace(FIRST, transaction="t3")) == ["t1"], "a rerun teaches nothing"


def test_a_batch_that_was_not_done_teaches_nobody(redis: Memory) -> None:
    seen = Worker(redis, []).window.over([record(FIRST)])
    seen.learn([FIRST])
    assert Worker(redis, ["t1"]).batch(replace(FIRST, transaction="t2")) == [""]


def test_the_journal_is_asked_only_where_redis_knows_something(redis: Memory) -> None:
    worker = Worker(redis, ["t1"])
    worker.batch(*(replace(FIRST, transaction=f"n{n}", control_id=f"n{n}") for n in range(50)))
    worker.batch(*(replace(FIRST, transaction=f"o{n}", control_id=f"n{n}") for n in range(50)))
    assert worker.asked == 0, "what it knows itself it asks nobody"
    other = Worker(redis, ["n1"])
    other.batch(*(replace(FIRST, transaction=f"p{n}", control_id=f"n{n}") for n in range(50)))
    assert other.asked == 1, "once a batch"


def test_headers_that_nobody_of_us_wrote_are_passed_over(redis: Memory) -> None:
    Worker(redis, []).window.over([Record("wasl.received.lab", "k", b"?"), Record("t", "k", b"", {"channel": "lab"})])


def test_a_window_of_no_size_asks_and_tells_nobody(redis: Memory) -> None:
    Worker(redis, [], size=0).batch(FIRST)
    assert Worker(redis, ["t1"]).batch(replace(FIRST, transaction="t2")) == [""]


def test_without_redis_each_process_has_a_window_of_its_own() -> None:
    worker = Worker(memory(NOBODY), ["t1"])
    assert worker.batch(FIRST) == [""]
    assert worker.batch(replace(FIRST, transaction="t2")) == ["t1"]
    assert Worker(memory(NOBODY), ["t1"]).batch(replace(FIRST, transaction="t3")) == [""]


class Forgetful(Memory):
    """Knows nothing of what it is asked, each time anew, when `luck` says so."""

    luck: st.DataObject

    def read(self, kind: str, names: Sequence[str]) -> list[bytes | None]:
        return [found if self.luck.draw(st.booleans()) else None for found in super().read(kind, names)]


SENT = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 1)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SENT, st.data())
def test_whatever_redis_forgets_nothing_is_lost_and_no_duplicate_is_false(
    redis_server: Redis, sent: list[tuple[str, str, int]], luck: st.DataObject
) -> None:
    shared = Forgetful(Address(url=redis_server.url), f"test-{uuid.uuid4().hex}.", b"secret", 10.0)
    shared.luck = luck
    journal: dict[str, tuple[str, str]] = {}
    workers = [Worker(shared, journal), Worker(shared, journal)]
    for number, (control_id, body, which) in enumerate(sent):
        message = replace(FIRST, transaction=f"t{number}", control_id=control_id, body=body.encode())
        (said,) = workers[which].batch(message)
        if said in ("", "reused"):
            journal[message.transaction] = (control_id, body)
        else:
            assert journal[said] == (control_id, body), "a duplicate is of the same, and that had its effect"
    assert {(control_id, body) for control_id, body, _ in sent} == set(journal.values())
