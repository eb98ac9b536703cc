"""The gateway's process: everything that listens, and the console."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from channels.channel import Channel
from channels.gateway.app import Parts, application
from channels.gateway.bounds import Bytes
from channels.gateway.files import Folder
from channels.gateway.mllp import Listener
from channels.journal.retention import prune
from channels.loops import spare_collection, started
from channels.receive import Door, now
from channels.release import Release
from channels.runtime import House
from channels.settings import Misconfigured
from channels.watch import metrics
from channels.watch.health import Health, turned

log = logging.getLogger("wasl")


def gateway(house: House) -> None:
    """Everything that listens: MLLP, HTTP, folders, console, API. Runs until it is told to stop."""
    spare_collection()
    uvloop.run(_gateway(house))


async def _gateway(house: House) -> None:
    bus = house.bus("received")
    door, held, stop = house.door(bus), Bytes(house.settings.bytes_in_flight), threading.Event()
    health = Health({"administrator": lambda: house.users.prepared, "bus": lambda: bus.lag("", []) == {}})
    desk = house.desk(bus, door)
    server = _server(house, application(Parts(house, door, desk, health, held)))
    web = _bound(house.settings.http.host, house.settings.http.port, "http.port (WASL_HTTP_PORT)")
    listeners = await _listeners(house, door, held)
    loop = asyncio.get_running_loop()
    release = Release(bus, desk, loop, stop)
    started("release", lambda: release.run(turned("release")))
    tasks = [asyncio.create_task(one) for one in (*_folders(house, door), _tick(held), _retention(house))]
    health.checks["listeners"] = lambda: server.started
    for host, port in [(house.settings.http.host, web.getsockname()[1])]:
        log.info("console, API and HTTP intake on %s:%s", host, port)
    try:
        await server.serve(sockets=[web])
    finally:
        stop.set()
        for listener in listeners:
            await listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.to_thread(house.audit.flush)
        await asyncio.to_thread(bus.close)


def _server(house: House, app: Any) -> uvicorn.Server:
    http = house.settings.http
    config = uvicorn.Config(
        app,
        loop="none",
        lifespan="off",
        access_log=False,  # query strings hold identifiers
        log_level="warning",
        server_header=False,
        limit_concurrency=2000,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
        ssl_certfile=str(http.certificate) if http.certificate else None,
        ssl_keyfile=str(http.private_key) if http.private_key else None,
    )
    return uvicorn.Server(config)


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
        listener = Listener(channels, door, house.settings.mllp, held)
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
    return [(host, int(port), scheme == "mllps")]


def _tls(house: House) -> ssl.SSLContext:
    mllp = house.settings.mllp
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(mllp.certificate or Path(), mllp.private_key)
        if mllp.client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(mllp.client_ca)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"mllp.certificate, mllp.private_key, mllp.client_ca: {error}") from error
    return context


def _folders(house: House, door: Door) -> list[Coroutine[None, None, None]]:
    return [
        Folder(channel, house.data / listen.removeprefix("files:"), door).watch()
        for channel in house.channels
        for listen in channel.said.listen
        if listen.startswith("files:")
    ]


async def _tick(held: Bytes) -> None:
    turn = turned("gateway")
    while True:
        turn()
        metrics.bytes_in_flight.set(held.held)
        await asyncio.sleep(1)


async def _retention(house: House) -> None:
    """Destroys what has been kept long enough, once an hour."""
    while True:
        today = now() // 86_400_000_000
        for channel in house.channels:
            if (days := channel.said.retention.days) is not None:
                await asyncio.to_thread(house.keys.destroy_before, channel.name, today - days)
        await asyncio.to_thread(prune, house.journal, (today - house.settings.journal_days) * 86_400_000_000)
        await asyncio.sleep(3600)
