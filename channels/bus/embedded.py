"""The embedded bus: one SQLite file a stage, on one machine, with no server.

Each process writes the file of its own stage and reads the others, so a file has one kind of writer. A reader's
position is kept in the file it writes its outputs to: outputs and position are one commit. Slots (partitions) are
owned by OS locks, which the kernel frees when a process dies. What records hold is sealed (sealed.py).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from channels.bus.bus import Batch, Lost, Record
from channels.bus.sealed import Envelope, seal_standing
from channels.bus.topics import Topic
from registries.database import WAITING, write_ahead
from schemas.message import Unavailable

STAGES = ("received", "mediated", "delivered", "settled")
SLOTS = 8
BATCH_RECORDS = 256
BATCH_BYTES = 16 * 1024 * 1024
GROUP_RECORDS = 4096
TICK = 1.0
POLL, LONGEST_POLL = 0.001, 0.02

_TABLES = """
CREATE TABLE IF NOT EXISTS topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS records (
    place INTEGER PRIMARY KEY AUTOINCREMENT, topic INTEGER NOT NULL, slot INTEGER NOT NULL, key TEXT NOT NULL,
    headers BLOB NOT NULL, value BLOB NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS records_by_topic ON records (topic);
CREATE TABLE IF NOT EXISTS positions (
    reader TEXT NOT NULL, source TEXT NOT NULL, topic TEXT NOT NULL, slot INTEGER NOT NULL, place INTEGER NOT NULL,
    PRIMARY KEY (reader, source, topic, slot)) WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """A connection that loses nothing it committed, even when the power goes (synchronous=FULL)."""
    connection = sqlite3.connect(path, timeout=WAITING, isolation_level=None, check_same_thread=False)
    write_ahead(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    return connection


def slot_of(key: str) -> int:
    return zlib.crc32(key.encode()) % SLOTS


class Stage:
    """One file of the bus, as its writers see it. Safe to use from several threads."""

    def __init__(self, path: Path, envelope: Envelope) -> None:
        self.path, self._envelope = path, envelope
        self._lock = threading.Lock()
        self._connection = connect(path)
        self._connection.executescript(_TABLES)
        self._topics: dict[str, int] = {}

    def append(self, records: Sequence[Record], positions: Sequence[tuple[str, str, str, int, int]] = ()) -> None:
        """Records and positions in one commit. Raises Unavailable when they may not be durable."""
        with self._lock, self._transaction() as connection:
            at = time.time_ns() // 1000
            connection.executemany(
                "INSERT INTO records (topic, slot, key, headers, value, at) VALUES (?, ?, ?, ?, ?, ?)",
                [(self._topic(r.topic), slot_of(r.key), r.key, *self._envelope.sealed(r), at) for r in records],
            )
            connection.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?)", positions)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._topics.clear()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise Unavailable(f"the bus can't write {self.path.name}: {error}") from error

    def _topic(self, name: str) -> int:
        if (number := self._topics.get(name)) is None:
            self._connection.execute("INSERT OR IGNORE INTO topics (name) VALUES (?)", (name,))
            (number,) = self._connection.execute("SELECT id FROM topics WHERE name = ?", (name,)).fetchone()
            self._topics[name] = number
        return number

    def close(self) -> None:
        with self._lock:
            self._connection.close()


@dataclass(slots=True)
class _Waiting:
    records: Sequence[Record]
    future: asyncio.Future[None]


class EmbeddedBus:
    """The Bus of one process. `stage` is the file it writes; `secret` seals what it keeps, the same for every process;
    `member` of `members` readers share a group's slots."""

    def __init__(self, folder: Path, stage: str, secret: bytes, member: int = 0, members: int = 1) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._member, self._members = folder, member, members
        self._envelope = Envelope(secret)
        for name in STAGES:
            Stage(folder / f"{name}.db", self._envelope).close()
        self._stage = Stage(folder / f"{stage}.db", self._envelope)
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name=f"bus-{stage}", daemon=True)
        self._writer.start()

    async def publish(self, records: Sequence[Record]) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put(_Waiting(records, future))
        await future

    def _write(self) -> None:
        """Group commit: everything that came while the last commit was under way goes into the next one."""
        while (first := self._queue.get()) is not None:
            group = [first]
            while not self._queue.empty() and len(group) < GROUP_RECORDS:
                if (more := self._queue.get()) is None:
                    self._queue.put(None)
                    break
                group.append(more)
            try:
                self._stage.append([record for waiting in group for record in waiting.records])
                failure = None
            except Unavailable as error:
                failure = error
            for loop in {waiting.future.get_loop() for waiting in group}:
                mine = [waiting.future for waiting in group if waiting.future.get_loop() is loop]
                _tell(loop, mine, failure)

    def read(self, group: str, topics: Sequence[str]) -> Generator[Batch, None, None]:
        slots = [slot for slot in range(SLOTS) if slot % self._members == self._member]
        with _owned(self._folder, group, slots):
            reader = _Reader(self._folder, group, topics, slots, self._stage, self._envelope)
            with closing(reader):
                while True:
                    yield reader.next()

    def undone(self, groups: Sequence[str], topics: Sequence[str]) -> Iterator[Record]:
        positions = [_positions(self._folder, group) for group in groups]
        for number, stage in enumerate(STAGES):
            with closing(connect(self._folder / f"{stage}.db")) as connection:
                for topic in topics:
                    done = [min(at.get((stage, topic, slot), 0) for at in positions) for slot in range(SLOTS)]
                    for place, slot, key, headers, value in connection.execute(
                        "SELECT place, slot, key, headers, value FROM records"
                        " WHERE place > ? AND topic = (SELECT id FROM topics WHERE name = ?) ORDER BY place",
                        (min(done), topic),
                    ):
                        if place > done[slot]:
                            yield self._envelope.opened(topic, key, headers, value, place * len(STAGES) + number)

    def fetch(self, topic: str, offset: int, key: str) -> Record | None:
        place, stage = divmod(offset, len(STAGES))
        with closing(connect(self._folder / f"{STAGES[stage]}.db")) as connection:
            row = connection.execute(
                "SELECT key, headers, value FROM records"
                " WHERE place = ? AND topic = (SELECT id FROM topics WHERE name = ?)",
                (place, topic),
            ).fetchone()
        return self._envelope.opened(topic, row[0], row[1], row[2], offset) if row else None

    def lag(self, group: str, topics: Sequence[str]) -> Mapping[str, int]:
        positions = _positions(self._folder, group)
        lags = dict.fromkeys(topics, 0)
        for stage in STAGES:
            with closing(connect(self._folder / f"{stage}.db")) as connection:
                for topic in topics:
                    at = min(positions.get((stage, topic, slot), 0) for slot in range(SLOTS))
                    (count,) = connection.execute(
                        "SELECT count(*) FROM records"
                        " WHERE topic = (SELECT id FROM topics WHERE name = ?) AND place > ?",
                        (topic, at),
                    ).fetchone()
                    lags[topic] += count
        return lags

    def skip(self, group: str, topics: Sequence[str]) -> None:
        rows = []
        positions = _positions(self._folder, group)
        for stage in STAGES:
            with closing(connect(self._folder / f"{stage}.db")) as connection:
                (end,) = connection.execute("SELECT coalesce(max(place), 0) FROM records").fetchone()
            rows += [
                (group, stage, topic, slot, end)
                for topic in topics
                for slot in range(SLOTS)
                if (stage, topic, slot) not in positions
            ]
        self._stage.append([], rows)

    def prepare(self, topics: Sequence[Topic]) -> None:
        """A topic is made by its first record."""

    def seal(self) -> None:
        """Seals what a program before this one left in clear, before anybody else opens the bus. Blocks."""
        for stage in STAGES:
            with closing(connect(self._folder / f"{stage}.db")) as connection:
                seal_standing(connection, self._envelope, f"bus/{stage}.db")

    def ready(self) -> bool:
        for stage in STAGES:
            with closing(connect(self._folder / f"{stage}.db")) as connection:
                connection.execute("SELECT count(*) FROM positions")
        return True

    def close(self) -> None:
        self._queue.put(None)
        self._writer.join()
        self._stage.close()


