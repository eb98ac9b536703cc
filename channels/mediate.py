"""Mediation: received messages become events about known persons. One loop, as many processes as cores."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from channels.answers import Answers
from channels.bus.bus import Batch, Bus, Lost, Record
from channels.line import Line
from channels.outputs import Mediated, Outputs, dead_letter, failed_step, is_name, learned_records, reason_of
from channels.receive import message_of, now
from channels.reload import Channels
from channels.security.encryption import KeyFile, Keys
from channels.suspects import Suspects
from channels.watch import metrics
from channels.window import Window
from registries.registry import Policy, Registry, Resolution
from schemas.events import Event, Step
from schemas.message import Issue, Refused, Unavailable

LONGEST = 30.0

log = logging.getLogger("wasl.mediation")


@dataclass(frozen=True)
class Registries:
    """The three questions, in the order they are asked: who, where, by whom.

    `learned` tells what the last round made known, for messages that wait for it ("facility|123456789"); `meanwhile`
    is called between two batches, for what an earlier process left undone. It may raise Unavailable.
    """

    patient: Registry
    facility: Registry
    health_worker: Registry

    learned: Callable[[], Sequence[str]] = list
    meanwhile: Callable[[], object] = int

    def ask(self, events: Sequence[Event], policies: Sequence[Mapping[str, Policy]]) -> list[list[Resolution]]:
        """For each event what the registries said, in order. One round trip a registry."""
        asked = [
            registry.resolve(events, [policy[name] for policy in policies])
            for name, registry in (
                ("patient", self.patient),
                ("facility", self.facility),
                ("health_worker", self.health_worker),
            )
        ]
        return [list(answers) for answers in zip(*asked, strict=True)]


class Mediation:
    """The loop. `turned` is called each time it turns; `answers` tells those who wait what became of theirs."""

    def __init__(
        self,
        bus: Bus,
        channels: Channels,
        registries: Registries,
        keys: Keys,
        outputs: Outputs,
        line: Line,
        suspects: Suspects,
        window: Window,
        stop: threading.Event,
        answers: Answers | None = None,
    ) -> None:
        self._bus, self._keys, self._registries = bus, keys, registries
        self._channels, self._known = channels, channels.known
        self._outputs, self._line, self._suspects, self._window = outputs, line, suspects, window
        self._stop, self._answers = stop, answers

    def run(self, turned: Callable[[], None] = lambda: None) -> None:
        """Until `stop` is set. Raises nothing that a bad message could cause."""
        while not self._stop.is_set():
            try:
                topics = self._topics()
            except Unavailable:
                topics = []
            if not topics:  # every line is stopped, or nobody can tell
                turned()
                self._stop.wait(0.5)
                continue
            batches = self._bus.read("mediation", topics)
            try:
                for batch in batches:
                    turned()
                    if self._stop.is_set() or self._topics() != topics:
                        break
                    self.turn(batch)
                    self._registries.meanwhile()
            except (Unavailable, Lost):
                self._stop.wait(0.5)
            finally:
                batches.close()

    def _topics(self) -> list[str]:
        """Only of channels known here: what another machine took on one that is not waits for who knows it."""
        paused = self._line.paused()
        return [channel.topic for channel in self._channels.known.values() if channel.name not in paused]

    def turn(self, batch: Batch) -> None:
        """One batch: read, translated, resolved, put out; then, and only then, the window learns.

        The channels are what they are when it begins.
        """
        if not len(batch):
            return
        started = time.perf_counter()
        self._known = self._channels.known
        seen = self._window.over(list(batch))
        with self._suspects.batch(batch) as tried:
            work = [self._translated(record, seen, tried) for record in batch if self._ours(record)]
            self._suspects.acquit()
            self._resolve(work)
            outputs = [record for one in work for record in self._written(one)]
            outputs += [dead_letter(record, "mediation") for record in batch if not self._ours(record)]
            if self._answers:
                self._answers.tell([one for one in work if self._waited(one)])
            batch.done([*outputs, *learned_records(self._registries.learned())])
        self._window.learn(one.message for one in work if one.message)
        self._keys.destroy(self._spent(work))
        self._count(work, (time.perf_counter() - started) / len(batch))

    def _waited(self, work: Mediated) -> bool:
        """Whether the sender gets its answer only now."""
        headers = work.record.headers
        resolved = self._known[headers["channel"]].said.acknowledge == "resolved"
        return resolved and not headers.get("refused") and not headers["rerun_of"]

    def _ours(self, record: Record) -> bool:
        """Whether a door wrote this record: its headers say all that they should, and it can be found by them."""
        said = record.headers
        known = said.keys() >= _HEADERS and said["channel"] in self._known
        return known and is_name(said["transaction"]) and is_name(said["key"])

    def _translated(self, record: Record, seen: Window, tried: Callable[[Record], bool]) -> Mediated:
        work = Mediated(record)
        if record.headers.get("refused"):
            return work
        channel = self._known[record.headers["channel"]]
        try:
            body = self._keys.unlock(record.headers["key"], record.value)
        except KeyFile:
            # the key of this house was checked at the start: these bytes are not what a door locked
            work.step = failed_step(record, "body can't be unlocked", "the bytes are not those that were locked")
            return work
        if body is None:
            work.step = failed_step(
                record, "body no longer kept", "its retention destroyed the body before it was read"
            )
            return work
        try:
            message = work.message = message_of(record, body)
        except ValueError:
            work.step = failed_step(
                record, "headers can't be read", "first_received or places is not what a door writes"
            )
            return work
        if first := seen.duplicate_of(message):
            work.step = Step(
                transaction=message.transaction, kind="duplicate", at=now(), channel=channel.name, first=first
            )
            return work
        if seen.reused(message):
            work.issues.append(_REUSED)
        seen.learn([message])
        if not tried(record):
            work.step = failed_step(record, "killed the worker", "reading this message ended the process three times")
            return work
        try:
            with limited(LONGEST):
                work.translation = channel.mediator.mediate(message, channel.context)
        except Refused as refused:
            work.refusal = refused
            work.step = failed_step(record, reason_of(refused.issues), str(len(refused.issues)), refused.issues)
        except TooLong:
            work.step = failed_step(record, "took too long", f"reading it took more than {LONGEST:.0f} s")
        except Exception as error:
            # the mediator's fault, not the feed's: kept with its reason, and the next message goes on
            work.step = failed_step(record, f"mediator failed: {type(error).__name__}", _where(error))
        return work

    def _resolve(self, work: Sequence[Mediated]) -> None:
        """Asks for the whole batch in one round; what the registries fail on is refused alone, the rest goes on."""
        translated = [one for one in work if one.translation]
        try:
            self._ask(translated)
        except Unavailable:
            raise
        except Exception as error:
            if len(translated) == 1:
                _give_up(translated[0], f"registry failed: {type(error).__name__}", _where(error))
                return
            for one in translated:
                self._resolve([one])

    def _ask(self, work: Sequence[Mediated]) -> None:
        events: list[Event] = []
        policies: list[Mapping[str, Policy]] = []
        for one in work:
            said = self._known[one.record.headers["channel"]].said.registries
            found = one.translation.events if one.translation else []
            events += found
            policies += [said.model_dump()] * len(found)
        answers = iter(self._registries.ask(events, policies) if events else [])
        for one in work:
            one.resolutions = [next(answers) for _ in one.translation.events] if one.translation else []

    def _written(self, work: Mediated) -> list[Record]:
        try:
            return list(self._outputs.of(work))
        except Exception as error:
            _give_up(work, f"event not writable: {type(error).__name__}", _where(error))
            return list(self._outputs.of(work))

    def _spent(self, work: Sequence[Mediated]) -> list[str]:
        return [
            one.record.headers["key"] for one in work if self._known[one.record.headers["channel"]].said.retention.alone
        ]

    def _count(self, work: Sequence[Mediated], seconds: float) -> None:
        for one in work:
            channel = one.record.headers["channel"]
            outcome = one.outcome
            metrics.mediated.labels(channel, outcome).inc()
            metrics.mediation.labels(channel).observe(seconds)
            if outcome == "refused" and one.step:
                metrics.failures.labels("mediation", one.step.get("reason") or "").inc()
            for event in one.translation.events if one.translation else ():
                metrics.events.labels(event["type"]).inc()
            if one.translation and one.translation.unknown_codes:
                metrics.unmapped.labels(channel).inc(len(one.translation.unknown_codes))
            if not one.record.headers.get("refused") and not one.record.headers["rerun_of"]:
                self._line.saw(channel, refused=outcome == "refused")


_HEADERS = frozenset(
    (
        "transaction",
        "channel",
        "key",
        "sender",
        "content_type",
        "first_received",
        "control_id",
        "type",
        "places",
        "rerun_of",
        "peer",
        "received",
    )
)


class TooLong(Exception):
    """A message took more than its time."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Interrupts the block after so many seconds. Only in the main thread of a process."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TooLong

    former = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


_REUSED = Issue(
    at="MSH-10",
    reason="control ID reused",
    text="this control ID came before from the same sender with other content",
    remedy="give every message a control ID of its own; both messages were kept",
    severity="warning",
)


def _give_up(work: Mediated, reason: str, where: str) -> None:
    work.translation, work.step = None, failed_step(work.record, reason, where)


def _where(error: Exception) -> str:
    """Module and line of the fault, never its text: that may hold what a patient said."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}, line {trace.tb_lineno}" if trace else ""
