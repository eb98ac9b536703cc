"""From the embedded bus to Kafka: `wasl bus copy` carries what is undelivered, and it has its effect once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.hl7 import code, glucose
from tests.e2e.program import Mllp, Program, until
from tests.servers.kafka import Kafka

PEOPLE = 5
MESSAGES = 30


def sent(program: Program, first: int, count: int) -> list[str]:
    """Corrections of one result a person; their control IDs."""
    ids = []
    with Mllp(program.mllp_port) as line:
        for number in range(first, first + count):
            person = f"M{number % PEOPLE}"
            at = f"202611120{number // 60}{number % 60:02}00"
            status = "F" if number < PEOPLE else "C"
            answer = line.send(glucose(f"B{number}", person, f"F-{person}", str(number + 1), status=status, at=at))
            assert code(answer) == "AA"
            ids.append(f"B{number}")
    return ids


def observations(program: Program) -> dict[str, list[float]]:
    """By id, what each version of the observation said, oldest first."""
    found: dict[str, list[float]] = {}
    entries: list[dict[str, Any]] = program.get("/fhir/Observation", _count=500).get("entry", [])
    for entry in entries:
        name = entry["resource"]["id"]
        history = program.get(f"/fhir/Observation/{name}/_history")["entry"]
        found[name] = [one["resource"]["valueQuantity"]["value"] for one in reversed(history)]
    return found


def test_what_is_undelivered_goes_on_where_the_old_bus_stopped(tmp_path: Path, kafka: Kafka) -> None:
    data = tmp_path / "data"
    with Program(data) as program:
        for control_id in sent(program, 0, MESSAGES):
            program.transaction(control_id, "delivered")
        with Mllp(program.mllp_port) as line:
            assert code(line.send(glucose("BAD", "", "F-BAD", "1"))) != "AA"
        refused = program.transaction("BAD", "refused")
        program.wasl("channels", "pause", "lab-hl7v2")
        waiting = sent(program, MESSAGES, MESSAGES)
        until(lambda: program.get("/api/transactions", control_id=waiting[-1])["items"], what="the last one received")
    keys = {"WASL_KEY_FILE": str(data / "master.key"), "WASL_NAMESPACE": f"move{program.http_port}."}
    moved = Program(data, WASL_BUS=kafka.address, **keys)
    # begun again, it changes nothing more
    told, again = (moved.wasl("bus", "copy", "--from", "embedded", "--to", kafka.address).stdout for _ in range(2))
    assert told == again
    (copied,) = [line.split()[0] for line in told.decode().splitlines() if line.endswith("wasl.received.lab-hl7v2")]
    assert 1 < int(copied) <= MESSAGES + 1  # the refused one, and what came after the pause was noticed
    with moved:
        moved.wasl("channels", "resume", "lab-hl7v2")
        for control_id in waiting:
            moved.transaction(control_id, "delivered")
        assert moved.get("/api/failures")["items"] != []
        made = moved.wasl("transactions", "rerun", refused["id"]).stdout.decode().strip()
        until(lambda: moved.get(f"/api/transactions/{made}"), what="the rerun of a message that came by the old bus")
        assert sorted(observations(moved).values()) == [
            [float(n + 1) for n in range(person, 2 * MESSAGES, PEOPLE)] for person in range(PEOPLE)
        ]


def test_a_running_program_is_not_moved(tmp_path: Path, kafka: Kafka) -> None:
    with Program(tmp_path / "data") as program:
        done = program.wasl("bus", "copy", "--from", "embedded", "--to", kafka.address, check=False)
    assert done.returncode == 78
    assert "another Wasl has the role all" in done.stderr.decode()
