"""The last minute of all processes and machines, or nothing rather than half of it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis

from channels.watch import live as counters
from channels.watch import metrics
from channels.watch.live import Counted, Live
from tests.e2e.program import until
from tests.remembering import NOBODY, emptied, memory, own
from tests.servers.redis import Redis


@dataclass
class Machine:
    """A process with counts and a clock of its own."""

    url: str
    namespace: str
    now: float = 1_000_000.0
    counts: Counted = field(default_factory=Counted)

    def live(self) -> Live:
        return Live(memory(self.url, self.namespace), lambda: self.now)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[Live, Counted], None]:
    """Makes a process tell that it has counted so much; other tests of this process may have counted before."""
    monkeypatch.setattr(counters, "counted", Counted)

    def tell(live: Live, found: Counted) -> None:
        monkeypatch.setattr(counters, "counted", lambda: Counted(found))
        live.tell()

    return tell


Tell = Callable[[Live, Counted], None]


def minute(live: Live) -> dict[str, int]:
    found = live.minute(["lab", "silent"])
    assert found is not None
    assert set(found["silent"].values()) == {0}
    return found["lab"]


def test_processes_are_added_up_over_sixty_seconds(redis_server: Redis, told: Tell) -> None:
    machine = Machine(redis_server.url, f"test-{uuid.uuid4().hex}.")
    gateway, mediation = machine.live(), machine.live()
    told(gateway, Counted())
    machine.now += 60
    told(gateway, Counted({("lab", "received"): 5, ("lab", "refused"): 1}))
    told(mediation, Counted({("lab", "mediated"): 4}))
    machine.now += 1
    told(gateway, Counted({("lab", "received"): 7, ("lab", "refused"): 1}))
    machine.now += 1
    assert minute(gateway) == {"received": 7, "mediated": 4, "refused": 1, "delivered": 0}
    assert minute(mediation) == minute(gateway)
    machine.now += 59
    told(mediation, Counted({("lab", "mediated"): 4}))
    assert minute(gateway) == {"received": 2, "mediated": 0, "refused": 0, "delivered": 0}
    machine.now += 1
    assert minute(gateway)["received"] == 0


def test_less_than_a_minute_is_not_given_for_one(redis_server: Redis, told: Tell) -> None:
    machine = Machine(redis_server.url, f"test-{uuid.uuid4().hex}.")
    live = machine.live()
    assert live.minute(["lab"]) is None
    told(live, Counted({("lab", "received"): 5}))
    machine.now += 59
    told(live, Counted({("lab", "received"): 5}))
    assert live.minute(["lab"]) is None
    machine.now += 1
    assert minute(live)["received"] == 5


def test_without_redis_nothing_is_given_and_what_was_not_heard_is_told_later(
    redis_server: Redis, tmp_path: Path, told: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.memory.PAUSE", 0.0)
    monkeypatch.setattr("channels.memory.SHARE", 1e9)
    assert Machine(NOBODY, "n.").live().minute(["lab"]) is None
    with own(tmp_path / "redis") as server:
        machine = Machine(server.url, "here.")
        live = machine.live()
        told(live, Counted({("lab", "received"): 1}))
        emptied(server)
        machine.now += 60
        told(live, Counted({("lab", "received"): 2}))
        assert live.minute(["lab"]) is None, "what was counted before is gone"
        server.kill()
        told(live, Counted({("lab", "received"): 4}))
        assert live.minute(["lab"]) is None
        server.start()
        until(lambda: live._memory.write("any", {"a": b"1"}, 60))
        told(live, Counted({("lab", "received"): 5}))
        machine.now += 60
        assert minute(live)["received"] == 3


def test_it_is_told_from_the_metrics_once_a_second(redis_server: Redis) -> None:
    name = f"live-{uuid.uuid4().hex}"
    live, stop = Live(memory(redis_server.url)), threading.Event()
    before = counters.counted()
    metrics.received.labels(name, "AA").inc(3)
    metrics.mediated.labels(name, "mediated").inc(2)
    metrics.mediated.labels(name, "refused").inc()
    metrics.refused.labels(name).inc()
    metrics.landed.labels(name).inc(4)
    grown = {what: number for (channel, what), number in (counters.counted() - before).items() if channel == name}
    assert grown == {"received": 3, "mediated": 2, "refused": 2, "delivered": 4}
    thread = threading.Thread(target=live.run, args=(stop,))
    thread.start()
    until(lambda: live._told[name, "received"] == 3)
    stop.set()
    thread.join()


def test_no_name_of_a_channel_stands_in_redis_and_all_ends(redis_server: Redis, told: Tell) -> None:
    machine = Machine(redis_server.url, f"test-{uuid.uuid4().hex}.")
    told(machine.live(), Counted({("lab", "received"): 5}))
    with redis.Redis.from_url(redis_server.url) as client:
        keys = client.keys(f"{machine.namespace}*")
        assert len(keys) == 2
        assert all(0 < client.ttl(key) <= 120 for key in keys)
        fields = [name for key in keys if client.type(key) == b"hash" for name in client.hkeys(key)]
    assert fields
    assert not any(b"lab" in name for name in fields)
