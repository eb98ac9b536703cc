"""Records on their way to Kafka: settled once the brokers confirmed every one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from kafka import KafkaProducer
from kafka.errors import AuthorizationError, KafkaError, KafkaTimeoutError, MessageSizeTooLargeError
from kafka.partitioner.abc import Partitioner
from kafka.partitioner.default import murmur2

from channels.bus.bus import Record
from schemas.message import Unavailable


class Unsent(Exception):
    """Never on its way: no such topic, or no room. Says by name what the client reported."""


class Sending:
    """Some records of one call, under way once this is made. `settled` is called once, by whatever thread, when nothing
    of them is on its way any more: with None when all are durable, else with what went wrong.
    """

    __slots__ = ("_failure", "_left", "_lock", "_settled")

    def __init__(
        self,
        producer: KafkaProducer,
        namespace: str,
        records: Sequence[Record],
        settled: Callable[[Exception | None], None],
    ) -> None:
        self._left, self._settled = len(records), settled
        self._failure: Exception | None = None
        self._lock = threading.Lock()
        if not records:
            settled(None)
        for record in records:
            headers = [(name, value.encode()) for name, value in record.headers.items()]
            try:
                sent = producer.send(namespace + record.topic, record.value, record.key.encode(), headers)
            except KafkaTimeoutError as error:
                self._confirmed(Unsent(type(error).__name__))
            except (KafkaError, AssertionError, ValueError) as error:  # the last two: it was closed by another thread
                self._confirmed(error)
            else:
                sent.add_both(self._confirmed)

    def _confirmed(self, outcome: object) -> None:
        with self._lock:
            self._left -= 1
            if isinstance(outcome, Exception) and (self._failure is None or spoils(outcome)):
                self._failure = outcome
            if self._left > 0:
                return
        self._settled(self._failure)


class ByKey(Partitioner):  # type: ignore[misc]
    """As every Kafka client does it by default (murmur2 of the key), with the hash of a key remembered."""

    def partition(
        self, topic: str, key: Any, serialized_key: bytes, value: Any, serialized_value: bytes, cluster: Any
    ) -> int:
        return _hash(serialized_key) % len(cluster.partitions_for_topic(topic))


@lru_cache(maxsize=65_536)
def _hash(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


# Idempotent, or it raises. Every time-out is below the 10 s in which a sender is answered.
PRODUCER = {
    "acks": "all",
    "enable_idempotence": True,
    "delivery_timeout_ms": 8_000,
    "request_timeout_ms": 3_000,
    "max_block_ms": 1_000,
    "linger_ms": 0,
    "batch_size": 262_144,
    "compression_type": "lz4",
    "max_request_size": 1_048_576,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
    "partitioner": ByKey(),
}


def spoils(failure: Exception) -> bool:
    """Whether the producer is of no use after this failure.

    An idempotent one whose batch expired asks for no new producer id, and sends nothing for ever (kafka-python 3.0.12).
    """
    return not isinstance(failure, (MessageSizeTooLargeError, AuthorizationError, Unsent))


def discard(producer: KafkaProducer) -> None:
    """Ends it at once; what it holds fails."""
    try:
        producer.close(timeout=0)
    except KafkaError:  # it has records that will never go: its close does not get beyond them
        producer._sender.force_close()


def unavailable(error: BaseException) -> Unavailable:
    """What Kafka's client reports, by its name only: its text may hold what was sent."""
    name = str(error) if isinstance(error, Unsent) else type(error).__name__
    return Unavailable(f"Kafka: {name}", retry_after=5)
