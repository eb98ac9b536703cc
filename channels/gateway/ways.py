"""The ways in: every MLLP port and watched folder that the channels ask for, opened, kept up to date and closed."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

from channels.channel import Channel
from channels.gateway.bounds import Bytes
from channels.gateway.files import Folder
from channels.gateway.mllp import Listener
from channels.loops import tasked
from channels.receive import Door
from channels.runtime import House
from channels.settings import Misconfigured

Address = tuple[str, int, bool]

log = logging.getLogger("wasl")


class Ways:
    """`shut`: what can't be opened, and why. Without `listens` there are none: the role console."""

    def __init__(self, house: House, door: Door, held: Bytes, *, listens: bool = True) -> None:
        self._house, self._door, self._held, self._listens = house, door, held, listens
        self._ports: dict[Address, Listener] = {}
        self._folders: dict[tuple[str, str], tuple[Folder, asyncio.Task[None]]] = {}
        self.shut: dict[str, str] = {}

    async def open(self) -> None:
        """At the start. Raises Misconfigured when one can't be opened."""
        await self._follow()
        if self.shut:
            raise Misconfigured("\n".join(self.shut.values()))

    async def follow(self) -> None:
        """What the channels no longer ask for is closed, what they ask for now is opened, the rest goes on.

        What can't be opened is told, and may be tried again.
        """
        await self._follow()
        self._house.channels.tell("listeners", "\n".join(self.shut.values()))

    async def close(self) -> None:
        for listener in self._ports.values():
            await listener.close()
        for _, watching in self._folders.values():
            watching.cancel()

    async def _follow(self) -> None:
        self.shut = {}
        ports, folders = self._wanted() if self._listens else ({}, {})
        for address in self._ports.keys() - ports.keys():
            log.info("MLLP on %s:%s is closed", *address[:2])
            await self._ports.pop(address).close()
        for address, channels in ports.items():
            await self._serve(address, channels)
        for place in self._folders.keys() - folders.keys():
            self._folders.pop(place)[1].cancel()
        for place, channel in folders.items():
            self._watch(place, channel)

    def _wanted(self) -> tuple[dict[Address, list[Channel]], dict[tuple[str, str], Channel]]:
        """The ports, each with the channels that share it as they are asked; the folders by channel and path."""
        ports: dict[Address, list[Channel]] = {}
        folders: dict[tuple[str, str], Channel] = {}
        for channel in self._house.channels:
            for listen in channel.said.listen:
                if listen.startswith("files:"):
                    folders[channel.name, listen.removeprefix("files:")] = channel
                    continue
                try:
                    for address in addresses(self._house, listen):
                        ports.setdefault(address, []).append(channel)
                except Misconfigured as error:
                    self.shut[listen] = str(error)
        return ports, folders

    async def _serve(self, address: Address, channels: list[Channel]) -> None:
        if (listener := self._ports.get(address)) is not None:
            listener.serve(channels)
            return
        host, port, secure = address
        listener = Listener(channels, self._door, self._house.settings.mllp, self._held, self._house.rates)
        try:
            await listener.listen(host, port, tls(self._house) if secure else None)
        except Misconfigured as error:
            self.shut[f"{host}:{port}"] = str(error)
        except OSError as error:
            text = f"{host}:{port}: {error.strerror}; choose another with mllp.port (WASL_MLLP_PORT)"
            self.shut[f"{host}:{port}"] = text
        else:
            self._ports[address] = listener
            names = ", ".join(channel.name for channel in channels)
            log.info("MLLP%s on %s:%s for %s", " over TLS" if secure else "", host, port, names)

    def _watch(self, place: tuple[str, str], channel: Channel) -> None:
        if (known := self._folders.get(place)) is not None:
            known[0].channel = channel
            return
        try:
            folder = Folder(channel, self._house.data / place[1], self._door)
        except OSError as error:
            self.shut[place[1]] = f"{channel.file}: listen: files:{place[1]}: {error.strerror}"
            return
        self._folders[place] = folder, tasked(f"folder of {channel.name}", folder.watch())


def addresses(house: House, listen: str) -> list[tuple[str, int, bool]]:
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


def tls(house: House) -> ssl.SSLContext:
    mllp = house.settings.mllp
    certificate, key = beside(house, mllp.certificate), beside(house, mllp.private_key)
    if certificate is None:
        raise Misconfigured("mllp.certificate: expected a PEM file, for a channel listens on mllps")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")  # a locked key must not ask the terminal
        if authority := beside(house, mllp.client_ca):
            # the listener refuses who shows none, unless the network is trusted
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(authority)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"mllp.certificate, mllp.private_key, mllp.client_ca: {error}") from error
    return context


def beside(house: House, named: Path | None) -> str | None:
    """A file the settings name: a relative path begins where wasl.yaml is."""
    return str(house.config.parent.absolute() / named) if named else None
