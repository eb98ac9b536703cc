"""A whole program in one folder, driven by hand: messages go in by the real door and through every stage."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
from starlette.types import ASGIApp

from channels.deliver import Delivery
from channels.gateway.app import application
from channels.gateway.bounds import Bytes
from channels.gateway.parts import Parts
from channels.outputs import EVENTS, STEPS
from channels.receive import taken
from channels.runtime import House
from channels.security.guard import COOKIE
from channels.security.users import form_token
from channels.watch.health import Health

NAME, PASSWORD = "admin", "une phrase de passe"
T = TypeVar("T")

ADDRESS = "http://wasl.test"


def result(control_id: str = "R1", *, value: str = "0.92", ipp: str = "A-4711", given: str = "Khadija") -> bytes:
    """A laboratory's report, with an escape, a repetition and a segment of its own."""
    return "\r".join(
        [
            rf"MSH|^~\&|LIS|130310623|WASL|HIE|20260312103000+0100||ORU^R01^ORU_R01|{control_id}|P|2.5.1"
            "|||||MAR|UNICODE UTF-8",
            f"PID|1||{ipp}^^^130310623^PI~900000017^^^CNSS^SS||BENNANI^{given}||19840317|F",
            f"ORC|RE|P{control_id}|{control_id}^130310623",
            f"OBR|1|P{control_id}|{control_id}^130310623|15074-8^Glucose^LN|||20260312090000|||||||||||||||20260312103000||CH|F",
            f"OBX|1|NM|15074-8^Glucose^LN||{value}|g/L|0.70-1.10|N|||F|||20260312090000",
            r"NTE|1||à jeun \T\ au repos",
            "ZLB|1|automate 7",
            "",
        ]
    ).encode()


def nameless(control_id: str = "N1") -> bytes:
    """Refused at the door: nobody knows whose result it is."""
    lines = result(control_id).split(b"\r")
    return b"\r".join([lines[0], b"PID|1||||BENNANI^Khadija||19840317|F", *lines[2:]])


SALES = b"""\
date_dispensation;inpe_pharmacie;inpe_prescripteur;immatriculation_cnss;nom_beneficiaire;prenom_beneficiaire;\
date_naissance;sexe;code_ean13;designation;quantite;ppv_dh;reference_ordonnance;numero_ticket
12/03/2026;092010025;101010014;900000017;BENNANI;Khadija;17/03/1984;F;6118000040286;DOLIPRANE 1 G;2;14,80;ORD-7;T1
12/03/2026;092010025;101010014;900000017;BENNANI;Khadija;17/03/1984;F;6118000041047;AUGMENTIN 1 G;deux;92,10;ORD-7;T2
"""


def ran(work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine gives, on a loop of its own: a browser's driver may hold this thread's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Browser:
    """Asks the pages as a browser does: keeps cookies, says where a form comes from, follows nothing by itself."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app, self._headers, self.cookies = app, headers, httpx.Cookies()

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._ask("GET", path, headers, None)

    def post(self, path: str, data: Mapping[str, str | list[str]], **headers: str) -> httpx.Response:
        return self._ask("POST", path, {"Origin": ADDRESS} | headers, data)

    def submit(self, path: str, **data: str | list[str]) -> httpx.Response:
        """A form of a page of this session."""
        return self.post(path, {"token": form_token(self.cookies[COOKIE]), **data})

    def upload(self, path: str, name: str, body: bytes, **data: str) -> httpx.Response:
        """A form of a page of this session, with a file."""
        data = {"token": form_token(self.cookies[COOKIE]), **data}
        return self._ask("POST", path, {"Origin": ADDRESS}, data, {"file": (name, body)})

    def _ask(self, method: str, path: str, headers: Mapping[str, str], data: Any, files: Any = None) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, cookies=self.cookies) as client:
                answer = await client.request(
                    method, path, data=data, files=files, headers={**self._headers, **headers}
                )
                self.cookies = client.cookies
                return answer

        return ran(asked())


class Place:
    """`browser` is a stranger's; `logged_in` the administrator's."""

    def __init__(self, folder: Path, config: Path | None = None) -> None:
        self.house = House.open(config, folder)
        self.house.migrate()
        (folder / "locks").mkdir()
        self.house.users.prepare(PASSWORD)
        self._gateway, self._mediated, self._delivered = (
            self.house.bus(stage) for stage in ("received", "mediated", "delivered")
        )
        self.door = self.house.door(self._gateway)
        self.desk = self.house.desk(self._gateway, self.door)
        self._mediation = self.house.mediation(self._mediated, 0, threading.Event())
        self._journal = self.house.projection()
        self.parts = Parts(self.house, self.door, self.desk, Health(), Bytes(1 << 20), self.waiting)
        self.app: ASGIApp = application(self.parts)

    def waiting(self) -> Mapping[str, int]:
        lags = self._gateway.lag("mediation", [channel.topic for channel in self.house.channels])
        return {channel.name: lags[channel.topic] for channel in self.house.channels}

    def receive(self, name: str, *bodies: bytes, content_type: str = "") -> list[str]:
        """Through the door only; the transactions."""
        channel = self.desk.channels[name]
        messages = [
            taken(channel, channel.mediator.describe(body, content_type), body, content_type=content_type)
            for body in bodies
        ]
        ran(self.door.receive_all(channel, messages))
        return [message.transaction for message in messages]

    def send(self, name: str, *bodies: bytes, content_type: str = "") -> list[str]:
        """All the way."""
        made = self.receive(name, *bodies, content_type=content_type)
        self.flow()
        return made

    def flow(self) -> None:
        """Everything that waits is mediated, delivered and written down."""
        topics = [channel.topic for channel in self.house.channels]
        batches = self._mediated.read("mediation", topics)
        while any(self._mediated.lag("mediation", topics).values()):
            self._mediation.turn(next(batches))
        batches.close()
        for consumer in self.house.consumers():
            batches = self._delivered.read(consumer.name, [EVENTS])
            delivery = Delivery(self._delivered, consumer, threading.Event())
            while self._delivered.lag(consumer.name, [EVENTS])[EVENTS]:
                ran(delivery.turn(next(batches)))
            batches.close()
        self.write_down()

    def write_down(self) -> None:
        """What happened so far reaches the journal."""
        topics = [*(channel.topic for channel in self.house.channels), STEPS]
        batches = self._delivered.read("journal", topics)
        while any(self._delivered.lag("journal", topics).values()):
            batch = next(batches)
            self._journal.project(list(batch))
            batch.done()
        batches.close()

    def browser(self, **headers: str) -> Browser:
        return Browser(self.app, headers)

    def logged_in(self, **headers: str) -> Browser:
        user = self.house.users.verify(NAME, PASSWORD)
        assert user is not None
        browser = self.browser(**headers)
        browser.cookies.set(COOKIE, self.house.users.open_session(user), domain="wasl.test")
        return browser

    def audited(self) -> list[tuple[str, str, str]]:
        """Actor, action and target of everything noted, the newest first."""
        self.house.audit.flush()
        return [(one["actor"], one["action"], one["target"]) for one in self.house.audit.entries()]

    def close(self) -> None:
        self.house.audit.flush()
        for bus in (self._gateway, self._mediated, self._delivered):
            bus.close()
