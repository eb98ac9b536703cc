"""Wasl beside its peer, Apache Camel's `mllp` to `kafka` route: the same broker, sender and messages, taking turns.

`python -m benchmarks.peer [--seconds 5] [--runs 3] [--connections 1 16 64] [--message small|large] [--only NAME …]`
needs Java 17 and Maven. What is on the topic afterwards is counted against what was acknowledged. Messages are keyed by
their sender, which keeps its order: all of them share a partition. `--outage [15]` takes the broker away for that many
seconds instead, and says what senders get meanwhile.

camel bytes     untouched; acknowledged once Kafka has confirmed
camel hapi      the same, parsed and encoded by HAPI in between
wasl received   encrypted, with its channel paused; acknowledged once Kafka has confirmed
wasl checked    read and checked as well, with mediation and delivery at work beside
wasl embedded   as `wasl received`, flushed to the log in the program
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import secrets
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import uvloop
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec

from benchmarks.flow import Maker, acknowledged, configured
from benchmarks.messages import large, small
from channels.bus.embedded import EmbeddedBus
from tests.e2e.program import Program, free_port, until
from tests.servers.kafka import Kafka
from tests.servers.process import listens

FOLDER: Final = Path(__file__).parent / "camel"
RECEIVED: Final = "wasl.received.lab-hl7v2"
PARTITIONS: Final = 12
PEERS: Final = ("camel bytes", "camel hapi")
AS_OURS: Final = "deliveryTimeoutMs=8000&requestTimeoutMs=3000&maxBlockMs=8000"
PATIENCE: Final = 130.0  # seconds; by default a Kafka producer gives up after 120
numbers = count(1)


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that takes messages. `stored` counts what is on its topic."""

    port: int
    pid: int
    stored: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Measured:
    """Messages a second; milliseconds; messages; MB with shared pages counted once."""

    rate: float
    p50: float
    p99: float
    acknowledged: int
    stored: int
    memory: float


Contender = Callable[[], AbstractContextManager[Running]]


def built() -> str:
    """The class path of the peer. Maven fetches and compiles when the sources are newer."""
    path = FOLDER / "target/classpath.txt"
    sources = max(one.stat().st_mtime for one in (FOLDER / "pom.xml", *FOLDER.rglob("*.java")))
    if not path.exists() or path.stat().st_mtime < sources:
        goals = ["compile", "dependency:build-classpath"]
        subprocess.run(["mvn", "--quiet", "--batch-mode", *goals], cwd=FOLDER, check=True)
    return f"{FOLDER / 'target/classes'}:{path.read_text().strip()}"


@contextmanager
def camel(brokers: str, route: str, *options: str) -> Iterator[Running]:
    """The peer in a JVM and on a topic of its own."""
    topic, port = f"peer-{next(numbers)}", free_port()
    with asked(brokers) as admin:
        admin.create_topics({topic: {"num_partitions": PARTITIONS, "replication_factor": 1}}, wait_for_metadata=True)
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"
    process = subprocess.Popen(
        ["java", "-Xmx512m", quiet, "-cp", built(), "Main", route, str(port), brokers, topic, *options]
    )
    try:
        until(lambda: process.poll() is not None or listens(port), what="Camel's port")
        if process.poll() is not None:
            raise RuntimeError(f"Camel ended with exit code {process.returncode}; see what it wrote above")
        yield Running(port, process.pid, partial(on_topic, brokers, topic))
    finally:
        process.terminate()
        process.wait()


def on_topic(brokers: str, topic: str) -> int:
    latest = {TopicPartition(topic, number): OffsetSpec.LATEST for number in range(PARTITIONS)}
    with asked(brokers) as admin:
        return sum(end.offset for end in admin.list_partition_offsets(latest).values())


def asked(brokers: str) -> closing[KafkaAdminClient]:
    """A new client each time: one that has lost the broker takes a while to find it again."""
    return closing(KafkaAdminClient(bootstrap_servers=brokers))


