"""Watched folders: complete files are taken once, and find their way to `done/` or `failed/` with a report."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.gateway.files import Folder
from channels.receive import Door
from schemas.message import Reply, Unavailable
from tests.plain import Flow


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    flow = Flow(tmp_path / "data")
    yield flow
    flow.close()


def folder(flow: Flow, door: Door | None = None) -> Folder:
    return Folder(flow.channels[0], flow.folder / "inbox", door or flow.door, settled=0)


def drop(flow: Flow, name: str, text: str) -> Path:
    path = flow.folder / "inbox" / name
    path.write_text(text)
    return path


def sweep(watched: Folder, times: int = 2) -> int:
    """A file is complete once it looks the same twice."""

    async def swept() -> int:
        return sum([await watched.sweep() for _ in range(times)])

    return asyncio.run(swept())


def test_a_file_is_received_moved_and_reported(flow: Flow) -> None:
    watched = folder(flow)
    path = drop(flow, "day.csv", "m1 p1 hello")
    assert sweep(watched) == 1
    assert not path.exists()
    assert (path.parent / "done/day.csv").read_text() == "m1 p1 hello"
    report = json.loads((path.parent / "done/day.csv.report.json").read_text())
    (record,) = flow.read("wasl.received.plain")
    assert report["messages"][0]["transaction"] == record.headers["transaction"]
    assert report["messages"][0]["answer"] == ["yes m1"]


def test_a_refused_file_goes_to_failed(flow: Flow) -> None:
    watched = folder(flow)
    path = drop(flow, "day.csv", "m1 p1 bad")
    sweep(watched)
    assert (path.parent / "failed/day.csv").exists()
    assert "no m1" in (path.parent / "failed/day.csv.report.json").read_text()


def test_a_file_that_still_grows_is_left_alone(flow: Flow) -> None:
    watched = folder(flow)
    drop(flow, "day.csv", "m1 p1")
    assert sweep(watched, 1) == 0
    drop(flow, "day.csv", "m1 p1 hello")
    assert sweep(watched, 1) == 0
    assert sweep(watched, 1) == 1


def test_a_file_is_left_alone_until_it_was_quiet_for_a_while(flow: Flow) -> None:
    patient = Folder(flow.channels[0], flow.folder / "inbox", flow.door, settled=60)
    path = drop(flow, "day.csv", "m1 p1 hello")
    assert sweep(patient, 3) == 0
    os.utime(path, (path.stat().st_mtime - 61,) * 2)
    assert sweep(patient, 2) == 1


def test_a_file_that_grew_while_it_was_taken_is_taken_again_whole(flow: Flow) -> None:
    class Slow:
        async def receive_all(self, channel: object, messages: object) -> list[Reply]:
            replies = await flow.door.receive_all(channel, messages)  # type: ignore[arg-type]  # handed on as it came
            with path.open("a") as more:
                more.write("\nm2 p2 late")
            return replies

    watched = folder(flow, Slow())  # type: ignore[arg-type]  # a test double
    path = drop(flow, "day.csv", "m1 p1 hello")
    assert sweep(watched) == 1
    assert path.read_text() == "m1 p1 hello\nm2 p2 late"
    assert sweep(folder(flow)) == 1
    assert (path.parent / "done/day.csv").read_text() == "m1 p1 hello\nm2 p2 late"
    flow.mediate()
    assert sorted(event["control_id"] for event in flow.events()) == ["m1", "m2"]


@pytest.mark.parametrize("name", [".day.csv", "day.csv.part", "day.tmp"])
def test_unfinished_names_are_left_alone(flow: Flow, name: str) -> None:
    watched = folder(flow)
    path = drop(flow, name, "m1 p1 hello")
    assert sweep(watched, 3) == 0
    assert path.exists()


def test_links_and_folders_are_left_alone(flow: Flow) -> None:
    watched = folder(flow)
    secret = flow.folder / "secret"
    secret.write_text("m1 p1 hello")
    (flow.folder / "inbox/link.csv").symlink_to(secret)
    (flow.folder / "inbox/deep").mkdir()
    assert sweep(watched, 3) == 0


def test_while_the_bus_is_down_the_file_waits(flow: Flow) -> None:
    class Down:
        async def receive_all(self, *_: object) -> list[Reply]:
            raise Unavailable("down")

    watched = folder(flow, Down())  # type: ignore[arg-type]  # a test double
    path = drop(flow, "day.csv", "m1 p1 hello")
    assert sweep(watched, 3) == 0
    assert path.exists()


def test_a_crash_between_receiving_and_moving_neither_loses_nor_doubles(flow: Flow) -> None:
    class Crash(Exception): ...

    class Dying:
        async def receive_all(self, channel: object, messages: object) -> list[Reply]:
            await flow.door.receive_all(channel, messages)  # type: ignore[arg-type]  # handed on as it came
            raise Crash

    dying = folder(flow, Dying())  # type: ignore[arg-type]  # a test double
    path = drop(flow, "day.csv", "m1 p1 hello")
    with pytest.raises(Crash):
        sweep(dying)
    assert path.exists()
    assert sweep(folder(flow)) == 1
    flow.mediate()
    assert len(flow.events()) == 1
    assert [step["kind"] for step in flow.steps()] == ["mediated", "duplicate"]


def test_a_file_name_used_again_keeps_the_first_file(flow: Flow) -> None:
    watched = folder(flow)
    drop(flow, "day.csv", "m1 p1 hello")
    sweep(watched)
    path = drop(flow, "day.csv", "m2 p1 hello")
    sweep(watched)
    done = path.parent / "done"
    assert sorted(one.name for one in done.iterdir()) == [
        "day.2.csv", "day.2.csv.report.json", "day.csv", "day.csv.report.json",
    ]  # fmt: skip


def test_several_messages_in_one_file(flow: Flow) -> None:
    watched = folder(flow)
    path = drop(flow, "day.txt", "m1 p1 hello\nm2 p2 bad")
    sweep(watched)
    report = json.loads((path.parent / "done/day.txt.report.json").read_text())
    assert [one["reply"] for one in report["messages"]] == ["AA", "AE"]
