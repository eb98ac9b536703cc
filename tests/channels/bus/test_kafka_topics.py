"""Topics are made as the settings say, once, and never by accident."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    ResourcePattern,
    ResourceType,
)
from sqlalchemy import Engine

from channels.bus import large
from channels.bus.access import access
from channels.bus.bus import Record
from channels.bus.kafka import Cluster, KafkaBus
from channels.bus.large import Large
from channels.bus.topics import DAY, Topic
from channels.settings import Security
from registries.database import open_database
from schemas.message import Unavailable
from tests.e2e.program import until
from tests.servers.kafka import Kafka

SECRET = b"a secret of the tests, 32 bytes."
LAB, EVENTS, REGISTRY = Topic("wasl.received.lab", 90), Topic("wasl.events"), Topic("wasl.registry", compacted=True)
ASKED = ("cleanup.policy", "retention.ms", "min.insync.replicas", "unclean.leader.election.enable", "max.message.bytes")
JUDGED = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/large.db", large.metadata)
    yield engine
    engine.dispose()


@pytest.fixture
def namespace() -> str:
    return f"{uuid.uuid4().hex[:12]}."


@pytest.fixture
def admin(kafka: Kafka) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=kafka.internal)
    yield client
    client.close()


def cluster(kafka: Kafka, namespace: str, *topics: Topic, partitions: int = 5) -> Cluster:
    login = access(Security.model_validate(kafka.access.login), kafka.folder)
    return Cluster(kafka.address.removeprefix("kafka://").split(","), login, topics, namespace, partitions)


def made(where: Cluster, database: Engine) -> None:
    bus = KafkaBus(where, uuid.uuid4().hex, Large(database, SECRET))
    until(bus.ready, what="the topics")
    bus.close()


def found(admin: KafkaAdminClient, name: str) -> tuple[int, int, dict[str, str]]:
    """Partitions, copies and settings of a topic."""
    (topic,) = admin.describe_topics([name])
    told = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=list(ASKED))])
    said = {key: one["value"] for key, one in told["topic"][name].items()}
    return len(topic["partitions"]), len(topic["partitions"][0]["replica_nodes"]), said


def settings(cleanup: str, kept: int, copies: int) -> dict[str, str]:
    return dict(zip(ASKED, (cleanup, str(kept), str(copies), "false", "1048576"), strict=True))


def test_one_broker_keeps_one_copy_for_as_long_as_each_topic_says(
    kafka: Kafka, admin: KafkaAdminClient, database: Engine, namespace: str
) -> None:
    made(cluster(kafka, namespace, LAB, EVENTS, REGISTRY), database)
    assert found(admin, namespace + LAB.name) == (5, 1, settings("delete", 90 * DAY, 1))
    assert found(admin, namespace + EVENTS.name) == (5, 1, settings("delete", -1, 1))
    assert found(admin, namespace + REGISTRY.name) == (5, 1, settings("compact", -1, 1))


def test_three_brokers_keep_three_copies_of_which_two_confirm(tmp_path: Path, database: Engine, namespace: str) -> None:
    three = Kafka(tmp_path / "kafka", brokers=3)
    try:
        made(cluster(three, namespace, LAB, REGISTRY), database)
        client = KafkaAdminClient(bootstrap_servers=three.internal.split(","))
        assert found(client, namespace + LAB.name) == (5, 3, settings("delete", 90 * DAY, 2))
        assert found(client, namespace + REGISTRY.name) == (5, 3, settings("compact", -1, 2))
        client.close()
    finally:
        three.close()


def test_publishing_to_a_topic_that_is_not_there_is_unavailable_and_makes_none(
    kafka: Kafka, admin: KafkaAdminClient, database: Engine, namespace: str
) -> None:
    bus = KafkaBus(cluster(kafka, namespace, LAB), "member", Large(database, SECRET))
    until(bus.ready, what="the topics")
    with pytest.raises(Unavailable):
        asyncio.run(bus.publish([Record("wasl.received.nowhere", "k", b"v")]))
    asyncio.run(bus.publish([Record(LAB.name, "k", b"v")]))
    batches = bus.read("mediation", ["wasl.received.nowhere", LAB.name])
    assert [one.value for one in until(lambda: list(next(batches)) or None, what="the other topic")] == [b"v"]
    batches.close()
    bus.close()
    assert [name for name in admin.list_topics() if name.startswith(namespace)] == [namespace + LAB.name]


def test_a_topic_that_is_there_stays_as_it_is_and_the_log_says_what_differs(
    kafka: Kafka, admin: KafkaAdminClient, database: Engine, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    made(cluster(kafka, namespace, LAB), database)
    before = found(admin, namespace + LAB.name)
    assert "stays as it is" not in caplog.text
    made(cluster(kafka, namespace, Topic(LAB.name, 7, compacted=False), partitions=2), database)
    assert found(admin, namespace + LAB.name) == before
    said = f"{namespace}{LAB.name} stays as it is: retention.ms is {90 * DAY}, the settings ask for {7 * DAY}"
    assert said in caplog.text


def test_programs_that_start_at_once_make_each_topic_once(
    kafka: Kafka, admin: KafkaAdminClient, database: Engine, namespace: str
) -> None:
    where = cluster(kafka, namespace, LAB, EVENTS, REGISTRY)
    buses = [KafkaBus(where, f"member-{n}", Large(database, SECRET)) for n in range(5)]
    for bus in buses:
        until(bus.ready, what="the topics")
    for number, bus in enumerate(buses):
        asyncio.run(bus.publish([Record(LAB.name, "k", str(number).encode())]))
        bus.close()
    assert found(admin, namespace + LAB.name)[0] == 5


def test_who_may_not_make_topics_works_with_those_that_are_there(
    tmp_path: Path, database: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    kafka = Kafka(tmp_path / "kafka", security="scram", settings=JUDGED)
    admin = KafkaAdminClient(bootstrap_servers=kafka.internal)
    try:
        for kind, name in ((ResourceType.TOPIC, "wasl."), (ResourceType.GROUP, "wasl.")):
            for operation in (ACLOperation.READ, ACLOperation.WRITE, ACLOperation.DESCRIBE):
                if kind is ResourceType.TOPIC or operation is not ACLOperation.WRITE:
                    everything = ResourcePattern(kind, name, ACLResourcePatternType.PREFIXED)
                    admin.create_acls([ACL("User:wasl", "*", operation, ACLPermissionType.ALLOW, everything)])
        bus = KafkaBus(cluster(kafka, "", LAB), "member", Large(database, SECRET))
        until(lambda: "can't be made" in caplog.text, what="the refusal")
        assert "the topic wasl.received.lab is not there and can't be made" in caplog.text
        admin.create_topics({LAB.name: {"num_partitions": 2, "replication_factor": 1}})
        until(bus.ready, what="the topic that somebody else made")
        asyncio.run(bus.publish([Record(LAB.name, "k", b"v")]))
        batches = bus.read("mediation", [LAB.name])
        assert [one.value for one in until(lambda: list(next(batches)) or None, what="the record")] == [b"v"]
        batches.close()
        bus.close()
    finally:
        admin.close()
        kafka.close()