@contextmanager
def wasl(brokers: str, bus: str, acknowledge: str) -> Iterator[Running]:
    """A fresh Wasl with topics of its own, which go away with it. `received` pauses the channel behind the door."""
    namespace = f"peer-{next(numbers)}."
    with tempfile.TemporaryDirectory() as folder:
        data, config = Path(folder) / "data", configured(Path(folder) / "config", acknowledge)
        key = Path(folder) / "master.key"
        key.write_bytes(base64.b64encode(secrets.token_bytes(32)))
        key.chmod(0o600)
        environment = {
            "WASL_BUS": bus,
            "WASL_BUS_PARTITIONS": str(PARTITIONS),
            "WASL_KEY_FILE": str(key),
            "WASL_NAMESPACE": namespace,
        }
        with Program(data, "--config", str(config), **environment) as program:
            if acknowledge == "received":
                program.admin.post("/api/channels/lab-hl7v2/pause").raise_for_status()
            stored = partial(on_topic, brokers, namespace + RECEIVED)
            assert program.process is not None
            yield Running(
                program.mllp_port, program.process.pid, partial(in_log, data) if bus == "embedded" else stored
            )
    with asked(brokers) as admin:
        admin.delete_topics([topic for topic in admin.list_topics() if topic.startswith(namespace)])


def in_log(data: Path) -> int:
    """Messages in the embedded log: all of them lie before a group that has read none."""
    with closing(EmbeddedBus(data / "bus", "received", b"secret")) as bus:
        return bus.lag("nobody", [RECEIVED])[RECEIVED]


