"""The embedded bus passes the battery, and keeps what it acknowledged through a power cut."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from channels.bus.bus import Bus, Record
from channels.bus.embedded import STAGES, EmbeddedBus, connect
from channels.bus.sealed import AT_ONCE
from schemas.message import Unavailable
from tests.contract.bus import TOPIC, BusBattery, numbers, record

SECRET = b"a secret of the tests, 32 bytes."


class TestEmbeddedBus(BusBattery):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "bus"

    def bus(self, stage: str, member: int = 0, members: int = 1) -> Bus:
        return EmbeddedBus(self.path, stage, SECRET, member, members)

    def test_every_commit_reaches_the_disk(self) -> None:
        """kill -9 can't show a missing fsync, so the setting itself is asserted: 2 is FULL."""
        self.bus("received").close()
        for stage in STAGES:
            connection = connect(self.path / f"{stage}.db")
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            connection.close()

    def test_outputs_and_position_are_one_commit(self) -> None:
        self.publish(record(1))
        bus = EmbeddedBus(self.path, "mediated", SECRET)
        (batch, *_) = [next(bus.read("mediation", [TOPIC]))]
        assert numbers(batch) == [1]
        bus.close()

    def test_a_log_that_cannot_be_written_is_unavailable(self) -> None:
        bus = EmbeddedBus(self.path, "received", SECRET)
        other = sqlite3.connect(self.path / "received.db", isolation_level=None)
        other.execute("DROP TABLE records")
        other.close()
        with pytest.raises(Unavailable, match=r"received\.db"):
            asyncio.run(bus.publish([record(1)]))
        bus.close()

    def written(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.path.rglob("*")) if path.is_file())

    def in_clear(self, *records: Record) -> None:
        """As a program before this one wrote them."""
        with closing(connect(self.path / "received.db")) as connection:
            connection.execute("INSERT INTO topics (id, name) VALUES (1, ?)", (TOPIC,))
            rows = [(1, 0, one.key, orjson.dumps(one.headers), one.value, 1) for one in records]
            connection.executemany(
                "INSERT INTO records (topic, slot, key, headers, value, at) VALUES (?, ?, ?, ?, ?, ?)", rows
            )

    def all_of_them(self, count: int) -> list[Record]:
        with closing(self.bus("mediated")) as bus:
            return self.take(bus.read("reading", [TOPIC]), count)

    def test_what_records_hold_is_not_readable_in_its_files(self) -> None:
        self.publish(Record(TOPIC, "feed", b"Zwiknarbi", {"name": "Zwiknarbi"}))
        bus = self.bus("mediated")
        batches = bus.read("mediation", [TOPIC])
        next(batches).done([Record("wasl.events", "person", b"Zwiknarbi", {"name": "Zwiknarbi"})])
        assert b"Zwiknarbi" not in self.written()
        bus.close()
        assert b"Zwiknarbi" not in self.written()

    def test_what_an_older_program_left_in_clear_is_read_and_sealed_at_the_start(self) -> None:
        self.bus("received").close()
        old = [Record(TOPIC, "0", b"Zwiknarbi %d" % n, {"name": f"Zwiknarbi {n}"}) for n in range(2 * AT_ONCE + 1)]
        self.in_clear(*old)
        said = [(one.key, one.value, one.headers) for one in old]
        assert [(one.key, one.value, one.headers) for one in self.all_of_them(len(old))] == said
        assert b"Zwiknarbi" in self.written()
        with closing(EmbeddedBus(self.path, "received", SECRET)) as bus:
            bus.seal()
            assert b"Zwiknarbi" not in self.written()
            again = self.take(bus.read("again", [TOPIC]), len(old))
        assert [(one.key, one.value, one.headers) for one in again] == said

    def test_a_record_sealed_with_another_key_is_foreign_and_stops_nothing(self) -> None:
        with closing(EmbeddedBus(self.path, "received", b"another secret")) as other:
            asyncio.run(other.publish([record(1)]))
        self.publish(record(2))
        foreign, own = self.all_of_them(2)
        assert (foreign.headers, own.headers) == ({}, {"transaction": "2"})
        assert own.value == b"2"
