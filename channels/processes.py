"""The processes of `wasl run`: a parent, and its children in one process group.

A child exits when its parent is gone; a dead child is started again, with back-off. One parent owns a data folder.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

LIFELINE = "WASL_LIFELINE"
MISCONFIGURED = 78
GRACE = 15.0
LONGEST_PAUSE = 10.0

log = logging.getLogger("wasl")


class Occupied(RuntimeError):
    """Another process already has this role on this data folder."""


@contextmanager
def owned(data: Path, role: str, patience: float = 0.0) -> Iterator[None]:
    """Holds the role on this data folder; the kernel frees it when the process dies. Raises Occupied."""
    locks = data / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / role).open("w") as file:
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise Occupied(
                        f"another Wasl has the role {role} on {data}; stop it, or use another --data"
                    ) from None
                time.sleep(0.05)
        yield


def hold_to_parent() -> None:
    """In a child: ends the process as soon as the parent is gone, however it went."""
    if (descriptor := os.environ.get(LIFELINE)) is None:
        return

    def watch() -> None:
        os.read(int(descriptor), 1)
        os._exit(70)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


@dataclass(slots=True)
class _Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    starts: int = 0
    not_before: float = field(default=0.0)


class Parent:
    """Starts the children, keeps them alive, and stops them. `commands`: name → command line."""

    def __init__(self, commands: Mapping[str, Sequence[str]]) -> None:
        self._children = [_Child(name, command) for name, command in commands.items()]
        self._stopping = False
        self._read_end, self._write_end = os.pipe()

    def run(self) -> int:
        """Until a signal asks to stop. The exit code: 0, or 78 when a child can't use its configuration."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        code = 0
        while not self._stopping and code == 0:
            for child in self._children:
                code = self._tend(child) or code
            time.sleep(0.1)
        self._end()
        return code

    def _tend(self, child: _Child) -> int:
        now = time.monotonic()
        if child.process is None:
            if now >= child.not_before:
                self._start(child)
            return 0
        if (status := child.process.poll()) is None:
            return 0
        if status == MISCONFIGURED and child.starts == 1:  # later on, files may be amid a change
            return MISCONFIGURED
        child.process = None
        child.deaths = 0 if now - child.started > 30 else child.deaths + 1
        pause = min(LONGEST_PAUSE, 0.1 * 2**child.deaths) if child.deaths else 0.0
        child.not_before = now + pause
        log.error("%s ended (%s); starting it again in %.1f s", child.name, _cause(status), pause)
        return 0

    def _start(self, child: _Child) -> None:
        environment = {**os.environ, LIFELINE: str(self._read_end)}
        child.process = subprocess.Popen(
            child.command, env=environment, pass_fds=[self._read_end], stdin=subprocess.DEVNULL
        )
        child.started = time.monotonic()
        child.starts += 1

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _end(self) -> None:
        running = [child.process for child in self._children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        until = time.monotonic() + GRACE
        for process in running:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _cause(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"


def python(*arguments: str) -> list[str]:
    """A command line of this program."""
    return [sys.executable, "-m", "channels", *arguments]
