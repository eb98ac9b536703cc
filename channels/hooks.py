"""Subscribers to persons are told over HTTP (FHIR R4 rest-hook, IHE PMIR ITI-94): a message of ITI-93 a change.

Each subscription has a loop and a position of its own: one that is down keeps nobody else waiting, and is told all that
changed once it is back. At least once, and of one person in order; of what changed twice meanwhile the last is told.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from channels.bulletins import Bulletin, Bulletins
from channels.deliver import Circuit
from channels.loops import Ended, started
from channels.subscriptions import Subscription, Subscriptions
from mediators.fhir.pmir import EVENT
from registries.client.happenings import Happenings
from registries.notices import HELD, Notices, Position
from schemas.message import Unavailable

EVERY = 0.5
TIMEOUT = 5.0
AT_ONCE = 50
GONE = 410


@dataclass(frozen=True, slots=True)
class Told:
    """What is told, and up to where each subscriber knows."""

    happenings: Happenings
    bulletins: Bulletins
    notices: Notices
    subscriptions: Subscriptions


class Hook:
    """One subscription. `post` sends one body (none: only that something changed); it raises httpx.HTTPError."""

    def __init__(self, subscription: Subscription, told: Told, client: httpx.Client | None = None) -> None:
        self._subscription, self._told = subscription, told
        self._status = subscription.status
        self._client = client or httpx.Client(timeout=TIMEOUT, trust_env=False)
        self._teller = str(uuid.uuid4())

    def turn(self) -> bool:
        """Tells some of what changed since it was told last; whether there was anything. Raises Unavailable."""
        if self._status == "requested":
            self._post(b"")  # the ping: from here on it is active
        position = self._hold()
        if position is None:
            return False
        news = self._told.happenings.since(position, AT_ONCE)
        if news.position == position:
            return False
        renewed = time.monotonic()
        for bulletin in self._told.bulletins.of(news.happenings):
            if time.monotonic() - renewed > HELD / 3:
                if self._hold() is None:
                    return False
                renewed = time.monotonic()
            if _wanted(bulletin, self._subscription.system):
                self._post(orjson.dumps(message(self._subscription, bulletin)) if self._subscription.payload else b"")
        self._told.notices.move(self._subscription.name, news.position)
        return True

    def _hold(self) -> Position | None:
        return self._told.notices.hold(self._subscription.name, self._teller, self._subscription.start)

    def _post(self, body: bytes) -> None:
        headers = [*self._subscription.headers, *([("Content-Type", "application/fhir+json")] if body else [])]
        try:
            answer = self._client.post(self._subscription.endpoint, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._stands("error", type(error).__name__)
            raise Unavailable(f"{self._subscription.name}: {type(error).__name__}") from None
        if answer.status_code == GONE:
            self._stands("off", "HTTP 410: the endpoint is gone")
        elif not answer.is_success:
            self._stands("error", f"HTTP {answer.status_code}")
            raise Unavailable(f"{self._subscription.name}: HTTP {answer.status_code}")
        else:
            self._stands("active")

    def _stands(self, status: Any, error: str = "") -> None:
        # a first ping that fails is tried again as a ping
        if self._status == "requested" and status == "error":
            self._told.subscriptions.turn(self._subscription.id, "requested", error)
        elif self._status != status:
            self._told.subscriptions.turn(self._subscription.id, status, error)
            self._status = status


class Hooks:
    """Every subscription that is not off."""

    def __init__(self, told: Told, stop: threading.Event) -> None:
        self._told, self._stop = told, stop
        self._wanted: frozenset[str] = frozenset()
        self._running: set[str] = set()

    def run(self) -> None:
        """Until it is time to stop."""
        while not self._stop.wait(EVERY):
            try:
                every = self._told.subscriptions.every()
            except Unavailable:
                continue
            self._wanted = frozenset(one.id for one in every)
            for one in every:
                if one.id not in self._running:
                    self._running.add(one.id)
                    started(one.name, self._telling(one))

    def _telling(self, subscription: Subscription) -> Callable[[], None]:
        async def told() -> None:
            hook, circuit = Hook(subscription, self._told), Circuit(subscription.name, self._ended(subscription.id))
            while subscription.id in self._wanted and not self._stop.is_set():
                if not await circuit.persist(lambda: asyncio.to_thread(hook.turn)):
                    await asyncio.to_thread(self._stop.wait, EVERY)
            self._running.discard(subscription.id)

        return lambda: asyncio.run(told())

    def _ended(self, id: str) -> threading.Event:
        return Ended(self._stop, lambda: id not in self._wanted)


def message(subscription: Subscription, one: Bulletin) -> dict[str, Any]:
    """A patient identity feed (ITI-93) of one person."""

    def named(what: str) -> str:
        return str(
            uuid.uuid5(uuid.NAMESPACE_URL, f"{subscription.id} {one.person} {one.at} {','.join(one.kinds)} {what}")
        )

    request = {"method": "POST" if one.is_new else "PUT", "url": "Patient" if one.is_new else f"Patient/{one.person}"}
    change = {
        "fullUrl": f"Patient/{one.person}",
        "resource": one.patient,
        "request": request,
        "response": {"status": "201" if one.is_new else "200"},
    }
    header = {
        "resourceType": "MessageHeader",
        "id": named("header"),
        "eventUri": EVENT,
        "source": {"name": "Wasl", "endpoint": f"urn:uuid:{subscription.id}"},
        "destination": [{"endpoint": subscription.endpoint}],
        "focus": [{"reference": f"urn:uuid:{named('history')}"}],
    }
    history = {"resourceType": "Bundle", "type": "history", "entry": [change]}
    told = [("header", header), ("history", history)]
    entries = [{"fullUrl": f"urn:uuid:{named(name)}", "resource": resource} for name, resource in told]
    return {"resourceType": "Bundle", "id": named("message"), "type": "message", "entry": entries}


def _wanted(bulletin: Bulletin, system: str) -> bool:
    return not system or any(one.get("system") == system for one in bulletin.patient.get("identifier", ()))
