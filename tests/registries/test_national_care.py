"""The program's facilities and health workers in front of national ones."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from registries.awaited import Awaited
from registries.facility import Facilities
from registries.health_worker import HealthWorkers
from registries.load import load
from registries.national_care import NationalCare, facilities, health_workers
from registries.remembered import FRESH, Remembered
from registries.remote import National
from tests.clock import Clock
from tests.registries.country import Country, identifier
from tests.registries.people import ID, SECRET, about, organization, patient
from tests.registries.test_national import answer, country, kept, national, stale

__all__ = ["country", "kept", "national"]

INPE = f"{ID}inpe-es"
FACILITIES = (
    "inpe,name,type,region,province,owner,periods,latitude,longitude,aliases\n"
    "130999998,Laboratoire Ibn Zohr,laboratory,MA-04,MA-RAB,private,,,,LABZ\n"
)


@pytest.fixture
def places(engine: Engine, national: National, kept: Remembered, clock: Clock) -> NationalCare:
    load("facilities", FACILITIES.encode(), engine)
    return facilities(Facilities(engine), national, kept, stale, Awaited(engine, SECRET, "facility", 60, clock))


def listed(inpe: str = "222222222", **more: object) -> dict[str, object]:
    return {"resourceType": "Organization", "id": inpe, "identifier": [identifier(f"{INPE}|{inpe}")], **more}


def sent_by(inpe: str = "", name: str = "", **more: Any) -> dict[str, object]:
    event: dict[str, object] = about(patient(ipp="1"), facility=organization(inpe, name), issued="2026-03-01", **more)
    return event


def test_a_facility_of_the_country_is_known_here(places: NationalCare, country: Country) -> None:
    country.resources = [listed()]
    event = sent_by("222222222")
    found = answer(places, event, "require")
    assert (found.verdict, found.flags, found.waiting_for) == ("found", [], [])
    facility = event["facility"]
    assert isinstance(facility, dict)
    assert facility["known"] is True
    assert facility["entry"] == found.entry


def test_what_the_country_does_not_know_may_be_known_here(places: NationalCare) -> None:
    assert answer(places, sent_by("130999998")).verdict == "found"
    assert answer(places, sent_by(name="LABZ")).verdict == "found"
    assert answer(places, sent_by("333333333"), "flag").flags == ["facility unknown"]


def test_whom_neither_knows_beside_the_first_is_flagged_and_whom_the_country_knows_is_not(
    places: NationalCare, country: Country
) -> None:
    country.resources = [listed()]
    for first in ("222222222", "130999998"):
        other = sent_by(first, laboratory=organization("333333333"))
        assert answer(places, other, "flag").flags == ["another facility unknown"]
    known = sent_by("130999998", laboratory=organization("222222222"))
    assert answer(places, known, "flag").flags == []


def test_an_entry_has_one_id_whether_the_country_answers_or_not(
    places: NationalCare, country: Country, clock: Clock
) -> None:
    country.resources = [listed("130999998")]
    there = answer(places, sent_by("130999998")).entry
    country.resources = []
    clock.now += FRESH + 1
    assert answer(places, sent_by("130999998")).entry == there


def test_a_facility_that_closed_is_known_for_what_happened_before(places: NationalCare, country: Country) -> None:
    country.resources = [listed(active=False, meta={"lastUpdated": "2026-03-15T08:00:00Z"})]
    assert answer(places, sent_by("222222222")).flags == []
    after = answer(places, sent_by("222222222", ended="2026-04-01"), "require")
    assert after.flags == ["facility closed at the time"]
    assert after.waiting_for == ["facility|222222222"]


def test_what_is_parked_for_a_facility_that_was_closed_is_asked_for_again(
    places: NationalCare, country: Country, clock: Clock
) -> None:
    country.resources = [listed(active=False, meta={"lastUpdated": "2026-02-15T08:00:00Z"})]
    parked = answer(places, sent_by("222222222"), "require")
    clock.now += 120
    (again,) = places.awaited.take(9)
    assert (again.number["value"], [*again.entries]) == ("222222222", parked.waiting_for)


def test_a_number_of_two_facilities_decides_nothing(places: NationalCare, country: Country) -> None:
    country.resources = [listed(), {**listed(), "id": "another"}]
    event = sent_by("222222222")
    found = answer(places, event)
    assert (found.verdict, found.entry) == ("ambiguous", "")


def test_a_facility_that_is_required_waits_for_the_service_and_others_go_on(
    places: NationalCare, country: Country
) -> None:
    country.down = 503
    parked = answer(places, sent_by("222222222"), "require")
    assert parked.waiting_for == [*places.awaited.silence({"system": INPE, "value": "222222222"}).entries]
    assert answer(places, sent_by("222222222"), "flag").flags == [
        "facility unknown",
        "the national facility registry does not answer",
    ]
    assert answer(places, sent_by("130999998"), "flag").verdict == "found"


def test_what_waits_for_a_facility_goes_on_when_the_country_knows_it(
    places: NationalCare, country: Country, clock: Clock
) -> None:
    parked = answer(places, sent_by("222222222"), "require")
    assert parked.waiting_for == ["facility|222222222"]
    country.resources = [listed()]
    clock.now += FRESH + 1
    answer(places, sent_by("222222222"), "require")
    assert places.learned == ["facility|222222222"]


def test_a_health_worker_is_asked_for_by_their_number(
    engine: Engine, national: National, kept: Remembered, country: Country
) -> None:
    workers = health_workers(HealthWorkers(engine), national, kept, stale, Awaited(engine, SECRET, "health-worker"))
    number = f"{ID}inpe-ps|444444444"
    country.resources = [
        {"resourceType": "Practitioner", "id": "p", "identifier": [identifier(number)]},
        {
            "resourceType": "PractitionerRole",
            "practitioner": {"reference": "Practitioner/p"},
            "period": {"start": "2020-01-01", "end": "2025-12-31"},
        },
    ]
    prescriber = {"identifiers": [identifier(number)], "name": None}
    event = about(patient(ipp="1"), type="MedicationPrescribed", prescriber=prescriber, prescribed="2024-06-01")
    assert answer(workers, event, "require").flags == []
    event["prescribed"] = "2026-06-01"
    assert answer(workers, event).flags == ["health worker closed at the time"]
    assert answer(workers, about(patient(ipp="1"))).flags == []


def test_who_has_no_role_at_the_place_is_told_though_the_country_knows_them(
    engine: Engine, national: National, kept: Remembered, country: Country, clock: Clock
) -> None:
    load("facilities", FACILITIES.encode(), engine)
    load(
        "health-workers",
        b"inpe,family,given,profession,periods,roles,aliases\n444444444,A,B,,,130999998 x /,\n",
        engine,
    )
    awaited = Awaited(engine, SECRET, "health-worker", 60, clock)
    workers = health_workers(HealthWorkers(engine), national, kept, stale, awaited)
    number = f"{ID}inpe-ps|444444444"
    country.resources = [{"resourceType": "Practitioner", "id": "p", "identifier": [identifier(number)]}]
    place = {**organization("222222222"), "known": True, "entry": "elsewhere"}
    prescriber = {"identifiers": [identifier(number)], "name": None}
    event = about(
        patient(ipp="1"), type="MedicationPrescribed", facility=place, prescriber=prescriber, prescribed="2024-06-01"
    )
    found = answer(workers, event, "require")
    assert found.flags == ["health worker not at this facility at the time"]
    assert found.waiting_for == ["health-worker|444444444"]
    assert answer(workers, event, "flag").waiting_for == []
    clock.now += 120
    assert workers.awaited.take(9) == []  # roles are not asked of the country
