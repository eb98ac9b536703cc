"""The program with a Redis that forgets all the time, and then dies."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.e2e.hl7 import code, glucose
from tests.e2e.program import Mllp, Program, until
from tests.remembering import emptied, own
from tests.servers.redis import Redis

COUNT = 60


def sent(program: Program, first: int) -> list[str]:
    """Acknowledged messages of ten persons, every third sent twice; the control IDs."""
    with Mllp(program.mllp_port) as line:
        for number in range(first, first + COUNT):
            text = glucose(f"R{number}", f"P{number % 10}", f"F{number}")
            assert [code(line.send(text)) for _ in range(1 + (number % 3 == 0))][-1] == "AA"
    return [f"R{number}" for number in range(first, first + COUNT)]


def stories(program: Program, control_id: str) -> list[str] | None:
    """The status of every transaction with this control ID, once all are settled."""
    items = program.get("/api/transactions", control_id=control_id)["items"]
    found = sorted(item["status"] for item in items)
    return found if found and set(found) <= {"delivered", "duplicate"} and "delivered" in found else None


def landed(program: Program) -> dict[str, int]:
    """How many of each kind stand in the record; what landed twice would be two, or a second version."""
    found = {}
    for kind in ("DiagnosticReport", "Observation"):
        page = program.get(f"/fhir/{kind}", _count=500)
        assert {entry["resource"]["meta"]["versionId"] for entry in page["entry"]} == {"1"}
        found[kind] = page["total"]
    return found


def emptying(server: Redis, stop: threading.Event) -> None:
    while not stop.wait(0.003):
        emptied(server)


def test_everything_is_delivered_once_while_redis_is_emptied_and_after_it_was_killed(
    redis_server: Redis, tmp_path: Path
) -> None:
    with own(tmp_path / "redis") as server, Program(tmp_path / "data", WASL_REDIS=server.url) as program:
        stop = threading.Event()
        thread = threading.Thread(target=emptying, args=(server, stop))
        thread.start()
        control_ids = sent(program, 0)
        stop.set()
        thread.join()
        control_ids += sent(program, COUNT)
        server.kill()
        control_ids += sent(program, 2 * COUNT)
        for control_id in control_ids:
            until(lambda one=control_id: stories(program, one), what=f"{control_id} to be settled")  # type: ignore[misc]
        assert program.get("/api/failures")["items"] == []
        assert landed(program) == {"DiagnosticReport": 3 * COUNT, "Observation": 3 * COUNT}
        assert "Redis is down" in program.log()
        assert "Traceback" not in program.log()


def test_a_resend_after_a_restart_is_shown_as_a_duplicate(redis_server: Redis, tmp_path: Path) -> None:
    with own(tmp_path / "redis") as server, Program(tmp_path / "data", WASL_REDIS=server.url) as program:
        text = glucose("S1", "P1", "F1")
        with Mllp(program.mllp_port) as line:
            assert code(line.send(text)) == "AA"
        first = program.transaction("S1", "delivered")
        program.stop()
        program.start()
        with Mllp(program.mllp_port) as line:
            assert code(line.send(text)) == "AA"
        again = program.transaction("S1", "duplicate")
        assert program.get(f"/api/transactions/{again['id']}")["first"] == first["id"]
