"""The shared record or the payer is away for a while: nothing fails, and everything lands afterwards, in order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.consumers.fhir_double import FhirDouble, served
from tests.e2e.hl7 import code, glucose
from tests.e2e.program import Mllp, Program, free_port, until
from tests.e2e.sales import CNSS, export, row

PEOPLE = ("Z1", "Z2", "Z3")
CORRECTIONS = 4


def circuit(program: Program, consumer: str) -> str:
    """What the gauge of the consumer says: "0.0", "1.0", or "" before it said anything."""
    lines = program.admin.get("/metrics").text.splitlines()
    return next((line.split()[1] for line in lines if line.startswith(f'wasl_circuit_open{{consumer="{consumer}"')), "")


def corrections(program: Program, first: int) -> list[str]:
    """Each person's one result, corrected again and again; the control IDs."""
    sent = []
    with Mllp(program.mllp_port) as line:
        for number in range(first, first + CORRECTIONS):
            for person in PEOPLE:
                status = "F" if number == 1 else "C"
                at = f"2026111208{number:02}00"
                answer = line.send(
                    glucose(f"{person}-{number}", person, f"F-{person}", str(number), status=status, at=at)
                )
                assert code(answer) == "AA"
                sent.append(f"{person}-{number}")
    return sent


def failures(program: Program) -> list[Any]:
    items: list[Any] = program.get("/api/failures")["items"]
    return items


class Remembering(FhirDouble):
    """A FHIR server that remembers each value an observation had."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[float]] = {}

    def _put(self, key: str, resource: dict[str, Any]) -> None:
        super()._put(key, resource)
        if key.startswith("Observation/"):
            said = self.values.setdefault(key, [])
            value = resource["valueQuantity"]["value"]
            said += [value] if said[-1:] != [value] else []


def test_the_shared_record_is_down_for_a_while(tmp_path: Path) -> None:
    port = free_port()
    double = Remembering()
    with Program(tmp_path / "data", WASL_SMR=f"http://127.0.0.1:{port}/fhir") as program:
        with served(double, port):
            for control_id in corrections(program, 1):
                program.transaction(control_id, "delivered")
            assert circuit(program, "smr") == "0.0"
        sent = corrections(program, 1 + CORRECTIONS)
        until(lambda: circuit(program, "smr") == "1.0", what="the circuit to open")
        assert failures(program) == []
        assert program.transaction(sent[-1], "mediated", "partial")
        with served(double, port):
            for control_id in sent:
                program.transaction(control_id, "delivered")
            until(lambda: circuit(program, "smr") == "0.0", what="the circuit to close")
        assert failures(program) == []
    expected = [float(number) for number in range(1, 1 + 2 * CORRECTIONS)]
    assert list(double.values.values()) == [expected] * len(PEOPLE)


@contextmanager
def payer(program: Program, port: int) -> Iterator[httpx.Client]:
    command = [sys.executable, "-m", "channels", "simulate", "payer", "--port", str(port), "--data", str(program.data)]
    process = subprocess.Popen(command, env=program.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            yield client
    finally:
        process.kill()
        process.wait()


def accepted(client: httpx.Client) -> int | None:
    """How many lines the payer accepted; None while it is not there."""
    try:
        lines: int = client.get("/accepted").json()["lines"]
        return lines
    except httpx.TransportError:
        return None


def test_the_payer_is_down_for_a_while(tmp_path: Path) -> None:
    port = free_port()
    with Program(tmp_path / "data", WASL_PAYER=f"http://127.0.0.1:{port}", WASL_PAYER_QUIET="0") as program:
        client = program.client("officine", "pharmacy-csv")
        assert sell(program, client, "170000051") == 200
        until(lambda: circuit(program, "payer") == "1.0", what="the circuit to open")
        with payer(program, port) as asked:
            until(lambda: accepted(asked) == 1, what="the line at the payer")
        assert sell(program, client, "170000052") == 200
        until(lambda: circuit(program, "payer") == "1.0", what="the circuit to open again")
        assert states(program, "170000052") <= {"EXECUTED", "SUBMITTED"}
        with payer(program, port) as asked:
            until(lambda: accepted(asked) == 2, what="both lines at the payer")
            until(lambda: states(program, "170000052") == {"ACCEPTED"}, what="the answer to be noted")
        assert states(program, "170000051") == {"ACCEPTED"}
        assert failures(program) == []


def sell(program: Program, client: tuple[str, str], insured: str) -> int:
    return program.post("pharmacy-csv", client, export(row(insured, "T1")), "text/csv").status_code


def states(program: Program, insured: str) -> set[str]:
    return {sheet["state"] for sheet in program.get("/api/care-sheets", person=f"{CNSS}|{insured}")["items"]}
