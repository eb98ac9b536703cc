"""The gateway's process: everything that listens, and the console."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import uvicorn
import uvloop
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from channels import line as lines
from channels.bus.bus import Bus
from channels.gateway.app import Parts, application
from channels.gateway.bounds import Bytes
from channels.gateway.ways import Ways, beside
from channels.gateway.wire import impatient
from channels.journal import tables as journal
from channels.journal.retention import prune
from channels.loops import fault, quick_turns, spare_collection, started, stopped_by_signals, tasked
from channels.outputs import learned_records
from channels.receive import now
from channels.release import Release
from channels.reload import EVERY, Reload
from channels.runtime import House
from channels.security import encryption
from channels.security import tables as security
from channels.settings import Misconfigured
from channels.temporaries import counting
from channels.watch import metrics
from channels.watch.health import Health, turned
from registries import tables as registries
from registries.care import tables as care
from registries.directory import changed
from schemas.message import Unavailable

DAY = 86_400_000_000

log = logging.getLogger("wasl")


def gateway(house: House, *, listens: bool = True) -> None:
    """Everything that listens: MLLP, HTTP, folders, console, API. Runs until it is told to stop.

    Without `listens` it has HTTP only: the role console, on a machine of its own.
    """
    spare_collection()
    quick_turns()
    uvloop.run(_gateway(house, listens))


async def _gateway(house: House, listens: bool) -> None:
    # before uvicorn takes the signals: it raises them again when it is done, and this must go on to its end
    stop = stopped_by_signals()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_lost)
    bus = house.bus("received")
    door, held = house.door(bus), Bytes(house.settings.bytes_in_flight)
    desk, health = house.desk(bus, door), Health(_checks(house, bus))
    parts = Parts(house, door, desk, health, held, lambda: _waiting(house, bus), partial(_learned, house, bus))
    server = _server(house, application(parts))
    http = house.settings.http
    web = _bound(http.host, http.port, "http.port (WASL_HTTP_PORT)")
    house.people.start()
    ways = Ways(house, door, held, listens=listens)
    await ways.open()
    tasks = [
        tasked("ticking", _tick(held)),
        tasked("retention", _retention(house)),
        tasked("reload", _reload(house.reload(bus), ways)),
    ]
    threads = []
    if listens:
        release, turn = Release(bus, desk, loop, stop), turned("release")
        threads.append(started("release", lambda: release.run(turn)))
        threads.append(started("temporary identities", lambda: counting(house.temporaries, stop)))
    house.tell(stop)
    health.checks["listeners"] = lambda: server.started
    log.info("console, API and HTTP intake on %s:%s", http.host, web.getsockname()[1])
    try:
        await server.serve(sockets=[web])
    finally:
        stop.set()
        for task in tasks:
            task.cancel()
        await ways.close()
        for thread in threads:
            await asyncio.to_thread(thread.join, 5)
        await asyncio.to_thread(house.audit.flush)
        await asyncio.to_thread(bus.close)


def _lost(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What no task and no connection caught, told without what it holds."""
    error = context.get("exception")
    log.error("%s: %s", context.get("message"), fault(error) if error else "")


def _checks(house: House, bus: Bus) -> dict[str, Callable[[], bool]]:
    needed = (
        (house.control, (security.metadata, encryption.metadata, lines.metadata)),
        (house.journal, (journal.metadata,)),
        (house.registries, (registries.TABLES, care.TABLES)),
    )

    def schema() -> bool:
        there = [(set(inspect(engine).get_table_names()), every) for engine, every in needed]
        return all(set(tables.tables) <= names for names, every in there for tables in every)

    return {
        "schema": schema,
        "administrator": lambda: house.users.prepared,
        "bus": bus.ready,
    }


def _server(house: House, app: Any) -> uvicorn.Server:
    http = house.settings.http
    config = uvicorn.Config(
        app,
        http=impatient(http.timeout),
        ws="none",
        loop="none",
        lifespan="off",
        access_log=False,  # query strings hold identifiers
        log_level="warning",
        server_header=False,
        limit_concurrency=2000,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
        ssl_certfile=beside(house, http.certificate),
        ssl_keyfile=beside(house, http.private_key),
    )
    try:
        config.load()
    except OSError as error:  # SSLError too
        raise Misconfigured(f"http.certificate, http.private_key: {error}") from error
    return uvicorn.Server(config)


def _bound(host: str, port: int, setting: str) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        raise Misconfigured(f"{host}:{port}: {error.strerror}; choose another with {setting}") from error
    return bound


def _waiting(house: House, bus: Bus) -> dict[str, int]:
    """Messages not yet mediated, by channel; nothing while the bus does not answer."""
    channels = house.channels.open
    try:
        lag = bus.lag("mediation", [channel.topic for channel in channels.values()])
    except Unavailable:
        return {}
    return {name: lag[channel.topic] for name, channel in channels.items()}


async def _learned(house: House, bus: Bus, entries: Sequence[str]) -> None:
    """What a registry learned: every process looks at once, and what waited for it goes on."""
    await asyncio.to_thread(changed, house.redis, *{entry.partition("|")[0] for entry in entries})
    await bus.publish(learned_records(entries))


async def _reload(reload: Reload, ways: Ways) -> None:
    """Looks for changed channels again and again, and for what could not be opened."""
    while True:
        await asyncio.sleep(EVERY)
        if await asyncio.to_thread(reload.turn) or ways.shut:
            await ways.follow()


async def _tick(held: Bytes) -> None:
    turn = turned("gateway")
    while True:
        turn()
        metrics.bytes_in_flight.set(held.held)
        await asyncio.sleep(1)


async def _retention(house: House) -> None:
    """Destroys what has been kept long enough, once an hour."""
    while True:
        try:
            await asyncio.to_thread(_destroy, house, now() // DAY)
        except (SQLAlchemyError, Unavailable) as error:
            log.error("retention waits an hour: %s", fault(error))
        await asyncio.sleep(3600)


def _destroy(house: House, today: int) -> None:
    for channel in house.channels.known.values():
        if (days := channel.said.retention.days) is not None:
            house.keys.destroy_before(channel.name, today - days)
    for topic in house.topics if house.settings.bus.brokers else ():
        if topic.days is not None:
            house.large.forget(topic.name, (today - topic.days) * DAY)
    prune(house.journal, (today - house.settings.journal_days) * DAY)
