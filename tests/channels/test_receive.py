"""At the door: an answer means durable, and what is refused is kept too."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from channels.bus.bus import Record
from channels.bus.embedded import EmbeddedBus
from channels.receive import Door, message_of, transaction_id
from schemas.message import Unavailable
from tests.plain import Flow, channel


class Silent(EmbeddedBus):
    """A bus that never confirms."""

    async def publish(self, records: Sequence[Record]) -> None:
        await asyncio.sleep(3600)


def test_the_message_is_on_the_bus_when_it_is_answered(flow: Flow) -> None:
    async def send() -> None:
        message = flow.message("m1 p1 hello")
        reply = await flow.door.receive(flow.channels[0], message)
        assert (reply.code, reply.body) == ("AA", b"yes m1")
        (record,) = flow.read("wasl.received.plain")
        body = flow.keys.unlock(record.headers["key"], record.value)
        assert body == b"m1 p1 hello"
        assert message_of(record, body) == message

    asyncio.run(send())


def test_the_bytes_on_the_bus_are_not_readable(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 Khadija"))
    (record,) = flow.read("wasl.received.plain")
    assert b"Khadija" not in record.value
    for file in flow.folder.rglob("*"):
        assert not file.is_file() or b"Khadija" not in file.read_bytes()


def test_what_is_refused_is_kept_with_its_reason(flow: Flow) -> None:
    async def send() -> None:
        reply = await flow.door.receive(flow.channels[0], flow.message("m1 p1 bad"))
        assert (reply.code, reply.accepted) == ("AE", False)

    asyncio.run(send())
    (record,) = flow.read("wasl.received.plain")
    assert record.headers["refused"] == "1"
    assert orjson.loads(record.headers["issues"])[0]["reason"] == "bad word"


def test_received_channels_answer_without_checking(flow: Flow) -> None:
    async def send() -> None:
        blind = channel(acknowledge="received")
        reply = await flow.door.receive(blind, flow.message("m1 p1 bad", blind))
        assert reply.code == "AA"

    asyncio.run(send())


def test_unknown_durability_gives_no_answer_at_all(flow: Flow, tmp_path: Path) -> None:
    async def send() -> None:
        door = Door(Silent(tmp_path / "silent", "received", b"secret"), flow.keys, b"secret", timeout=0.01)
        with pytest.raises(Unavailable):
            await door.receive(flow.channels[0], flow.message("m1 p1 hello"))

    asyncio.run(send())


def test_a_batch_is_answered_together_and_in_order(flow: Flow) -> None:
    async def send() -> None:
        messages = [flow.message(f"m{n} p1 {'bad' if n == 1 else 'good'}") for n in range(3)]
        replies = await flow.door.receive_all(flow.channels[0], messages)
        assert [reply.body for reply in replies] == [b"yes m0", b"no m1", b"yes m2"]

    asyncio.run(send())


def test_feeds_are_opaque_on_the_bus(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 hello"))
    (record,) = flow.read("wasl.received.plain")
    assert "app" not in record.key
    assert "place" not in record.key


def test_transaction_ids_sort_by_time() -> None:
    ids = [transaction_id(n * 1000) for n in range(1, 50)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
