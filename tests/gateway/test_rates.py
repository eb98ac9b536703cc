"""How much a client may send: shared by all gateways while Redis answers, each gateway's own when it does not."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from channels.channel import Channel, Rate
from channels.gateway.bounds import Bytes
from channels.gateway.intake import TRANSACTION
from channels.gateway.mllp import Listener, framed
from channels.gateway.rates import Bucket, Rates
from channels.receive import Door
from channels.settings import Mllp
from channels.watch import metrics
from tests.e2e.program import until
from tests.gateway.test_intake import Desk
from tests.gateway.test_mllp import Answers
from tests.plain import Flow, channel
from tests.remembering import NOBODY, emptied, memory, own
from tests.servers.redis import Redis

SLOW = channel(rate="3/h")


async def let_in(rates: Rates, count: int, client: str = "lab", where: Channel = SLOW) -> int:
    """How many of so many messages."""
    return sum([await rates.admit(where, client) == 0 for _ in range(count)])


def admitted(rates: Rates, count: int, client: str = "lab", where: Channel = SLOW) -> int:
    return asyncio.run(let_in(rates, count, client, where))


def fresh(url: str, namespace: str = "") -> Rates:
    return Rates(memory(url, namespace or f"test-{uuid.uuid4().hex}."))


def test_a_bucket_is_emptied_and_says_when_to_come_back() -> None:
    rates = Rates()
    assert admitted(rates, 5) == 3
    assert 0 < asyncio.run(rates.admit(SLOW, "lab")) <= 1200
    assert admitted(rates, 5, "another client") == 3
    assert admitted(rates, 5, where=channel("other", rate="2/h")) == 2
    assert admitted(rates, 50, where=channel("free")) == 50


def test_all_gateways_share_a_bucket_in_redis(redis_server: Redis) -> None:
    mine = f"test-{uuid.uuid4().hex}."
    assert admitted(fresh(redis_server.url, mine), 2) == 2
    assert admitted(fresh(redis_server.url, mine), 2) == 1
    assert admitted(fresh(redis_server.url, mine), 2, "another client") == 2


@pytest.mark.parametrize("where", ["redis", "alone"])
def test_what_a_body_holds_beyond_the_bucket_is_owed(where: str, redis_server: Redis) -> None:
    async def asked() -> None:
        rates = fresh(redis_server.url) if where == "redis" else Rates()
        steady = channel(rate="100/h")
        assert await rates.owe(steady, "lab", 100) == pytest.approx(0, abs=1)
        assert await rates.owe(steady, "lab", 10) == pytest.approx(360, abs=60)
        assert await rates.admit(steady, "lab") == pytest.approx(396, abs=60)
        assert await rates.owe(steady, "lab", 10**9) == pytest.approx(3600, abs=60), "an hour's worth at most"
        assert await rates.owe(steady, "lab", 0) == 0

    asyncio.run(asked())


@given(
    st.integers(1, 50),
    st.sampled_from("sm"),
    st.lists(st.tuples(st.integers(1, 9), st.floats(0, 30)), max_size=30),
)
def test_never_more_than_the_bucket_and_what_flowed_in(messages: int, a: str, sent: list[tuple[int, float]]) -> None:
    rate = Rate.model_validate(f"{messages}/{a}")
    bucket, now, let_in = Bucket(messages, 0.0), 0.0, 0
    for cost, later in sent:
        now += later
        wait = bucket.take(rate, cost, now, owed=False)
        if wait and cost <= messages:
            now += wait + 1e-6
            assert bucket.take(rate, cost, now, owed=False) == 0, "after the wait it is let in"
            wait = 0
        let_in += 0 if wait else cost
        assert let_in <= messages + now * rate.gain + 1e-3


def test_without_redis_and_when_it_dies_each_gateway_goes_on(redis_server: Redis, tmp_path: Path) -> None:
    assert admitted(fresh(NOBODY), 9) == 3

    async def killed(server: Redis) -> None:
        rates = fresh(server.url)
        assert await let_in(rates, 2) == 2
        server.kill()
        assert await let_in(rates, 9) == 3

    with own(tmp_path / "redis") as server:
        asyncio.run(killed(server))


def test_a_redis_that_was_emptied_gives_full_buckets(redis_server: Redis, tmp_path: Path) -> None:
    with own(tmp_path / "redis") as server:
        mine = f"test-{uuid.uuid4().hex}."
        assert admitted(fresh(server.url, mine), 9) == 3
        assert admitted(fresh(server.url, mine), 9) == 0
        emptied(server)
        assert admitted(fresh(server.url, mine), 9) == 3


def test_a_bucket_ends_by_itself_and_names_nobody(redis_server: Redis) -> None:
    mine = f"test-{uuid.uuid4().hex}."
    admitted(fresh(redis_server.url, mine), 1, "pharmacy-riad")
    with redis.Redis.from_url(redis_server.url) as client:
        (key,) = client.keys(f"{mine}*")
        assert client.ttl(key) > 0
        assert b"pharmacy" not in key + b"".join(client.hgetall(key))


def limited(folder: Path, rate: str) -> Desk:
    desk = Desk(folder)
    plain, *others = desk.flow.channels
    said = plain.said.model_copy(update={"rate": Rate.model_validate(rate)})
    desk.flow.live.take([replace(plain, said=said), *others])
    return desk


def test_http_over_the_rate_is_429_and_says_when_to_come_back(tmp_path: Path) -> None:
    desk = limited(tmp_path, "3/h")
    assert [desk.post(f"m{n} p1 hello".encode()).status_code for n in range(3)] == [200] * 3
    answer = desk.post(b"m4 p1 hello")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 1200
    assert TRANSACTION not in answer.headers
    assert "3 messages in 3600 s" in answer.json()["error"]
    assert "Retry-After" in answer.json()["remedy"]
    assert len(desk.kept()) == 3


def test_who_is_not_known_or_not_allowed_is_told_so_before_and_the_size_after(tmp_path: Path) -> None:
    desk = limited(tmp_path, "1/h")
    assert desk.post(auth=("lab", "wrong")).status_code == 401
    assert desk.post(name="closed").status_code == 403
    assert desk.post().status_code == 200
    assert desk.post(b"x" * 2000, headers={"Content-Type": "image/png"}).status_code == 429


def test_every_message_of_a_body_counts(tmp_path: Path) -> None:
    desk = limited(tmp_path, "5/h")
    assert desk.post(b"m1 p1 a\nm2 p1 a\nm3 p1 a\nm4 p1 a\nm5 p1 a\nm6 p1 a").status_code == 200
    assert desk.post().status_code == 429


async def sent(listener: Listener, *bodies: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = await listener.listen("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(map(framed, bodies)))
    return reader, writer


def test_an_mllp_sender_over_the_rate_is_slowed_never_refused_and_not_for_ever(tmp_path: Path) -> None:
    flow = Flow(tmp_path, channel("slowed", rate="2/h"))

    async def talk() -> None:
        door = Door(flow.gateway, flow.keys, b"secret", 5)
        listener = Listener(flow.channels, door, Mllp(), Bytes(100_000), Rates(longest=0.01))
        reader, writer = await sent(listener, *(f"m{number} p1 hello".encode() for number in range(6)))
        for number in range(6):
            assert await reader.readuntil(b"\x1c\r") == framed(f"yes m{number}".encode())
        writer.close()
        await listener.close()

    asyncio.run(talk())
    assert len(flow.read("wasl.received.slowed")) == 6
    until(lambda: metrics.value("wasl_rate_limited_total", channel="slowed") == 4)
    flow.close()


def test_the_answer_comes_first_and_then_the_next_frame_stays_unread(tmp_path: Path) -> None:
    paid = asyncio.Event()

    class Waiting(Rates):
        async def pause(self, client: str, sent: Iterable[tuple[Channel, int]]) -> None:
            assert client == "127.0.0.1"
            assert [(one.name, count) for one, count in sent] == [("plain", 2)]
            await paid.wait()

    async def talk() -> None:
        door = Answers()
        listener = Listener([channel(rate="1/h")], door, Mllp(), Bytes(100_000), Waiting())  # type: ignore[arg-type]
        reader, writer = await sent(listener, b"m1 p1 a\nm2 p1 b", b"m3 p1 c\nm4 p1 d")
        await reader.readuntil(b"\x1c\r")
        for _ in range(50):
            await asyncio.sleep(0)
        assert door.taken == [b"m1 p1 a", b"m2 p1 b"]
        paid.set()
        await reader.readuntil(b"\x1c\r")
        assert len(door.taken) == 4
        writer.close()
        await listener.close()

    asyncio.run(talk())
