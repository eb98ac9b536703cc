"""The client registry's rows as a batch sees them: read in one SELECT, added to in memory, written in one commit."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy.exc import DBAPIError

from registries.client import clusters, linking
from registries.client.keeping import Keeping
from registries.client.keys import Key, Subject
from registries.client.links import joined
from registries.client.matching.rules import Rules
from registries.client.questions import answered
from registries.client.versions import NAME as RULES
from registries.database import asked, insert_or_skip, reading
from registries.outage import collided
from registries.tables import keys, persons, reviews, version
from schemas import facts

_STRONG = ("ins", "idcs", "cnss", "cin")
_BIRTH = ("birth_year", "birth_month", "birth_day")
_READ = select(keys.c.key, persons).join(persons, persons.c.id == keys.c.person).order_by(keys.c.key, keys.c.turn)
_LEARN = (
    update(persons)
    .where(persons.c.id == bindparam("known_id"), persons.c.revision == bindparam("known_revision"))
    .values({name: bindparam(f"new_{name}") for name in (*_STRONG, *_BIRTH, "sex", "revision")})
)


@dataclass(slots=True, eq=False)
class Person:
    """An identity. What it knows is only ever added to: a value told first stays, so contradictions stay too."""

    id: str
    origin: str
    revision: int
    strong: list[str]
    birth: list[str]
    sex: str
    is_new: bool = False
    learned: bool = False

    def learn(self, subject: Subject) -> None:
        """Takes over what was not known and does not contradict."""
        for rank, values in enumerate(subject.strong):
            if values and not self.strong[rank]:
                self.strong[rank], self.learned = values[0], True
        for level, value in enumerate(subject.birth):
            if not self.birth[level]:
                self.birth[level], self.learned = value, True
            elif self.birth[level] != value:
                break
        if subject.sex and not self.sex:
            self.sex, self.learned = subject.sex, True

    def row(self, prefix: str = "") -> dict[str, Any]:
        values = (*self.strong, *self.birth, self.sex)
        return {f"{prefix}{name}": value for name, value in zip((*_STRONG, *_BIRTH, "sex"), values, strict=True)}


@dataclass(frozen=True, slots=True)
class Review:
    """Why somebody must look at an identity, in words without patient data. One entry a person, other and reason;
    `detail` tells apart what differs within one person's record. `why` and `score`: of a match under these rules."""

    person: str
    other: str
    reason: str
    text: str
    event: str
    transaction: str
    detail: str = ""
    why: str = ""
    rules: int = 0
    score: float | None = None


