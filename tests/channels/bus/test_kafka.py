"""Apache Kafka passes the battery of the embedded bus, on a real broker."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from channels.bus import kafka as kafka_bus
from channels.bus import large
from channels.bus.bus import Lost
from channels.bus.kafka import Cluster, KafkaBus
from channels.bus.kafka_reader import Reader
from channels.bus.large import Large
from channels.bus.topics import Topic
from registries.database import open_database
from schemas.message import Unavailable
from tests.contract.bus import TOPIC, BusBattery, in_order, numbers, record
from tests.e2e.program import until
from tests.servers.kafka import Kafka

OUTPUT = "wasl.events"
SEED, NUMBERS, KEYS = 4, 3_000, 30
SECRET = b"a secret of the tests, 32 bytes."
TOPICS = (Topic(TOPIC), Topic("wasl.received.pharmacy"), Topic("wasl.events"))


def nothing(_reader: Reader, seconds: float) -> dict[Any, Any]:
    time.sleep(seconds)
    return {}


class TestKafkaBus(BusBattery):
    @pytest.fixture(autouse=True)
    def cluster(self, kafka: Kafka, tmp_path: Path) -> Iterator[None]:
        brokers = kafka.address.removeprefix("kafka://").split(",")
        self.namespace = f"{uuid.uuid4().hex[:12]}."
        self.where = Cluster(brokers, {}, TOPICS, self.namespace, partitions=8)
        self.database = open_database(f"sqlite:///{tmp_path}/large.db", large.metadata)
        yield
        self.database.dispose()

    def bus(self, stage: str, member: int = 0, members: int = 1) -> KafkaBus:
        bus = KafkaBus(self.where, f"{stage}-{member}", Large(self.database, SECRET))
        until(bus.ready, what="the broker")
        return bus

    def test_a_reader_that_gets_nothing_while_something_waits_is_started_anew(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.publish(record(1))
        bus = self.bus("mediated")
        monkeypatch.setattr(kafka_bus, "QUIET", 1)
        with monkeypatch.context() as stuck:
            stuck.setattr(Reader, "_polled", nothing)
            with pytest.raises(Unavailable, match="stuck"):
                list(itertools.islice(bus.read("mediation", [TOPIC]), 10))
        assert numbers(self.take(bus.read("mediation", [TOPIC]), 1)) == [1]
        bus.close()

    def test_members_that_come_and_go_lose_nothing_and_keep_the_order_of_each_key(
        self, tell: Callable[[str], None]
    ) -> None:
        """Three of them, at random moments; each puts out what it reads."""
        stop, lost, turns = threading.Event(), Counter[str](), Counter[str]()

        def live(name: str, chance: random.Random) -> None:
            bus = self.bus(name)
            while not stop.is_set():
                batches, left = bus.read("mediation", [TOPIC]), chance.randrange(2, 12)
                turns[name] += 1
                try:
                    for batch in batches:
                        time.sleep(chance.choice([0, 0, 0.1, 2.5]))
                        batch.done([record(int(one.value), one.key, OUTPUT) for one in batch])
                        left -= 1
                        if stop.is_set() or not left:
                            break
                except Lost:
                    lost[name] += 1
                except Unavailable:
                    lost["unavailable"] += 1
                batches.close()
                stop.wait(chance.uniform(0, 1.5))
            bus.close()

        members = [threading.Thread(target=live, args=(f"member{n}", random.Random(SEED + n))) for n in range(3)]
        for member in members:
            member.start()
        chance, source = random.Random(SEED), self.bus("received")
        for start in range(0, NUMBERS, 25):
            asyncio.run(source.publish([record(n, f"feed {n % KEYS}") for n in range(start, start + 25)]))
            time.sleep(chance.uniform(0, 0.2))
        until(lambda: source.lag("mediation", [TOPIC])[TOPIC] == 0, what="the end of the work")
        stop.set()
        for member in members:
            member.join()
        outputs = list(source.undone(["nobody"], [OUTPUT]))
        source.close()
        firsts = {(one.key, one.value): one for one in reversed(outputs)}
        in_order([one for one in outputs if firsts[one.key, one.value] is one])
        assert sorted(int(value) for _, value in firsts) == list(range(NUMBERS))
        again = len(outputs) - len(firsts)
        tell(f"{NUMBERS} records, {turns.total()} times joined, {lost.total()} lost, {again} put out again")

    def test_a_batch_whose_partition_went_elsewhere_is_lost_and_leaves_no_output(self) -> None:
        self.publish(*(record(n, f"feed {n}") for n in range(200)))
        first, second = self.bus("first"), self.bus("second")
        batches, others = first.read("mediation", [TOPIC]), second.read("mediation", [TOPIC])
        held = until(lambda: one if len(one := next(batches)) else None, what="a batch of every partition")
        taken = until(lambda: one if len(one := next(others)) else None, what="what went to the second")
        with pytest.raises(Lost):
            held.done([record(-1, one.key, OUTPUT) for one in held])
        taken.done([record(int(one.value), one.key, OUTPUT) for one in taken])
        for reader, bus in ((batches, first), (others, second)):
            reader.close()
            assert set(numbers(list(bus.undone(["nobody"], [OUTPUT])))) == set(numbers(taken))
            bus.close()
