"""The servers themselves: they come up, go down as told, and come back with what they had."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from tests.servers.installed import program
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres
from tests.servers.process import NotStarted, Process
from tests.servers.redis import Redis


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    cluster = Kafka(tmp_path_factory.mktemp("cluster"), brokers=3)
    yield cluster
    cluster.close()


def topic(kafka: Kafka, name: str, copies: int) -> None:
    client = KafkaAdminClient(bootstrap_servers=kafka.internal)
    client.create_topics([NewTopic(name, 1, copies)])
    client.close()


def said(kafka: Kafka, name: str, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka.internal.split(","), acks="all", enable_idempotence=True)
    producer.send(name, value).get(60)
    producer.close()


def heard(kafka: Kafka, name: str, count: int) -> list[bytes]:
    """Blocks until so many are there."""
    consumer = KafkaConsumer(
        bootstrap_servers=kafka.internal.split(","), auto_offset_reset="earliest", enable_auto_commit=False
    )
    consumer.assign([TopicPartition(name, 0)])
    found: list[bytes] = []
    while len(found) < count:
        for records in consumer.poll(500).values():
            found += [record.value for record in records]
    consumer.close()
    return found


def leader(kafka: Kafka, name: str) -> int:
    client = KafkaAdminClient(bootstrap_servers=kafka.internal.split(","))
    described = client.describe_topics([name])
    client.close()
    return int(described[0]["partitions"][0]["leader_id"])


def test_kafka_keeps_its_records_and_address_through_a_kill(tmp_path: Path) -> None:
    kafka = Kafka(tmp_path / "kafka")
    try:
        address = kafka.address
        topic(kafka, "kept", 1)
        said(kafka, "kept", b"before")
        kafka.kill()
        kafka.start()
        said(kafka, "kept", b"after")
        assert heard(kafka, "kept", 2) == [b"before", b"after"]
        assert kafka.address == address
    finally:
        kafka.close()


def test_three_brokers_elect_another_leader_when_one_is_killed(cluster: Kafka) -> None:
    topic(cluster, "led", 3)
    said(cluster, "led", b"by the first")
    first = leader(cluster, "led")
    cluster.kill(first)
    said(cluster, "led", b"by another")
    assert leader(cluster, "led") != first
    cluster.start(first)
    assert heard(cluster, "led", 2) == [b"by the first", b"by another"]


def test_postgresql_keeps_what_was_committed_through_a_kill(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / "postgres")
    try:
        url = postgres.database("kept")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        postgres.kill()
        postgres.start()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT one FROM kept").fetchall() == [(1,)]
        with psycopg.connect(postgres.database("kept")) as connection, pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT one FROM kept")
    finally:
        postgres.close()
    assert not postgres.data.exists()


def test_redis_comes_back_empty_at_the_same_address(tmp_path: Path) -> None:
    store = Redis(tmp_path / "redis")
    try:
        with redis.Redis.from_url(store.url) as client:
            client.set("key", "value")
        store.kill()
        store.start()
        with redis.Redis.from_url(store.url) as client:
            assert client.dbsize() == 0
    finally:
        store.close()


def test_the_folder_of_a_running_server_gives_that_server(tmp_path: Path) -> None:
    store = Redis(tmp_path / "redis")
    try:
        again = Redis(tmp_path / "redis")
        assert (again.url, again.pids) == (store.url, store.pids)
        again.kill()
        assert store.pids == []
    finally:
        store.close()


def test_a_server_that_ends_at_once_shows_its_last_words(tmp_path: Path) -> None:
    process = Process(tmp_path, "broken", [sys.executable, "-c", "raise SystemExit('no room')"])
    process.start()
    with pytest.raises(NotStarted, match=r"broken ended while starting.*\n.*no room"):
        process.wait_until(lambda: False)


def test_what_is_missing_is_named_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotStarted, match=r"redis-server is not here.*apt-get install redis-server.*docker compose"):
        program("redis-server")


def test_without_a_server_its_tests_are_skipped_here_and_fail_in_the_integration() -> None:
    one = f"{__file__}::test_redis_comes_back_empty_at_the_same_address"
    for ci, outcome in (("", "1 skipped"), ("true", "1 failed")):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-rsf", one],
            env={**os.environ, "PATH": "/nowhere", "CI": ci},
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome in done.stdout
        assert "redis-server is not here" in done.stdout


def test_a_command_runs_with_servers_that_are_gone_after_it_and_its_exit_code_is_kept(tmp_path: Path) -> None:
    script = f"""
import pathlib, sys
from tests.servers import __main__ as program, shared

shared.FOLDER = pathlib.Path({str(tmp_path)!r})
del shared.KINDS["kafka"]
code = program.main(["run", sys.executable, "-c", "raise SystemExit(7)"])
assert not any((shared.FOLDER / name).exists() for name in shared.KINDS)
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    assert "export WASL_DATABASE=postgresql://" in done.stdout
    assert "export WASL_REDIS=redis://" in done.stdout
