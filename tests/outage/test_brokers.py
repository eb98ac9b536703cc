"""Brokers stop under load: with one of three away intake goes on; with none, nobody is told yes or no."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.journey import acknowledged, nothing_lost_doubled_or_disordered, said, senders
from tests.e2e.hl7 import glucose
from tests.e2e.program import Mllp, Program, until
from tests.e2e.sales import export, row
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres

ACKNOWLEDGEMENT = 10.0
SOON = {"broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "1000"}


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Kafka]:
    brokers = Kafka(tmp_path / "kafka", brokers=3, settings=SOON)
    yield brokers
    brokers.close()


def test_intake_survives_a_broker_and_waits_for_all_of_them(
    tmp_path: Path, three: Kafka, postgres: Postgres, tell: Callable[[str], None]
) -> None:
    key = tmp_path / "master.key"
    given = {
        "WASL_BUS": three.address, "WASL_BUS_PARTITIONS": "6", "WASL_KEY_FILE": str(key),
        "WASL_DATABASE": postgres.database(f"outage_{time.time_ns()}"), "WASL_MEDIATION_PROCESSES": "2",
    }  # fmt: skip
    key.write_text("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
    with Program(tmp_path / "data", **given) as program:
        client = program.client("officine", "pharmacy-csv")
        with senders(program) as every:
            until(lambda: acknowledged(every) > 100, what="some messages before anything happens")
            three.kill(1)
            before = acknowledged(every)
            until(lambda: acknowledged(every) > before + 200, what="intake with a broker killed")
            three.start(1)
            three.kill()
            until(lambda: unanswered(program, "OUT-1"), what="a line closed without an answer")
            refused = program.post("pharmacy-csv", client, export(row("170000091", "T1")), "text/csv")
            assert refused.status_code == 503
            assert int(refused.headers["Retry-After"]) > 0
            assert not program.ready()
            three.start()
            then = acknowledged(every)
            until(lambda: acknowledged(every) > then + 100, what="intake once the brokers are back")
        tell(said(every, "1 broker of 3 killed, then all of them"))
        nothing_lost_doubled_or_disordered(program, every)


def unanswered(program: Program, control_id: str) -> bool:
    """Whether this message's line was closed, in time, without an answer; never AE."""
    began = time.monotonic()
    try:
        with Mllp(program.mllp_port, timeout=6 * ACKNOWLEDGEMENT) as line:
            assert "MSA|AA|" in line.send(glucose(control_id, "OUT", f"F-{control_id}", "1"))
            return False
    except ConnectionError:
        assert time.monotonic() - began < 3 * ACKNOWLEDGEMENT
        return True
