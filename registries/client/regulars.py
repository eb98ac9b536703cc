"""Persons who come again, recognised without asking the database.

The memory holds, for a key, its first owner and what was known of them at some time. It may be stale; what makes that
harmless is that nothing in the registry is ever taken back: the first owner of a key stays it, and what a person is
known by is set once and never changed (store.py: `turn`, `Person.learn`). So, where a copy of any age shows that

- one person is the first owner of every key of the subject,
- everything the subject tells is already known of that person,
- and nothing of it speaks against them,

then rules.py decides alike on every later state of the registry: `decide` meets that person first, at the first key,
and `forbids` and `differs` look only at what the subject tells, which is known for good; `learn` and `attach` find
nothing to do, so there is no review and no write. What others know or own later does not matter, nor what this batch
does before. (Where every key already has MOST_OWNERS owners, `attach` would also note the event's own key. It is asked
only when all others failed, and these never will.) Whatever is not shown so is decided on the database alone, as if
there was no memory: there a stale copy would decide (of two owners, what the second is not yet known by makes a review,
or a new identity). Absence is never kept, and a lost race between writers reads the database only.

What a source says of a person (saying.py) is recognised likewise: the memory holds which sayings leave a source record
as it is. That does change, but what one sender says on one channel comes to one worker at a time, who tells the memory
after every commit; a worker that cannot begins a new reign as soon as it can, so no saying of before is believed.

Two things can be taken back. A steward may split an identity: see `unsettle`. A database restored from a backup does
not know persons that the memory knows. It cannot be restored under an open connection, so who opens a new one makes all
that is kept unbelievable, for every process, before it believes anything: entries carry the reign under which they were
read. A process that needed no connection meanwhile finds out when the directories look for a new version, within
seconds.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import Engine, event

from registries.cache import Cache
from registries.client.keys import Subject
from registries.client.rules import differs, forbids
from registries.client.saying import Saying
from registries.client.store import Person

KIND = "persons"
REIGN = "reign"
LASTING = 3600
# The reign outlives what was kept under it.
REIGNING = 24 * 3600

# The identity of a source record, and the digests of sayings that leave it as it is.
Same = tuple[str, Sequence[str]]


class Regulars:
    """Belongs to one thread, and to what the engine opens for it."""

    def __init__(self, cache: Cache, engine: Engine) -> None:
        self._cache, self._reign, self._new = cache, "", True
        event.listen(engine, "connect", self._opened)

    def met(self, subjects: Sequence[Subject | None], sayings: Sequence[Saying | None]) -> list[Person | None]:
        """For each subject the person, if they are known wholly and for certain, and so is what is said of them; None:
        ask the database."""
        keys = dict.fromkeys(key.digest for subject in subjects if subject for key in subject.keys)
        said = dict.fromkeys(saying.key for saying in sayings if saying)
        first, same = self._known(list(keys), list(said)) if keys else ({}, {})
        met = [recognised(subject, first) if subject else None for subject in subjects]
        return [
            person if person and (saying is None or saying.said in same.get((saying.key, person.id), ())) else None
            for person, saying in zip(met, sayings, strict=True)
        ]

    def remember(self, owners: Mapping[str, Sequence[Person]], sayings: Mapping[str, Same]) -> None:
        """What was read or written and is committed, read after the last call of `met`."""
        kept = {digest: _packed(self._reign, persons[0]) for digest, persons in owners.items() if persons}
        kept |= {key: orjson.dumps([self._reign, *same]) for key, same in sayings.items()}
        if not self._reign or not self._cache.write(KIND, kept, LASTING):
            self._new = True

    def _known(self, keys: list[str], said: list[str]) -> tuple[dict[str, Person], dict[tuple[str, str], list[str]]]:
        if self._new:
            self._begin()
            return {}, {}
        reign, *found = self._cache.read(KIND, [REIGN, *keys, *said])
        self._reign = reign.decode() if reign else ""
        if not self._reign:
            self._begin()
            return {}, {}
        persons = {name: _unpacked(self._reign, value) for name, value in zip(keys, found, strict=False) if value}
        told = ((key, orjson.loads(value)) for key, value in zip(said, found[len(keys) :], strict=True) if value)
        same = {(key, person): sayings for key, (reign_of, person, sayings) in told if reign_of == self._reign}
        return {name: person for name, person in persons.items() if person}, same

    def _begin(self) -> None:
        """A reign of one's own; nothing is believed or kept until the memory has it."""
        reign = secrets.token_hex(8)
        began = self._cache.write(KIND, {REIGN: reign.encode()}, REIGNING)
        self._reign, self._new = (reign, False) if began else ("", self._new)

    def _opened(self, _connection: object, _record: object) -> None:
        self._new, self._reign = True, ""


def unsettle(cache: Cache) -> bool:
    """A steward moves numbers from one identity to another: nothing that is remembered is believed any more. False when
    the memory cannot be told: when it is back, it would be believed."""
    return cache.write(KIND, {REIGN: secrets.token_hex(8).encode()}, REIGNING)


def recognised(subject: Subject, first: Mapping[str, Person]) -> Person | None:
    """The person that every state of the registry which grew from these first owners gives, without a write."""
    person = first.get(subject.keys[0].digest) if subject.keys else None
    if person is None or any((one := first.get(key.digest)) is None or one.id != person.id for key in subject.keys):
        return None
    told = (*zip(subject.strong, person.strong, strict=True), *zip(subject.birth, person.birth, strict=False))
    if any(said and not known for said, known in (*told, (subject.sex, person.sex))):
        return None
    return None if forbids(subject, person, subject.keys[0]) or differs(subject, person) else person


def _packed(reign: str, person: Person) -> bytes:
    return orjson.dumps([reign, person.id, person.origin, person.strong, person.birth, person.sex])


def _unpacked(reign: str, value: bytes) -> Person | None:
    told, id, origin, strong, birth, sex = orjson.loads(value)
    return Person(id, origin, 0, strong, birth, sex) if told == reign else None
