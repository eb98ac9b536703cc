"""The work list of people without papers: who waits, for how long, and who is known by now."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from channels.temporaries import Places, Temporaries, UnknownPlace, Wanted, made
from registries.client.links import Links
from registries.client.records import Records
from registries.client.search import People
from registries.client.steward import Steward
from registries.load import load
from registries.sealing import Seal
from schemas import temporary
from schemas.events import Identifier
from tests.home import Place, every_store, home
from tests.registries.people import SECRET, Registry, about, patient

__all__ = ["every_store", "home"]

DAY = 86_400_000_000
ONE, TWO = (temporary.number("100000018", 1_795_000_000_000, chance) for chance in (1, 2))


class Given:
    """A registry with its work list."""

    def __init__(self, home: Place) -> None:
        self.registry = Registry(home.open("registries"))
        engine, records = self.registry.engine, Records(self.registry.engine, SECRET)
        self.temporaries = Temporaries(engine, People(records), records, Links(engine), days=30)

    def person(self, number: str, **told: str) -> str:
        wristband: Identifier = {"system": temporary.SYSTEM, "value": number}
        return self.registry.answer(about(patient(wristband, **told))).entry

    def open(self, days: int = 0) -> Sequence[tuple[str, str]]:
        return [(one.number, one.state) for one in self.temporaries.open(time.time_ns() // 1000 + days * DAY)]


@pytest.fixture
def given(home: Place) -> Given:
    return Given(home)


def test_who_waits_too_long_is_overdue(given: Given) -> None:
    given.person(ONE, sex="male")
    assert given.open(29) == [(ONE, "waiting")]
    assert given.open(31) == [(ONE, "overdue")]
    assert given.temporaries.counts() == {"waiting": 1, "overdue": 0, "linked": 0}


def test_who_is_known_by_papers_or_by_a_steward_waits_no_longer(given: Given) -> None:
    first, second = given.person(ONE), given.person(TWO)
    given.person(ONE, cin="AB417205", given="Mohamed", family="ALAMI", birth="1961-04-02")
    assert given.open() == [(TWO, "waiting")]
    known = given.registry.person(ipp="8", family="TAZI", given="Omar", birth="1990-10-10")
    steward = Steward(given.registry.engine, SECRET, Seal(SECRET))
    steward.link(second, known, "a steward", "the family came")
    assert given.open() == []
    assert given.temporaries.counts() == {"waiting": 0, "overdue": 0, "linked": 2}
    steward.unlink(second, known, "a steward", "another family")
    assert given.open() == [(TWO, "waiting")]
    assert first != second


def test_the_patient_says_no_more_than_is_known() -> None:
    told = {"resourceType": "Patient", "id": "x", "name": [{"text": "ALAMI ?"}]}
    number, patient = made(Wanted({"system": "", "value": "Urgences"}, ("unconscious",), patient=told))
    assert number.startswith("TMP-URGENCES-")
    assert patient["identifier"] == [{"use": "temp", "system": temporary.SYSTEM, "value": number}]
    assert (patient["gender"], patient["name"]) == ("unknown", told["name"])
    assert "id" not in patient


def test_a_place_is_one_of_the_registrys_once_it_has_any(home: Place) -> None:
    places = Places(home.open("registries"))
    anywhere: Identifier = {"system": "", "value": "Urgences"}
    assert places.word(anywhere) == anywhere
    header = "inpe,name,type,region,province,owner,periods,latitude,longitude,aliases"
    rows = ["100000018,Collines,hospital,MA-04,MA-RAB,public,,,,HOP"]
    rows += ["100000026,Loin,hospital,MA-04,MA-RAB,public,2001-01-01/2002-01-01,,,OLD"]
    assert not load("facilities", "\n".join([header, *rows, ""]).encode(), home.open("registries")).issues
    assert places.word({"system": "", "value": "hop"})["value"] == "100000018"
    assert places.word({"system": "https://hie.sante.gov.ma/id/inpe-es", "value": "100000018"})["value"] == "100000018"
    for wrong in ("Urgences", "OLD"):
        with pytest.raises(UnknownPlace):
            places.word({"system": "", "value": wrong})
