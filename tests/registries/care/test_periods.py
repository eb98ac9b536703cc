"""Periods as FHIR says them, to the year or the wrong way round: nobody else's messages wait for them."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from sqlalchemy import Engine

from registries.care.elements import period_of, periods
from registries.care.feed import Change, feed
from registries.care.lookup import id_of
from registries.care.store import Care, named_by
from registries.care.systems import OPERATING
from registries.database import reading, writing
from registries.facility import Facilities
from registries.health_worker import ELSEWHERE, HealthWorkers
from registries.tables import facilities
from registries.upstream_changes import Changes
from registries.upstream_told import Told
from tests.registries.care.lists import people, places
from tests.registries.care.test_timeline import asked, sale

HERE, THERE = "130000001", "130000002"
WHO = "220000001"
DAY = "2026-11-26"


@pytest.fixture
def told(engine: Engine) -> Engine:
    places(engine, f"{HERE};Here;OFFICINE;;;;;;;;;;;", f"{THERE};There;OFFICINE;;;;;;;;;;;")
    people(engine, f"{WHO};TAZROUT;Hind;pharmacien;;{THERE} pharmacien 2010-01-01/2010-12-31;;;;")
    return engine


def put(engine: Engine, *changes: Change) -> None:
    with writing(engine) as connection:
        feed(connection, changes, by="amina", why="w", day=DAY)


def role(engine: Engine, name: str, when: dict[str, str], **more: Any) -> Change:
    resource = {
        "practitioner": {"reference": f"Practitioner/{id_of(engine, 'health-worker', WHO)}"},
        "organization": {"reference": f"Organization/{id_of(engine, 'facility', HERE)}"},
        "period": when,
    }
    return Change("PractitionerRole", name, resource | more)


def flags(engine: Engine, when: str) -> list[str]:
    event = sale(WHO, HERE, when)
    Facilities(engine).resolve([event], ["flag"])
    return HealthWorkers(engine).resolve([event], ["flag"])[0].flags


def operating(*pairs: tuple[str, str]) -> dict[str, Any]:
    said = [{"start": start, "end": end} for start, end in pairs]
    return {"extension": [{"url": OPERATING, "valuePeriod": one} for one in said]}


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ({"start": "2015", "end": "2015"}, ("2015-01-01", "2015-12-31")),
        ({"start": "2016-02", "end": "2016-02"}, ("2016-02-01", "2016-02-29")),
        ({"start": "2015-03-04", "end": "2015-03-04"}, ("2015-03-04", "2015-03-04")),
        ({"start": "2015", "end": "2015-06-30"}, ("2015-01-01", "2015-06-30")),
        ({"start": "soon", "end": "2015-13"}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_a_year_or_month_begins_with_its_first_day_and_ends_with_its_last(said: Any, whole: tuple[str, str]) -> None:
    assert period_of(said) == whole


def test_what_ended_before_it_began_is_no_period_and_alone_means_never() -> None:
    assert periods(operating(("2026-12-01", "2026-11-25"), ("2015", "2016")), OPERATING) == (
        ("2015-01-01", "2016-12-31"),
    )
    assert periods(operating(("2026-12-01", "2026-11-25")), OPERATING) != ()


def test_a_role_of_some_years_counts_in_all_their_days(told: Engine) -> None:
    put(told, role(told, "r", {"start": "2015", "end": "2016-02"}))
    assert flags(told, "2015-01-01") == flags(told, "2016-02-29") == []
    assert flags(told, "2014-12-31") == flags(told, "2016-03-01") == [ELSEWHERE]


def test_a_role_that_ended_before_it_began_was_none(told: Engine) -> None:
    put(told, role(told, "r", {"start": "2026-12-01", "end": "2026-11-25"}))
    assert flags(told, "2026-11-30") == flags(told, "2026-12-01") == [ELSEWHERE]


def test_a_role_without_dates_beside_one_with_dates_is_always(told: Engine) -> None:
    put(told, role(told, "r", {}), role(told, "s", {"start": "2015", "end": "2016"}))
    assert flags(told, "2020-01-01") == []


def test_a_facility_that_never_operated_is_closed(told: Engine) -> None:
    name = id_of(told, "facility", HERE)
    kept = Care(told).read("Organization", name)
    assert kept is not None
    put(told, Change("Organization", name, kept.resource | operating(("2026-12-01", "2026-11-25"))))
    assert asked(told, HERE, "2026-11-30").flags == ["facility closed at the time"]
    assert asked(told, THERE, "2026-11-30").flags == []


def test_a_row_that_can_not_be_read_stops_no_other(told: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with told.begin() as connection:
        connection.execute(facilities.update().where(facilities.c.number == HERE).values(periods="2015/"))
    with caplog.at_level(logging.ERROR, "wasl.registries"):
        assert asked(told, THERE, "2026-11-30").verdict == "found"
    assert asked(told, HERE, "2026-11-30").verdict == "unknown"
    assert HERE in caplog.text


@pytest.mark.parametrize(("start", "last"), [("2026-11-26", None), ("2027", None), ("2015", "2026-11-25")])
def test_a_role_that_is_gone_upstream_ends_or_never_was(told: Engine, start: str, last: str | None) -> None:
    put(told, role(told, "r", {"start": start}))
    with writing(told) as connection:
        gone = Changes(connection, "https://above.example.ma/fhir", [Told("PractitionerRole", "r", None, DAY)])
        feed(connection, gone.made(), by="upstream", why="w", day=DAY)
    with reading(told) as connection:
        person = f"Practitioner/{id_of(told, 'health-worker', WHO)}"
        held = [one for one in named_by(connection, "PractitionerRole", "practitioner", [person]) if one.id == "r"]
    assert [one.resource["period"]["end"] for one in held] == ([last] if last else [])
    assert flags(told, "2027-06-01") == [ELSEWHERE]
