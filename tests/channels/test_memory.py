"""What all processes remember together: sealed, bounded, and never in the way."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
import redis

from channels import memory as remembering
from channels.memory import Memory
from channels.settings import Misconfigured
from channels.settings import Redis as Address
from channels.watch import metrics
from tests.e2e.program import until
from tests.remembering import NOBODY, memory, own
from tests.servers.redis import Redis


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asks again at once after a failure."""
    monkeypatch.setattr(remembering, "PAUSE", 0.0)
    monkeypatch.setattr(remembering, "SHARE", 1e9)


def failures() -> float:
    return metrics.value("wasl_redis_failures_total") or 0.0


def test_what_one_process_writes_another_reads(redis_server: Redis) -> None:
    one = memory(redis_server.url, "shared.")
    other = memory(redis_server.url, "shared.")
    assert one.write("kind", {"a": b"1", "b": b"2"}, 60)
    assert other.read("kind", ["b", "nothing", "a"]) == [b"2", None, b"1"]
    assert other.read("another kind", ["a"]) == [None]
    other.forget("kind", ["a", "nothing"])
    assert one.read("kind", ["a", "b"]) == [None, b"2"]


def test_nothing_in_redis_says_what_it_is_about_and_everything_ends(redis_server: Redis) -> None:
    mine = memory(redis_server.url, "opaque.")
    mine.write("window", {"lab|LIS": b"Khadija"}, 60)
    with redis.Redis.from_url(redis_server.url) as client:
        (key,) = client.keys("opaque.*")
        assert key.startswith(b"opaque.wasl:")
        assert 0 < client.ttl(key) <= 60
        for told in (key, client.get(key)):
            assert not any(word in told for word in (b"window", b"lab", b"LIS", b"Khadija"))


def test_foreign_false_and_moved_entries_are_no_entries(redis_server: Redis) -> None:
    mine, foreign = memory(redis_server.url, "sealed."), memory(redis_server.url, "sealed.", b"another secret")
    foreign.write("kind", {"a": b"of another house"}, 60)
    assert mine.read("kind", ["a"]) == [None]
    mine.write("kind", {"a": b"1", "b": b"2"}, 60)
    with redis.Redis.from_url(redis_server.url) as client:
        a, b = (f"sealed.wasl:{mine.opaque('kind', name)}" for name in "ab")
        client.set(a, client.get(b))
        client.set(b, b"false")
    assert mine.read("kind", ["a", "b"]) == [None, None]


def test_a_redis_that_is_down_knows_nothing_and_raises_nothing() -> None:
    nobody = memory(NOBODY)
    before = failures()
    assert nobody.read("kind", ["a", "b"]) == [None, None]
    assert failures() == before + 1
    assert not nobody.write("kind", {"a": b"1"}, 60)
    nobody.forget("kind", ["a"])
    assert nobody.run("return 1", "kind", ["a"]) is None
    assert asyncio.run(nobody.run_soon("return 1", "kind", ["a"])) is None
    assert failures() == before + 1, "after a failure it is left alone for a while"


def test_a_redis_that_answers_nonsense_raises_nothing(redis_server: Redis, quick: None) -> None:
    mine = memory(redis_server.url)
    before = failures()
    assert mine.run("return nonsense(", "kind", ["a"]) is None
    assert asyncio.run(mine.run_soon("return nonsense(", "kind", ["a"])) is None
    assert failures() == before + 2


def test_it_is_told_once_that_redis_went_and_once_that_it_came_back(
    redis_server: Redis, tmp_path: Path, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    with own(tmp_path / "redis") as server, caplog.at_level(logging.WARNING, "wasl.redis"):
        mine = memory(server.url)
        assert mine.write("kind", {"a": b"1"}, 60)
        server.kill()
        for _ in range(3):
            assert mine.read("kind", ["a"]) == [None]
        server.start()
        until(lambda: mine.write("kind", {"a": b"2"}, 60))
        assert mine.read("kind", ["a"]) == [b"2"]
        told = [record.getMessage() for record in caplog.records]
    assert ["down" in text for text in told] == [True, False], told
    assert "WASL_REDIS" in told[0]


def test_a_redis_that_does_not_answer_is_not_waited_for(redis_server: Redis, tmp_path: Path) -> None:
    with own(tmp_path / "redis") as server:
        mine = memory(server.url, patience=0.05)
        server.pause()
        assert mine.read("kind", ["a"]) == [None]
        assert asyncio.run(mine.run_soon("return 1", "kind", ["a"])) is None


def test_the_event_loop_is_answered_too(redis_server: Redis) -> None:
    async def asked() -> list[int]:
        mine = memory(redis_server.url)
        script = "redis.call('EXPIRE', KEYS[1], 60) return redis.call('INCRBY', KEYS[1], ARGV[1])"
        found = await asyncio.gather(*(mine.run_soon(script, "kind", ["a"], 1) for _ in range(100)))
        await mine.close_soon()
        return found

    assert sorted(asyncio.run(asked())) == list(range(1, 101))


def test_an_address_that_cannot_be_names_the_setting() -> None:
    with pytest.raises(Misconfigured, match="WASL_REDIS"):
        Memory(Address(url="redis://host:port/0"), "", b"secret")
