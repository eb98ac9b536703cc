"""The other sides, started as a user would."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest
from typer.testing import CliRunner

from channels.cli import app
from registries.rnp import Demographics, Rnp
from tests.e2e.program import free_port, until


def test_the_population_register_answers_on_its_port() -> None:
    port = free_port()
    command = [sys.executable, "-m", "channels", "simulate", "rnp", "--port", str(port), "--token", "let me ask"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        try:
            citizen = until(lambda: people(port), what="the register to answer")[0]
            items = Demographics({"birth_date": citizen["birth_date"]})
            rnp = Rnp(f"http://127.0.0.1:{port}", "let me ask")
            assert rnp.confirm(citizen["idcs"], items).confirmed
            rnp.close()
        finally:
            program.kill()


def people(port: int) -> list[dict[str, str]] | None:
    try:
        found: list[dict[str, str]] = httpx.get(f"http://127.0.0.1:{port}/people", trust_env=False).json()
        return found
    except httpx.TransportError:
        return None


@pytest.mark.parametrize("side", ["payer", "rnp"])
def test_a_fault_nobody_knows_is_told(side: str) -> None:
    done = CliRunner().invoke(app, ["simulate", side, "--faults", "sulk=0.5"])
    assert done.exit_code == 2
    assert "down" in done.output
