"""The Bus contract: a durable, partitioned log. `tests/contract/bus.py` is its battery."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from channels.bus.topics import Topic

AT_ONCE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `key` decides the partition and the order; it is opaque, never patient data.

    `offset` is 0 until the record was read from the bus.
    """

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    offset: int = 0


def portions(records: Iterable[Record]) -> Iterator[list[Record]]:
    """The records in runs of at most AT_ONCE bytes."""
    run: list[Record] = []
    size = 0
    for record in records:
        run.append(record)
        size += len(record.value)
        if size >= AT_ONCE:
            yield run
            run, size = [], 0
    if run:
        yield run


class Lost(Exception):
    """The partition of this batch went to another reader: drop the batch untouched, it will be read there."""


class Batch(Protocol):
    """Records of one read. Empty when nothing came for a second, so that the loop can look around."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Record]: ...

    def done(self, outputs: Sequence[Record] = ()) -> None:
        """Makes the outputs durable, then moves the position past this batch. Called once, by the reading thread.

        Raises Lost, or Unavailable when durability is unknown: then leave the loop and read again.
        """


class Bus(Protocol):
    """Delivers every published record at least once to every group, in order within a topic and key."""

    async def publish(self, records: Sequence[Record]) -> None:
        """Returns when durable. Raises Unavailable; a caller may retry, so a reader may see a record twice."""

    def read(self, group: str, topics: Sequence[str]) -> Generator[Batch, None, None]:
        """Blocks between batches, so it lives in a thread or process of its own; one reader owns a key at a time.

        A batch that was not done is read again after a crash, after a rebalance, or by the next call of `read`.
        Topics need not exist yet. Closing the iterator gives its partitions back.
        """

    def undone(self, groups: Sequence[str], topics: Sequence[str]) -> Iterator[Record]:
        """What at least one of these groups is not done with, in order within a topic and key. Changes nothing.

        For moving to another bus, while none of the groups reads. Blocks. Raises Unavailable.
        """

    def fetch(self, topic: str, offset: int, key: str) -> Record | None:
        """One record by its place, for the journal. None when it is no longer kept. Blocks."""

    def skip(self, group: str, topics: Sequence[str]) -> None:
        """Sets a group that never read to the end of the topics: a consumer that starts `now`. Blocks."""

    def prepare(self, topics: Sequence[Topic]) -> None:
        """Makes topics that are new, so that records can be published to them at once. Blocks. Raises Unavailable."""

    def ready(self) -> bool:
        """Whether records are taken now. Blocks, not for long. May raise: then it is not."""

    def lag(self, group: str, topics: Sequence[str]) -> Mapping[str, int]:
        """Records not yet done, by topic. Blocks."""

    def close(self) -> None:
        """Waits for what is being published; called once."""
