"""Roles and services that FHIR tells inactive, and what FHIR told of them beside their dates."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from registries.care import days
from registries.care.feed import Change, feed
from registries.care.lookup import id_of
from registries.care.store import Care, named_by
from registries.care.systems import OPERATING
from registries.database import reading, writing
from registries.health_worker import ELSEWHERE
from tests.registries.care.lists import people, places
from tests.registries.care.test_timeline import by_whom, sale

HERE, THERE = "130000001", "130000002"
WHO = "220000001"
PLACE = f"{HERE};Here;OFFICINE;;;;2000-01-01/;;;;;;dialyse 2015-01-01/;"
MONDAY, TUESDAY, LATER = "2026-11-23", "2026-11-24", "2026-12-24"
BESIDE = {"telecom": [{"system": "phone", "value": "0537000000"}], "availabilityExceptions": "August"}


@pytest.fixture
def told(engine: Engine) -> Engine:
    places(engine, PLACE, f"{THERE};There;OFFICINE;;;;;;;;;;;")
    people(
        engine,
        f"{WHO};TAZROUT;Hind;pharmacien;;{HERE} pharmacien 2010-01-01/,{THERE} pharmacien 2010-01-01/2010-12-31;;;;",
    )
    return engine


def held(engine: Engine) -> dict[str, Any]:
    with reading(engine) as connection:
        whose = [f"Practitioner/{id_of(engine, 'health-worker', WHO)}"]
        ones = named_by(connection, "PractitionerRole", "practitioner", whose)
    return next(one.resource for one in ones if one.resource["period"] != {"start": "2010-01-01", "end": "2010-12-31"})


def offered(engine: Engine) -> dict[str, Any]:
    with reading(engine) as connection:
        where = [f"Organization/{id_of(engine, 'facility', HERE)}"]
        (one,) = named_by(connection, "HealthcareService", "organization", where)
    return one.resource


def put(engine: Engine, resource: dict[str, Any], day: str) -> None:
    with writing(engine) as connection:
        feed(connection, [Change(resource["resourceType"], resource["id"], resource)], by="a", why="w", day=day)


def flags(engine: Engine, when: str) -> list[str]:
    return by_whom(engine, [sale(WHO, HERE, when)])[0].flags


def test_a_role_told_inactive_ends_the_day_before(told: Engine) -> None:
    put(told, held(told) | {"active": False}, TUESDAY)
    assert (flags(told, MONDAY), flags(told, TUESDAY)) == ([], [ELSEWHERE])
    days.turn(told, LATER)
    assert held(told)["active"] is False


def test_told_so_again_it_ended_when_it_was_told_first(told: Engine) -> None:
    role = held(told) | {"active": False}
    for day in (TUESDAY, LATER):
        put(told, role, day)
    assert (flags(told, MONDAY), flags(told, TUESDAY)) == ([], [ELSEWHERE])


@pytest.mark.parametrize("start", [TUESDAY, LATER])
def test_a_role_told_inactive_before_its_second_day_holds_on_no_day_until_then(told: Engine, start: str) -> None:
    role = held(told) | {"period": {"start": start}, "active": False}
    for _ in range(2):
        put(told, role, TUESDAY)
    assert flags(told, TUESDAY) == [ELSEWHERE]


def test_who_is_suspended_keeps_the_roles_that_are_sent_back(told: Engine) -> None:
    row = f"{WHO};TAZROUT;Hind;pharmacien;;{HERE} pharmacien 2010-01-01/;;{MONDAY}/{LATER};;"
    people(told, row)
    days.turn(told, TUESDAY)
    role = held(told)
    assert role["active"] is False
    put(told, role | BESIDE, TUESDAY)
    assert held(told)["period"] == {"start": "2010-01-01"}
    days.turn(told, "2027-01-01")
    assert (held(told)["active"], flags(told, "2027-01-01")) == (True, [])


def test_a_service_told_inactive_stays_so(told: Engine) -> None:
    put(told, offered(told) | {"active": False}, TUESDAY)
    days.turn(told, LATER)
    service = offered(told)
    assert service["active"] is False
    assert service["extension"] == [{"url": OPERATING, "valuePeriod": {"start": "2015-01-01", "end": MONDAY}}]


def test_what_fhir_told_of_a_service_or_role_beside_stays(told: Engine) -> None:
    put(told, offered(told) | BESIDE | {"comment": "by appointment", "name": "Dialyse"}, TUESDAY)
    put(told, held(told) | BESIDE, TUESDAY)
    days.turn(told, LATER)
    places(told, PLACE.replace("Here", "Just here"), PLACE.replace("2015", "2016"))
    row = f"{WHO};TAZROUT;Hind;pharmacien;;{HERE} pharmacien 2010-01-01/2027-01-01;;;cardiologie;"
    people(told, row)
    service, role = offered(told), held(told)
    assert (service["comment"], service["name"]) == ("by appointment", "Dialyse")
    assert service["extension"][0]["valuePeriod"] == {"start": "2016-01-01"}
    assert role["period"]["end"] == "2027-01-01"
    assert {name: service[name] for name in BESIDE} == {name: role[name] for name in BESIDE} == BESIDE
    assert [one["text"] for one in role["specialty"]] == ["cardiologie"]
    kept = Care(told).versions("PractitionerRole", role["id"])
    assert len(kept) == 3
