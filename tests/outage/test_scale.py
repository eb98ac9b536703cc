"""Several machines share the work while some join late, leave, die or sleep through the end of their session."""

from __future__ import annotations

import base64
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.crash.journey import acknowledged, nothing_lost_doubled_or_disordered, said, senders
from tests.e2e.program import Program, until
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.stores import house_of, rows

ASLEEP = 15.0  # seconds: longer than a session (10 s)
WAITS = "SELECT max(mediated - received) / 1000, max(settled - received) / 1000 FROM transactions"


class Machines:
    """Programs of one role each, on data folders of their own, with the same servers and the same master key."""

    def __init__(self, folder: Path, given: dict[str, str]) -> None:
        self._folder, self._given, self._started = folder, given, ExitStack()

    def add(self, name: str, role: str) -> Program:
        """One more, when it is ready."""
        machine = Program(self._folder / name, "--role", role, **self._given)
        if role != "gateway":
            machine.environment["WASL_WATCH_PORT"] = str(machine.http_port)
        return self._started.enter_context(machine)

    def close(self) -> None:
        self._started.close()


@pytest.fixture
def machines(tmp_path: Path, kafka: Kafka, postgres: Postgres, redis_server: Redis) -> Iterator[Machines]:
    key, name = tmp_path / "master.key", uuid.uuid4().hex[:12]
    key.write_bytes(base64.b64encode(os.urandom(32)))
    every = Machines(
        tmp_path,
        {
            "WASL_BUS": kafka.address, "WASL_BUS_PARTITIONS": "6", "WASL_NAMESPACE": f"{name}.",
            "WASL_DATABASE": postgres.database(f"scale_{name}"), "WASL_REDIS": redis_server.url,
            "WASL_KEY_FILE": str(key),
        },
    )  # fmt: skip
    yield every
    every.close()


def test_nothing_is_lost_doubled_or_disordered_while_machines_come_and_go(
    machines: Machines, tell: Callable[[str], None]
) -> None:
    gateway = machines.add("gateway", "gateway")
    leaving, dying = machines.add("mediation-1", "mediation"), machines.add("mediation-2", "mediation")
    sleeping = machines.add("delivery-1", "delivery")
    with senders(gateway) as every:

        def more(count: int) -> None:
            """Goes on once so many more messages were taken."""
            until(lambda: acknowledged(every) > before + count, what=f"{count} more messages")

        before = acknowledged(every)
        more(100)
        machines.add("mediation-3", "mediation")
        machines.add("delivery-2", "delivery")
        before = acknowledged(every)
        more(100)
        leaving.stop()
        before = acknowledged(every)
        more(100)
        dying.kill()
        signalled(sleeping, signal.SIGSTOP)
        time.sleep(ASLEEP)
        signalled(sleeping, signal.SIGCONT)
        before = acknowledged(every)
        more(100)
    until(sleeping.ready, what="the one that slept")
    nothing_lost_doubled_or_disordered(gateway, every)
    mediated, settled = rows(house_of(gateway), "journal", WAITS)[0]
    longest = f"waits of {mediated} ms for mediation and {settled} ms for delivery at most"
    tell(said(every, "6 machines: 2 joined late, 1 left, 1 killed, 1 asleep for 15 s", longest))


def signalled(machine: Program, number: signal.Signals) -> None:
    assert machine.process is not None
    os.killpg(machine.process.pid, number)
