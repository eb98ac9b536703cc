"""The smallest mediator and registries there can be, to test the flow around them.

A message is a text "control-id person word": the word "bad" is refused at the door, "broken" by mediation, "bug"
raises, "die" ends the process, "slow" never ends, "parts" has a part that is refused, "nothing" has no other,
"unwritable" makes an event that no schema knows. Nobody knows the person "stranger"; the registry fails on "trouble".
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from channels.answers import Answers
from channels.bus.bus import Record
from channels.bus.embedded import EmbeddedBus
from channels.channel import Channel, Said
from channels.line import Line
from channels.line import metadata as line_tables
from channels.mediate import Mediation, Registries
from channels.outputs import Outputs
from channels.receive import Door, taken
from channels.reload import Channels
from channels.security import encryption
from channels.security.encryption import Keys
from channels.settings import Line as Limits
from channels.suspects import Suspects
from channels.waiting import Waiting
from channels.window import Window
from mediators.mediator import Context, Part, Translation
from registries import outcomes
from registries.database import open_database
from registries.outcomes import Outcomes
from registries.registry import Policy, Resolution
from schemas import codec, facts
from schemas.events import Event, PatientRegistered, Step
from schemas.message import Description, Issue, Message, Refused, Reply

ISSUE = Issue(at="word", reason="bad word", text="this word is not taken", remedy="send another")


def words(body: bytes) -> list[str]:
    return [*body.decode("latin-1").split(), "", "", ""][:3]


class Plain:
    def split(self, body: bytes) -> Sequence[bytes]:
        return body.split(b"\n")

    def describe(self, body: bytes, content_type: str) -> Description:
        return Description("plain", "app", "place", words(body)[0])

    def check(self, message: Message, context: Context) -> Sequence[Issue]:
        if words(message.body)[2] == "bad":
            raise Refused([ISSUE])
        return []

    def accept(self, message: Message, issues: Sequence[Issue]) -> Reply:
        return Reply(b"yes " + message.control_id.encode(), "text/plain", "AA")

    def refuse(self, message: Message, issues: Sequence[Issue], *, reject: bool = False) -> Reply:
        return Reply(b"no " + message.control_id.encode(), "text/plain", "AR" if reject else "AE", 422, accepted=False)

    def join(self, replies: Sequence[Reply]) -> Reply:
        return Reply(b"\n".join(reply.body for reply in replies), "text/plain", "AA")

    def mediate(self, message: Message, context: Context) -> Translation:
        _, person, word = words(message.body)
        if word == "broken":
            raise Refused([ISSUE])
        if word == "bug":
            raise KeyError("Khadija")
        if word == "die":
            os._exit(9)
        while word == "slow":
            time.sleep(0.01)
        refused = [Part("second", [ISSUE])] if word in ("parts", "nothing") else []
        if word == "nothing":
            return Translation([], refused)
        made = event(message, person)
        if word == "unwritable":
            made["version"] = "Khadija"  # type: ignore[typeddict-item]  # on purpose
        return Translation([made], refused)


def event(message: Message, person: str) -> PatientRegistered:
    identity = facts.event_id(message, message.digest, "first", "PatientRegistered")
    return PatientRegistered(
        type="PatientRegistered", id=identity, about=identity, channel=message.channel, sender=message.sender,
        transaction=message.transaction, control_id=message.control_id, place="first", received=message.received,
        version=message.received, patient={"identifiers": [{"system": "urn:x", "value": person}]},
    )  # fmt: skip


class People:
    """Gives each person the number as identity; nobody knows "stranger"."""

    def resolve(self, events: Sequence[Event], policies: Sequence[Policy]) -> Sequence[Resolution]:
        answers = []
        for event, policy in zip(events, policies, strict=True):
            number = event["patient"]["identifiers"][0]["value"]
            if number == "trouble":
                raise KeyError("Khadija")
            event["person"] = number
            event["fact"] = facts.fact(event)
            unknown = number == "stranger"
            wait = ["person|stranger"] if unknown and policy == "require" else []
            answers.append(Resolution("unknown" if unknown else "found", number, waiting_for=wait))
        return answers


class Anything:
    """Knows every place and everybody who works there."""

    def resolve(self, events: Sequence[Event], policies: Sequence[Policy]) -> Sequence[Resolution]:
        return [Resolution("found", "x") for _ in events]


def channel(name: str = "plain", **said: object) -> Channel:
    return Channel(name, Said.model_validate({"mediator": "plain", **said}), Plain(), Context(channel=name), Path(name))


class Flow:
    """A door, a mediation and a log in one folder, driven by hand. `live`: the channels that mediation knows."""

    def __init__(self, folder: Path, *channels: Channel, line: Limits | None = None) -> None:
        self.folder, self.channels = folder, channels or (channel(),)
        self.live, self.stop = Channels(self.channels), threading.Event()
        self.keys = Keys(open_database(f"sqlite:///{folder}/control.db", encryption.metadata), b"k" * 32)
        self.line = Line(open_database(f"sqlite:///{folder}/control.db", line_tables), line or Limits())
        self.window = Window(1000)
        self.gateway = EmbeddedBus(folder / "bus", "received", b"secret")
        self.bus = EmbeddedBus(folder / "bus", "mediated", b"secret")
        self.outcomes = Outcomes(open_database(f"sqlite:///{folder}/registries.db", outcomes.metadata))
        self.door = Door(self.gateway, self.keys, b"secret", 5.0, Waiting(self.outcomes.of, longest=20))

    def mediation(self) -> Mediation:
        suspects = Suspects(self.folder / "suspects")
        registries = Registries(People(), Anything(), Anything())
        outputs = Outputs(lambda event: [event["patient"]["identifiers"][0]["value"]])
        return Mediation(
            self.bus, self.live, registries, self.keys, outputs, self.line, suspects, self.window, self.stop,
            Answers(self.outcomes),
        )  # fmt: skip

    def message(self, text: str, channel: Channel | None = None) -> Message:
        chosen = channel or self.channels[0]
        body = text.encode()
        return taken(chosen, Plain().describe(body, ""), body, content_type="text/plain")

    async def send(self, *texts: str, channel: Channel | None = None) -> list[Message]:
        messages = [self.message(text, channel) for text in texts]
        await self.door.receive_all(channel or self.channels[0], messages)
        return messages

    def mediate(self, mediation: Mediation | None = None) -> None:
        """One turn over everything that waits."""
        batches = self.bus.read("mediation", [channel.topic for channel in self.channels])
        (mediation or self.mediation()).turn(next(batches))
        batches.close()

    def read(self, topic: str) -> list[Record]:
        """Everything on a topic, each time from its beginning."""
        group = f"test {time.monotonic_ns()}"
        batches = self.bus.read(group, [topic])
        records: list[Record] = []
        while self.bus.lag(group, [topic])[topic]:
            batch = next(batches)
            records += list(batch)
            batch.done()
        batches.close()
        return records

    def events(self) -> list[Event]:
        return [codec.decode(record.value) for record in self.read("wasl.events")]

    def steps(self) -> list[Step]:
        return [codec.decode(record.value) for record in self.read("wasl.steps")]

    def close(self) -> None:
        self.bus.close()
        self.gateway.close()
