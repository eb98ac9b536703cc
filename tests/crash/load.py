"""Senders for the crash test: numbered laboratory messages over real MLLP, sent again until acknowledged."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.e2e.program import Mllp

MID_FRAME = 0.02
BEFORE_ANSWER = 0.02
LONGEST_PAUSE = 0.02


@dataclass(frozen=True)
class Person:
    """One of a few people, known by the same numbers to every laboratory."""

    number: int

    @property
    def pid(self) -> str:
        idcs, cnss = f"40000{self.number:05}", f"1700{self.number:05}"
        born = f"19{50 + self.number % 50}0412"
        return f"PID|1||{idcs}^^^IDCS~{cnss}^^^CNSS^SS||ALAOUI{self.number:03}^Salma^^^^^L||{born}|F"


def own(feed: str, number: int) -> str:
    """The code of the order that only this message speaks of."""
    return f"{feed}-N{number}"


def followed(feed: str, person: int) -> str:
    """The code of the order of this person that the laboratory corrects again and again."""
    return f"{feed}-P{person}"


def message(feed: str, facility: str, number: int, person: Person, first: bool, at: datetime) -> bytes:
    """An ORU with two orders: one of its own, and the person's followed one, which now says this number."""
    time = at.strftime("%Y%m%d%H%M%S.%f")[:-2] + "+0100"
    day = at.strftime("%Y%m%d")
    status = "F" if first else "C"
    mine, theirs = own(feed, number), followed(feed, person.number)
    lines = [
        rf"MSH|^~\&|{feed}|{facility}|WASL|HIE|{time}||ORU^R01^ORU_R01|{number}|P|2.5.1||||||UNICODE UTF-8",
        person.pid,
        f"ORC|RE||{mine}^{facility}",
        f"OBR|1||{mine}^{facility}|{mine}^Numération^L|||{day}|||||||||||||||{time}||LAB|F",
        f"OBX|1|ST|NB^Numéro^L||{number}||||||F",
        f"ORC|RE||{theirs}^{facility}",
        f"OBR|2||{theirs}^{facility}|{theirs}^Suivi^L|||{day}|||||||||||||||{time}||LAB|{status}",
        f"OBX|1|ST|NB^Numéro^L||{number}||||||{status}",
    ]
    return ("\r".join(lines) + "\r").encode()


@dataclass
class Sender(threading.Thread):
    """One laboratory: the next message only once the last one was acknowledged, the same bytes again until then.

    Some frames are cut in the middle, some lines are hung up before the answer, as bad networks do.
    """

    feed: str
    facility: str
    port: int
    people: list[Person]
    seed: int
    sent: list[int] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    cuts: int = 0
    resends: int = 0

    def __post_init__(self) -> None:
        super().__init__(name=self.feed, daemon=True)
        self._enough, self._abandoned = threading.Event(), threading.Event()
        self._chance = random.Random(self.seed)
        self._line: Mllp | None = None
        self._begun = datetime.now().replace(microsecond=0)

    def __hash__(self) -> int:
        return id(self)

    def finish(self) -> None:
        """The message at hand is still brought to its acknowledgement."""
        self._enough.set()

    def abandon(self) -> None:
        self._enough.set()
        self._abandoned.set()

    def run(self) -> None:
        while not self._enough.is_set():
            number, person = len(self.sent) + 1, self._chance.choice(self.people)
            first = person.number not in self.sent
            self.sent.append(person.number)
            at = self._begun + timedelta(milliseconds=10 * number)
            self._until_acknowledged(number, message(self.feed, self.facility, number, person, first, at))
            self._enough.wait(self._chance.uniform(0, LONGEST_PAUSE))
        self._hang_up()

    def _until_acknowledged(self, number: int, body: bytes) -> None:
        attempts = 0
        while not self._abandoned.is_set():
            attempts += 1
            self.resends += attempts > 1
            try:
                answer = self._attempt(body)
            except OSError:
                self._hang_up()
                self._abandoned.wait(0.1)
                continue
            if answer is None:
                continue
            if f"MSA|AA|{number}\r" not in answer:
                self.strange.append(answer)
            self.acknowledged.append(number)
            return

    def _attempt(self, body: bytes) -> str | None:
        """The answer; None when the line was cut on purpose. Raises OSError."""
        self._line = self._line or Mllp(self.port)
        frame, chance = b"\x0b" + body + b"\x1c\r", self._chance.random()
        if chance < MID_FRAME:
            self._line.socket.sendall(frame[: self._chance.randrange(1, len(frame) - 1)])
        elif chance < MID_FRAME + BEFORE_ANSWER:
            self._line.socket.sendall(frame)
        else:
            return self._line.send(body)
        self.cuts += 1
        self._hang_up()
        return None

    def _hang_up(self) -> None:
        if self._line:
            self._line.socket.close()
        self._line = None
