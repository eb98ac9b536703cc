"""A steward splits a record off while somebody compares or changes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, select

from registries.client.links import Links
from registries.client.matcher import Matcher
from registries.client.records import Records
from registries.client.resolve import Clients
from registries.client.steward import Steward
from registries.client.store import View
from registries.database import reading
from registries.sealing import Seal
from registries.tables import links, records, reviews
from tests.registries.people import SECRET, Registry, about, hind, patient

CARD = {"cin": "BK61234", "birth": "1974-08-23"}


class Desk:
    """Rim and Hind, who are one identity by the card of one of them, until a steward sees it."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.registry = engine, Registry(engine)
        self.steward = Steward(engine, SECRET, Seal(SECRET))
        self.rim = self.registry.person(ipp="1", given="Rim", family="Alaoui", **CARD)

    def hind(self, where: str, **told: str) -> str:
        return self.registry.answer(about(hind(where, **told))).entry

    def split(self) -> None:
        """Hind's record at Azrou leaves Rim's identity."""
        found = Records(self.engine, SECRET).of_persons([self.rim])
        (record,) = (one.id for one in found if "urn:id:AZROU" in str(one.patient))
        self.steward.split(record, "naima", "two women with one card")

    def whose(self, where: str) -> str:
        return self.registry.answer(about(patient({"system": f"urn:id:{where}", "value": "41"}))).entry

    def following(self, person: str) -> frozenset[str]:
        return Links(self.engine).following(person)

    def swept(self) -> None:
        Clients(self.engine, SECRET).matcher.sweep(everything=True)


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def once_after(monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]) -> None:
    """`work` is done by somebody else between a comparison and what is decided of it."""
    compared = Matcher.compared

    def late(matcher: Matcher, *told: Any) -> Any:
        monkeypatch.setattr(Matcher, "compared", compared)
        verdicts = compared(matcher, *told)
        work()
        return verdicts

    monkeypatch.setattr(Matcher, "compared", late)


def test_who_is_like_a_record_that_leaves_meanwhile_is_linked_with_whom_it_went_to(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.hind("AZROU", **CARD) == desk.rim
    once_after(monkeypatch, desk.split)
    ifrane = desk.hind("IFRANE")
    desk.swept()
    azrou = desk.whose("AZROU")
    assert azrou != desk.rim
    assert desk.following(azrou) == {azrou, ifrane}
    assert desk.following(desk.rim) == {desk.rim}


def test_a_record_that_leaves_while_it_is_compared_is_linked_where_it_went(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ifrane = desk.hind("IFRANE")
    once_after(monkeypatch, desk.split)
    assert desk.hind("AZROU", **CARD) == desk.rim
    desk.swept()
    azrou = desk.whose("AZROU")
    assert azrou != desk.rim
    assert desk.following(azrou) == {azrou, ifrane}
    assert desk.following(desk.rim) == {desk.rim}


def test_nobody_is_asked_about_an_identity_for_a_record_that_left_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    vague: Any = {"system": "urn:id:IFRANE", "value": "8"}
    other = desk.registry.answer(about(patient(vague, given="Hind", family="Benkiran", birth="1974-08"))).entry
    once_after(monkeypatch, desk.split)
    desk.hind("AZROU", **CARD)
    desk.swept()
    with reading(desk.engine) as connection:
        assert not connection.execute(select(links).where(links.c.kind == "matched")).all()
        asked = connection.execute(select(reviews).where(reviews.c.reason == "possible-match")).all()
    assert {frozenset((one.person, one.other)) for one in asked} == {frozenset((desk.whose("AZROU"), other))}


def test_what_a_source_says_while_its_record_leaves_is_kept_where_it_went(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.hind("AZROU", **CARD)
    written = View.write

    def late(view: View, *told: Any) -> bool:
        monkeypatch.setattr(View, "write", written)
        desk.split()
        return written(view, *told)

    monkeypatch.setattr(View, "write", late)
    said = desk.hind("AZROU", given="Hind Salma", **CARD)
    assert said == desk.whose("AZROU") != desk.rim
    with reading(desk.engine) as connection:
        assert len(connection.execute(select(records)).all()) == 2
    ours = Records(desk.engine, SECRET).of_persons([said])
    assert [one.patient["names"][0]["given"] for one in ours] == [["Hind Salma"]]
