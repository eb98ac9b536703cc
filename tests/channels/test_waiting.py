"""`acknowledge: resolved`: the sender is answered once the registries know what it sent, and told what they refused."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from channels.receive import Door
from channels.waiting import Waiting
from registries.outcomes import Outcome
from schemas.message import Message, Reply, Unavailable
from tests.plain import ISSUE, Flow, channel

RESOLVED = channel(acknowledge="resolved")


@pytest.fixture
def resolved(tmp_path: Path) -> Flow:
    return Flow(tmp_path, RESOLVED)


async def durable(flow: Flow, count: int) -> None:
    while flow.bus.lag("mediation", [RESOLVED.topic])[RESOLVED.topic] < count:  # noqa: ASYNC110  # a bus wakes readers only
        await asyncio.sleep(0.002)


async def answered(flow: Flow, *messages: Message) -> list[Reply]:
    """What these messages are answered, mediated after all of them are durable and nobody was answered yet."""
    asked = asyncio.create_task(flow.door.receive_all(RESOLVED, messages))
    await durable(flow, len(messages))
    assert not asked.done()
    flow.mediate()
    return await asked


def replies(flow: Flow, *texts: str) -> list[tuple[str, bytes]]:
    found = asyncio.run(answered(flow, *(flow.message(text) for text in texts)))
    return [(reply.code, reply.body) for reply in found]


def test_the_answer_comes_when_the_registries_have_decided(resolved: Flow) -> None:
    assert replies(resolved, "m1 p1 hello") == [("AA", b"yes m1")]


@pytest.mark.parametrize("word", ["broken", "bug", "nothing"])
def test_what_mediation_refuses_is_told_to_the_sender(resolved: Flow, word: str) -> None:
    assert replies(resolved, f"m1 p1 {word}") == [("AE", b"no m1")]


def test_a_registry_that_fails_is_told_to_the_sender(resolved: Flow) -> None:
    assert replies(resolved, "m1 trouble hello", "m2 p2 hello") == [("AE", b"no m1"), ("AA", b"yes m2")]


def test_a_message_with_a_bad_part_is_taken(resolved: Flow) -> None:
    assert replies(resolved, "m1 p1 parts") == [("AA", b"yes m1")]


def test_what_is_refused_at_the_door_waits_for_nobody(resolved: Flow) -> None:
    reply = asyncio.run(resolved.door.receive(RESOLVED, resolved.message("m1 p1 bad")))
    assert reply.code == "AE"


def test_a_repeat_is_told_what_the_first_was(resolved: Flow) -> None:
    mediation = resolved.mediation()
    first, again = resolved.message("m1 p1 broken"), resolved.message("m1 p1 broken")

    async def both() -> list[Reply]:
        found = []
        for message in (first, again):
            asked = asyncio.create_task(resolved.door.receive(RESOLVED, message))
            await durable(resolved, 1)
            resolved.mediate(mediation)
            found.append(await asked)
        return found

    assert [reply.code for reply in asyncio.run(both())] == ["AE", "AE"]


def test_a_repeat_in_the_same_batch_is_told_the_same(resolved: Flow) -> None:
    assert [code for code, _ in replies(resolved, "m1 p1 broken", "m1 p1 broken")] == ["AE", "AE"]


def test_whoever_runs_a_message_again_does_not_wait(resolved: Flow) -> None:
    message = replace(resolved.message("m1 p1 hello"), rerun_of="t0")
    assert asyncio.run(resolved.door.receive(RESOLVED, message)).code == "AA"


def test_who_waits_too_long_gets_no_answer_and_the_message_is_kept(resolved: Flow) -> None:
    door = Door(resolved.gateway, resolved.keys, b"secret", 5.0, Waiting(resolved.outcomes.of, longest=0.01))

    async def send() -> None:
        with pytest.raises(Unavailable) as raised:
            await door.receive(RESOLVED, resolved.message("m1 p1 hello"))
        assert raised.value.retry_after

    asyncio.run(send())
    assert len(resolved.read(RESOLVED.topic)) == 1


def test_all_that_wait_are_asked_for_at_once_and_an_outage_is_waited_out() -> None:
    looks: list[int] = []

    def read(transactions: Collection[str]) -> Mapping[str, Outcome]:
        looks.append(len(transactions))
        if len(looks) == 1:
            raise Unavailable("the database is away")
        return {one: Outcome(one != "t7", (ISSUE,) if one == "t7" else ()) for one in transactions}

    async def wait() -> list[Outcome]:
        waiting = Waiting(read, longest=20, every=0.001)
        found = await asyncio.gather(*(waiting.outcomes([f"t{number}"]) for number in range(50)))
        return [one for (one,) in found]

    found = asyncio.run(wait())
    assert [number for number, one in enumerate(found) if not one.accepted] == [7]
    assert max(looks) == 50
    assert len(looks) < 10


def test_one_who_went_away_does_not_keep_the_others() -> None:
    async def wait() -> Outcome:
        waiting = Waiting(lambda asked: {one: Outcome(True) for one in asked if one != "gone"}, longest=20)
        left = asyncio.create_task(waiting.outcomes(["gone"]))
        await asyncio.sleep(0)
        left.cancel()
        (found,) = await waiting.outcomes(["here"])
        return found

    assert asyncio.run(wait()).accepted
