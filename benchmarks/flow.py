"""The whole program under load: acknowledged and landed messages a second, and how long a message takes to land.

`python -m benchmarks.flow [--bus embedded kafka servers] [--only intake landed latency] [--processes 1 2 4]`, over real
sockets on this machine; the sender, and the broker, run beside the program on the same cores. `kafka` has its stores in
SQLite, `servers` has them in PostgreSQL and uses Redis too. Places take turns within a run; figures are medians.

intake    acknowledged a second: raw is `acknowledge: received` with the channel paused (received, durable, answered);
          whole is `checked`, with mediation and delivery at work beside it
landed    from the first message sent to the last one in the record, by mediation processes
latency   from received to landed in the record, at a steady rate (landing is noted before its commit, receiving in ms)
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import uvloop

from benchmarks.messages import large, small
from channels.settings import default_config
from tests.e2e.program import Program
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.stores import house_of, rows
from tests.surroundings import Servers

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


@contextmanager
def running(place: str, *arguments: str, processes: int | None = None) -> Iterator[Program]:
    """A fresh program at this place."""
    environment = {"WASL_MEDIATION_PROCESSES": str(processes)} if processes else {}
    with tempfile.TemporaryDirectory() as folder:
        if place != "embedded":
            given = servers().environment(Path(folder) / "data")
            kept = ("WASL_BUS", "WASL_NAMESPACE", "WASL_KEY_FILE")
            environment |= {name: value for name, value in given.items() if place == "servers" or name in kept}
        with Program(Path(folder) / "data", *arguments, **environment) as program:
            yield program


@cache
def servers() -> Servers:
    """Started once, stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="wasl-benchmark-"))
    made = Servers(Kafka(folder / "kafka"), Postgres(folder / "postgres"), Redis(folder / "redis"))

    def stop() -> None:
        for server in (made.kafka, made.postgres, made.redis):
            server.close()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return made


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def intake(places: Sequence[str], runs: int, seconds: float) -> None:
    for acknowledge, name in (("received", "raw"), ("checked", "whole")):
        for connections in (1, 16, 64):
            found: dict[str, list[tuple[float, float, float]]] = {place: [] for place in places}
            for _ in range(runs):
                for place in places:
                    with tempfile.TemporaryDirectory() as folder:
                        config = configured(Path(folder) / "config", acknowledge)
                        with running(place, "--config", str(config)) as program:
                            if name == "raw":
                                program.admin.post("/api/channels/lab-hl7v2/pause")
                            rate, latencies = uvloop.run(acknowledged(program.mllp_port, connections, small, seconds))
                    found[place].append((rate, *percentiles(latencies)))
            for place, measured in found.items():
                rate, p50, p99 = (median(column) for column in zip(*measured, strict=True))
                print(
                    f"intake {place:8} {name:5} {connections:3} connections: {rate:8.0f}/s  "
                    f"p50 {p50:.2f} ms  p99 {p99:.2f} ms",
                    flush=True,
                )


def end_to_end(places: Sequence[str], runs: int, count: int, processes: Sequence[int | None]) -> None:
    for name, make, number in (("small", small, count), ("18-OBX", large, count // 4)):
        for workers in processes:
            rates: dict[str, list[float]] = {place: [] for place in places}
            for _ in range(runs):
                for place in places:
                    with running(place, processes=workers) as program:
                        started = time.perf_counter()
                        uvloop.run(burst(program.mllp_port, 16, make, number))
                        landed(program, number)
                        rates[place].append(number / (time.perf_counter() - started))
            for place, found in rates.items():
                said = f"{workers} mediation" if workers else "mediation as shipped"
                print(
                    f"landed {place:8} {name:6} {said}: {median(found):.0f}/s {[round(one) for one in found]}",
                    flush=True,
                )


async def steady(port: int, make: Maker, rate: int, seconds: float, first: int = 0) -> None:
    """Sends at this rate over eight connections, messages numbered from `first`."""
    count, began = round(rate * seconds), time.perf_counter()
    turns = iter(range(count))

    async def sender() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in turns:
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            writer.write(b"\x0b" + make(first + number) + b"\x1c\r")
            await reader.readuntil(b"\x1c\r")
        writer.close()

    await asyncio.gather(*(sender() for _ in range(8)))


def latency(places: Sequence[str], runs: int, seconds: float) -> None:
    query = (
        "SELECT transaction, max(at) FROM (SELECT transaction, at FROM resources UNION ALL"
        " SELECT transaction, at FROM versions) AS every_version GROUP BY transaction"
    ).replace("transaction", '"transaction"')
    for rate in (100, 300, 500):
        found: dict[str, list[tuple[float, float]]] = {place: [] for place in places}
        for _ in range(runs):
            for place in places:
                with running(place) as program:
                    uvloop.run(steady(program.mllp_port, small, rate, 2))  # warm
                    uvloop.run(steady(program.mllp_port, small, rate, seconds, first=2 * rate))
                    landed(program, round(rate * (seconds + 2)))
                    times = rows(house_of(program), "record", query)
                since = [at / 1e6 - int(name.replace("-", "")[:12], 16) / 1e3 for name, at in times]
                found[place].append(percentiles(since[round(rate * 2) :]))
        for place, measured in found.items():
            p50, p99 = (median(column) for column in zip(*measured, strict=True))
            print(f"latency {place:8} at {rate}/s: p50 {p50:.0f} ms  p99 {p99:.0f} ms", flush=True)


def percentiles(latencies: Sequence[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds, of seconds."""
    ordered = sorted(latencies)
    return ordered[len(ordered) // 2] * 1e3, ordered[len(ordered) * 99 // 100] * 1e3


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bus", nargs="+", choices=("embedded", "kafka", "servers"), default=["embedded"])
    parser.add_argument("--only", nargs="+", choices=("intake", "landed", "latency"))
    parser.add_argument("--processes", nargs="+", type=int, default=[None])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--count", type=int, default=8000)
    given = parser.parse_args()
    chosen = given.only or ["intake", "landed", "latency"]
    if "intake" in chosen:
        intake(given.bus, given.runs, given.seconds)
    if "landed" in chosen:
        end_to_end(given.bus, given.runs, given.count, given.processes)
    if "latency" in chosen:
        latency(given.bus, given.runs, given.seconds)