@dataclass(slots=True)
class View:
    """What is known of the keys of a batch, and what the batch adds. Lives as long as its reading connection."""

    connection: Connection
    owners: dict[str, list[Person]] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    attached: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    merges: list[linking.Merge] = field(default_factory=list)
    keeping: Keeping | None = None

    def read(self, digests: Iterable[str]) -> None:
        """Every owner of these keys, in their turn."""
        wanted = [digest for digest in dict.fromkeys(digests) if digest not in self.owners]
        self.owners.update((digest, []) for digest in wanted)
        for row in asked(self.connection, _READ, keys.c.key, wanted) if wanted else ():
            self.owners[row[0]].append(self.persons.get(row[1]) or self._known(row))

    def of(self, key: Key) -> Sequence[Person]:
        if key.digest not in self.owners:
            self.read([key.digest])
        return self.owners[key.digest]

    def kept_apart(self, one: Person, other: Person) -> bool:
        """Whether a steward keeps the two apart."""
        return not (one.is_new or other.is_new) and bool(clusters.kept_apart(self.connection, {one.id, other.id}))

    def create(self, subject: Subject, origin: str) -> Person:
        person = Person(str(uuid.uuid4()), origin, 0, [""] * len(_STRONG), [""] * len(_BIRTH), "", is_new=True)
        person.learn(subject)
        self.persons[person.id] = person
        return person

    def attach(self, key: Key, person: Person) -> None:
        """The next turn at this key is theirs."""
        owners = self.owners[key.digest]
        self.attached.append({"key": key.digest, "turn": len(owners), "person": person.id})
        owners.append(person)

    def write(self, engine: Engine, at: int, rules: Callable[[], Rules]) -> bool:
        """Commits what the batch added. False when another worker met one of its keys or persons in between:
        nothing was written, and everything must be read and decided again."""
        made = [person for person in self.persons.values() if person.is_new]
        grown = [person for person in self.persons.values() if person.learned and not person.is_new]
        kept = self.keeping is not None and bool(self.keeping.changed)
        if not (made or grown or self.attached or self.reviews or self.merges or kept):
            return True
        moved, in_force = _in_force(engine, rules) if kept else (0, None)
        try:
            with engine.connect() as connection, connection.begin() as transaction:
                if not (self._insert(connection, made, at) and self._learn(connection, grown)):
                    transaction.rollback()
                    return False
                made_one, refused = linking.record(connection, self.merges, at)
                noted = [*self.reviews, *(_refused(merge) for merge in refused)]
                insert_or_skip(connection, reviews, [review_row(review, at) for review in noted])
                _answer(connection, made_one, at)
                if self.keeping and in_force and not self.keeping.write(connection, in_force, moved, at):
                    transaction.rollback()
                    return False
        except DBAPIError as error:
            if collided(error):
                return False
            raise
        return True

    def _insert(self, connection: Connection, made: Sequence[Person], at: int) -> bool:
        rows = [
            person.row() | {"id": person.id, "created": at, "origin": person.origin, "revision": 0} for person in made
        ]
        insert_or_skip(connection, persons, rows)
        # in the order of the keys, so that two workers never wait for each other in a circle
        attached = sorted(self.attached, key=lambda row: (row["key"], row["turn"]))
        return insert_or_skip(connection, keys, attached) == len(attached)

    def _learn(self, connection: Connection, grown: Sequence[Person]) -> bool:
        rows = [
            person.row("new_")
            | {"known_id": person.id, "known_revision": person.revision, "new_revision": person.revision + 1}
            for person in sorted(grown, key=lambda person: person.id)
        ]
        return not rows or connection.execute(_LEARN, rows).rowcount == len(rows)

    def _known(self, row: Any) -> Person:
        _, id, _, origin, revision, ins, idcs, cnss, cin, year, month, day, sex = row
        person = Person(id, origin, revision, [ins, idcs, cnss, cin], [year, month, day], sex)
        self.persons[id] = person
        return person


def _in_force(engine: Engine, rules: Callable[[], Rules]) -> tuple[int, Rules]:
    """The rules, and how often they had changed before: so it is noticed if others come into force until the commit."""
    with reading(engine) as connection:
        moved = version(connection, RULES)
    return moved, rules()


def _answer(connection: Connection, merges: Sequence[linking.Merge], at: int) -> None:
    """Whether the two are one need not be asked of those whom a source merges, nor of those joined with them."""
    if merges:
        links = joined(connection, {merge.survivor for merge in merges})
        answered(connection, {links.following(merge.survivor) for merge in merges}, "source", at)


def _refused(merge: linking.Merge) -> Review:
    text = "a source merges this identity into one that a steward keeps apart from it or from who is one with it"
    return Review(merge.prior, merge.survivor, "merge-kept-apart", text, merge.event, "")


def review_row(review: Review, at: int) -> dict[str, Any]:
    return {
        "id": facts.name("review", review.person, review.other, review.reason, review.detail),
        "person": review.person,
        "other": review.other,
        "reason": review.reason,
        "text": review.text,
        "at": at,
        "state": "open",
        "event": review.event,
        "transaction": review.transaction,
        "why": review.why,
        "rules": review.rules,
        "score": review.score,
    }
