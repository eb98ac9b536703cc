"""Who is in an event and what is said of them, by digests; sayings that come again and again are remembered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple, cast

from registries.client.keys import MESSAGE, PERSONAL, Key, Subject, digest, subject
from registries.client.saying import Saying, content, saying
from schemas.events import Event, Identifier, Patient, plain

# About 2 KB each, without what the patient is called
REMEMBERED = 20_000


class Who(NamedTuple):
    """Whom an event is about, the other patient in it, the number that moved from this one to that, and what the source
    says of the first."""

    about: Subject
    other: Subject | None = None
    moved: Subject | None = None
    said: Saying | None = None


# Where the other patient of an event stands, and where the answer about them belongs
OTHER = {
    "PatientMerged": ("prior", "prior_person"),
    "PatientLinked": ("other", "other_person"),
    "NumberChanged": ("prior_patient", "prior_person"),
}


class Subjects:
    """Belongs to one thread. `personal`: systems whose numbers name one human being."""

    def __init__(self, secret: bytes, personal: Collection[str] = PERSONAL) -> None:
        self._secret, self._personal = secret, personal
        self._known: dict[tuple[str, str, str], tuple[Subject, Saying]] = {}

    def who(self, event: Event, contents: dict[int, str]) -> Who:
        """Everybody in the event; `contents` as for `of`."""
        about, said = self.of(event, contents)
        return Who(self._without_moved(event) or about, self._other(event), self._moved(event), said)

    def _without_moved(self, event: Event) -> Subject | None:
        """A number that is being moved to a patient does not find them: it is still another's."""
        if not is_number(event, "moved") or not (moved := plain(event).get("prior")):
            return None
        about = event["patient"]
        others = [one for one in about.get("identifiers") or () if not _same(one, moved)]
        told = Patient(**{**about, "identifiers": others}) if others else about
        return subject(told, event["id"], self._secret, personal=self._personal)

    def _other(self, event: Event) -> Subject | None:
        """Who was replaced, is linked, or had the number. A bare number of the same human being borrows the patient's
        demographics, that of another does not."""
        if event["type"] not in OTHER:
            return None
        told = cast(Patient, plain(event).get(OTHER[event["type"]][0]) or {})
        if event["type"] != "PatientMerged" and not told.get("identifiers"):
            return None
        lent = event["patient"] if event["type"] == "PatientMerged" or is_number(event, "changed") else None
        return subject(told, f"prior|{event['id']}", self._secret, lent, self._personal)

    def _moved(self, event: Event) -> Subject | None:
        if not is_number(event, "moved") or not (number := plain(event).get("prior")):
            return None
        return subject(Patient(identifiers=[number]), event["id"], self._secret, event["patient"], self._personal)

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
        about = subject(patient, event["id"], self._secret, personal=self._personal)
        told = saying(event, about, self._secret, said)
        if told and about.keys:  # else it is known by the event alone
            self._remember(name, about, told)
        return about, told

    def _remember(self, name: tuple[str, str, str], about: Subject, said: Saying) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[name] = about, said._replace(patient={})


def is_number(event: Event, change: str) -> bool:
    """Whether a number of a patient moved to another, or became another."""
    told = plain(event)
    return event["type"] == "NumberChanged" and told["of"] == "patient" and told["change"] == change


def _same(one: Identifier, other: Identifier) -> bool:
    return (one["system"], one["value"]) == (other["system"], other["value"])
