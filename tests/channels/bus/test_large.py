"""What is too large for a record of Kafka goes by claim check: once in the database, whole for whoever reads it."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import Engine, delete, func, select, update

from channels.bus.bus import Record
from channels.bus.kafka import Cluster, KafkaBus
from channels.bus.large import LARGE, Large, size_of, values
from channels.bus.topics import Topic
from channels.migrations.store import STORES
from registries.database import open_database
from schemas.message import Unavailable
from tests.e2e.program import until
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres

TOPIC = "wasl.received.radiology"
SECRET = b"a secret of the tests, 32 bytes."
MEGABYTE = 1024 * 1024


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url, store="bus")
    STORES["bus"].migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def cluster(kafka: Kafka) -> Cluster:
    brokers = kafka.address.removeprefix("kafka://").split(",")
    return Cluster(brokers, {}, [Topic(TOPIC)], f"{uuid.uuid4().hex[:12]}.", partitions=1)


@pytest.fixture
def bus(cluster: Cluster, database: Engine) -> Iterator[KafkaBus]:
    bus = KafkaBus(cluster, "member", Large(database, SECRET))
    until(bus.ready, what="the broker")
    yield bus
    bus.close()


def image(size: int, mark: int = 0) -> Record:
    return Record(TOPIC, "feed", bytes([mark]) * size, {"transaction": str(mark)})


def read(bus: KafkaBus, count: int) -> list[Record]:
    found: list[Record] = []
    batches = bus.read("mediation", [TOPIC])
    for batch in batches:
        found += batch
        batch.done()
        if len(found) >= count:
            break
    batches.close()
    return found


def kept(database: Engine) -> int:
    with database.connect() as connection:
        return connection.scalar(select(func.count()).select_from(values)) or 0


def test_large_values_go_through_and_only_their_digests_stand_on_the_topic(
    bus: KafkaBus, cluster: Cluster, database: Engine
) -> None:
    sent = [image(LARGE, 1), image(LARGE + 1, 2), image(3 * MEGABYTE, 3), image(16 * MEGABYTE, 4)]
    for record in sent:
        asyncio.run(bus.publish([record]))
    found = read(bus, len(sent))
    assert [(one.value, dict(one.headers)) for one in found] == [(one.value, dict(one.headers)) for one in sent]
    assert bus.fetch(TOPIC, found[3].offset, "feed") == found[3]
    consumer = KafkaConsumer(bootstrap_servers=list(cluster.brokers), auto_offset_reset="earliest")
    consumer.assign([TopicPartition(cluster.namespace + TOPIC, 0)])
    raw = [one for page in iter(lambda: consumer.poll(5000, max_records=4), {}) for one in next(iter(page.values()))]
    consumer.close()
    assert [len(one.value) for one in raw] == [LARGE, 0, 0, 0]
    assert [size_of(one.headers, one.value) for one in raw] == [len(one.value) for one in sent]
    assert kept(database) == 3


def test_the_same_bytes_are_kept_once(bus: KafkaBus, database: Engine) -> None:
    for _ in range(3):
        asyncio.run(bus.publish([image(MEGABYTE), image(MEGABYTE)]))
    assert kept(database) == 1
    assert [len(one.value) for one in read(bus, 6)] == [MEGABYTE] * 6


def test_a_value_that_is_gone_comes_empty(bus: KafkaBus, database: Engine) -> None:
    asyncio.run(bus.publish([image(MEGABYTE), image(5)]))
    with database.begin() as connection:
        connection.execute(delete(values))
    assert [len(one.value) for one in read(bus, 2)] == [0, 5]


def test_without_the_database_large_values_wait_and_small_ones_pass(tmp_path: Path, cluster: Cluster) -> None:
    own = Postgres(tmp_path / "postgres")
    engine = open_database(own.database("wasl"), store="bus")
    STORES["bus"].migrate(engine)
    bus = KafkaBus(cluster, "member", Large(engine, SECRET))
    try:
        until(bus.ready, what="the broker")
        asyncio.run(bus.publish([image(MEGABYTE, 1)]))
        own.kill()
        with pytest.raises(Unavailable):
            asyncio.run(bus.publish([image(MEGABYTE, 2)]))
        asyncio.run(bus.publish([image(5, 3)]))
        with pytest.raises(Unavailable):
            next(bus.read("mediation", [TOPIC]))
        own.start()
        until(lambda: published(bus, image(MEGABYTE, 2)), what="the database again")
        assert [one.value[0] for one in read(bus, 3)] == [1, 3, 2]
    finally:
        bus.close()
        engine.dispose()
        own.close()


def published(bus: KafkaBus, record: Record) -> bool:
    try:
        asyncio.run(bus.publish([record]))
    except Unavailable:
        return False
    return True


def test_what_is_old_enough_is_forgotten_topic_by_topic(database: Engine) -> None:
    large, other = Large(database, SECRET), Record("wasl.events", "person", b"e" * MEGABYTE)
    large.lightened([image(MEGABYTE), other])
    tomorrow = time.time_ns() // 1000 + 86_400_000_000
    assert large.forget(TOPIC, 0) == 0
    assert large.forget(TOPIC, tomorrow) == 1
    (event,) = large.lightened([other])
    assert large.whole(event) == other


def test_what_is_published_again_is_kept_as_long_as_its_last_record(database: Engine) -> None:
    large = Large(database, SECRET)
    large.lightened([image(MEGABYTE)])
    between = time.time_ns() // 1000 + 1
    (again,) = large.lightened([image(MEGABYTE)])
    assert large.forget(TOPIC, between) == 0
    assert large.whole(again) == image(MEGABYTE)


@pytest.mark.parametrize("claim", ["\0", "x", "0" * 64, "f" * 500_000, "é"])
def test_a_claim_that_nobody_of_ours_wrote_is_of_nothing(database: Engine, claim: str) -> None:
    assert Large(database, SECRET).whole(Record(TOPIC, "k", b"", {"claim": claim})) == Record(TOPIC, "k", b"")


@pytest.mark.parametrize("size", [None, b"", b"-1", b"9" * 5000, "٣".encode()])
def test_a_size_that_nobody_of_ours_wrote_is_not_believed(size: bytes | None) -> None:
    assert size_of([("claim_size", size)], b"value") == 5


def test_what_is_large_is_not_readable_in_the_database(database: Engine) -> None:
    large, event = Large(database, SECRET), Record("wasl.events", "person", b"Zwiknarbi" * MEGABYTE)
    (check,) = large.lightened([event])
    with database.connect() as connection:
        (value,) = connection.scalars(select(values.c.value))
    assert b"Zwiknarbi" not in value
    assert large.whole(check) == event
    assert large.whole(replace(check, headers={"claim": "0" * 64})).value == b""


def test_what_an_older_program_kept_in_clear_is_read(database: Engine) -> None:
    event = Record("wasl.events", "person", b"Zwiknarbi" * MEGABYTE)
    (check,) = Large(database, SECRET).lightened([event])
    with database.begin() as connection:
        connection.execute(update(values).values(value=event.value))
    assert Large(database, SECRET).whole(check) == event
