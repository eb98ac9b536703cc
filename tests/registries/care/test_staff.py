"""Who works at a facility still does when it is called by another number."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from registries.care.closing import prepared
from registries.care.editing import correct
from registries.care.entry import entry
from registries.care.feed import Change, feed
from registries.care.lookup import id_of
from registries.database import writing
from registries.facility import Facilities
from registries.health_worker import ELSEWHERE, HealthWorkers
from tests.registries.care.lists import people, places
from tests.registries.care.test_timeline import sale

BEFORE, AFTER, ELSE = "130000001", "130000009", "130000002"
WHO = "220000001"


class Asked:
    """Both registries, as mediation keeps them."""

    def __init__(self, engine: Engine) -> None:
        self._places, self._people = Facilities(engine), HealthWorkers(engine)

    def flags(self, place: str) -> list[str]:
        event = sale(WHO, place, "2020-01-01")
        self._places.resolve([event], ["flag"])
        return self._people.resolve([event], ["flag"])[0].flags


@pytest.fixture
def told(engine: Engine) -> Engine:
    places(engine, f"{BEFORE};Here;OFFICINE;;;;;;;", f"{ELSE};There;OFFICINE;;;;;;;")
    people(engine, f"{WHO};TAZROUT;Hind;pharmacien;;{BEFORE} pharmacien 2010-01-01/;")
    return engine


def corrected(engine: Engine, number: str) -> None:
    name = id_of(engine, "facility", BEFORE)
    with writing(engine) as connection:
        prepared(connection, "facility")
        said = {"inpe": number, "name": "Here"}
        assert not correct(connection, "facility", name, said, by="a", why="its papers").issues


@pytest.mark.parametrize("number", [AFTER, ""])
def test_a_correction_of_the_number_moves_the_staff_along(told: Engine, number: str) -> None:
    asked = Asked(told)
    assert (asked.flags(BEFORE), asked.flags(ELSE)) == ([], [ELSEWHERE])
    name = id_of(told, "facility", BEFORE)
    corrected(told, number)
    assert (asked.flags(number or "none"), asked.flags(ELSE)) == ([], [ELSEWHERE])
    there = entry(told, "facility", name)
    assert there is not None
    assert [one.role for one in there.posts] == ["pharmacien"]


def test_a_role_that_was_told_before_its_facility_is_at_the_facility(told: Engine) -> None:
    role = {
        "practitioner": {"reference": f"Practitioner/{id_of(told, 'health-worker', WHO)}"},
        "organization": {"reference": "Organization/new"},
    }
    system = "https://hie.sante.gov.ma/id/inpe-es"
    new: Any = {"name": "New", "identifier": [{"system": system, "value": AFTER}]}
    for change in (Change("PractitionerRole", "r", role), Change("Organization", "new", new)):
        with writing(told) as connection:
            feed(connection, [change], by="a", why="w", day="2026-11-26")
    assert Asked(told).flags(AFTER) == []
