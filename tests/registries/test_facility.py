"""Where it happened: known, closed at the time, never heard of."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from registries.facility import Facilities
from registries.load import load
from registries.registry import Policy, Resolution
from registries.tables import aliases
from schemas import facts
from tests.registries.people import about, organization, patient

LIST = """inpe;name;type;region;province;owner;periods;latitude;longitude;aliases
120000011;CHU de la Colline;CHU;MA-04;MA-RAB;MSPS;1990-01-01/;34.0;-6.8;CHU_COLLINE,urn:id:CHU|CLN
120000022;Pharmacie du Phare;OFFICINE;MA-04;MA-SAL;privé;2000-01-01/2019-12-31 2021-06-01/;34.0;-6.8;PH_PHARE
"""


@pytest.fixture
def database_(engine: Engine) -> Engine:
    load("facilities", LIST.encode(), engine)
    return engine


def at(**more: Any) -> Any:
    return about(patient(), **more)


def answer(engine: Engine, event: Any, policy: Policy = "flag") -> Resolution:
    return Facilities(engine).resolve([event], [policy])[0]


@pytest.mark.parametrize("place", [organization("120000011"), organization("120 000 011"),
                                   organization(name="CHU_COLLINE"), organization(name=" chu_colline ")])  # fmt: skip
def test_found_by_inpe_or_by_what_the_sender_calls_it(database_: Engine, place: Any) -> None:
    event = at(facility=place, ended="2024-03-12T10:30")
    found = answer(database_, event)
    assert (found.verdict, found.entry, found.flags) == ("found", facts.name("facility", "120000011"), [])
    assert event["facility"]["known"] is True
    assert event["facility"]["entry"] == found.entry


def test_a_local_number_is_looked_up_within_its_system(database_: Engine) -> None:
    place = {"identifiers": [{"system": "urn:id:CHU", "value": "CLN"}]}
    assert answer(database_, at(facility=place)).verdict == "found"
    elsewhere = {"identifiers": [{"system": "urn:id:OTHER", "value": "CLN"}]}
    assert answer(database_, at(facility=elsewhere)).verdict == "unknown"


def test_an_unknown_inpe_is_not_saved_by_a_known_name(database_: Engine) -> None:
    assert answer(database_, at(facility=organization("129999999", "CHU_COLLINE"))).flags == ["facility unknown"]


@pytest.mark.parametrize(
    ("day", "flags"),
    [
        ("2010-05-01", []),
        ("2019-12-31T23:10", []),
        ("2020-03-01", ["facility closed at the time"]),
        ("2020", ["facility closed at the time"]),
        ("2021", []),
        ("2021-05", ["facility closed at the time"]),
        ("2024-03-12", []),
        ("1999-12-31", ["facility closed at the time"]),
    ],
)
def test_what_counts_is_the_day_of_the_sale_not_today(database_: Engine, day: str, flags: list[str]) -> None:
    event = at(type="MedicationDispensed", pharmacy=organization("120000022"), dispensed=day, occurred="2024-01-01")
    found = answer(database_, event)
    assert (found.verdict, found.flags) == ("found", flags)
    assert event["pharmacy"]["known"] is True


def test_the_pharmacy_decides_about_a_dispensation(database_: Engine) -> None:
    event = at(type="MedicationDispensed", pharmacy=organization("129999999"), facility=organization("120000011"))
    assert answer(database_, event).flags == ["facility unknown"]
    assert event["pharmacy"]["known"] is False
    assert event["facility"]["known"] is True


@pytest.mark.parametrize("policy", ["flag", "require", "create"])
def test_another_place_that_is_unknown_is_flagged_whatever_the_policy(database_: Engine, policy: Policy) -> None:
    def flags(laboratory: Any) -> list[str]:
        event = at(facility=organization("120000011"), laboratory=laboratory, occurred="2024-03-12")
        found = answer(database_, event, policy)
        assert (found.verdict, found.waiting_for) == ("found", [])
        return found.flags

    assert flags(organization("129999999")) == ["another facility unknown"]
    assert flags(organization("120000022")) == []
    assert flags({"identifiers": [], "name": None}) == []


def test_the_same_place_twice_is_one_that_is_unknown(database_: Engine) -> None:
    event = at(facility=organization("129999999"), laboratory=organization("129 999 999"))
    assert answer(database_, event).flags == ["facility unknown"]
    assert answer(database_, event, "create").flags == []


def test_a_place_that_was_made_is_not_unknown_beside_another(database_: Engine) -> None:
    answer(database_, at(facility=organization("129999999")), "create")
    event = at(facility=organization("120000011"), laboratory=organization("129999999"), occurred="2024-03-12")
    assert answer(database_, event, "create").flags == []
    assert answer(database_, event).flags == ["another facility unknown"]


def test_a_laboratory_is_looked_up_beside_the_sender(database_: Engine) -> None:
    event = at(facility=organization(name="CHU_COLLINE"), laboratory=organization("120000022"))
    answer(database_, event)
    assert event["laboratory"]["known"] is True


def test_require_parks_until_the_entry_is_loaded(database_: Engine) -> None:
    places = Facilities(database_)
    event = at(facility=organization(name="LAB_NEUF"))
    waiting = places.resolve([event], ["require"])[0]
    assert (waiting.verdict, waiting.waiting_for) == ("unknown", ["facility|lab_neuf"])
    news = load("facilities", LIST.replace("CHU_COLLINE", "CHU_COLLINE,LAB_NEUF").encode(), database_)
    assert set(waiting.waiting_for) <= set(news.learned)
    assert places.resolve([event], ["require"])[0].verdict == "found"


def test_require_parks_what_was_done_while_closed(database_: Engine) -> None:
    event = at(type="MedicationDispensed", pharmacy=organization("120000022"), dispensed="2020-03-01")
    assert answer(database_, event, "require").waiting_for == ["facility|120000022"]


def test_create_makes_a_provisional_entry_once(database_: Engine) -> None:
    event = at(facility=organization("129999999"))
    places = Facilities(database_)
    made, again = places.resolve([event, event], ["create", "create"])
    assert (made.verdict, again.verdict) == ("new", "found")
    assert made.entry == again.entry == facts.name("facility", "129999999")
    assert places.learned == ["facility|129999999"]
    assert event["facility"]["known"] is False
    assert answer(database_, event, "create").verdict == "found"
    assert answer(database_, event, "require").waiting_for, "an entry nobody vouched for is not enough"


def test_a_provisional_name_goes_over_to_the_entry_that_is_loaded(database_: Engine) -> None:
    event = at(facility=organization(name="LAB_NEUF"))
    answer(database_, event, "create")
    assert load("facilities", LIST.replace("PH_PHARE", "PH_PHARE,LAB_NEUF").encode(), database_).issues == []
    assert answer(database_, event).entry == facts.name("facility", "120000022")


def numbered(system: str, value: str, name: str = "") -> Any:
    return {"identifiers": [{"system": system, "value": value}], "name": name or None}


def test_the_same_number_of_two_senders_makes_two_entries(engine: Engine) -> None:
    places = Facilities(engine)
    events = [at(facility=numbered(f"urn:id:lab-{one}", "4", "Urgences")) for one in "abab"]
    made = places.resolve(events, ["create"] * 4)
    assert [one.verdict for one in made] == ["new", "new", "found", "found"]
    assert made[0].entry == made[2].entry != made[1].entry == made[3].entry
    again = Facilities(engine).resolve(events, ["create"] * 4)
    assert [one.entry for one in again] == [one.entry for one in made]
    assert [event["facility"]["entry"] for event in events] == [one.entry for one in made]


def test_a_number_alone_is_no_number_of_a_sender_that_says_whose_it_is(engine: Engine) -> None:
    places = Facilities(engine)
    whose = [at(facility=organization(name="4")), at(facility=numbered("urn:id:lab-b", "4"))]
    made = places.resolve(whose, ["create"] * 2)
    assert [one.verdict for one in made] == ["new", "new"]
    assert made[0].entry != made[1].entry


def test_what_an_older_program_called_a_provisional_entry_beside_is_not_believed(engine: Engine) -> None:
    event = at(facility=numbered("urn:id:lab-a", "4"))
    made = answer(engine, event, "create")
    with engine.begin() as connection:
        row = {"kind": "facility", "alias": "4", "number": "local:urn:id:lab-a|4"}
        connection.execute(aliases.insert(), [row])
    other = answer(engine, at(facility=numbered("urn:id:lab-b", "4")), "create")
    alone = answer(engine, at(facility=organization(name="4")), "create")
    assert len({made.entry, other.entry, alone.entry}) == 3
    assert answer(engine, event, "create").entry == made.entry


def test_a_number_of_a_loaded_entry_is_any_senders(database_: Engine) -> None:
    assert answer(database_, at(facility=numbered("urn:id:lab-b", "CHU_COLLINE")), "create").verdict == "found"


def test_without_any_name_nothing_can_be_waited_for(database_: Engine) -> None:
    found = answer(database_, at(), "require")
    assert (found.verdict, found.waiting_for, found.flags) == ("unknown", [], ["facility not identified"])


@pytest.mark.parametrize("home", ["postgresql"], indirect=True)
def test_a_name_that_can_not_be_kept_stops_no_other(engine: Engine) -> None:
    asked = Facilities(engine)
    endless = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))
    with pytest.raises(DBAPIError):
        asked.resolve([at(facility=organization(name=endless))], ["create"])
    assert asked.resolve([at(facility=organization(name="Dispensaire"))], ["create"])[0].verdict == "new"
    assert asked.learned == ["facility|dispensaire"]
