"""What waited for a registry entry goes on once it is there, each message once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from channels import release
from channels.desk import Desk
from channels.outputs import REGISTRY, learned_records
from channels.release import Release
from channels.rerun import NotKept
from schemas.message import Unavailable
from tests.plain import Flow


class Waiting:
    """A desk where messages wait; what was run again, in order. `late` ones are seen at the second look only."""

    def __init__(self, waiting: dict[str, list[str]], late: dict[str, list[str]] | None = None) -> None:
        self.known, self.late = waiting, late or {}
        self.asked: list[Sequence[str]] = []
        self.run: list[tuple[str, Sequence[str]]] = []
        self.gone: set[str] = set()
        self.busy = 0

    def waiting(self, entries: Sequence[str]) -> list[tuple[str, list[str]]]:
        self.asked.append(entries)
        if len(self.asked) > 1:
            self.known |= self.late
        return [(transaction, ["line 2"]) for transaction, waits in self.known.items() if set(waits) & set(entries)]

    async def rerun(self, transaction: str, places: Sequence[str] = ()) -> str:
        if transaction in self.gone:
            raise NotKept("the body is no longer kept")
        if self.busy:
            self.busy -= 1
            raise Unavailable("the bus did not confirm in time")
        self.run.append((transaction, places))
        return "new"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "PAUSE", 0.001)


@contextmanager
def releasing(flow: Flow, desk: Waiting) -> Iterator[tuple[Release, threading.Event]]:
    """A release whose reruns happen on a loop in a thread of its own, as in the gateway."""
    loop, stop = asyncio.new_event_loop(), threading.Event()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield Release(flow.bus, cast(Desk, desk), loop, stop), stop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_those_that_wait_for_the_entry_go_once_with_their_places(flow: Flow) -> None:
    desk = Waiting({"t1": ["facility|1"], "t2": ["facility|2"], "t3": ["facility|1"]})
    with releasing(flow, desk) as (one, _):
        assert one.released(["facility|1"]) == 2
    assert desk.run == [("t1", ["line 2"]), ("t3", ["line 2"])]


def test_one_that_was_parked_a_moment_later_is_not_forgotten(flow: Flow) -> None:
    desk = Waiting({}, late={"t9": ["facility|1"]})
    with releasing(flow, desk) as (one, _):
        assert one.released(["facility|1"]) == 1
    assert desk.run == [("t9", ["line 2"])]


def test_a_message_whose_body_is_gone_stops_no_other(flow: Flow) -> None:
    desk = Waiting({"t1": ["facility|1"], "t2": ["facility|1"]})
    desk.gone = {"t1"}
    with releasing(flow, desk) as (one, _):
        one.released(["facility|1"])
    assert desk.run == [("t2", ["line 2"])]


def runs(flow: Flow, desk: Waiting, until: Callable[[], bool]) -> None:
    """The loop itself, until this is so."""
    with releasing(flow, desk) as (one, stop):

        def turned() -> None:
            if until():
                stop.set()

        one.run(turned)


def left(flow: Flow) -> int:
    return flow.bus.lag("release", [REGISTRY])[REGISTRY]


def test_the_loop_reads_what_was_learned(tmp_path: Path) -> None:
    flow = Flow(tmp_path)
    asyncio.run(flow.bus.publish(learned_records(["facility|1"])))
    desk = Waiting({"t1": ["facility|1"]})
    runs(flow, desk, lambda: left(flow) == 0)
    assert desk.asked[0] == ["facility|1"]
    assert desk.run == [("t1", ["line 2"])]
    flow.close()


def test_what_is_cut_short_is_read_again(tmp_path: Path) -> None:
    flow = Flow(tmp_path)
    asyncio.run(flow.bus.publish(learned_records(["facility|1"])))
    desk = Waiting({"t1": ["facility|1"]})
    runs(flow, desk, lambda: bool(desk.run))
    assert left(flow) == 1
    flow.close()


def test_a_busy_door_is_tried_again(tmp_path: Path) -> None:
    flow = Flow(tmp_path)
    asyncio.run(flow.bus.publish(learned_records(["facility|1"])))
    desk = Waiting({"t1": ["facility|1"]})
    desk.busy = 2
    runs(flow, desk, lambda: left(flow) == 0)
    assert desk.run == [("t1", ["line 2"])]
    flow.close()
