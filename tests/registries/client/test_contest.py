"""Certain matches that cannot all be, where some of the identities have no record of their own."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import Engine, select

from registries.client.links import Links
from registries.client.records import Records
from registries.client.steward import Steward
from registries.database import reading
from registries.sealing import Seal
from registries.tables import reviews, uncompared
from tests.registries.people import SECRET, Registry, about, hind, merged, patient


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


def person(registry: Registry, where: str, **told: str) -> str:
    return registry.answer(about(hind(where, **told))).entry


def contested(registry: Registry) -> list[str]:
    with reading(registry.engine) as connection:
        assert not connection.execute(select(uncompared)).all(), "all that came was compared"
        told = connection.scalars(select(reviews.c.text).where(reviews.c.reason == "possible-match"))
        return [text for text in told if "an identifier of the same kind differs" in text]


@pytest.mark.parametrize("order", list(itertools.permutations(("AZROU", "IFRANE", "KHENIFRA"))), ids="-".join)
def test_who_was_merged_under_a_number_that_nobody_knew_stays_with_her_whoever_came_first(
    registry: Registry, order: tuple[str, ...]
) -> None:
    cards = {"AZROU": "BK61234", "IFRANE": "CD98765", "KHENIFRA": ""}
    for where in order[:2]:
        person(registry, where, cin=cards[where])
    known = patient({"system": f"urn:id:{order[0]}", "value": "41"})
    registry.answer(merged(patient(ipp="96"), known))
    person(registry, order[2], cin=cards[order[2]])
    met = {where: person(registry, where, cin=cards[where]) for where in cards}
    before = registry.answer(about(patient(ipp="96"))).entry
    follows = Links(registry.engine)
    assert follows.following(before) == follows.following(met[order[0]])
    assert len(follows.following(met["KHENIFRA"]) & {met["AZROU"], met["IFRANE"]}) == 1
    assert len(contested(registry)) == 1


def test_what_a_split_had_made_and_its_undoing_left_empty_stops_no_match(registry: Registry) -> None:
    card = {"cin": "BK61234"}
    azrou = person(registry, "AZROU", **card)
    person(registry, "RABAT", **card)
    steward, who = Steward(registry.engine, SECRET, Seal(SECRET)), ("naima", "two cards")
    (record, *_) = (one.id for one in Records(registry.engine, SECRET).of_persons([azrou]) if "RABAT" in str(one))
    steward.undo(steward.split(record, *who), *who)
    registry.clients.matcher.sweep(everything=True)
    assert len(Links(registry.engine).following(azrou)) == 2
    ifrane, khenifra = person(registry, "IFRANE", cin="CD98765"), person(registry, "KHENIFRA")
    assert len(Links(registry.engine).following(khenifra) & {azrou, ifrane}) == 1
    assert len(contested(registry)) == 1
