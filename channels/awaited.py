"""What waits for a national registry's answer is asked for again, and goes on by itself."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from channels.bus.bus import Bus
from channels.elsewhere import Asked
from channels.journal import failures
from channels.outputs import learned_records
from channels.watch import metrics
from schemas.message import Unavailable

if TYPE_CHECKING:
    from channels.runtime import House
    from registries.awaited import Wanted

EVERY = 1.0
MOST = 100
MEASURED = 15.0
SURE = 3600.0  # seconds after which the journal has heard of what was parked

log = logging.getLogger("wasl.awaited")


class Awaiting:
    """A loop in a thread of its own. A registry that is down is asked one question at a time; the first that it
    answers lets the others follow."""

    def __init__(self, house: House, bus: Bus, stop: threading.Event) -> None:
        self._house, self._bus, self._stop = house, bus, stop
        self._measured = 0.0

    def run(self) -> None:
        """Until `stop` is set; at once where no registry is elsewhere."""
        asked = self._house.elsewhere.asked
        while asked and not self._stop.is_set():
            for one in asked:
                try:
                    self.turn(one)
                except Unavailable as error:
                    log.warning("waits: %s", error)
            self._measure()
            self._stop.wait(EVERY)

    def turn(self, asked: Asked) -> int:
        """Asks for what is due, and tells what is known by now; how many questions were answered.

        Raises Unavailable when the database or the bus is.
        """
        answered, most = 0, 1
        while not self._stop.is_set() and (due := asked.awaited.take(most)):
            wanted = self._still(asked, due)
            told, failed = _answers(asked, wanted)
            answered += len(told)
            self._tell([entry for one, known in told if known or one.silent for entry in one.entries])
            if failed or len(due) < most:
                break
            most = MOST
        return answered

    def _still(self, asked: Asked, due: Sequence[Wanted]) -> list[Wanted]:
        """Those that a parked message waits for. The others are taken off the list once the journal must know it."""
        entries = {entry for one in due for entry in one.entries}
        waiting = failures.still(self._house.journal, entries)
        asked.awaited.forget([one for one in due if waiting.isdisjoint(one.entries) and one.age > SURE])
        return [one for one in due if not waiting.isdisjoint(one.entries)]

    def _tell(self, entries: Collection[str]) -> None:
        if entries:
            asyncio.run(self._bus.publish(learned_records(sorted(set(entries)))))

    def _measure(self) -> None:
        if time.monotonic() - self._measured < MEASURED:
            return
        from registries.nationals import states

        self._measured = time.monotonic()
        try:
            found = states(self._house.registries)
        except Unavailable:
            return
        for name, said in self._house.elsewhere.named.items():
            if said.elsewhere and (state := found.get(name)):
                metrics.awaited.labels(name).set(state.waiting)
                metrics.national_up.labels(name).set(0 if state.down else 1)


def _answers(asked: Asked, wanted: Sequence[Wanted]) -> tuple[list[tuple[Wanted, bool]], bool]:
    """What was answered and whether somebody is known; and whether the registry is down."""
    from registries.remembered import Question

    def question(one: Wanted) -> Question:
        number = one.number
        words = (asked.awaited.registry, number["system"], number["value"])
        return Question(words, lambda: asked.fetch(number), 0.0)

    answers = asked.remembered.ask([question(one) for one in wanted])
    told = [
        (one, answer.value is not None)
        for one, answer in zip(wanted, answers, strict=True)
        if not isinstance(answer, Unavailable) and not answer.late
    ]
    return told, len(told) < len(wanted)
