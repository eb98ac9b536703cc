"""Apache Kafka as the bus, through kafka-python.

At-least-once: outputs are acknowledged by the brokers before a position moves, and a batch of which a partition went
elsewhere is dropped untouched. No correctness rests on Kafka's transactions. Connections are made in the background,
for the client blocks while no broker answers; until then everything is Unavailable, and readers see nothing come.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import MemberToRemove, OffsetSpec
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError, OffsetOutOfRangeError
from kafka.structs import OffsetAndMetadata

from channels.bus.bus import Batch, Record, portions
from channels.bus.client import opened
from channels.bus.kafka_reader import BATCH_RECORDS, CONSUMER, NOTHING, TICK, Reader, place_of, record_of
from channels.bus.large import Large, is_large
from channels.bus.reason import why
from channels.bus.sending import PRODUCER, Sending, discard, spoils, unavailable
from channels.bus.topics import Topic, make
from schemas.message import Unavailable

IN_FLIGHT = 128 * 1024 * 1024
CONFIRMED = 12.0
FOUND_MS = 5_000
QUIET = 10  # ticks without a record

T = TypeVar("T")

log = logging.getLogger("wasl.kafka")


def group_name(namespace: str, group: str) -> str:
    """A reader's consumer group, as Kafka's own tools and the autoscaler see it."""
    return f"{namespace}wasl.{group}"


@dataclass(frozen=True)
class Cluster:
    """How to reach Kafka, and what must be there. `access`: as `access.access` gives it."""

    brokers: Sequence[str]
    access: Mapping[str, Any]
    topics: Sequence[Topic]
    namespace: str = ""
    partitions: int = 12
    replication: int | None = None

    @property
    def client(self) -> dict[str, Any]:
        """Arguments of every client."""
        return {
            "bootstrap_servers": list(self.brokers),
            "bootstrap_timeout_ms": 3_000,
            "reconnect_backoff_max_ms": 1_000,
            "metadata_max_age_ms": 30_000,
            **self.access,
        }


class KafkaBus:
    """The Bus of one process. `member` is its name in consumer groups: the same after a restart, no other's."""

    def __init__(self, cluster: Cluster, member: str, large: Large) -> None:
        self._cluster, self._member, self._large = cluster, member, large
        self._topics = {topic.name: topic for topic in cluster.topics}
        self._producer: KafkaProducer | None = None
        self._admin: KafkaAdminClient | None = None
        self._finder: KafkaConsumer | None = None
        self._asking, self._finding, self._counting = threading.Lock(), threading.Lock(), threading.Lock()
        self._under_way: dict[int, float] = {}  # since when, the oldest first
        self._bytes, self._numbers = 0, itertools.count()
        self._closed = threading.Event()
        self._connecting = self._connected()

    async def publish(self, records: Sequence[Record]) -> None:
        if any(map(is_large, records)):
            records = await asyncio.to_thread(self._large.lightened, records)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def settled(failure: Exception | None) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, future, failure)

        self._send(records, settled)
        await future

    def read(self, group: str, topics: Sequence[str]) -> Generator[Batch, None, None]:
        while (reader := self._reader(group, topics)) is None:
            self._closed.wait(TICK)
            yield NOTHING
        quiet = 0
        try:
            while True:
                batch = reader.next()
                quiet = 0 if len(batch) else quiet + 1
                if quiet >= QUIET:
                    self._look_after(reader, group, topics)
                    quiet = 0
                yield batch
        finally:
            reader.close()
            self._leave(group)

    def undone(self, groups: Sequence[str], topics: Sequence[str]) -> Iterator[Record]:
        names = [group_name(self._cluster.namespace, group) for group in groups]

        def spans(admin: KafkaAdminClient) -> dict[TopicPartition, tuple[int, int]]:
            every = self._everywhere(topics)
            starts = admin.list_partition_offsets(dict.fromkeys(every, OffsetSpec.EARLIEST))
            ends = admin.list_partition_offsets(dict.fromkeys(every, OffsetSpec.LATEST))
            known = admin.list_group_offsets(dict.fromkeys(names, every))
            done = {at: min(_committed(known[name], at) for name in names) for at in every}
            return {at: (max(starts[at].offset, done[at]), ends[at].offset) for at in every}

        for at, (start, end) in self._asked(spans).items():
            yield from self._span(at, start, end)

    def fetch(self, topic: str, offset: int, key: str) -> Record | None:
        partition, place = place_of(offset)
        at = TopicPartition(self._cluster.namespace + topic, partition)
        with self._finding:
            try:
                (found, *_) = self._found(at, place, 1)
            except OffsetOutOfRangeError:
                return None
        return self._large.whole(record_of(found, self._cluster.namespace)) if found.offset == place else None

    def _span(self, at: TopicPartition, start: int, end: int) -> Iterator[Record]:
        while start < end:
            with self._finding:
                found = self._found(at, start, BATCH_RECORDS)
            for read in found:
                yield self._large.whole(record_of(read, self._cluster.namespace))
            start = found[-1].offset + 1

    def lag(self, group: str, topics: Sequence[str]) -> Mapping[str, int]:
        lags = dict.fromkeys(topics, 0)
        for at, left in self._asked(lambda admin: self._left(admin, group, topics)).items():
            lags[at.topic.removeprefix(self._cluster.namespace)] += left
        return lags

    def skip(self, group: str, topics: Sequence[str]) -> None:
        name = group_name(self._cluster.namespace, group)

        def move(admin: KafkaAdminClient) -> None:
            every = self._everywhere(topics)
            known = admin.list_group_offsets({name: every})[name]
            ends = admin.list_partition_offsets(dict.fromkeys(every, OffsetSpec.LATEST))
            new = {at: OffsetAndMetadata(ends[at].offset, "", -1) for at in every if _committed(known, at) < 0}
            if new:
                admin.alter_group_offsets(name, new)

        self._asked(move)

    def prepare(self, topics: Sequence[Topic]) -> None:
        self._topics = {**self._topics, **{topic.name: topic for topic in topics}}
        self._asked(self._make)
        if (producer := self._producer) is not None:
            self._asked(lambda _admin: self._meet(producer))

    def ready(self) -> bool:
        return self._producer is not None and bool(self._asked(lambda admin: admin.describe_cluster()["brokers"]))

    def close(self) -> None:
        self._closed.set()
        self._connecting.join()
        if self._producer is not None:
            try:
                self._producer.flush(CONFIRMED)
            except KafkaError as error:
                log.warning("not everything was confirmed at the end: %s", type(error).__name__)
            discard(self._producer)
        for client in (self._finder, self._admin):
            if client is not None:
                client.close()

    def send(self, records: Sequence[Record]) -> None:
        """As `publish`, for a thread: in portions that fit in memory. Raises Unavailable."""
        for portion in portions(self._large.lightened(records)):
            outcomes: SimpleQueue[Exception | None] = SimpleQueue()
            self._send(portion, outcomes.put)
            try:
                failure = outcomes.get(timeout=CONFIRMED)
            except Empty:
                raise Unavailable("Kafka did not confirm in time", retry_after=5) from None
            if failure is not None:
                raise unavailable(failure)

    def _connected(self, spoilt: KafkaProducer | None = None) -> threading.Thread:
        thread = threading.Thread(target=self._connect, args=(spoilt,), name="kafka-connect", daemon=True)
        thread.start()
        return thread

    def _connect(self, spoilt: KafkaProducer | None) -> None:
        """Until there is a producer, in place of a spoilt one, or the bus is closed."""
        if spoilt is not None:
            discard(spoilt)
        told: set[str] = set()
        producer = None
        while not self._closed.is_set():
            try:
                self._admin = self._admin or opened(KafkaAdminClient, **self._cluster.client, request_timeout_ms=5_000)
                self._make(self._admin)
                producer = producer or KafkaProducer(**self._cluster.client, **PRODUCER)
                self._meet(producer)
                self._producer = producer
                return
            except (KafkaError, OSError, TimeoutError) as error:
                if (reason := why(self._cluster.client) or str(error)) not in told:
                    log.warning("Kafka is not reached: %s", reason)
                    told.add(reason)
                self._closed.wait(TICK)

    def _make(self, admin: KafkaAdminClient) -> None:
        """Every topic that should be there, where it is not."""
        topics = [replace(one, name=self._cluster.namespace + one.name) for one in self._topics.values()]
        make(admin, topics, self._cluster.partitions, self._cluster.replication)

    def _meet(self, producer: KafkaProducer) -> None:
        """So that the first message of a topic need not wait for it."""
        for name in self._topics:
            producer.partitions_for(self._cluster.namespace + name)

    def _send(self, records: Sequence[Record], settled: Callable[[Exception | None], None]) -> None:
        """Under way when this returns. Raises Unavailable."""
        size = sum(len(record.value) for record in records)
        with self._counting:
            producer, number = self._producer, next(self._numbers)
            if producer is None:
                raise Unavailable("Kafka is not reached", retry_after=5)
            if self._under_way and time.monotonic() - next(iter(self._under_way.values())) > CONFIRMED:
                self._replace(producer, "no answer")
                raise Unavailable("Kafka does not confirm", retry_after=5)
            if self._bytes + size > IN_FLIGHT:
                raise Unavailable("too much is on its way to Kafka", retry_after=5)
            self._under_way[number] = time.monotonic()
            self._bytes += size

        def landed(failure: Exception | None) -> None:
            with self._counting:
                if self._under_way.pop(number, None) is not None:
                    self._bytes -= size
                if failure is not None and spoils(failure) and self._producer is producer:
                    self._replace(producer, type(failure).__name__)
            settled(failure)

        Sending(producer, self._cluster.namespace, records, landed)

    def _replace(self, producer: KafkaProducer, why: str) -> None:
        """The producer is of no use any more: another one is made in the background."""
        log.warning("Kafka did not confirm: %s", why)
        self._producer, self._bytes = None, 0
        self._under_way.clear()
        self._connecting = self._connected(producer)

    def _reader(self, group: str, topics: Sequence[str]) -> Reader | None:
        """None while the brokers do not answer."""
        if self._producer is None:
            return None
        self._leave(group)
        named = {
            "group_id": group_name(self._cluster.namespace, group),
            "group_instance_id": f"{self._member}-{group}",
        }
        try:
            consumer = opened(KafkaConsumer, **self._cluster.client, **CONSUMER, **named)
        except KafkaError as error:
            log.warning("%s waits for Kafka: %s", group, type(error).__name__)
            return None
        return Reader(consumer, self._cluster.namespace, topics, self.send, self._large.whole)

    def _found(self, at: TopicPartition, place: int, count: int) -> Sequence[ConsumerRecord]:
        """At least one record from this place on. Raises OffsetOutOfRangeError, or Unavailable."""
        try:
            if self._finder is None:
                self._finder = opened(KafkaConsumer, **self._cluster.client, **_FINDER)
            self._finder.assign([at])
            self._finder.seek(at, place)
            found: Sequence[ConsumerRecord] = self._finder.poll(FOUND_MS, max_records=count).get(at, ())
        except OffsetOutOfRangeError:
            raise
        except KafkaError as error:
            raise unavailable(error) from None
        if not found:
            raise Unavailable("Kafka: the record did not come in time")
        return found

    def _look_after(self, reader: Reader, group: str, topics: Sequence[str]) -> None:
        """A reader that gets nothing for long, though something waits where it should read, is made anew: after an
        outage amid a rebalance kafka-python's consumer may never fetch again. Raises Unavailable.
        """
        waiting = 0
        with suppress(Unavailable):
            left = self._asked(lambda admin: self._left(admin, group, topics))
            waiting = sum(left.get(at, 0) for at in reader.assigned() or left)
        if waiting:
            log.warning("%s got nothing for %d s while %d records wait: it is started anew", group, QUIET, waiting)
            raise Unavailable("the reader got stuck")

    def _leave(self, group: str) -> None:
        """Gives back what this member has; also what it had before it was killed, which else it would come back to
        as it was: amid a rebalance that may be nothing, and nobody's turn to say so.
        """
        member = MemberToRemove(group_instance_id=f"{self._member}-{group}")
        name = group_name(self._cluster.namespace, group)
        with suppress(Unavailable):  # then the others wait for the session to end
            self._asked(lambda admin: admin.remove_group_members(name, [member]))

    def _asked(self, question: Callable[[KafkaAdminClient], T]) -> T:
        if self._admin is None:
            raise Unavailable("Kafka is not reached yet")
        try:
            with self._asking:
                return question(self._admin)
        except (KafkaError, OSError, TimeoutError, RuntimeError) as error:  # the last: closed by another thread
            raise unavailable(error) from None

    def _left(self, admin: KafkaAdminClient, group: str, topics: Sequence[str]) -> dict[TopicPartition, int]:
        if not (every := self._everywhere(topics)):
            return {}
        name = group_name(self._cluster.namespace, group)
        ends = admin.list_partition_offsets(dict.fromkeys(every, OffsetSpec.LATEST))
        starts = admin.list_partition_offsets(dict.fromkeys(every, OffsetSpec.EARLIEST))
        known = admin.list_group_offsets({name: every})[name]
        return {at: ends[at].offset - max(starts[at].offset, _committed(known, at)) for at in every}

    def _everywhere(self, topics: Iterable[str]) -> list[TopicPartition]:
        """Every partition of these topics."""
        if self._producer is None:
            raise Unavailable("Kafka is not reached yet")
        names = [self._cluster.namespace + topic for topic in topics]
        return [TopicPartition(name, n) for name in names for n in sorted(self._producer.partitions_for(name) or ())]


_FINDER = {
    "metrics_enabled": False,
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "allow_auto_create_topics": False,
}


def _committed(known: Mapping[TopicPartition, OffsetAndMetadata], at: TopicPartition) -> int:
    """-1 when the group never committed there."""
    return known[at].offset if at in known else -1


def _settle(future: asyncio.Future[None], failure: Exception | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(None)
    else:
        future.set_exception(unavailable(failure))
