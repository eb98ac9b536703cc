"""The parent and its children: restarted when they die, gone when the parent is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from channels.processes import MISCONFIGURED, Occupied, Parent, owned

CHILD = """
import os, sys, time
from channels.processes import hold_to_parent
hold_to_parent()
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
time.sleep(600)
"""
PARENT = """
import sys
from channels.processes import Parent
sys.exit(Parent({"child": [sys.executable, "-c", sys.argv[2], sys.argv[1]]}).run())
"""


def pids(path: Path, count: int) -> list[int]:
    for _ in range(6000):
        found = path.read_text().split() if path.exists() else []
        if len(found) >= count:
            return [int(one) for one in found]
        time.sleep(0.02)
    raise AssertionError(f"only {found} of {count} children started")


def gone(pid: int) -> bool:
    for _ in range(6000):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().split()[2]
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def parent(tmp_path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path / "pids"), CHILD])


def test_a_dead_child_is_started_again_and_a_signal_stops_all(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (first,) = pids(tmp_path / "pids", 1)
    os.kill(first, signal.SIGKILL)
    second = pids(tmp_path / "pids", 2)[1]
    parent.terminate()
    assert parent.wait(120) == 0
    assert gone(second)


def test_children_end_with_their_parent_even_when_it_is_killed(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (child,) = pids(tmp_path / "pids", 1)
    parent.kill()
    parent.wait()
    assert gone(child)


def test_a_child_that_cannot_use_its_configuration_ends_the_program() -> None:
    parent = Parent({"child": [sys.executable, "-c", f"raise SystemExit({MISCONFIGURED})"]})
    formerly = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert parent.run() == MISCONFIGURED
    finally:
        for number, former in formerly.items():
            signal.signal(number, former)


def test_a_role_on_a_data_folder_has_one_owner(tmp_path: Path) -> None:
    with owned(tmp_path, "gateway"):
        with pytest.raises(Occupied, match="role gateway"), owned(tmp_path, "gateway"):
            pass
        with owned(tmp_path, "mediation"):
            pass
    with owned(tmp_path, "gateway"):
        pass
