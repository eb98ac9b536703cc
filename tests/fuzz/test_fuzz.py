"""A short run of `make fuzz`: no broken message crashes, hangs, or fills the memory."""

from __future__ import annotations

from tests.fuzz.messages import message
from tests.fuzz.run import MOST, run

COUNT = 6000


def test_broken_messages_are_translated_or_refused_and_never_fail() -> None:
    outcome = run(COUNT, processes=2)
    assert outcome.failures == []
    assert sum(outcome.counts.values()) == COUNT
    assert outcome.counts["translated"] > COUNT // 10
    assert outcome.counts["refused"] > COUNT // 50
    assert outcome.memory < MOST


def test_a_message_of_one_number_is_always_the_same() -> None:
    assert [message(number) for number in range(50)] == [message(number) for number in range(50)]
    assert len({message(number) for number in range(50)}) > 45
