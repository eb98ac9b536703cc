"""Delivery: events land in one consumer. One loop a consumer; persons side by side, one person in order."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from channels.bus.bus import Batch, Bus, Lost, Record
from channels.consumers.consumer import Consumer, Outcome
from channels.outputs import EVENTS, dead_letter, is_name, step_record, summary
from channels.receive import now
from channels.watch import metrics
from schemas import codec
from schemas.events import EVENTS as KINDS
from schemas.events import Event, Step, StepEvent
from schemas.message import Unavailable

T = TypeVar("T")

log = logging.getLogger("wasl.delivery")

_TYPES = frozenset(kind.__name__ for kind in KINDS)

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 15.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one event, for the step that tells it."""

    transaction: str
    channel: str
    event: StepEvent
    outcome: Outcome


class Delivery:
    """The loop of one consumer. `turned` is called each time the loop turns, also while the other side is down."""

    def __init__(
        self, bus: Bus, consumer: Consumer, stop: threading.Event, turned: Callable[[], None] = lambda: None
    ) -> None:
        self._bus, self._consumer, self._stop, self._turned = bus, consumer, stop, turned
        self._circuit = Circuit(consumer.name, stop, turned)

    async def run(self) -> None:
        """Until `stop` is set. Blocks its thread between batches, so it has a thread of its own."""
        while not self._stop.is_set():
            batches = self._bus.read(self._consumer.name, [EVENTS])
            try:
                for batch in batches:
                    self._turned()
                    if self._stop.is_set():
                        break
                    await self.turn(batch)
            except (Unavailable, Lost):
                await asyncio.to_thread(self._stop.wait, FIRST_PAUSE)
            finally:
                batches.close()
        await self._consumer.close()

    async def turn(self, batch: Batch) -> None:
        """Lands a batch; the position follows once every event of it landed or was refused."""
        if not len(batch):
            return
        settled: list[Delivered] = []
        wanted = [record for record in batch if record.headers.get("type") in self._consumer.wants and _ours(record)]
        for turn in turns(wanted):
            settled += await self._land(turn)
            if self._stop.is_set():
                return
        letters = [dead_letter(record, self._consumer.name) for record in batch if not _ours(record)]
        batch.done([*letters, *(step_record(step) for step in told(self._consumer.name, settled))])
        self._count(settled, wanted)

    async def _land(self, records: Sequence[Record]) -> list[Delivered]:
        known: list[tuple[Record, Event]] = []
        settled: list[Delivered] = []
        for record in records:
            try:
                known.append((record, _event(record)))
            except codec.Untold as error:  # the schema registry may know it, and is away
                raise Unavailable(str(error)) from error
            except codec.Foreign:
                settled.append(_foreign(record))
        events = [event for _, event in known]
        outcomes = await self._circuit.persist(lambda: self._deliver(events))
        for (record, event), outcome in zip(known, outcomes or (), strict=bool(outcomes)):
            settled.append(Delivered(event["transaction"], record.headers.get("channel", ""), summary(event), outcome))
        return settled

    async def _deliver(self, events: Sequence[Event]) -> Sequence[Outcome]:
        """What the consumer says; an event it fails on is refused alone, the others land."""
        if not events:
            return []
        try:
            return await self._consumer.deliver(events)
        except Unavailable:
            raise
        except Exception as error:
            if len(events) == 1:
                return [Outcome("refused", f"{self._consumer.name} failed: {type(error).__name__}")]
        return [(await self._deliver([event]))[0] for event in events]

    def _count(self, settled: Sequence[Delivered], records: Sequence[Record]) -> None:
        for one in settled:
            metrics.delivered.labels(self._consumer.name, one.outcome.verdict).inc()
            if one.outcome.verdict == "refused":
                metrics.failures.labels(self._consumer.name, one.outcome.reason).inc()
            else:
                metrics.landed.labels(one.channel).inc()
        at = now()
        for record in records[:1]:
            metrics.delivery.labels(self._consumer.name).observe((at - received(record)) / 1e6)


class Circuit:
    """Patience with one other side: while it is down, wait with full jitter and try again, losing nothing."""

    def __init__(self, name: str, stop: threading.Event, turned: Callable[[], None] = lambda: None) -> None:
        self._name, self._stop, self._turned = name, stop, turned
        self._gauge = metrics.circuit.labels(name)
        self._gauge.set(0)

    async def persist(self, attempt: Callable[[], Awaitable[T]]) -> T | None:
        """What `attempt` gives, however long it takes; None only when it is time to stop."""
        failed = 0
        while not self._stop.is_set():
            self._turned()
            try:
                given = await attempt()
            except Unavailable as error:
                if not failed:
                    log.warning("%s is down, everything for it waits: %s", self._name, error.reason)
                self._gauge.set(1)
                longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**failed)
                failed += 1
                await asyncio.to_thread(self._stop.wait, error.retry_after or random.uniform(0, longest))
            else:
                if failed:
                    log.warning("%s answers again", self._name)
                self._gauge.set(0)
                return given
        self._gauge.set(0)  # whoever is told no more is not down
        return None


def turns(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Splits a batch so that each turn holds at most one event a person, and a person's events keep their order."""
    behind: dict[str, int] = defaultdict(int)
    found: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        found[behind[record.key]].append(record)
        behind[record.key] += 1
    yield from (found[number] for number in sorted(found))


def told(consumer: str, settled: Sequence[Delivered]) -> Iterator[Step]:
    """One step a transaction for what landed, and one for each reason why something did not."""
    grouped: dict[tuple[str, str, str, str], list[Delivered]] = defaultdict(list)
    for one in settled:
        failed = one.outcome.verdict == "refused"
        reason = one.outcome.reason if failed else ""
        grouped[one.transaction, one.channel, "failed" if failed else "delivered", reason].append(one)
    for (transaction, channel, kind, reason), ones in grouped.items():
        yield Step(
            transaction=transaction,
            kind=kind,
            at=now(),
            channel=channel,
            by=consumer,
            reason=reason or None,
            text=ones[0].outcome.detail or None,
            events=[one.event for one in ones],
            places=sorted({one.event.get("place") or "" for one in ones}) if kind == "failed" else [],
        )


def received(record: Record) -> int:
    """When the message was received, by the time in its transaction id (µs, to the millisecond)."""
    try:
        return int(record.headers["transaction"].replace("-", "")[:12], 16) * 1000
    except (KeyError, ValueError):
        return now()


def _ours(record: Record) -> bool:
    """Whether mediation wrote this record: its headers say what it is, and it can be found by them."""
    said = record.headers
    return said.get("type") in _TYPES and is_name(said.get("transaction")) and is_name(said.get("id"))


def _event(record: Record) -> Event:
    """Raises codec.Foreign, also for an event that is not the one the headers speak of."""
    event: Event = codec.decode(record.value)
    if any(event.get(name) != record.headers[name] for name in ("type", "transaction", "id")):
        raise codec.Foreign("not the event of its headers")
    return event


def _foreign(record: Record) -> Delivered:
    headers = record.headers
    event = StepEvent(id=headers.get("id", ""), type=headers.get("type", ""), fact=None, person=None, place=None)
    outcome = Outcome("refused", "foreign bytes on the bus", f"{EVENTS} at {record.offset}")
    return Delivered(headers.get("transaction", ""), headers.get("channel", ""), event, outcome)
