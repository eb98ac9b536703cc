"""One member of a Kafka consumer group: reads its partitions, and knows when one went elsewhere."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError, RebalanceInProgressError, RetriableError
from kafka.structs import OffsetAndMetadata

from channels.bus import foreign
from channels.bus.bus import Lost, Record
from channels.bus.large import size_of
from channels.bus.sending import unavailable

TICK = 1.0
JOINING = 5.0
BATCH_RECORDS = 256
BATCH_BYTES = 16 * 1024 * 1024
COMMIT_MS = 8_000
KEEPING_MS = 300  # a poll that does not wait never gets through a rebalance
SUSPECT = 5.0

# A member has a name of its own, by which it removes its dead self after a crash; a short session, if it never returns.
# Members learn of a rebalance by their heartbeat, so it comes often.
CONSUMER = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "allow_auto_create_topics": False,
    "partition_assignment_strategy": (CooperativeStickyAssignor,),
    "session_timeout_ms": 10_000,
    "heartbeat_interval_ms": 1_000,
    "max_poll_interval_ms": 60_000,
    "max_poll_records": BATCH_RECORDS,
    "fetch_max_bytes": BATCH_BYTES,
    "max_partition_fetch_bytes": 2 * 1024 * 1024,
    "metrics_enabled": False,
}

log = logging.getLogger("wasl.kafka")

foreign.tolerate()


class Reader:
    """Used by one thread. While it is busy with a batch for long, a thread of its own keeps the membership: it polls
    with every partition paused, so that a rebalance need not wait for a slow consumer.
    """

    def __init__(
        self,
        consumer: KafkaConsumer,
        namespace: str,
        topics: Sequence[str],
        send: Callable[[Sequence[Record]], None],
        whole: Callable[[Record], Record],
    ) -> None:
        self._consumer, self._namespace, self._send, self._whole = consumer, namespace, send, whole
        self._fetched: deque[tuple[int, ConsumerRecord]] = deque()
        self._tenures = Tenures()
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._busy_since: float | None = None
        consumer.subscribe(topics=[namespace + topic for topic in topics], listener=self._tenures)
        threading.Thread(target=self._keep, name="kafka-keep", daemon=True).start()

    def next(self) -> KafkaBatch:
        """The next records, or an empty batch after a tick without any. Raises Lost or Unavailable."""
        with self._lock:
            self._busy_since = None
            until = time.monotonic() + TICK
            joined_by = time.monotonic() + JOINING
            while not self._fetched and (left := until - time.monotonic()) > 0:
                self._poll(left)
                if not self._consumer.assignment() and time.monotonic() < joined_by:
                    until = time.monotonic() + TICK  # the group is still deciding
            batch = self._batch()
            self._busy_since = time.monotonic()
        return batch

    def assigned(self) -> set[TopicPartition]:
        """The partitions to read, as far as the group has decided."""
        with self._lock:
            return set(self._consumer.assignment())

    def close(self) -> None:
        """Ends the reading; its batches are lost from here on. The group is not left."""
        self._closed.set()
        with self._lock, suppress(KafkaError):
            self._consumer.close(autocommit=False, timeout_ms=2_000)

    def done(self, batch: KafkaBatch, outputs: Sequence[Record]) -> None:
        with self._lock:
            if self._busy_since is not None and time.monotonic() - self._busy_since > SUSPECT:
                # it may have been taken for dead meanwhile: the group is asked before anything is put out
                self._commit(batch, batch.starts)
            self._check(batch)
            self._send(outputs)
            self._commit(batch, batch.positions)

    def _commit(self, batch: KafkaBatch, positions: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
        """Raises Lost, or Unavailable."""
        until = time.monotonic() + JOINING
        while True:
            self._check(batch)
            try:
                self._consumer.commit(dict(positions), timeout_ms=COMMIT_MS)
                return
            except RebalanceInProgressError as error:  # what stays ours through it can still be committed
                if time.monotonic() > until:
                    raise Lost(type(error).__name__) from None
                self._pause_and_poll(100)
            except RetriableError as error:
                raise unavailable(error) from None
            except KafkaError as error:
                raise Lost(type(error).__name__) from None

    def _check(self, batch: KafkaBatch) -> None:
        if self._closed.is_set() or batch.tenures != self.tenures(batch.positions):
            raise Lost("a partition of this batch went elsewhere")

    def _batch(self) -> KafkaBatch:
        taken: list[ConsumerRecord] = []
        size = 0
        while self._fetched and len(taken) < BATCH_RECORDS and size < BATCH_BYTES:
            tenure, one = self._fetched.popleft()
            if tenure == self._tenures.of(TopicPartition(one.topic, one.partition)):  # else it went elsewhere meanwhile
                taken.append(one)
                size += size_of(one.headers, one.value)
        records = [self._whole(record_of(one, self._namespace)) for one in taken]
        return KafkaBatch(self, records, taken)

    def tenures(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return {at: self._tenures.of(at) for at in places}

    def _poll(self, seconds: float) -> None:
        if paused := self._consumer.paused():
            self._consumer.resume(*paused)
        self._take(self._polled(seconds))

    def _pause_and_poll(self, milliseconds: int) -> None:
        if assigned := self._consumer.assignment():
            self._consumer.pause(*assigned)
        self._take(self._polled(milliseconds / 1000))

    def _polled(self, seconds: float) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        try:
            found: Mapping[TopicPartition, Sequence[ConsumerRecord]] = self._consumer.poll(round(seconds * 1000))
            return found
        except RetriableError as error:
            raise unavailable(error) from None
        except KafkaError as error:
            raise Lost(type(error).__name__) from None

    def _take(self, found: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        for at, records in found.items():
            tenure = self._tenures.of(at)
            self._fetched.extend((tenure, one) for one in records)

    def _keep(self) -> None:
        while not self._closed.wait(TICK):
            busy = self._busy_since
            if busy is None or time.monotonic() - busy < TICK or not self._lock.acquire(blocking=False):
                continue
            try:
                if not self._closed.is_set():
                    self._pause_and_poll(KEEPING_MS)
            except Exception as error:  # the reading thread will meet it too, where it can be dealt with
                log.debug("while busy: %s", type(error).__name__)
            finally:
                self._lock.release()


class Tenures(ConsumerRebalanceListener):  # type: ignore[misc]
    """Which partitions are ours, and since which assignment: a batch of an earlier one is lost."""

    def __init__(self) -> None:
        self._since: dict[TopicPartition, int] = {}
        self._count = itertools.count(1)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        for at in revoked:
            self._since.pop(at, None)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        for at in assigned:
            self._since[at] = next(self._count)

    def of(self, at: TopicPartition) -> int:
        """0 for a partition that is not ours."""
        return self._since.get(at, 0)


class KafkaBatch:
    """`positions`: what to commit once it is done; `starts`: where it began."""

    def __init__(self, reader: Reader | None, records: Sequence[Record], taken: Sequence[ConsumerRecord]) -> None:
        self._reader, self._records = reader, records
        self.positions = {TopicPartition(one.topic, one.partition): _at(one.offset + 1) for one in taken}
        self.starts = {TopicPartition(one.topic, one.partition): _at(one.offset) for one in reversed(taken)}
        self.tenures = reader.tenures(self.positions) if reader else {}

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def done(self, outputs: Sequence[Record] = ()) -> None:
        if self._reader and (self._records or outputs):
            self._reader.done(self, outputs)


NOTHING = KafkaBatch(None, (), ())  # what a reader sees while Kafka is not reached


def _at(place: int) -> OffsetAndMetadata:
    return OffsetAndMetadata(place, "", -1)


def record_of(read: Any, namespace: str) -> Record:
    """A record of Kafka as ours. What somebody else wrote there may have no key, headers or value that we would."""
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in read.headers}
    topic = read.topic.removeprefix(namespace)
    key = (read.key or b"").decode("utf-8", "replace")
    return Record(topic, key, read.value or b"", headers, offset_of(read.partition, read.offset))


def offset_of(partition: int, place: int) -> int:
    """Partition and place in it as one number (a topic has at most 65,536 partitions)."""
    return place << 16 | partition


def place_of(offset: int) -> tuple[int, int]:
    """The partition, and the place in it."""
    return offset & 0xFFFF, offset >> 16
