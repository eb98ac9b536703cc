"""Streams the day: about 600 messages in under two minutes, then a trickle. Real sockets, real files."""

from __future__ import annotations

import datetime
import logging
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from random import Random

import httpx

from channels.demo import messages
from channels.demo.people import HOSPITAL, LABORATORY, MANY, PHARMACIES, PRACTICE, RADIOLOGY, registered
from channels.runtime import House
from registries.load import KINDS, load
from schemas.events import Patient

MESSAGES = 600
SECONDS = 110.0
RUSH, RUSH_SECONDS = 140, 10.0
TRICKLE = 2.0
OPENS, CLOSES = 7.5, 19.5
_STAYS = (("A01", "I"), ("A04", "O"), ("A04", "O"), ("A08", "I"), ("A03", "I"))

log = logging.getLogger("wasl.demo")


def stream(house: House) -> None:
    """Never returns. Waits until the program is ready; a sender that gets no answer sends again."""
    for kind in KINDS:
        name = kind.replace("-", "_")
        load(
            kind,
            files("registries").joinpath(f"samples/{name}.csv").read_bytes(),
            house.registries,
            house.registry_secret,
        )
    with _Senders(house) as senders:
        senders.wait()
        started = time.monotonic()
        for number, send in enumerate(_day(senders)):
            time.sleep(max(0.0, started + due(number) - time.monotonic()))
            send()
            if number % 20 == 19:
                senders.report()


def due(number: int) -> float:
    """Seconds after the start: the morning rush first, then the day, then a trickle."""
    if number < RUSH:
        return number * RUSH_SECONDS / RUSH
    if number < MESSAGES:
        return RUSH_SECONDS + (number - RUSH) * (SECONDS - RUSH_SECONDS) / (MESSAGES - RUSH)
    return SECONDS + (number - MESSAGES) * TRICKLE


@dataclass
class _Senders:
    """The other ends of the program's doors."""

    house: House
    accepted: int = 0
    refused: int = 0
    clock: str = ""
    _line: socket.socket | None = None
    _http: httpx.Client = field(init=False)
    _url: str = field(init=False)

    def __post_init__(self) -> None:
        settings = self.house.settings
        name = f"demo-{time.time_ns() // 1_000_000}"
        secret = self.house.clients.add(name, ["pharmacy-csv", "fhir"])
        self._http = httpx.Client(auth=(name, secret), timeout=20, trust_env=False)
        self._url = f"http://{settings.http.host}:{settings.http.port}"

    def __enter__(self) -> _Senders:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def wait(self) -> None:
        while True:
            try:
                if self._http.get(f"{self._url}/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)

    def report(self) -> None:
        sys.stdout.write(f"{self.clock}  {self.accepted} accepted, {self.refused} refused\n")
        sys.stdout.flush()

    def mllp(self, message: str) -> None:
        """On one connection, as a laboratory system would; opened again when it was closed without an answer."""
        while True:
            try:
                if self._line is None:
                    mllp = self.house.settings.mllp
                    self._line = socket.create_connection((mllp.host, mllp.port), timeout=20)
                self._line.sendall(b"\x0b" + message.encode() + b"\x1c\r")
                answer = b""
                while not answer.endswith(b"\x1c\r"):
                    chunk = self._line.recv(65536)
                    if not chunk:
                        raise ConnectionError
                    answer += chunk
            except OSError:
                self._line = None
                time.sleep(0.5)
            else:
                self._count(b"MSA|AA" in answer or b"MSA|CA" in answer)
                return

    def post(self, channel: str, body: str, content_type: str) -> None:
        while True:
            try:
                answer = self._http.post(
                    f"{self._url}/channels/{channel}", content=body.encode(), headers={"Content-Type": content_type}
                )
            except httpx.HTTPError:
                time.sleep(0.5)
                continue
            if answer.status_code != 503:
                self._count(answer.is_success)
                return
            time.sleep(1)

    def drop(self, channel: str, name: str, body: str) -> None:
        """Written under a name that is not taken, then renamed: whole or not at all."""
        inbox = self.house.data / "inbox" / channel
        unfinished = inbox / f"{name}.part"
        unfinished.write_text(body, encoding="utf-8", newline="")
        unfinished.rename(inbox / name)
        self._count(True)

    def _count(self, accepted: bool) -> None:
        self.accepted += accepted
        self.refused += not accepted


def _day(senders: _Senders) -> Iterator[Callable[[], None]]:
    """What is sent next, for ever: the mix of a day, with its mistakes."""
    random = Random(2026)
    today = datetime.date.today()
    known = registered()
    last_lab = ""
    number = 0
    while True:
        number += 1
        at = _at(today, number)
        senders.clock = f"{at:%H:%M}"
        who = random.randrange(MANY)
        control_id = f"D{number:06}"
        match number % 20:
            case 1 | 3 | 5 | 7 | 9 | 11 | 13 | 15:
                patient = known[LABORATORY][who]
                last_lab = messages.laboratory(random, patient, f"L{number}", at, control_id=control_id)
                yield _sending(senders.mllp, _with_mistakes(last_lab, number))
            case 17:  # the same order again, corrected
                yield _sending(senders.mllp, messages.corrected(last_lab, control_id))
            case 2 | 12:
                patient = known[RADIOLOGY][who]
                yield _sending(senders.mllp, messages.imaging(random, patient, f"I{number}", at, control_id=control_id))
            case 4 | 6 | 14 | 16:
                trigger, kind = random.choice(_STAYS)
                visit, patient = f"V{who + 1:06}", known[HOSPITAL][who]
                stay = messages.stay(patient, trigger, visit, at, control_id=control_id, kind=kind)
                yield _sending(senders.mllp, stay)
            case 8 | 18:
                pharmacy = random.choice(PHARMACIES)
                yield _sale(senders, random, pharmacy, known[pharmacy], number, today)
            case 10:
                old = f"9{number:05}"
                yield _sending(senders.mllp, messages.merge(known[HOSPITAL][who], old, at, control_id=control_id))
            case 19:  # the network lost the answer: the same message comes again
                yield _sending(senders.mllp, last_lab)
            case _:
                bundle = messages.consultation(random, known[PRACTICE][who], f"C{number}", at)
                yield lambda b=bundle: senders.post("fhir", b, "application/fhir+json")  # type: ignore[misc]


def _sending(send: Callable[[str], None], message: str) -> Callable[[], None]:
    return lambda: send(message)


def _sale(
    senders: _Senders, random: Random, pharmacy: str, clients: Sequence[Patient], number: int, today: datetime.date
) -> Callable[[], None]:
    export = messages.sales(random, random.sample(clients, random.randint(3, 6)), pharmacy, number * 10, today)
    if number % 40 == 8:
        return lambda: senders.drop("pharmacy-csv", f"ventes-{number}.csv", export)
    if number % 60 == 18:
        export = messages.spoiled(export)
    return lambda: senders.post("pharmacy-csv", export, "text/csv; charset=utf-8")


def _with_mistakes(message: str, number: int) -> str:
    """Every so often a laboratory forgets the patient's number."""
    if number % 100 != 45:
        return message
    lines = message.split("\r")
    lines[1] = "PID|1||||INCONNU^X"
    return "\r".join(lines)


def _at(today: datetime.date, number: int) -> datetime.datetime:
    hours = OPENS + (CLOSES - OPENS) * min(number, MESSAGES) / MESSAGES
    return datetime.datetime.combine(today, datetime.time()) + datetime.timedelta(hours=hours)
