"""The embedded bus passes the battery, and keeps what it acknowledged through a power cut."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from channels.bus.bus import Bus
from channels.bus.embedded import STAGES, EmbeddedBus, connect
from schemas.message import Unavailable
from tests.contract.bus import TOPIC, BusBattery, numbers, record


class TestEmbeddedBus(BusBattery):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "bus"

    def bus(self, stage: str, member: int = 0, members: int = 1) -> Bus:
        return EmbeddedBus(self.path, stage, member, members)

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
        bus = EmbeddedBus(self.path, "mediated")
        (batch, *_) = [next(bus.read("mediation", [TOPIC]))]
        assert numbers(batch) == [1]
        bus.close()

    def test_a_log_that_cannot_be_written_is_unavailable(self) -> None:
        bus = EmbeddedBus(self.path, "received")
        other = sqlite3.connect(self.path / "received.db", isolation_level=None)
        other.execute("DROP TABLE records")
        other.close()
        with pytest.raises(Unavailable, match=r"received\.db"):
            asyncio.run(bus.publish([record(1)]))
        bus.close()
