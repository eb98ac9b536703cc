"""Who and what events tell of, by digests; those of sayings that come again and again are remembered."""

from __future__ import annotations

from dataclasses import replace

from registries.client.keys import MESSAGE, Key, Subject, digest, subject
from registries.client.saying import Saying, content, saying
from schemas.events import Event

# About 2 KB each, without what the patient is called
REMEMBERED = 20_000


class Subjects:
    """Belongs to one thread."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._known: dict[tuple[str, str, str], tuple[Subject, Saying]] = {}

    def of(self, event: Event, contents: dict[int, str]) -> tuple[Subject, Saying | None]:
        """The patient of the event and what is said of them. `contents`: digests of the patients of this batch, by
        identity in memory, for several events of a message share one."""
        patient = event["patient"]
        if (said := contents.get(id(patient))) is None:
            said = contents[id(patient)] = content(patient, self._secret)
        name = (said, event["channel"], event["sender"])
        if (known := self._known.get(name)) is not None:
            about, one = known
            key = Key(digest(self._secret, "event", event["id"]), MESSAGE)
            return replace(about, event=key), one._replace(version=event["version"], patient=patient)
        about = subject(patient, event["id"], self._secret)
        told = saying(event, about, self._secret, said)
        if told and about.keys:  # else it is known by the event alone
            self._remember(name, about, told)
        return about, told

    def _remember(self, name: tuple[str, str, str], about: Subject, said: Saying) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[name] = about, said._replace(patient={})
