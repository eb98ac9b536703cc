"""A kept message goes through the door once more, under a transaction of its own."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from channels.reload import Channels
from channels.rerun import NotKept, Rerun
from tests.plain import Flow, channel


def row(flow: Flow) -> dict[str, Any]:
    """The first message on the bus as the journal would keep it."""
    record = flow.read("wasl.received.plain")[0]
    return {
        "id": record.headers["transaction"], "channel": record.headers["channel"], "topic": record.topic,
        "offset": record.offset, "key": record.key,
    }  # fmt: skip


def rerun(flow: Flow) -> Rerun:
    return Rerun(flow.gateway, flow.keys, flow.door, flow.live)


def test_the_same_bytes_again_and_which_they_were(flow: Flow) -> None:
    (first,) = asyncio.run(flow.send("m1 p1 hello"))
    made = asyncio.run(rerun(flow).run(row(flow), ["second"]))
    again = flow.read("wasl.received.plain")[1]
    assert again.headers["transaction"] == made != first.transaction
    assert (again.headers["rerun_of"], again.headers["places"]) == (first.transaction, '["second"]')
    assert again.headers["sha256"] == first.digest
    assert again.headers["first_received"] == str(first.received)
    assert rerun(flow).body(row(flow)) == b"m1 p1 hello"


def test_a_rerun_is_never_a_duplicate(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 hello"))
    flow.mediate()
    asyncio.run(rerun(flow).run(row(flow)))
    flow.mediate()
    assert [step["kind"] for step in flow.steps()] == ["mediated", "mediated"]
    first, second = flow.events()
    assert (first["id"], first["transaction"] == second["transaction"]) == (second["id"], False)


def test_what_was_refused_at_the_door_is_judged_again(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 bad"))
    asyncio.run(rerun(flow).run(row(flow)))
    assert [record.headers.get("refused") for record in flow.read("wasl.received.plain")] == ["1", "1"]


def test_a_body_that_is_gone_says_so(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 hello"))
    flow.keys.destroy([flow.read("wasl.received.plain")[0].headers["key"]])
    with pytest.raises(NotKept, match="retention"):
        asyncio.run(rerun(flow).run(row(flow)))
    assert rerun(flow).body(row(flow)) is None
    with pytest.raises(NotKept, match="retention"):
        asyncio.run(rerun(flow).run({**row(flow), "offset": 4_000_000}))


def test_a_channel_that_is_gone_says_so(flow: Flow) -> None:
    asyncio.run(flow.send("m1 p1 hello"))
    other = Rerun(flow.gateway, flow.keys, flow.door, Channels([channel("other")]))
    with pytest.raises(NotKept, match="plain is not configured"):
        asyncio.run(other.run(row(flow)))


def test_looking_up_the_body_keeps_nobody_waiting(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(flow.send("m1 p1 hello"))
    found, fetch, threads = row(flow), flow.gateway.fetch, []

    def noticed(*place: Any) -> Any:
        threads.append(threading.current_thread())
        return fetch(*place)

    monkeypatch.setattr(flow.gateway, "fetch", noticed)
    asyncio.run(rerun(flow).run(found))
    assert threads
    assert threading.main_thread() not in threads
