"""A PostgreSQL of our own, on 127.0.0.1: a throw-away cluster, never the system's."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from tests.servers.installed import program
from tests.servers.process import NotStarted, Process, birth, ports

_SETTINGS = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=500"]
_FAST = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


class Postgres:
    """Starts at once (blocks until it answers). Opened on the folder of one that runs, it is that one.

    `durable`: flushes to disk as in production; without, it is faster and may lose commits when it is killed.
    `settings`: those of its own that are set otherwise. Raises NotStarted.
    """

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        detached: bool = False,
        started: bool = True,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._user = _unprivileged()
        (self.port,) = ports(folder, 1)
        self.data = self._cluster()
        command = [program("postgres"), "-D", str(self.data), "-p", str(self.port), *_SETTINGS]
        command += [] if durable else _FAST
        command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._process = Process(folder, "postgres", command, user=self._user, detached=detached)
        if started:
            self.start()

    @property
    def url(self) -> str:
        return self.address_of("postgres")

    @property
    def address(self) -> str:
        return self.url

    @property
    def pids(self) -> list[int]:
        return [pid for pid in [self._process.pid] if pid is not None]

    def address_of(self, database: str) -> str:
        return f"postgresql://wasl@127.0.0.1:{self.port}/{database}"

    def database(self, name: str) -> str:
        """The address of a database of that name, fresh and empty."""
        self.drop(name)
        self._run(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self.address_of(name)

    def drop(self, name: str) -> None:
        """Whoever still uses it is disconnected. Nothing when there is none."""
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def start(self) -> None:
        if self._process.pid is None:  # killed from outside, its pid may be another's now, or a zombie's
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        self._process.start()
        self._process.wait_until(self._answers)

    def stop(self) -> None:
        """As an administrator would: sessions are disconnected, data is flushed."""
        self._process.signal(signal.SIGINT)
        if not self._process.gone(30):
            self.kill()

    def kill(self) -> None:
        """SIGKILL to the server and its children at once; blocks until all are gone."""
        self._process.signal(signal.SIGSTOP)  # it must not fork while we count
        family = _children(self._process.pid)
        self._process.kill()
        _tell(family, signal.SIGKILL)
        while any(birth(child) for child in family):
            time.sleep(0.01)

    def pause(self) -> None:
        """Connections stay open and nobody answers, until resume()."""
        self._process.signal(signal.SIGSTOP)
        _tell(_children(self._process.pid), signal.SIGSTOP)

    def resume(self) -> None:
        _tell(_children(self._process.pid), signal.SIGCONT)
        self._process.signal(signal.SIGCONT)

    def close(self) -> None:
        """Stops it and removes its data."""
        self.kill()
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _cluster(self) -> Path:
        """Its data folder, made on first use: outside of ours for another user, who may not enter ours."""
        kept = self.folder / "data.txt"
        if kept.exists() and Path(kept.read_text()).exists():
            return Path(kept.read_text())
        data = Path(tempfile.mkdtemp(prefix="wasl-postgres-")) if self._user else self.folder / "data"
        if self._user:
            shutil.chown(data, self._user, self._user)
        command = [program("initdb"), "-D", data, "-U", "wasl", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        owner = {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **owner)  # type: ignore[call-overload]
        if made.returncode:
            raise NotStarted(f"postgres: initdb failed: {made.stderr.strip()}")
        kept.write_text(str(data))
        return data

    def _run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def _unprivileged() -> str | None:
    """Who the server runs as: it refuses root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _children(parent: int | None) -> list[int]:
    """Where there is /proc. Elsewhere the children of a dead server leave by themselves, a moment later."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def _tell(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
