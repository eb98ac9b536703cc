"""A Redis of our own, on 127.0.0.1. It keeps nothing on disk: killed, it comes back empty."""

from __future__ import annotations

import shutil
import signal
import socket
from pathlib import Path

from tests.servers.installed import program
from tests.servers.process import Process, ports


class Redis:
    """Starts at once (blocks until it answers). Opened on the folder of one that runs, it is that one.

    Raises NotStarted.
    """

    def __init__(self, folder: Path, *, detached: bool = False, started: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        (self.port,) = ports(folder, 1)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process = Process(folder, "redis", [program("redis-server"), *self._settings()], detached=detached)
        if started:
            self.start()

    @property
    def address(self) -> str:
        return self.url

    @property
    def pids(self) -> list[int]:
        return [pid for pid in [self._process.pid] if pid is not None]

    def start(self) -> None:
        self._process.start()
        self._process.wait_until(self._answers)

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()

    def pause(self) -> None:
        """Connections stay open and nobody answers, until resume()."""
        self._process.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.signal(signal.SIGCONT)

    def close(self) -> None:
        """Stops it and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _settings(self) -> list[str]:
        where = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        return [*where, "--save", "", "--appendonly", "no"]

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
