"""The whole program under load: acknowledged and landed messages a second, over real sockets, on this machine.

`python -m benchmarks.flow [--seconds 5] [--runs 3]`. The sender runs beside the program on the same cores. Raw intake
is `acknowledge: received` with the channel paused: received, durable, answered. Whole is `checked`, with mediation and
delivery at work beside it. Landed counts from the first message sent to the last one in the record.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from benchmarks.messages import large, small
from channels.settings import default_config
from tests.e2e.program import Program

Maker = Callable[[int], bytes]


async def acknowledged(port: int, connections: int, make: Maker, seconds: float) -> tuple[float, list[float]]:
    """Messages a second, one in flight on each connection, and every latency in seconds."""
    latencies: list[float] = []
    counter = iter(range(10**9))
    end = time.perf_counter() + seconds

    async def sender() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            frame = b"\x0b" + make(next(counter)) + b"\x1c\r"
            sent = time.perf_counter()
            writer.write(frame)
            answer = await reader.readuntil(b"\x1c\r")
            if b"MSA|AA" not in answer:
                raise AssertionError(answer.decode("utf-8", "replace"))
            latencies.append(time.perf_counter() - sent)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(connections)))
    return len(latencies) / (time.perf_counter() - started), latencies


async def burst(port: int, connections: int, make: Maker, count: int) -> None:
    counter = iter(range(count))

    async def sender() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in counter:
            writer.write(b"\x0b" + make(number) + b"\x1c\r")
            await reader.readuntil(b"\x1c\r")
        writer.close()

    await asyncio.gather(*(sender() for _ in range(connections)))


def configured(folder: Path, acknowledge: str) -> Path:
    """The shipped configuration with the laboratory channel's acknowledgement changed."""
    shutil.copytree(default_config().parent, folder, dirs_exist_ok=True)
    channel = folder / "channels/lab-hl7v2.yaml"
    channel.write_text(channel.read_text().replace("acknowledge: checked", f"acknowledge: {acknowledge}"))
    return folder / "wasl.yaml"


def landed(program: Program, count: int) -> None:
    while True:
        value = program.admin.get("/metrics").text
        done = sum(
            float(line.rsplit(" ", 1)[1])
            for line in value.splitlines()
            if line.startswith("wasl_events_delivered_total") and 'consumer="smr"' in line
        )
        if done >= count:
            return
        time.sleep(0.1)


def intake(runs: int, seconds: float) -> None:
    for acknowledge, name in (("received", "raw"), ("checked", "whole")):
        for connections in (1, 16, 64):
            rates, p50, p99 = [], [], []
            for _ in range(runs):
                with tempfile.TemporaryDirectory() as folder:
                    config = configured(Path(folder) / "config", acknowledge)
                    with Program(Path(folder) / "data", "--config", str(config)) as program:
                        if name == "raw":
                            program.admin.post("/api/channels/lab-hl7v2/pause")
                        rate, latencies = uvloop.run(acknowledged(program.mllp_port, connections, small, seconds))
                latencies.sort()
                rates.append(rate)
                p50.append(latencies[len(latencies) // 2] * 1e3)
                p99.append(latencies[len(latencies) * 99 // 100] * 1e3)
            print(
                f"intake {name:5} {connections:3} connections: {statistics.median(rates):8.0f}/s  "
                f"p50 {statistics.median(p50):.2f} ms  p99 {statistics.median(p99):.2f} ms",
                flush=True,
            )


def end_to_end(runs: int, count: int) -> None:
    for name, make, number in (("small", small, count), ("18-OBX", large, count // 4)):
        rates = []
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder, Program(Path(folder) / "data") as program:
                started = time.perf_counter()
                uvloop.run(burst(program.mllp_port, 16, make, number))
                landed(program, number)
                rates.append(number / (time.perf_counter() - started))
        print(f"landed {name}: {statistics.median(rates):.0f}/s {json.dumps([round(r) for r in rates])}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--count", type=int, default=8000)
    parser.add_argument("--only", choices=("intake", "landed"))
    given = parser.parse_args()
    if given.only != "landed":
        intake(given.runs, given.seconds)
    if given.only != "intake":
        end_to_end(given.runs, given.count)
