"""Wasl started as a user would, and talked to over its sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

from channels.processes import LIFELINE
from tests.servers.process import free_port

__all__ = ["PASSWORD", "Mllp", "Program", "embedded", "free_port", "until"]

T = TypeVar("T")
PASSWORD = "a password for tests"
LIFE = os.pipe()  # closed when these tests end, however they end: no program goes on without them


def until(found: Callable[[], T | None], seconds: float = 120.0, what: str = "what was waited for") -> T:
    """The first thing `found` gives that is neither None nor False. The time only bounds a failure: the machine may be
    busy with other tests."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (value := found()) is not None and value is not False:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {seconds:.0f} s")


def embedded(_data: Path) -> Mapping[str, str]:
    return {}


class Program:
    """`wasl run` on a data folder of its own, with free ports.

    `surroundings`: data folder → the environment that names the servers it uses; tests/surroundings.py sets it.
    """

    surroundings: Callable[[Path], Mapping[str, str]] = staticmethod(embedded)

    def __init__(self, data: Path, *arguments: str, command: str = "run", **environment: str) -> None:
        self.data, self.command, self.arguments = data, command, arguments
        self.http_port, self.mllp_port = free_port(), free_port()
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("WASL_")},
            "WASL_HTTP_PORT": str(self.http_port),
            "WASL_MLLP_PORT": str(self.mllp_port),
            "WASL_ADMIN_PASSWORD": PASSWORD,
            **self.surroundings(data),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.admin = httpx.Client(
            base_url=f"http://127.0.0.1:{self.http_port}", auth=("admin", PASSWORD), timeout=60, trust_env=False
        )

    def __enter__(self) -> Program:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.admin.close()

    def wasl(
        self, *arguments: str, check: bool = True, body: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """One command of the program, on the same data."""
        command = [sys.executable, "-m", "channels", *arguments, "--data", str(self.data), *self.arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, input=body, timeout=300)
        if check and done.returncode:
            raise AssertionError(f"{arguments}: exit {done.returncode}\n{done.stderr.decode()}")
        return done

    def start(self, ready: bool = True) -> None:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        log = (self.data.parent / f"{self.data.name}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "channels", self.command, "--data", str(self.data), *self.arguments],
            env={**self.environment, LIFELINE: str(LIFE[0])},
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[LIFE[0]],
        )
        log.close()
        if ready:
            self.wait_ready()

    def wait_ready(self) -> None:
        try:
            until(self.ready, what="readiness")
        except AssertionError as late:
            raise AssertionError(f"{late}; the log says:\n{self.log()[-3000:]}") from None

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()[-3000:]
        try:
            return self.admin.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def log(self) -> str:
        path = self.data.parent / f"{self.data.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def kill(self) -> None:
        """kill -9 of every process at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()

    def pause(self, channel: str) -> None:
        """Stops its line, and waits until mediation has noticed: what is sent from here on stays received."""
        self.wasl("channels", "pause", channel)
        until(lambda: self.paused(channel), what="the pause")

    def paused(self, channel: str) -> bool:
        told = self.admin.get("/metrics").text.splitlines()
        return any(one.startswith("wasl_channel_paused") and channel in one and one.endswith(" 1.0") for one in told)

    def client(self, name: str, *channels: str) -> tuple[str, str]:
        """Name and secret of a new client."""
        made = json.loads(self.wasl("clients", "add", name, "--channels", ",".join(channels), "--json").stdout)
        return made["name"], made["secret"]

    def post(self, channel: str, client: tuple[str, str], body: bytes, content_type: str) -> httpx.Response:
        return httpx.post(
            f"http://127.0.0.1:{self.http_port}/channels/{channel}",
            content=body, headers={"Content-Type": content_type}, auth=client, timeout=60, trust_env=False,
        )  # fmt: skip

    def get(self, path: str, **query: Any) -> Any:
        answer = self.admin.get(path, params=query or None)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.json()

    def transaction(self, control_id: str, *statuses: str) -> dict[str, Any]:
        """The newest transaction with this control ID, once it has one of these statuses."""

        def found() -> dict[str, Any] | None:
            items = self.get("/api/transactions", control_id=control_id)["items"]
            return next((one for one in items[:1] if not statuses or one["status"] in statuses), None)

        return until(found, what=f"{control_id} {statuses}")


class Mllp:
    """A sender on one connection."""

    def __init__(self, port: int, timeout: float = 60.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)

    def __enter__(self) -> Mllp:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, message: str | bytes, charset: str = "utf-8") -> str:
        """The acknowledgement. Raises OSError when the line closes without one."""
        body = message.encode(charset) if isinstance(message, str) else message
        self.socket.sendall(b"\x0b" + body + b"\x1c\r")
        return self.answer()

    def answer(self) -> str:
        received = b""
        while not received.endswith(b"\x1c\r"):
            if not (chunk := self.socket.recv(65536)):
                raise ConnectionError("closed without an answer")
            received += chunk
        return received[1:-2].decode("utf-8", "replace")
