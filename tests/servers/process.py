"""One process of a server: started, killed, paused, and found again by another Python through its pid file."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

_WORKERS = 16


class NotStarted(RuntimeError):
    """A server did not start. The text names it and says why."""


class Missing(NotStarted):
    """A server can't be started here, for a program is missing. The text says how to get it."""


class Process:
    """`name`.pid in the folder says which process it is: whoever opens the folder later has the same one in hand.

    `user`: who it runs as, when we are root. `detached`: it outlives us, and our terminal's Ctrl-C.
    """

    def __init__(
        self, folder: Path, name: str, command: Sequence[str], *, user: str | None = None, detached: bool = False
    ) -> None:
        self.name, self.command, self.user, self.detached = name, command, user, detached
        self.log = folder / f"{name}.log"
        self._mark = folder / f"{name}.pid"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of the living process; None when it has not started or is dead."""
        if self._child is not None:
            self._child.poll()  # a dead child stays a zombie until asked
        try:
            pid, born = self._mark.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid) if birth(int(pid)) == born else None

    def start(self) -> None:
        """Nothing when it is alive."""
        if self.pid is not None:
            return
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                start_new_session=self.detached,
            )
        self._mark.write_text(f"{self._child.pid} {birth(self._child.pid)}")

    def wait_until(self, ready: Callable[[], bool], seconds: float = 180) -> None:
        """Blocks until it is ready; else it is killed. Raises NotStarted, with the end of its log."""
        deadline = time.monotonic() + seconds
        try:
            while not ready():
                if self.pid is None:
                    raise NotStarted(f"{self.name} ended while starting; the end of its log:\n{self.last_words()}")
                if time.monotonic() > deadline:
                    raise NotStarted(f"{self.name} did not answer in {seconds:.0f} s; its log:\n{self.last_words()}")
                time.sleep(0.05)
        except BaseException:
            self.kill()
            raise

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:]) if self.log.exists() else ""

    def signal(self, number: signal.Signals) -> None:
        if (pid := self.pid) is not None:
            os.kill(pid, number)

    def kill(self) -> None:
        """SIGKILL; blocks until it is gone."""
        self.signal(signal.SIGKILL)
        self.gone(30)

    def stop(self, seconds: float = 30) -> None:
        """SIGTERM, and SIGKILL when it has not ended after that many seconds."""
        self.signal(signal.SIGTERM)
        if not self.gone(seconds):
            self.kill()

    def gone(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.pid is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.pid is None


def birth(pid: int) -> str | None:
    """When a living process was born: tells it from a later one with the same pid. None when it is dead."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        threads = sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return _alive(pid)
    # A zombie whose threads are still ending holds its ports and files.
    return None if state == "X" or (state == "Z" and threads == 1) else rest[18]


def _alive(pid: int) -> str | None:
    """The same where there is no /proc: only whether it is alive."""
    if Path("/proc/self/stat").exists():
        return None
    try:
        os.kill(pid, 0)
    except OSError:
        return None
    return "unknown"


def ports(folder: Path, count: int) -> list[int]:
    """Ports of 127.0.0.1 for the server of this folder; the same ones for as long as the folder is there.

    Below the range that the kernel hands to clients: or a client takes the port of a server that is down for a moment,
    even by connecting to itself.
    """
    kept = folder / "ports.json"
    if kept.exists():
        return [int(port) for port in json.loads(kept.read_text())]
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    kept.write_text(json.dumps([*found]))
    return [*found]


_GIVEN: deque[int] = deque(maxlen=200)


def free_port() -> int:
    """Where nobody listens just now, in the same range; workers of one pytest never get the same one, and nobody one
    that was given lately and is not listened on yet."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    while True:
        port = random.SystemRandom().randrange(15_000 + worker, 32_000, _WORKERS)
        if port in _GIVEN:
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _GIVEN.append(port)
            return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