def _tell(loop: asyncio.AbstractEventLoop, futures: list[asyncio.Future[None]], failure: Unavailable | None) -> None:
    def settle() -> None:
        for future in futures:
            if future.done():
                continue
            if failure is None:
                future.set_result(None)
            else:
                future.set_exception(failure)

    if not loop.is_closed():
        loop.call_soon_threadsafe(settle)


def _positions(folder: Path, group: str) -> dict[tuple[str, str, int], int]:
    """The furthest position of a group, wherever it was written: by (source stage, topic, slot)."""
    found: dict[tuple[str, str, int], int] = {}
    for stage in STAGES:
        with closing(connect(folder / f"{stage}.db")) as connection:
            rows = connection.execute("SELECT source, topic, slot, place FROM positions WHERE reader = ?", (group,))
            for source, topic, slot, place in rows:
                found[source, topic, slot] = max(place, found.get((source, topic, slot), 0))
    return found


@contextmanager
def _owned(folder: Path, group: str, slots: Sequence[int]) -> Iterator[None]:
    """Holds the OS locks of these slots, waiting until whoever holds them is gone."""
    locks = folder / "locks"
    locks.mkdir(exist_ok=True)
    held: list[int] = []
    try:
        for slot in slots:
            held.append(os.open(locks / f"{group}.{slot}", os.O_RDWR | os.O_CREAT, 0o600))
            fcntl.flock(held[-1], fcntl.LOCK_EX)
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)


