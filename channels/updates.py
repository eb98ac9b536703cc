"""PIX update notifications (ITI-10): subscribers of a channel are told when the numbers of a person change.

Each subscriber has a loop and a position of its own: one that is down keeps nobody else waiting, and is told all that
changed once it is back. A change may be told twice, for a repeat says the same.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from channels.channel import Channel
from channels.deliver import Circuit
from channels.loops import Ended, started
from channels.reload import Channels
from mediators.hl7v2.notification import notification
from registries.client.news import Changes
from registries.notices import Notices, Position
from schemas.domains import Domains
from schemas.events import Patient
from schemas.message import Unavailable

EVERY = 0.5
REMEMBERED = 100_000

log = logging.getLogger("wasl.updates")

# All identities of a person, and the channel's domains → their numbers; None for one nobody tells of
Numbers = Callable[[frozenset[str], Domains], Patient | None]


@dataclass(frozen=True, slots=True)
class Source:
    """What is told: who changed, up to where each subscriber knows, and a person's numbers."""

    changes: Changes
    notices: Notices
    numbers: Numbers


class Subscriber:
    """Who is told at one address what changes, for one channel."""

    def __init__(self, channel: Channel, address: str, source: Source, stop: threading.Event) -> None:
        self.name = f"{channel.name} {address}"
        self._channel, self._address, self._source, self._stop = channel, address, source, stop
        self._circuit = Circuit(f"updates of {self.name}", stop)
        self._told: OrderedDict[str, str] = OrderedDict()
        self._teller = str(uuid.uuid4())

    async def run(self) -> None:
        """Until it is time to stop."""
        start = await self._circuit.persist(lambda: asyncio.to_thread(self._source.changes.now))
        while start and not self._stop.is_set():
            if not await self._circuit.persist(lambda: asyncio.to_thread(self.turn, start)):
                await asyncio.to_thread(self._stop.wait, EVERY)

    def turn(self, start: Position) -> bool:
        """Tells what changed since it was told last, at first since `start`; whether there was anything, and nobody
        else who tells it. Raises Unavailable."""
        position = self._source.notices.hold(self.name, self._teller, start)
        news = self._source.changes.since(position) if position else None
        if news is None or news.position == position:
            return False
        if messages := list(self._messages(news.persons)):
            self._send(messages)
        self._source.notices.move(self.name, news.position)
        return True

    def _messages(self, persons: Iterable[frozenset[str]]) -> Iterable[bytes]:
        """A message for each person whose numbers are not those that were told last."""
        domains = self._channel.context.domains
        at = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")
        for person in persons:
            patient = self._source.numbers(person, domains)
            if patient is None or not patient.get("identifiers"):
                continue
            said = sorted(f"{one['system']}|{one['value']}" for one in patient["identifiers"])
            key, digest = min(person), hashlib.sha256("\x1f".join(said).encode()).hexdigest()
            if self._told.get(key) == digest:
                continue
            self._remember(key, digest)
            control = hashlib.sha256(f"{key} {digest} {at}".encode()).hexdigest()[:20].upper()
            yield notification(patient, domains, self._receiver, control, at)

    @property
    def _receiver(self) -> tuple[str, str]:
        """MSH-5 and MSH-6: what stands behind the address, as in mllp://host:port/APPLICATION/FACILITY."""
        parts = [*self._address.split("/")[3:], "", ""]
        return parts[0], parts[1]

    def _remember(self, key: str, digest: str) -> None:
        self._told[key] = digest
        self._told.move_to_end(key)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)

    def _send(self, messages: Iterable[bytes]) -> None:
        """All on one connection. What is refused is told in the log and not again; a repeat would be refused too."""
        from channels.commands.sending import send_mllp  # the web's libraries, which most channels' updates never need

        try:
            for message in messages:
                for _, positive in send_mllp(self._address, message):
                    if not positive:
                        log.warning("%s refused a notification", self.name)
        except OSError as error:
            self._told.clear()  # none of them may be taken for told
            raise Unavailable(f"{self._address.split('/')[2]}: {error.strerror or 'no answer'}") from error


class Updates:
    """Every subscriber of every channel, as the channels say now."""

    def __init__(self, channels: Channels, source: Source, stop: threading.Event) -> None:
        self._channels, self._source, self._stop = channels, source, stop
        self._running: set[tuple[str, str]] = set()

    def run(self) -> None:
        """Until it is time to stop."""
        while not self._stop.is_set():
            for channel in self._channels:
                for address in channel.said.notify:
                    if (channel.name, address) not in self._running:
                        self._begin(channel, address)
            self._stop.wait(EVERY)

    def _begin(self, channel: Channel, address: str) -> None:
        key = (channel.name, address)
        self._running.add(key)

        ended = Ended(self._stop, lambda: self._channels.get(channel.name) is not channel)

        def told() -> None:
            asyncio.run(Subscriber(channel, address, self._source, ended).run())
            self._running.discard(key)

        started(f"updates {channel.name}", told)
