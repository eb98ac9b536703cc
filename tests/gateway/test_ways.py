"""Ports and folders follow the channels: opened, given what changed, closed."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import ParamSpec

import pytest

from channels.channel import read_channels
from channels.gateway.bounds import Bytes
from channels.gateway.mllp import framed
from channels.gateway.ways import Ways, addresses, tls
from channels.runtime import House
from channels.settings import Misconfigured
from tests.e2e.hl7 import glucose
from tests.e2e.program import free_port, until


def house(folder: Path, settings: str = "") -> House:
    config = folder / "config"
    (config / "channels").mkdir(parents=True, exist_ok=True)
    (config / "wasl.yaml").write_text(settings)
    return House.open(config / "wasl.yaml", folder / "data")


P = ParamSpec("P")


def on_a_loop(test: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


class Gateway:
    """The ways of a house, and what its channels are changed to."""

    def __init__(self, folder: Path) -> None:
        self.house = house(folder)
        self.house.migrate()
        self.bus = self.house.bus("received")
        self.ways = Ways(self.house, self.house.door(self.bus), Bytes(1 << 20))

    async def change(self, **said: str) -> None:
        """Channel → its file; the others are gone."""
        folder = self.house.config.parent / "channels"
        for path in folder.glob("*.yaml"):
            path.unlink()
        for name, text in said.items():
            (folder / f"{name}.yaml").write_text(text)
        self.house.channels.take(read_channels(self.house.config, self.house.settings))
        await self.ways.follow()


@contextlib.asynccontextmanager
async def gateway(folder: Path) -> AsyncIterator[Gateway]:
    made = Gateway(folder)
    try:
        yield made
    finally:
        await made.ways.close()
        await asyncio.to_thread(made.bus.close)


def lab(port: int, **more: str) -> str:
    said = {"mediator": "hl7v2", "listen": f"mllp://127.0.0.1:{port}", **more}
    return "".join(f"{key}: {value}\n" for key, value in said.items())


async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, control_id: str) -> str:
    writer.write(framed(glucose(control_id, "170000900", control_id).encode()))
    return (await reader.readuntil(b"\x1c\r")).decode()


@pytest.mark.parametrize(
    ("listen", "settings", "expected"),
    [
        ("mllp", "", [("127.0.0.1", 2575, False)]),
        (
            "mllp",
            "mllp: {host: 0.0.0.0, port: 1, tls_port: 2, certificate: c.pem}",
            [("0.0.0.0", 1, False), ("0.0.0.0", 2, True)],
        ),
        ("mllps", "", [("127.0.0.1", 2576, True)]),
        ("mllp://10.0.0.1:6000", "", [("10.0.0.1", 6000, False)]),
        ("mllps://lab.example:6001", "", [("lab.example", 6001, True)]),
        ("mllp://[::1]:6000", "", [("::1", 6000, False)]),
        ("http", "", []),
        ("files:inbox/x", "", []),
    ],
)
def test_where_a_channel_listens(
    tmp_path: Path, listen: str, settings: str, expected: list[tuple[str, int, bool]]
) -> None:
    assert addresses(house(tmp_path, settings), listen) == expected


def test_a_port_that_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="mllp://x:70000: a port"):
        addresses(house(tmp_path), "mllp://x:70000")


@pytest.mark.parametrize("settings", ["", "mllp: {certificate: nowhere.pem}"])
def test_mllps_without_a_certificate_is_told(tmp_path: Path, settings: str) -> None:
    with pytest.raises(Misconfigured, match=r"mllp\.certificate"):
        tls(house(tmp_path, settings))


@on_a_loop
async def test_a_port_opens_serves_what_changed_on_the_same_connection_and_closes(tmp_path: Path) -> None:
    async with gateway(tmp_path) as here:
        port = free_port()
        await here.change(lab=lab(port))
        line = await asyncio.open_connection("127.0.0.1", port)
        assert "MSA|AA|W1" in await said(*line, "W1")
        await here.change(lab=lab(port, match="{application: ANOTHER}"))
        assert "MSA|AR|W2" in await said(*line, "W2")
        await here.change(ward=lab(port, match="{application: LIS}"))
        assert "MSA|AA|W3" in await said(*line, "W3")
        await here.change()
        assert await line[0].read() == b""
        with pytest.raises(OSError, match="onnect"):
            await asyncio.open_connection("127.0.0.1", port)
        line[1].close()


@on_a_loop
async def test_a_port_that_is_taken_stops_nothing_else_and_is_tried_again(tmp_path: Path) -> None:
    async with gateway(tmp_path) as here:
        other = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        taken, free = other.sockets[0].getsockname()[1], free_port()
        await here.change(lab=lab(taken), ward=lab(free))
        assert f"127.0.0.1:{taken}" in here.house.channels.mistake
        line = await asyncio.open_connection("127.0.0.1", free)
        assert "MSA|AA|W4" in await said(*line, "W4")
        other.close()
        await other.wait_closed()
        await here.ways.follow()
        assert (here.ways.shut, here.house.channels.mistake) == ({}, "")
        again = await asyncio.open_connection("127.0.0.1", taken)
        assert "MSA|AA|W5" in await said(*again, "W5")
        for _, writer in (line, again):
            writer.close()


@on_a_loop
async def test_at_the_start_a_port_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "config/channels").mkdir(parents=True)
    (tmp_path / "config/channels/lab.yaml").write_text("mediator: hl7v2\nlisten: mllps\n")
    async with gateway(tmp_path) as here:
        with pytest.raises(Misconfigured, match=r"mllp\.certificate"):
            await here.ways.open()


@on_a_loop
async def test_a_folder_is_watched_by_what_its_channel_is_now(tmp_path: Path) -> None:
    inbox = tmp_path / "data/inbox"
    async with gateway(tmp_path) as here:
        for name, size in (("one", "9"), ("two", "100000")):
            await here.change(lab=f"mediator: hl7v2\nlisten: files:inbox\nmax_size: {size}\n")
            (inbox / f"{name}.hl7").write_text(glucose(name, "170000901", name))
            os.utime(inbox / f"{name}.hl7", (0, 0))  # complete for long
            await asyncio.to_thread(until, lambda name=name: not (inbox / f"{name}.hl7").exists(), what="the file")
        assert (inbox / "failed/one.hl7").exists()
        (told,) = json.loads((inbox / "done/two.hl7.report.json").read_bytes())["messages"]
        assert told["reply"] == "AA"
        await here.change()
        assert "folder of lab" not in {task.get_name() for task in asyncio.all_tasks() if not task.cancelling()}