class _Reader:
    """Reads the owned slots of some topics, from every stage."""

    def __init__(
        self,
        folder: Path,
        group: str,
        topics: Sequence[str],
        slots: Sequence[int],
        outputs: Stage,
        envelope: Envelope,
    ) -> None:
        self._group, self._topics, self._slots, self._outputs = group, topics, slots, outputs
        self._envelope = envelope
        self._sources = {stage: connect(folder / f"{stage}.db") for stage in STAGES}
        self._seen: dict[str, int] = {}
        self._positions = _positions(folder, group)
        self._slot_list = ",".join(map(str, slots))
        self.closed = False

    def next(self) -> _EmbeddedBatch:
        """The next records, or an empty batch after a tick without any."""
        until = time.monotonic() + TICK
        while True:
            batch = self._gather()
            if batch or time.monotonic() >= until:
                return batch
            pause = POLL
            while not self._changed() and time.monotonic() < until:
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_POLL)

    def _changed(self) -> bool:
        versions = {s: c.execute("PRAGMA data_version").fetchone()[0] for s, c in self._sources.items()}
        changed = versions != self._seen
        self._seen = versions
        return changed

    def _gather(self) -> _EmbeddedBatch:
        records: list[Record] = []
        reached: dict[tuple[str, str], int] = {}
        room = BATCH_BYTES
        for number, (stage, connection) in enumerate(self._sources.items()):
            for topic in self._topics:
                if len(records) >= BATCH_RECORDS or room <= 0:
                    break
                at = {slot: self._positions.get((stage, topic, slot), 0) for slot in self._slots}
                cursor = connection.execute(
                    "SELECT place, slot, key, headers, value FROM records WHERE place > ? AND "
                    f"topic = (SELECT id FROM topics WHERE name = ?) AND slot IN ({self._slot_list}) "
                    "ORDER BY place LIMIT ?",
                    (min(at.values()), topic, BATCH_RECORDS - len(records)),
                )
                for place, slot, key, headers, value in cursor:
                    reached[stage, topic] = place
                    if place > at[slot]:
                        offset = place * len(STAGES) + number
                        records.append(self._envelope.opened(topic, key, headers, value, offset))
                        room -= len(value)
                    if room <= 0:
                        break
                cursor.close()
        return _EmbeddedBatch(self, records, reached)

    def done(self, outputs: Sequence[Record], reached: Mapping[tuple[str, str], int]) -> None:
        if self.closed:
            raise Lost(self._group)
        moved = {
            (stage, topic, slot): max(place, self._positions.get((stage, topic, slot), 0))
            for (stage, topic), place in reached.items()
            for slot in self._slots
        }
        if moved or outputs:
            self._outputs.append(outputs, [(self._group, *where, place) for where, place in moved.items()])
        self._positions.update(moved)

    def close(self) -> None:
        self.closed = True
        for connection in self._sources.values():
            connection.close()


class _EmbeddedBatch:
    def __init__(self, reader: _Reader, records: list[Record], reached: Mapping[tuple[str, str], int]) -> None:
        self._reader, self._records, self._reached = reader, records, reached

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def done(self, outputs: Sequence[Record] = ()) -> None:
        self._reader.done(outputs, self._reached)
