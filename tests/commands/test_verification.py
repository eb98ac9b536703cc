"""`wasl registry verify`, at the simulated register."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from channels.demo.citizens import Citizen, citizens
from channels.rnp_simulator import Register, application
from channels.runtime import House
from tests.commands.conftest import Wasl
from tests.e2e.program import until
from tests.serving import served


@pytest.fixture
def register() -> Register:
    return Register.of(citizens())


@pytest.fixture
def citizen(register: Register) -> Citizen:
    return next(citizen for citizen in register.people.values() if citizen.phone)


def audited(wasl: Wasl) -> list[tuple[str, str]]:
    """What was done, and how, the first first."""
    audit = House.open(None, wasl.data).audit
    return [(one["action"], one["detail"]) for one in reversed(audit.entries()) if one["target"] == "RNP"]


@pytest.fixture(autouse=True)
def _served(register: Register, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with served(application(register, "t")) as address:
        monkeypatch.setenv("WASL_REGISTRIES_RNP", address)
        monkeypatch.setenv("WASL_REGISTRIES_RNP_TOKEN", "t")
        yield


def test_a_birth_date_says_yes_or_no(wasl: Wasl, citizen: Citizen) -> None:
    by = ("registry", "verify", "--by", "birth-date")
    done = wasl(*by, input=f"{citizen.idcs}\n{citizen.birth_date}\n".encode())
    assert done.stdout.splitlines()[-1] == "confirmed"
    done = wasl(*by, input=f"{citizen.idcs}\n1901-02-03\n".encode(), code=1)
    assert done.stdout.splitlines()[-1] == "not confirmed"


def test_data_are_not_given_for_a_birth_date(wasl: Wasl, citizen: Citizen) -> None:
    asked = f"{citizen.idcs}\n{citizen.birth_date}\n".encode()
    done = wasl("registry", "verify", "--by", "birth-date", "--known", input=asked, code=2)
    assert "demographic items alone" in done.stderr
    assert citizen.family not in done.output
    assert audited(wasl) == [("verify person", "mode B")]


def test_a_secret_told_in_time_gives_what_the_register_knows(wasl: Wasl, citizen: Citizen, register: Register) -> None:
    command = [sys.executable, "-m", "channels", "registry", "verify", "--known", "--data", str(wasl.data)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **pipes) as program:  # type: ignore[call-overload]
        program.stdin.write(f"{citizen.idcs}\n".encode())
        program.stdin.flush()
        sent = until(lambda: register.outbox[-1] if register.outbox else None, what="the secret to be sent")
        stdout, _ = program.communicate(f"{sent['secret']}\n".encode())
    assert json.loads(stdout)["birth_date"] == citizen.birth_date
    what = [("send secret", "sms"), ("verify person", "mode B"), ("person verified", "confirmed")]
    assert audited(wasl) == what


def test_without_a_register_that_is_told(wasl: Wasl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WASL_REGISTRIES_RNP", "")
    assert "registries.rnp" in wasl("registry", "verify", code=78).stderr
