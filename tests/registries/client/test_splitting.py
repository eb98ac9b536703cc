"""A source record leaves the identity it had."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select

from registries.client.decision import Declined
from registries.client.links import Links
from registries.client.records import Records
from registries.client.regulars import REIGN, Regulars
from registries.client.steward import Steward
from registries.database import reading
from registries.sealing import Seal
from registries.tables import persons, records
from schemas.message import Unavailable
from tests.registries.people import SECRET, SYSTEMS, Registry, about, patient

WHO = ("naima", "two people with one card")
SEAL = Seal(SECRET)


class Desk:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.registry = Registry(engine)
        self.steward = Steward(engine, SECRET, SEAL)
        self.links = Links(engine)

    def known(self, **told: str) -> tuple[str, int]:
        """The identity of this patient, and the record of what was said of them by this file number."""
        person = self.registry.person(**told)
        number = {"system": SYSTEMS["ipp"], "value": told["ipp"]}
        records = Records(self.engine, SECRET, SEAL).of_persons([person])
        return person, next(one.id for one in records if number in one.patient["identifiers"])

    def person_of(self, record: int) -> str:
        with reading(self.engine) as connection:
            return connection.scalar(select(records.c.person).where(records.c.id == record)) or ""

    def knowledge(self, person: str) -> Any:
        with reading(self.engine) as connection:
            row = connection.execute(select(persons).where(persons.c.id == person)).mappings().one()
        return {name: value for name, value in row.items() if name not in ("id", "created", "origin", "revision")}


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


class Memory:
    """A cache that all share."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.answers: Iterator[bool] = itertools.repeat(True)  # whether each write is kept

    def read(self, kind: str, names: Sequence[str]) -> list[bytes | None]:
        return [self.values.get(name) for name in names]

    def write(self, kind: str, entries: Mapping[str, bytes], seconds: int) -> bool:
        if kept := next(self.answers):
            self.values.update(entries)
        return kept

    def forget(self, kind: str, names: Sequence[str]) -> None:
        for name in names:
            self.values.pop(name, None)


CARD = {"cin": "BE123456", "birth": "1980-03-04"}


def test_a_record_gets_an_identity_of_its_own_and_its_numbers_go_with_it(desk: Desk) -> None:
    old, _ = desk.known(**CARD, ipp="1", given="Rim")
    same, record = desk.known(**CARD, ipp="2", given="Hind")
    assert same == old
    desk.steward.split(record, *WHO)
    new = desk.person_of(record)
    assert new != old
    assert desk.registry.person(ipp="2") == new
    assert desk.registry.person(ipp="1") == old
    assert desk.links.kept_apart(old) == {new}


def test_what_its_source_says_later_is_about_the_new_identity_though_the_card_is_shared(desk: Desk) -> None:
    old, _ = desk.known(**CARD, ipp="1")
    _, record = desk.known(**CARD, ipp="2")
    desk.steward.split(record, *WHO)
    new = desk.person_of(record)
    assert desk.registry.person(**CARD, ipp="2") == new
    assert desk.registry.person(**CARD, ipp="1") == old
    assert desk.registry.person(**CARD) == old
    assert desk.registry.reviews() == []


def test_the_old_identity_forgets_what_only_the_record_told(desk: Desk) -> None:
    old, _ = desk.known(**CARD, ipp="1")
    desk.known(ipp="1", sex="female")
    _, record = desk.known(**CARD, ipp="2", ins="N7")
    before = desk.knowledge(old)
    assert before["ins"]
    split = desk.steward.split(record, *WHO)
    assert desk.knowledge(old) == before | {"ins": ""}
    desk.steward.undo(split, *WHO)
    assert desk.knowledge(old) == before


def test_who_is_remembered_is_asked_for_again_after_a_split_and_after_its_undoing(desk: Desk) -> None:
    memory = Memory()
    desk.registry.clients.regulars = Regulars(memory, desk.engine)
    steward = replace(desk.steward, cache=memory)
    old, _ = desk.known(ipp="1", **CARD)
    _, record = desk.known(ipp="2", **CARD)
    assert desk.registry.person(ipp="2") == old
    split = steward.split(record, *WHO)
    new = desk.person_of(record)
    assert desk.registry.person(ipp="2") == desk.registry.person(ipp="2") == new
    steward.undo(split, *WHO)
    assert desk.registry.person(ipp="2") == old


def test_without_the_memory_no_split_is_made_or_taken_back_but_a_link_is(desk: Desk) -> None:
    memory = Memory()
    steward = replace(desk.steward, cache=memory)
    old, _ = desk.known(ipp="1", **CARD)
    _, record = desk.known(ipp="2", **CARD)
    split = steward.split(record, *WHO)
    link = steward.link(old, desk.registry.person(ipp="9"), *WHO)
    new = desk.person_of(record)
    memory.answers = itertools.repeat(False)
    with pytest.raises(Unavailable, match="memory"):
        steward.undo(split, *WHO)
    assert desk.person_of(record) == new
    with pytest.raises(Unavailable, match="memory"):
        steward.split(desk.known(ipp="3", **CARD)[1], *WHO)
    assert desk.registry.person(ipp="3") == old
    assert steward.undo(link, *WHO)


