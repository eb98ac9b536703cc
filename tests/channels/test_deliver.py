"""Delivery: persons side by side, one person in order, and a system that is down loses nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import deliver
from channels.bus.bus import Record
from channels.consumers.consumer import Outcome
from channels.deliver import Delivery, turns
from schemas.events import Event
from schemas.message import Unavailable
from tests.plain import Flow


class Notebook:
    """A consumer that writes down what it gets; `down` calls fail first; control IDs in `refuse` are refused."""

    name = "notebook"
    wants = frozenset({"PatientRegistered"})
    start: Literal["now", "beginning"] = "beginning"

    def __init__(self, down: int = 0, refuse: frozenset[str] = frozenset(), bug: str = "") -> None:
        self.down, self.refuse, self.bug = down, refuse, bug
        self.calls: list[list[str]] = []

    async def deliver(self, events: Sequence[Event]) -> Sequence[Outcome]:
        if self.down:
            self.down -= 1
            raise Unavailable("down")
        ids = [event["control_id"] for event in events]
        if self.bug in ids:
            raise ValueError("Khadija")
        self.calls.append(ids)
        return [Outcome("refused", "no") if one in self.refuse else Outcome("landed", detail="1 line") for one in ids]

    async def close(self) -> None: ...


def deliver_all(flow: Flow, consumer: Notebook) -> None:
    async def turn() -> None:
        batches = flow.bus.read(consumer.name, ["wasl.events"])
        await Delivery(flow.bus, consumer, threading.Event()).turn(next(batches))
        batches.close()

    asyncio.run(turn())


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "FIRST_PAUSE", 0.001)


def send(flow: Flow, *texts: str) -> None:
    asyncio.run(flow.send(*texts))
    flow.mediate()


def test_one_person_at_a_time_many_persons_at_once(flow: Flow) -> None:
    send(flow, "m1 p1 a", "m2 p2 a", "m3 p1 a", "m4 p1 a", "m5 p2 a")
    notebook = Notebook()
    deliver_all(flow, notebook)
    assert notebook.calls == [["m1", "m2"], ["m3", "m5"], ["m4"]]


def test_what_landed_is_told_once_a_transaction(flow: Flow) -> None:
    send(flow, "m1 p1 a")
    deliver_all(flow, Notebook())
    step = flow.steps()[-1]
    assert (step["kind"], step["by"], step["text"]) == ("delivered", "notebook", "1 line")
    assert [event["type"] for event in step["events"]] == ["PatientRegistered"]


def test_a_system_that_is_down_gets_everything_afterwards_in_order(flow: Flow) -> None:
    send(flow, "m1 p1 a", "m2 p1 a", "m3 p2 a")
    notebook = Notebook(down=4)
    deliver_all(flow, notebook)
    assert notebook.calls == [["m1", "m3"], ["m2"]]


def test_a_refused_event_is_told_and_the_next_ones_go_on(flow: Flow) -> None:
    send(flow, "m1 p1 a", "m2 p1 a")
    notebook = Notebook(refuse=frozenset({"m1"}))
    deliver_all(flow, notebook)
    assert notebook.calls == [["m1"], ["m2"]]
    failed = next(step for step in flow.steps() if step["kind"] == "failed")
    assert (failed["reason"], failed["places"]) == ("no", ["first"])


def test_an_event_the_consumer_fails_on_is_refused_alone(flow: Flow) -> None:
    send(flow, "m1 p1 a", "m2 p2 a", "m3 p3 a")
    notebook = Notebook(bug="m2")
    deliver_all(flow, notebook)
    assert sorted(one for call in notebook.calls for one in call) == ["m1", "m3"]
    failed = next(step for step in flow.steps() if step["kind"] == "failed")
    assert failed["reason"] == "notebook failed: ValueError"
    assert "Khadija" not in str(flow.steps())


def test_foreign_bytes_do_not_stop_the_worker(flow: Flow) -> None:
    headers = {"transaction": "t", "type": "PatientRegistered", "id": "x", "channel": "plain"}
    asyncio.run(flow.bus.publish([Record("wasl.events", "p1", b"not avro", headers)]))
    send(flow, "m1 p1 a")
    notebook = Notebook()
    deliver_all(flow, notebook)
    assert notebook.calls == [["m1"]]
    assert "foreign bytes on the bus" in [step.get("reason") for step in flow.steps()]


def test_a_record_that_nobody_of_ours_wrote_becomes_a_dead_letter(flow: Flow) -> None:
    asyncio.run(flow.bus.publish([Record("wasl.events", "p1", b"\x00\x00\x00\x00\x07whatever")]))
    send(flow, "m1 p1 a")
    notebook = Notebook()
    deliver_all(flow, notebook)
    assert notebook.calls == [["m1"]]
    (letter,) = [step for step in flow.steps() if step.get("reason") == "foreign bytes on the bus"]
    assert (letter["kind"], letter["channel"], letter["by"]) == ("refused", "events", "notebook")


def test_events_nobody_wants_only_move_the_position(flow: Flow) -> None:
    send(flow, "m1 p1 a")
    notebook = Notebook()
    notebook.wants = frozenset({"LabReportIssued"})
    deliver_all(flow, notebook)
    assert notebook.calls == []
    assert flow.bus.lag("notebook", ["wasl.events"]) == {"wasl.events": 0}


def test_when_it_is_time_to_stop_the_batch_stays_for_next_time(flow: Flow) -> None:
    send(flow, "m1 p1 a")
    stop = threading.Event()

    async def turn() -> None:
        batches = flow.bus.read("notebook", ["wasl.events"])
        stop.set()
        await Delivery(flow.bus, Notebook(down=1), stop).turn(next(batches))
        batches.close()

    asyncio.run(turn())
    assert flow.bus.lag("notebook", ["wasl.events"]) == {"wasl.events": 1}


@given(st.lists(st.sampled_from("abcde"), max_size=40))
def test_turns_keep_each_persons_order_and_lose_nothing(keys: list[str]) -> None:
    records = [Record("wasl.events", key, str(n).encode()) for n, key in enumerate(keys)]
    split = list(turns(records))
    assert all(len({one.key for one in turn}) == len(turn) for turn in split)
    flat = [one for turn in split for one in turn]
    for key in set(keys):
        assert [one for one in flat if one.key == key] == [one for one in records if one.key == key]
    assert len(flat) == len(records)
