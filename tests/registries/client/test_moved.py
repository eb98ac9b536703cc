"""A source record leaves the identity it had: whom the rules had joined by it is joined no more, and all are compared
again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select

from registries.client.export import lines
from registries.client.links import Links
from registries.client.questions import review_of
from registries.client.records import Records
from registries.client.steward import Steward
from registries.database import reading, writing
from registries.sealing import Seal
from registries.tables import reviews
from tests.registries.people import SECRET, Registry, about, hind, patient

SEAL = Seal(SECRET)
WHO = ("naima", "two people with one card")
CARD = {"cin": "BE123456", "birth": "1974-08-23", "sex": "female"}
RIM: dict[str, str] = {"given": "Rim", "family": "Tazi", **CARD}


class Mixed:
    """Hind's record of Ifrane came under Rim's identity, by Rim's card; so the rules took Rim for Hind of Azrou."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.links, self.steward = engine, Links(engine), Steward(engine, SECRET, SEAL)
        self.registry = Registry(engine)
        self.hind = self.registry.answer(about(hind("AZROU"))).entry
        self.rim = self.registry.person(ipp="1", **RIM)
        assert self.registry.answer(about(hind("IFRANE", **CARD))).entry == self.rim
        self.record = Records(engine, SECRET).of_persons([self.rim])[-1].id
        assert self.one(self.rim, self.hind)

    def one(self, *persons: str) -> bool:
        return self.links.following(persons[0]) == set(persons)

    def split(self) -> tuple[int, str]:
        """The line of the history, and the identity that was made."""
        line = self.steward.split(self.record, *WHO)
        return line, Records(self.engine, SECRET).of_ids([self.record])[0].person

    def sweep(self) -> None:
        self.registry.clients.matcher.sweep(everything=True)

    def exported(self) -> bytes:
        return b"".join(lines(self.engine, SEAL))


@pytest.fixture
def mixed(engine: Engine) -> Mixed:
    return Mixed(engine)


def test_after_a_split_nobody_is_joined_by_the_record_that_left_and_its_person_is_found(mixed: Mixed) -> None:
    _, new = mixed.split()
    assert mixed.one(mixed.rim)
    assert mixed.one(mixed.hind)
    mixed.sweep()
    assert mixed.one(new, mixed.hind)
    assert mixed.one(mixed.rim)


def test_whom_a_record_that_stays_joins_is_joined_all_the_while(engine: Engine) -> None:
    registry, links = Registry(engine), Links(engine)
    one, same = (registry.answer(about(hind(where, **told))).entry for where, told in (("AZROU", CARD), ("IFRANE", {})))
    other = patient(ipp="1", given="Rim", family="Tazi", **CARD)
    assert registry.answer(about(other)).entry == one
    assert links.following(one) == {one, same}
    record = Records(engine, SECRET).of_persons([one])[-1].id
    Steward(engine, SECRET, SEAL).split(record, *WHO)
    assert links.following(one) == {one, same}
    registry.clients.matcher.sweep(everything=True)
    assert links.following(one) == {one, same}


def test_what_stewards_said_stands_after_a_split(mixed: Mixed) -> None:
    mother, stranger = mixed.registry.person(ipp="5"), mixed.registry.person(ipp="6")
    mixed.steward.link(mixed.rim, mother, *WHO)
    mixed.steward.apart(mixed.rim, stranger, *WHO)
    _, new = mixed.split()
    mixed.sweep()
    assert mixed.one(mixed.rim, mother)
    assert mixed.links.kept_apart(mixed.rim) == {new, stranger}


@pytest.mark.parametrize("swept", [False, True])
def test_a_split_taken_back_is_as_before_to_the_byte_though_all_were_compared_meanwhile(
    mixed: Mixed, swept: bool
) -> None:
    before = mixed.exported()
    split, new = mixed.split()
    after = mixed.exported()
    if swept:
        mixed.sweep()
        assert mixed.one(new, mixed.hind)
    undone = mixed.steward.undo(split, *WHO)
    assert mixed.exported() == before
    mixed.sweep()
    assert mixed.exported() == before
    mixed.steward.undo(undone, *WHO)
    assert swept or mixed.exported() == after
    mixed.sweep()
    assert mixed.one(new, mixed.hind)
    assert mixed.one(mixed.rim)


def test_who_follows_the_records_learns_of_every_move(mixed: Mixed) -> None:
    records = Records(mixed.engine, SECRET)

    def news(number: int) -> tuple[int, dict[int, str]]:
        found = records.since(number)
        return max([number, *(one.number for one in found)]), {one.id: one.person for one in found}

    seen, _ = news(0)
    line, new = mixed.split()
    for person in (new, mixed.rim, new):
        seen, told = news(seen)
        assert told[mixed.record] == person
        line = mixed.steward.undo(line, *WHO)


def test_a_link_that_the_rules_made_again_is_no_decision_that_hinders_undoing(mixed: Mixed) -> None:
    split, new = mixed.split()
    told = hind("IFRANE", given="Karima", family="Alami", **CARD)
    assert mixed.registry.answer(about(told, version=2)).entry == new
    assert mixed.registry.answer(about(hind("MIDELT", **CARD))).entry == mixed.rim
    mixed.sweep()
    assert mixed.one(mixed.rim, mixed.hind)
    mixed.steward.undo(split, *WHO)
    assert mixed.one(mixed.rim, mixed.hind, new)


def test_whom_the_ended_link_had_answered_about_is_asked_about_again(mixed: Mixed) -> None:
    one, other = sorted((mixed.rim, mixed.hind))
    told: Any = {"person": one, "other": other, "reason": "possible-match", "text": "", "at": 1, "state": "open"}
    with writing(mixed.engine) as connection:
        review = told | {"id": review_of(one, other), "event": "", "transaction": ""}
        connection.execute(reviews.insert().values(review | {"state": "decided", "decided_by": "rules"}))
    mixed.split()
    with reading(mixed.engine) as connection:
        assert connection.scalar(select(reviews.c.state).where(reviews.c.id == review["id"])) == "open"