def memory(pid: int) -> float:
    """MB of a process and its children, shared pages counted once."""
    family = [pid, *(child for child in map(int, filter(str.isdigit, os.listdir("/proc"))) if group(child) == pid)]
    lines = [line for one in set(family) for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def measure(running: Running, connections: int, make: Maker, seconds: float) -> Measured:
    """After a second of warm-up. Raises TimeoutError when an answer does not come for a minute."""
    uvloop.run(acknowledged(running.port, connections, make, 1))
    before = running.stored()
    rate, latencies = uvloop.run(asyncio.wait_for(acknowledged(running.port, connections, make, seconds), seconds + 60))
    latencies.sort()
    p50, p99 = (latencies[len(latencies) * part // 100] * 1e3 for part in (50, 99))
    return Measured(rate, p50, p99, len(latencies), running.stored() - before, memory(running.pid))


def compare(contenders: dict[str, Contender], given: argparse.Namespace, stack: ExitStack) -> None:
    """The contenders take turns, so that a busy moment of the machine hits all of them. A JVM lives on, warm."""
    make = {"small": small, "large": large}[given.message]
    warm = {name: stack.enter_context(contenders[name]()) for name in PEERS if name in contenders}
    for running in warm.values():
        uvloop.run(acknowledged(running.port, 16, make, given.warm))
    found: dict[tuple[int, str], list[Measured]] = {}
    for run in range(1, given.runs + 1):
        for connections in given.connections:
            for name, contender in contenders.items():
                with nullcontext(warm[name]) if name in warm else contender() as running:
                    one = measure(running, connections, make, given.seconds)
                found.setdefault((connections, name), []).append(one)
                print(
                    f"run {run}, {connections:3} connections, {name:13}: {one.rate:8,.0f}/s, {one.acknowledged} "
                    f"acknowledged, {one.stored} on the topic{difference(one)}; load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )
    for connections in given.connections:
        table(connections, {name: found[connections, name] for name in contenders})


def difference(one: Measured) -> str:
    return f": {one.stored - one.acknowledged:+}" if one.stored != one.acknowledged else ""


def table(connections: int, found: dict[str, list[Measured]]) -> None:
    """Medians, and how many times the rate of each peer."""
    peers = [name for name in PEERS if name in found]
    print(
        f"\n{connections:3} connections      messages/s   p50 ms   p99 ms       MB"
        + "".join(f"   × {p}" for p in peers)
    )
    rates = {name: statistics.median(one.rate for one in runs) for name, runs in found.items()}
    for name, runs in found.items():
        p50, p99, size = (
            statistics.median(values) for values in zip(*((one.p50, one.p99, one.memory) for one in runs), strict=True)
        )
        ratios = "".join(f"{rates[name] / rates[peer]:{len(peer) + 5}.2f}" for peer in peers)
        print(f"{name:18} {rates[name]:12,.0f} {p50:8.2f} {p99:8.2f} {size:8.0f}{ratios}", flush=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender got for one message, and when (seconds): AA, AE, AR, `closed` without an answer, or none."""

    sent: float
    got: float
    said: str


async def sender(port: int, ended: Callable[[Answer], bool]) -> list[Answer]:
    """Sends message after message, and connects again when it is hung up on."""
    answers: list[Answer] = []
    while not answers or not ended(answers[-1]):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        with closing(writer):
            while not answers or not ended(answers[-1]):
                sent = time.monotonic()
                writer.write(b"\x0b" + small(next(numbers)) + b"\x1c\r")
                try:
                    answer = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), PATIENCE)
                except (OSError, asyncio.IncompleteReadError) as error:
                    said = "none" if isinstance(error, TimeoutError) else "closed"
                    answers.append(Answer(sent, time.monotonic(), said))
                    break
                answers.append(Answer(sent, time.monotonic(), answer.partition(b"MSA|")[2][:2].decode()))
    return answers


async def interrupted(
    port: int, away: Callable[[], None], back: Callable[[], None], seconds: float
) -> tuple[list[Answer], float, float]:
    """Four senders while the broker is away: every answer, and when it went and was called back."""
    returned = float("inf")

    def ended(last: Answer) -> bool:
        return last.got > returned + PATIENCE or (last.said == "AA" and last.sent > returned + 1)

    async with asyncio.TaskGroup() as tasks:
        senders = [tasks.create_task(sender(port, ended)) for _ in range(4)]
        await asyncio.sleep(3)
        left = time.monotonic()
        await asyncio.to_thread(away)
        await asyncio.sleep(seconds)
        returned = time.monotonic()
        await asyncio.to_thread(back)
    return [answer for one in senders for answer in one.result()], left, returned


def outage(contenders: dict[str, Contender], kafka: Kafka, seconds: float) -> None:
    ways = {"silent": (kafka.pause, kafka.resume), "stopped": (kafka.stop, kafka.start)}
    for name, contender in contenders.items():
        for how, (away, back) in ways.items():
            with contender() as running:
                answers, left, returned = uvloop.run(interrupted(running.port, away, back, seconds))
                stored = running.stored()
            print(f"{name}: 4 senders, broker {how} for {returned - left:.0f} s")
            told(answers, left, returned, stored)


def told(answers: list[Answer], left: float, returned: float, stored: int) -> None:
    met = [answer for answer in answers if answer.got > left + 0.5 and answer.sent < returned]
    for said in sorted({answer.said for answer in met}):
        waits = [answer.got - answer.sent for answer in met if answer.said == said]
        print(f"  {said:6} {len(waits):6} times, after {min(waits):.1f} to {max(waits):.1f} s")
    positive = [answer for answer in answers if answer.said == "AA"]
    first = min((answer.got - returned for answer in positive if answer.got > returned), default=float("inf"))
    print(
        f"  the first AA {first:.1f} s after it was called back; "
        f"{len(positive)} acknowledged, {stored} on the topic: {stored - len(positive):+}",
        flush=True,
    )


def main(given: argparse.Namespace) -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        kafka = stack.enter_context(closing(Kafka(Path(folder) / "kafka")))
        brokers = kafka.address.removeprefix("kafka://")

        def peer(route: str, *options: str) -> Contender:
            return lambda: camel(brokers, route, *options)

        def ours(bus: str, acknowledge: str) -> Contender:
            return lambda: wasl(brokers, bus, acknowledge)

        contenders = {
            "camel bytes": peer("bytes"),
            "camel hapi": peer("hapi"),
            "wasl received": ours(kafka.address, "received"),
            "wasl checked": ours(kafka.address, "checked"),
        }
        if given.outage:
            outage(chosen(contenders | {"camel bytes, 8 s": peer("bytes", AS_OURS)}, given), kafka, given.outage)
        else:
            compare(chosen(contenders | {"wasl embedded": ours("embedded", "received")}, given), given, stack)


def chosen(contenders: dict[str, Contender], given: argparse.Namespace) -> dict[str, Contender]:
    return {name: one for name, one in contenders.items() if not given.only or name in given.only}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--message", choices=("small", "large"), default="small")
    parser.add_argument("--warm", type=float, default=10, help="seconds of load before a JVM is measured")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--outage", type=float, nargs="?", const=15, metavar="SECONDS")
    main(parser.parse_args())
