"""The deterministic rules: the strongest identifier known decides, unless something stronger contradicts it.

What is absent does not contradict. The owners of a key only ever grow, and what they know is only added to, so the
same record read again meets the same person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from registries.client.keys import CNSS, LABELS, LOCAL, TEMPORARY, Key, Subject
from registries.client.store import Person, View

# A number carried by so many different people is a filler nobody told us of: it finds no more than these.
MOST_OWNERS = 32

Reason = Literal[
    "another-identifier", "another-birth-date", "another-sex", "claimed-twice", "number-changed", "number-moved"
]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why somebody must look: a word to group by, and words without patient data. `other` is "" when the doubt is
    about the person's own record; `seen` says that a review of it stands already."""

    reason: Reason
    text: str
    other: str = ""
    seen: bool = False


def decide(view: View, subject: Subject) -> tuple[Person, Key] | None:
    """Who is meant, and by which key; None for somebody new.

    Walks from the strongest key to the weakest that is known. Keys of one strength stand for each other; a link that
    is forbidden does not fall back on a weaker key.
    """
    refused: Key | None = None
    for key in walk(view, subject):
        if refused and key.rank != refused.rank:
            return None
        owners = view.of(key)
        for owner in owners:
            if not forbids(subject, owner, key):
                return _split_off(view, subject, owner) or (owner, key)
        if 0 < len(owners) < MOST_OWNERS:
            refused = key
    return None


def _split_off(view: View, subject: Subject, found: Person) -> tuple[Person, Key] | None:
    """Who has a local number of the subject, where a steward keeps them apart from whom a stronger one finds: it was
    decided that what comes under this number is not about that person."""
    for key in subject.keys:
        owner = next(iter(view.of(key)), found) if key.rank == LOCAL else found
        if owner is not found and view.kept_apart(owner, found) and not forbids(subject, owner, key):
            return owner, key
    return None


def walk(view: View, subject: Subject) -> Sequence[Key]:
    """The keys to search by; beside them the event's own, when no other has room for one more owner."""
    if any(len(view.of(key)) < MOST_OWNERS for key in subject.keys):
        return subject.keys
    return [*subject.keys, subject.event]


def forbids(subject: Subject, person: Person, key: Key) -> Reason | None:
    """Why this key may not link the two. Only another identifier counts against a personal number (INS, IDCS and what
    the table of domains says) and a temporary one, for what is told beside the last was a guess at first."""
    for rank in range(min(key.rank, CNSS if key.personal else LOCAL)):
        if subject.strong[rank] and person.strong[rank] and person.strong[rank] not in subject.strong[rank]:
            return "another-identifier"
    return None if key.personal or key.rank == TEMPORARY else differs(subject, person)


def differs(subject: Subject, person: Person) -> Reason | None:
    """Another birth date, at the precision both have, or another sex."""
    for told, known in zip(subject.birth, person.birth, strict=False):
        if known and told != known:
            return "another-birth-date"
    if subject.sex and person.sex and subject.sex != person.sex:
        return "another-sex"
    return None


def attach(view: View, subject: Subject, person: Person) -> list[Doubt]:
    """Gives the person the keys they do not own yet. A key of somebody else stays theirs, and is to be looked at:
    it may be the same human being twice, or two who carry one number. Of two, the person takes the next turn."""
    doubts: list[Doubt] = []
    for key in walk(view, subject):
        owners = view.of(key)
        if owners and owners[0] is person:
            continue
        theirs = person in owners
        same = None if theirs else next((owner for owner in owners if not forbids(subject, owner, key)), None)
        if same and key.rank == TEMPORARY:
            continue  # the two are joined: see temporary.py
        if same:
            doubts.append(_doubt("claimed-twice", key, same))
        elif owners and (reason := forbids(subject, owners[0], key)):
            doubts.append(_doubt(reason, key, owners[0], seen=theirs))
        if not theirs and not same and len(owners) < MOST_OWNERS:
            view.attach(key, person)
    return doubts


def share(view: View, subject: Subject, person: Person) -> None:
    """Lets the person carry these keys too, after whoever has them: a sender says that the number is theirs now."""
    for key in subject.keys:
        if person not in view.of(key) and len(view.of(key)) < MOST_OWNERS:
            view.attach(key, person)


def told(reason: Reason, other: Person) -> Doubt:
    """A doubt that a sender's own words raise."""
    return Doubt(reason, _WORDS[reason], other.id)


def linked_despite(subject: Subject, person: Person, key: Key) -> list[Doubt]:
    """Personal and temporary numbers link whatever the demographics say; what differs is to be looked at."""
    reason = differs(subject, person) if key.personal or key.rank == TEMPORARY else None
    return [_doubt(reason, key)] if reason else []


_WORDS: dict[Reason, str] = {
    "another-identifier": "another, stronger identifier than the person known by the same {}",
    "another-birth-date": "another birth date than the person known by the same {}",
    "another-sex": "another sex than the person known by the same {}",
    "claimed-twice": "the same {} belongs to another identity: possibly one person twice",
    "number-changed": "the sender says this number follows one of another identity: possibly one person twice",
    "number-moved": "the sender moved a number here from another identity: what came under it may belong here",
}


def claimed(key: Key, other: Person) -> Doubt:
    """The key belongs to another identity, too, which nothing contradicts."""
    return _doubt("claimed-twice", key, other)


def _doubt(reason: Reason, key: Key, other: Person | None = None, *, seen: bool = False) -> Doubt:
    return Doubt(reason, _WORDS[reason].format(LABELS[key.rank]), other.id if other else "", seen)
