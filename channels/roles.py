"""What mediation and delivery processes run. The gateway's own is `channels/gateway/serving.py`."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from channels.awaited import Awaiting
from channels.bus.bus import Bus, Lost
from channels.consumers.consumer import Consumer
from channels.deliver import Circuit, Delivery
from channels.loops import spare_collection, started, stopped_by_signals
from channels.outputs import EVENTS, STEPS
from channels.receive import now
from channels.runtime import EXPECTS, House
from channels.upstream import Following
from channels.watch import metrics
from channels.watch.health import turned
from channels.watch.matching import OpenReviews
from channels.watch.port import watched
from schemas.message import Unavailable

log = logging.getLogger("wasl")


def mediation(house: House, member: int, members: int) -> None:
    """One mediation process. Runs until it is told to stop."""
    stop = stopped_by_signals()
    spare_collection()
    bus = house.bus("mediated", member, members)
    watched(house.settings.watch, _needs(house, bus))
    _use_schemas(house, stop)
    house.tell(stop)
    reload = house.reload(bus)
    started("reload", lambda: reload.run(stop))
    house.mediation(bus, member, stop).run(turned(f"mediation-{member}"))
    bus.close()


def delivery(house: House, member: int | None = None) -> None:
    """Consumers, the submission of care sheets, and the journal: one thread each.

    Member 0 lands in the shared record and 1 does the rest, so that two cores share the work; None does all.
    """
    stop = stopped_by_signals()
    spare_collection()
    bus = house.bus("settled" if member else "delivered")
    watched(house.settings.watch, _needs(house, bus))
    _use_schemas(house, stop)
    house.tell(stop)
    consumers = house.consumers()
    threads = [_delivering(bus, one, stop) for one in (consumers if member is None else consumers[member:][:1])]
    if member != 0:
        threads.append(started("submission", lambda: asyncio.run(_submit(house, stop))))
        reload = house.reload(bus)
        threads.append(started("reload", lambda: reload.run(stop)))
        threads.append(started("awaited", Awaiting(house, bus, stop).run))
        threads.append(started("upstream", Following(house, bus, stop).run))
        threads.append(started("journal", lambda: _project(house, bus, stop)))
        threads.append(started("updates", house.updates(stop).run))
        threads.append(started("hooks", house.hooks(stop).run))
    reviews = OpenReviews(house)
    while not stop.wait(5.0):
        if member != 0:
            _measure_lag(house, bus)
            reviews.measure()
    for thread in threads:
        thread.join(10)
    bus.close()


def _use_schemas(house: House, stop: threading.Event) -> None:
    """Nothing is written before the schema registry gave its ids."""
    while not stop.is_set():
        try:
            house.schemas()
            return
        except Unavailable as error:
            log.warning("waits for the schema registry: %s", error)
            stop.wait(2.0)


def _needs(house: House, bus: Bus) -> dict[str, Callable[[], bool]]:
    return {"database": lambda: house.users.prepared, "bus": bus.ready}


def _delivering(bus: Bus, consumer: Consumer, stop: threading.Event) -> threading.Thread:
    turn = turned(consumer.name)
    loop = Delivery(bus, consumer, stop, turn)

    def deliver() -> None:
        while consumer.start == "now" and not stop.is_set():
            try:
                bus.skip(consumer.name, [EVENTS])
                break
            except Unavailable:
                turn()
                stop.wait(0.5)
        asyncio.run(loop.run())

    return started(consumer.name, deliver)


async def _submit(house: House, stop: threading.Event) -> None:
    submission, circuit = house.submission(), Circuit("payer", stop, turned("submission"))
    while not stop.is_set():
        if not await circuit.persist(lambda: submission.submit_due(now())):
            await asyncio.to_thread(stop.wait, 0.5)
    await submission.close()


def _project(house: House, bus: Bus, stop: threading.Event) -> None:
    journal, turn = house.projection(), turned("journal")
    while not stop.is_set():
        topics = _journal_topics(house)
        batches = bus.read("journal", topics)
        try:
            for batch in batches:
                turn()
                if stop.is_set() or topics != _journal_topics(house):
                    break
                journal.project(list(batch))
                batch.done()
        except (Unavailable, Lost) as error:
            log.warning("the journal waits: %s", error)
            stop.wait(0.5)
        finally:
            batches.close()


def _received_topics(house: House) -> list[str]:
    return [channel.topic for channel in house.channels.known.values()]


def _journal_topics(house: House) -> list[str]:
    return [*_received_topics(house), STEPS]


def _measure_lag(house: House, bus: Bus) -> None:
    groups = {"mediation": _received_topics(house), "journal": _journal_topics(house)}
    groups |= {name: [EVENTS] for name in EXPECTS}
    with suppress(Unavailable):
        for group, topics in groups.items():
            metrics.lag.labels(group).set(sum(bus.lag(group, topics).values()))
