"""What mediation and delivery processes run. The gateway's own is `channels/gateway/serving.py`."""

from __future__ import annotations

import asyncio
import logging
import threading

from channels.bus.bus import Lost
from channels.bus.embedded import EmbeddedBus
from channels.deliver import Circuit, Delivery
from channels.journal.projection import Journal
from channels.loops import started, stopped_by_signals
from channels.outputs import EVENTS, STEPS
from channels.receive import now
from channels.runtime import House
from channels.watch import metrics
from channels.watch.health import turned
from schemas.message import Unavailable

log = logging.getLogger("wasl")


def mediation(house: House, member: int, members: int) -> None:
    """One mediation process. Runs until it is told to stop."""
    stop = stopped_by_signals()
    bus = house.bus("mediated", member, members)
    house.mediation(bus, member, stop).run(turned(f"mediation-{member}"))
    bus.close()


def delivery(house: House) -> None:
    """Every consumer, the submission of care sheets, and the journal: one thread each."""
    stop = stopped_by_signals()
    bus = house.bus("delivered")
    threads = [
        started(consumer.name, lambda c=consumer: asyncio.run(Delivery(bus, c, stop, turned(c.name)).run()))  # type: ignore[misc]
        for consumer in house.consumers()
    ]
    threads.append(started("submission", lambda: asyncio.run(_submit(house, stop))))
    threads.append(started("journal", lambda: _project(bus, house.projection(), _journal_topics(house), stop)))
    while not stop.wait(5.0):
        _measure_lag(house, bus)
    for thread in threads:
        thread.join(10)
    bus.close()


async def _submit(house: House, stop: threading.Event) -> None:
    submission, circuit = house.submission(), Circuit("payer", stop, turned("submission"))
    while not stop.is_set():
        if not await circuit.persist(lambda: submission.submit_due(now())):
            await asyncio.to_thread(stop.wait, 0.5)
    await submission.close()


def _project(bus: EmbeddedBus, journal: Journal, topics: list[str], stop: threading.Event) -> None:
    turn = turned("journal")
    while not stop.is_set():
        batches = bus.read("journal", topics)
        try:
            for batch in batches:
                turn()
                if stop.is_set():
                    break
                journal.project(list(batch))
                batch.done()
        except (Unavailable, Lost) as error:
            log.warning("the journal waits: %s", error)
            stop.wait(0.5)
        finally:
            batches.close()


def _journal_topics(house: House) -> list[str]:
    return [*(channel.topic for channel in house.channels), STEPS]


def _measure_lag(house: House, bus: EmbeddedBus) -> None:
    groups = {"mediation": [channel.topic for channel in house.channels], "journal": _journal_topics(house)}
    groups |= {consumer.name: [EVENTS] for consumer in house.consumers()}
    for group, topics in groups.items():
        metrics.lag.labels(group).set(sum(bus.lag(group, topics).values()))
