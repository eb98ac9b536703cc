"""Apache Kafka passes the battery of the embedded bus, on a real broker."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.bus import large
from channels.bus.kafka import Cluster, KafkaBus
from channels.bus.large import Large
from channels.bus.topics import Topic
from registries.database import open_database
from tests.contract.bus import TOPIC, BusBattery
from tests.e2e.program import until
from tests.servers.kafka import Kafka

TOPICS = (Topic(TOPIC), Topic("wasl.received.pharmacy"), Topic("wasl.events"))


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
        bus = KafkaBus(self.where, f"{stage}-{member}", Large(self.database))
        until(bus.ready, what="the broker")
        return bus