def test_a_memory_that_went_away_during_a_split_has_it_done_again_until_it_is_told(desk: Desk) -> None:
    memory = Memory()
    desk.registry.clients.regulars = Regulars(memory, desk.engine)
    steward = replace(desk.steward, cache=memory)
    desk.known(ipp="1", **CARD)
    _, record = desk.known(ipp="2", **CARD)
    memory.answers = iter([True, False])
    with pytest.raises(Unavailable, match="memory"):
        steward.split(record, *WHO)
    memory.answers = itertools.repeat(True)
    reign = memory.values[REIGN]
    assert steward.split(record, *WHO) == 0
    assert memory.values[REIGN] != reign
    assert desk.registry.person(ipp="2") == desk.person_of(record)


def test_a_split_is_taken_back_and_what_landed_meanwhile_is_followed(desk: Desk) -> None:
    old, _ = desk.known(**CARD, ipp="1")
    _, record = desk.known(**CARD, ipp="2")
    split = desk.steward.split(record, *WHO)
    new = desk.registry.answer(about(patient(ipp="2"))).entry
    undone = desk.steward.undo(split, *WHO)
    assert desk.person_of(record) == old
    assert desk.registry.person(ipp="2") == old
    assert desk.links.survivor(new) == old
    assert desk.steward.undo(split, *WHO) == 0
    desk.steward.undo(undone, *WHO)
    assert desk.person_of(record) == desk.registry.person(ipp="2") == new
    assert desk.links.following(old) == {old}


def test_a_split_is_not_taken_back_once_its_identity_is_linked(desk: Desk) -> None:
    desk.known(**CARD, ipp="1")
    _, record = desk.known(**CARD, ipp="2")
    third, _ = desk.known(ipp="3")
    split = desk.steward.split(record, *WHO)
    desk.steward.link(desk.person_of(record), third, *WHO)
    with pytest.raises(Declined, match="linked since"):
        desk.steward.undo(split, *WHO)


def test_a_split_is_not_taken_back_once_its_source_said_more_under_the_old_identity(desk: Desk) -> None:
    old, _ = desk.known(**CARD, ipp="1", ins="N7")
    _, record = desk.known(**CARD, ipp="2")
    split = desk.steward.split(record, *WHO)
    assert desk.registry.person(ipp="2", ins="N7", birth="1991-01-02") == old
    with pytest.raises(Declined, match="merge the two instead"):
        desk.steward.undo(split, *WHO)


def test_strangers_still_find_room_at_a_number_after_a_split_was_taken_back(desk: Desk) -> None:
    desk.known(ipp="1", birth="1980-03-04", cin="BE123456")
    _, record = desk.known(ipp="2", birth="1980-03-04", cin="BE123456")
    desk.steward.undo(desk.steward.split(record, *WHO), *WHO)
    brother = desk.registry.person(ins="N8", ipp="4", cin="BE123456", birth="1980-03-04", sex="male")
    assert desk.registry.person(ins="N9", cin="BE123456", birth="1980-03-04", sex="male") != brother


def test_a_record_alone_in_its_identity_is_not_split(desk: Desk) -> None:
    _, record = desk.known(ipp="1")
    with pytest.raises(Declined, match="the only source record"):
        desk.steward.split(record, *WHO)
    with pytest.raises(Declined, match="no source record 99999"):
        desk.steward.split(99999, *WHO)


def test_a_record_is_split_once(desk: Desk) -> None:
    desk.known(**CARD, ipp="1")
    _, record = desk.known(**CARD, ipp="2")
    assert desk.steward.split(record, *WHO)
    assert desk.steward.split(record, "khalid", "sure") == 0


def test_a_choice_is_of_a_record_of_the_person(desk: Desk) -> None:
    one, record = desk.known(ipp="1", sex="male")
    other, foreign = desk.known(ipp="2", sex="female")
    with pytest.raises(Declined, match="belongs to somebody else"):
        desk.steward.choose(one, "sex", *WHO, record=foreign)
    with pytest.raises(Declined, match="no field shoe_size"):
        desk.steward.choose(one, "shoe_size", *WHO, record=record)
    with pytest.raises(Declined, match="no source record"):
        desk.steward.choose(one, "sex", *WHO, record=99999)
    desk.steward.link(one, other, *WHO)
    assert desk.steward.choose(one, "sex", *WHO, record=foreign)
    assert desk.steward.choose(one, "sex", *WHO, record=foreign) == 0


def test_a_choice_of_ones_own_is_sealed_kept_once_and_withdrawn(desk: Desk) -> None:
    one, _ = desk.known(ipp="1")
    assert desk.steward.choose(one, "birth_date", *WHO, value="1980-05-05")
    assert desk.steward.choose(one, "birth_date", *WHO, value="1980-05-05") == 0
    withdrawn = desk.steward.choose(one, "birth_date", *WHO)
    assert withdrawn
    assert desk.steward.choose(one, "birth_date", *WHO) == 0
    assert desk.steward.undo(withdrawn, *WHO)
    assert desk.steward.choose(one, "birth_date", *WHO, value="1980-05-05") == 0
