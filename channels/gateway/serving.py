"""The gateway's process: everything that listens, and the console."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from channels import line as lines
from channels.bus.bus import Bus
from channels.channel import Channel
from channels.gateway.app import Parts, application
from channels.gateway.bounds import Bytes
from channels.gateway.files import Folder
from channels.gateway.mllp import Listener
from channels.gateway.wire import impatient
from channels.journal import tables as journal
from channels.journal.retention import prune
from channels.loops import fault, spare_collection, started, stopped_by_signals, tasked
from channels.receive import Door, now
from channels.release import Release
from channels.runtime import House
from channels.security import encryption
from channels.security import tables as security
from channels.settings import Misconfigured
from channels.watch import metrics
from channels.watch.health import Health, turned
from registries import tables as registries
from schemas.message import Unavailable

DAY = 86_400_000_000

log = logging.getLogger("wasl")


def gateway(house: House, *, listens: bool = True) -> None:
    """Everything that listens: MLLP, HTTP, folders, console, API. Runs until it is told to stop.

    Without `listens` it has HTTP only: the role console, on a machine of its own.
    """
    spare_collection()
    uvloop.run(_gateway(house, listens))


async def _gateway(house: House, listens: bool) -> None:
    # before uvicorn takes the signals: it raises them again when it is done, and this must go on to its end
    stop = stopped_by_signals()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_lost)
    bus = house.bus("received")
    door, held = house.door(bus), Bytes(house.settings.bytes_in_flight)
    desk, health = house.desk(bus, door), Health(_checks(house, bus))
    server = _server(house, application(Parts(house, door, desk, health, held, waiting=lambda: _waiting(house, bus))))
    http = house.settings.http
    web = _bound(http.host, http.port, "http.port (WASL_HTTP_PORT)")
    listeners = await _listeners(house, door, held) if listens else []
    tasks = [tasked("ticking", _tick(held)), tasked("retention", _retention(house))]
    threads = []
    if listens:
        tasks += [tasked(name, watching) for name, watching in _folders(house, door)]
        release, turn = Release(bus, desk, loop, stop), turned("release")
        threads.append(started("release", lambda: release.run(turn)))
    house.tell(stop)
    health.checks["listeners"] = lambda: server.started
    log.info("console, API and HTTP intake on %s:%s", http.host, web.getsockname()[1])
    try:
        await server.serve(sockets=[web])
    finally:
        stop.set()
        for listener in listeners:
            await listener.close()
        for task in tasks:
            task.cancel()
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
        (house.registries, (registries.TABLES,)),
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
        ssl_certfile=_beside(house, http.certificate),
        ssl_keyfile=_beside(house, http.private_key),
    )
    try:
        config.load()
    except OSError as error:  # SSLError too
        raise Misconfigured(f"http.certificate, http.private_key: {error}") from error
    return uvicorn.Server(config)


def _beside(house: House, named: Path | None) -> str | None:
    """A file the settings name: a relative path begins where wasl.yaml is."""
    return str(house.config.parent.absolute() / named) if named else None


def _bound(host: str, port: int, setting: str) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        raise Misconfigured(f"{host}:{port}: {error.strerror}; choose another with {setting}") from error
    return bound


async def _listeners(house: House, door: Door, held: Bytes) -> list[Listener]:
    """Opens every MLLP port; channels that share one stand in the order they are asked."""
    shared: dict[tuple[str, int, bool], list[Channel]] = {}
    for channel in house.channels:
        for listen in channel.said.listen:
            for address in _addresses(house, listen):
                shared.setdefault(address, []).append(channel)
    opened = []
    for (host, port, secure), channels in shared.items():
        listener = Listener(channels, door, house.settings.mllp, held, house.rates)
        try:
            await listener.listen(host, port, _tls(house) if secure else None)
        except OSError as error:
            text = f"{host}:{port}: {error.strerror}; choose another with mllp.port (WASL_MLLP_PORT)"
            raise Misconfigured(text) from error
        log.info(
            "MLLP%s on %s:%s for %s", " over TLS" if secure else "", host, port, ", ".join(c.name for c in channels)
        )
        opened.append(listener)
    return opened


def _addresses(house: House, listen: str) -> list[tuple[str, int, bool]]:
    mllp = house.settings.mllp
    if listen == "mllp":
        secured = [(mllp.host, mllp.tls_port, True)] if mllp.certificate else []
        return [(mllp.host, mllp.port, False), *secured]
    if listen == "mllps":
        return [(mllp.host, mllp.tls_port, True)]
    scheme, separator, address = listen.partition("://")
    if not separator or not scheme.startswith("mllp"):
        return []
    host, _, port = address.rpartition(":")
    if not 0 <= int(port) < 65536:
        raise Misconfigured(f"listen: {listen}: a port is a number up to 65535")
    return [(host.removeprefix("[").removesuffix("]"), int(port), scheme == "mllps")]


def _tls(house: House) -> ssl.SSLContext:
    mllp = house.settings.mllp
    certificate, key = _beside(house, mllp.certificate), _beside(house, mllp.private_key)
    if certificate is None:
        raise Misconfigured("mllp.certificate: expected a PEM file, for a channel listens on mllps")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")  # a locked key must not ask the terminal
        if authority := _beside(house, mllp.client_ca):
            # the listener refuses who shows none, unless the network is trusted
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(authority)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"mllp.certificate, mllp.private_key, mllp.client_ca: {error}") from error
    return context


def _folders(house: House, door: Door) -> Iterator[tuple[str, Coroutine[None, None, None]]]:
    for channel in house.channels:
        for listen in channel.said.listen:
            if listen.startswith("files:"):
                folder = Folder(channel, house.data / listen.removeprefix("files:"), door)
                yield f"folder of {channel.name}", folder.watch()


def _waiting(house: House, bus: Bus) -> dict[str, int]:
    """Messages not yet mediated, by channel; nothing while the bus does not answer."""
    try:
        lag = bus.lag("mediation", [channel.topic for channel in house.channels])
    except Unavailable:
        return {}
    return {channel.name: lag[channel.topic] for channel in house.channels}


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
    for channel in house.channels:
        if (days := channel.said.retention.days) is not None:
            house.keys.destroy_before(channel.name, today - days)
        if house.settings.bus.brokers and (kept := channel.said.retention.bus_days) is not None:
            house.large.forget(channel.topic, (today - kept) * DAY)
    prune(house.journal, (today - house.settings.journal_days) * DAY)
