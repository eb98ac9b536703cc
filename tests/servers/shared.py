"""The servers that everybody here shares: one of each in .servers, remembered in .servers/state.json."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.servers.kafka import Kafka
from tests.servers.maven import CACHE as FOLDER
from tests.servers.postgres import Postgres
from tests.servers.process import NotStarted, birth
from tests.servers.redis import Redis

Server = Kafka | Postgres | Redis

KINDS: dict[str, Callable[..., Server]] = {
    "kafka": Kafka,
    "postgres": partial(Postgres, durable=False),
    "redis": Redis,
}
VARIABLES = {"kafka": "WASL_BUS", "postgres": "WASL_DATABASE", "redis": "WASL_REDIS"}


def start() -> tuple[dict[str, str], dict[str, str]]:
    """Starts those that don't run: the address of each that runs now, and why each other one does not."""
    addresses, failures = {}, {}
    with _state() as state:
        for name, kind in KINDS.items():
            try:
                server = kind(FOLDER / name, detached=True)
            except NotStarted as error:
                failures[name] = str(error)
                continue
            addresses[name] = server.address
            state[name] = {"address": server.address, "pids": {str(pid): birth(pid) for pid in server.pids}}
    return addresses, failures


def stop(names: Collection[str] = tuple(KINDS)) -> list[str]:
    """Stops exactly those that start() started, and removes their folders. Their names."""
    with _state() as state:
        stopped = [name for name in state if name in names]
        for name in stopped:
            KINDS[name](FOLDER / name, started=False).close()
            del state[name]
    return stopped


def addresses() -> dict[str, str]:
    """Of those that run."""
    return {name: one["address"] for name, one in _read().items() if _lives(one)}


def running(name: str) -> Server | None:
    return KINDS[name](FOLDER / name, detached=True) if name in addresses() else None


def _lives(one: dict[str, Any]) -> bool:
    return bool(one["pids"]) and all(birth(int(pid)) == born for pid, born in one["pids"].items())


def _path() -> Path:
    return FOLDER / "state.json"


def _read() -> dict[str, Any]:
    return dict(json.loads(_path().read_text())) if _path().exists() else {}


@contextmanager
def _state() -> Iterator[dict[str, Any]]:
    """The state, written back at the end; one at a time."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = _read()
        try:
            yield state
        finally:
            fresh = _path().with_suffix(".new")  # others read it without the lock
            fresh.write_text(json.dumps(state, indent=2) + "\n")
            fresh.replace(_path())
