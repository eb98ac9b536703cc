"""The battery of every bus: inherit and get it. At least once, in order per key, nothing lost on the way."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from channels.bus.bus import Batch, Bus, Lost, Record
from channels.bus.topics import Topic

TOPIC = "wasl.received.lab"


def record(number: int, key: str = "feed", topic: str = TOPIC, size: int = 0) -> Record:
    return Record(topic, key, str(number).encode().ljust(size, b" "), {"transaction": str(number)})


def numbers(records: Sequence[Record] | Batch) -> list[int]:
    return [int(one.value) for one in records]


def in_order(records: Sequence[Record]) -> None:
    """Asserts the order within each key."""
    by_key: dict[str, list[int]] = {}
    for one in records:
        by_key.setdefault(one.key, []).append(int(one.value))
    for mine in by_key.values():
        assert mine == sorted(mine)


class BusBattery:
    """Give `bus(stage, member, members)`: a new process's view of the same log."""

    def bus(self, stage: str, member: int = 0, members: int = 1) -> Bus:
        raise NotImplementedError

    def publish(self, *records: Record) -> None:
        with contextlib.closing(self.bus("received")) as bus:
            asyncio.run(bus.publish(records))

    def take(self, batches: Iterator[Batch], count: int, ticks: int = 20) -> list[Record]:
        """Reads and finishes batches until `count` records came."""
        taken: list[Record] = []
        for batch in batches:
            taken += list(batch)
            batch.done()
            ticks -= not len(batch)
            if len(taken) >= count or not ticks:
                break
        return taken

    def test_what_was_published_is_read_in_order(self) -> None:
        self.publish(*(record(n) for n in range(50)))
        bus = self.bus("mediated")
        assert numbers(self.take(bus.read("mediation", [TOPIC]), 50)) == list(range(50))
        bus.close()

    def test_headers_key_and_bytes_come_back_as_they_went(self) -> None:
        sent = Record(TOPIC, "clé", bytes(range(256)), {"transaction": "é", "empty": ""})
        self.publish(sent)
        bus = self.bus("mediated")
        (read,) = self.take(bus.read("mediation", [TOPIC]), 1)
        assert (read.topic, read.key, read.value, dict(read.headers)) == (TOPIC, "clé", sent.value, dict(sent.headers))
        assert bus.fetch(TOPIC, read.offset, read.key) == read
        bus.close()

    def test_a_batch_not_done_is_read_again_after_reopening(self) -> None:
        self.publish(*(record(n) for n in range(10)))
        bus = self.bus("mediated")
        batches = bus.read("mediation", [TOPIC])
        assert len(next(batches)) > 0
        batches.close()
        bus.close()
        again = self.bus("mediated")
        assert numbers(self.take(again.read("mediation", [TOPIC]), 10)) == list(range(10))
        again.close()

    def test_a_batch_done_is_not_read_again(self) -> None:
        self.publish(*(record(n) for n in range(10)))
        bus = self.bus("mediated")
        self.take(bus.read("mediation", [TOPIC]), 10)
        bus.close()
        self.publish(record(10))
        again = self.bus("mediated")
        assert numbers(self.take(again.read("mediation", [TOPIC]), 1)) == [10]
        again.close()

    def test_a_batch_of_a_closed_reader_is_lost(self) -> None:
        self.publish(record(1))
        bus = self.bus("mediated")
        batches = bus.read("mediation", [TOPIC])
        batch = next(batches)
        batches.close()
        with pytest.raises(Lost):
            batch.done()
        bus.close()

    def test_outputs_are_there_once_the_batch_is_done(self) -> None:
        self.publish(*(record(n) for n in range(5)))
        bus = self.bus("mediated")
        batches = bus.read("mediation", [TOPIC])
        batch = next(batches)
        batch.done([record(int(one.value) * 2, "person", "wasl.events") for one in batch])
        bus.close()
        delivery = self.bus("delivered")
        assert numbers(self.take(delivery.read("smr", ["wasl.events"]), 5)) == [0, 2, 4, 6, 8]
        delivery.close()

    def test_groups_read_for_themselves(self) -> None:
        self.publish(*(record(n) for n in range(5)))
        bus = self.bus("delivered")
        for group in ("smr", "cnss"):
            assert numbers(self.take(bus.read(group, [TOPIC]), 5)) == list(range(5))
        bus.close()

    def test_a_consumer_that_starts_now_skips_what_was_before(self) -> None:
        self.publish(*(record(n) for n in range(5)))
        bus = self.bus("delivered")
        bus.skip("new", [TOPIC])
        self.publish(record(5))
        assert numbers(self.take(bus.read("new", [TOPIC]), 1)) == [5]
        bus.skip("new", [TOPIC])
        self.publish(record(6))
        assert numbers(self.take(bus.read("new", [TOPIC]), 1)) == [6]
        bus.close()

    def test_a_bus_that_works_is_ready(self) -> None:
        bus = self.bus("received")
        assert bus.ready()
        bus.close()

    def test_lag_counts_what_is_not_done(self) -> None:
        self.publish(*(record(n) for n in range(7)))
        bus = self.bus("mediated")
        assert bus.lag("mediation", [TOPIC]) == {TOPIC: 7}
        self.take(bus.read("mediation", [TOPIC]), 7)
        assert bus.lag("mediation", [TOPIC]) == {TOPIC: 0}
        bus.close()

    def test_two_members_share_the_keys_and_lose_none(self) -> None:
        keys = [f"feed {n % 20}" for n in range(400)]
        buses = [self.bus("mediated", member, 2) for member in range(2)]
        taken: list[list[Record]] = [[], []]
        ticks = [0, 0]

        def work(member: int) -> None:
            for batch in buses[member].read("mediation", [TOPIC]):
                ticks[member] += not len(batch)
                taken[member] += batch
                batch.done()
                if len(taken[0]) + len(taken[1]) >= 400:
                    break

        threads = [threading.Thread(target=work, args=(member,)) for member in range(2)]
        for thread in threads:
            thread.start()
        while min(ticks) < 3:  # both are there, and have shared what there is to read
            time.sleep(0.05)
        self.publish(*(record(n, key) for n, key in enumerate(keys)))
        for thread in threads:
            thread.join()
        owners = [{one.key for one in part} for part in taken]
        assert not owners[0] & owners[1]
        assert sorted(numbers(taken[0] + taken[1])) == list(range(400))
        for part in taken:
            in_order(part)
        for bus in buses:
            bus.close()

    def test_a_topic_that_one_member_knows_first_holds_nobody_up_and_loses_nothing(self) -> None:
        """As channels are taken over: one machine a little before the other."""
        new = "wasl.received.ward"
        buses = [self.bus("mediated", member, 2) for member in range(2)]
        known = [[TOPIC], [TOPIC, new]]
        taken: list[Record] = []
        strays: list[Record] = []

        def work(member: int) -> None:
            while len(taken) < 200:
                topics = list(known[member])
                with contextlib.closing(buses[member].read("mediation", topics)) as batches:
                    for batch in batches:
                        if topics != known[member] or len(taken) >= 200:
                            break
                        taken.extend(batch)
                        strays.extend(one for one in batch if one.topic not in topics)
                        batch.done()

        buses[1].prepare([Topic(new)])
        threads = [threading.Thread(target=work, args=(member,)) for member in range(2)]
        for thread in threads:
            thread.start()
        self.publish(*(record(n, f"feed {n % 20}", TOPIC if n % 2 else new) for n in range(200)))
        while len([one for one in taken if one.topic == TOPIC]) < 100:
            time.sleep(0.05)
        known[0] = [TOPIC, new]
        for thread in threads:
            thread.join()
        in_order(taken)
        assert sorted(numbers(taken)) == list(range(200))
        assert not strays
        for bus in buses:
            bus.close()

    def test_more_members_take_over_where_one_stopped(self) -> None:
        self.publish(*(record(n, f"feed {n % 9}") for n in range(90)))
        alone = self.bus("mediated")
        first = numbers(self.take(alone.read("mediation", [TOPIC]), 90))
        alone.close()
        self.publish(*(record(n, f"feed {n % 9}") for n in range(90, 180)))
        rest: list[int] = []
        for member in range(2):
            bus = self.bus("mediated", member, 2)
            rest += numbers(self.take(bus.read("mediation", [TOPIC]), 91, ticks=2))
            bus.close()
        assert Counter(first + rest) == Counter(range(180))

    def test_a_lossy_reader_still_gets_everything(self) -> None:
        """Every third batch is dropped, the reader reopened: at least once, and in order per key."""
        self.publish(*(record(n, f"feed {n % 5}") for n in range(600)))
        seen: list[Record] = []
        for attempt in range(200):
            bus = self.bus("mediated")
            batches = bus.read("mediation", [TOPIC])
            batch = next(batches)
            if len(batch) and attempt % 3:
                seen += list(batch)
                batch.done()
            batches.close()
            bus.close()
            if len({one.value for one in seen}) == 600:
                break
        in_order(seen)
        assert sorted(set(numbers(seen))) == list(range(600))

    def test_what_one_group_is_not_done_with_can_be_looked_at_without_being_taken(self) -> None:
        self.publish(*(record(n, f"feed {n % 3}") for n in range(30)))
        bus = self.bus("delivered")
        for group, done in (("smr", 30), ("cnss", 0)):
            self.take(bus.read(group, [TOPIC]), done) if done else None
        assert list(bus.undone(["smr"], [TOPIC])) == []
        for _ in range(2):
            left = list(bus.undone(["smr", "cnss"], [TOPIC]))
            in_order(left)
            assert sorted(numbers(left)) == list(range(30))
        bus.close()

    def test_topics_left_out_wait_without_being_lost(self) -> None:
        other = "wasl.received.pharmacy"
        self.publish(*(record(n, topic=TOPIC if n % 2 else other) for n in range(20)))
        bus = self.bus("mediated")
        assert numbers(self.take(bus.read("mediation", [other]), 10)) == list(range(0, 20, 2))
        assert numbers(self.take(bus.read("mediation", [TOPIC, other]), 10)) == list(range(1, 20, 2))
        bus.close()

    def test_parallel_publishers_and_a_reader(self) -> None:
        bus, source = self.bus("mediated"), self.bus("received")

        async def sender(number: int) -> None:
            for n in range(40):
                await source.publish([record(number * 1000 + n, f"feed {number}")])

        async def senders() -> None:
            await asyncio.gather(*(sender(number) for number in range(16)))

        thread = threading.Thread(target=lambda: asyncio.run(senders()))
        thread.start()
        taken = self.take(bus.read("mediation", [TOPIC]), 640)
        thread.join()
        for number in range(16):
            mine = [int(one.value) for one in taken if one.key == f"feed {number}"]
            assert mine == [number * 1000 + n for n in range(40)]
        bus.close()
        source.close()

    def test_a_saturated_reader_gets_everything_once_it_is_done(self) -> None:
        """Nothing is done for a while, though more than a batch waits: then it all comes, in order."""
        self.publish(*(record(n, f"feed {n % 3}") for n in range(900)))
        bus = self.bus("mediated")
        batches = bus.read("mediation", [TOPIC])
        first = next(batches)
        time.sleep(3)  # longer than a reader may be silent without being looked after
        taken = list(first)
        first.done()
        taken += self.take(batches, 900 - len(taken))
        in_order(taken)
        assert sorted(numbers(taken)) == list(range(900))
        bus.close()

    def test_a_lossy_reader_through_reconnects_doubles_only_what_was_not_done(self) -> None:
        self.publish(*(record(n, f"feed {n % 7}") for n in range(700)))
        done: list[Record] = []
        for attempt in range(60):
            bus = self.bus("mediated")
            for batch in bus.read("mediation", [TOPIC]):
                if not len(batch) or attempt % 2 == 0:
                    break
                done += batch
                batch.done()
            bus.close()
            if len(done) >= 700:
                break
        in_order(done)
        assert Counter(numbers(done)) == Counter(range(700))

    def test_large_records_come_in_batches_that_fit_in_memory(self) -> None:
        size = 3 * 1024 * 1024
        self.publish(*(record(n, size=size) for n in range(12)))
        bus = self.bus("mediated")
        for batch in bus.read("mediation", [TOPIC]):
            assert sum(len(one.value) for one in batch) <= 8 * size
            batch.done()
            if not bus.lag("mediation", [TOPIC])[TOPIC]:
                break
        bus.close()
