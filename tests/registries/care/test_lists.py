"""Lists of facilities and health workers: what their further columns say, what goes over, what a wrong one is told."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, insert, select

from registries.care import days
from registries.care.areas import areas
from registries.care.store import Care, named_by
from registries.database import reading
from registries.facility import Facilities
from registries.load import load
from registries.tables import aliases, facilities, health_workers, roles
from schemas import facts
from tests.registries.care.lists import HILL, HIND, PLACES, people, places
from tests.registries.people import about, organization, patient


def of(engine: Engine, kind: str, number: str, registry: str = "facility") -> dict[str, Any]:
    kept = Care(engine).read(kind, facts.name(registry, number))
    assert kept is not None
    return kept.resource


def along(engine: Engine, kind: str, parameter: str, value: str) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return [one.resource for one in named_by(connection, kind, parameter, [value])]


def test_the_country_has_twelve_regions_and_their_provinces() -> None:
    regions = [one for one in areas().values() if one.level == "region"]
    assert len(regions) == 12
    assert len(areas()) == 87
    assert all(areas()[one.within].level == "region" for one in areas().values() if one.within)


def test_a_column_that_is_missing_changes_nothing(engine: Engine) -> None:
    full = f"{HILL};2021-01-01/2021-03-31;001561191000066;urgences,dialyse 2015-01-01/;gst MA-04 2025-10-01/"
    places(engine, full)
    before = of(engine, "Organization", "120000011")
    short = places(engine, HILL, head=";".join(PLACES.split(";")[:10]))
    assert (short.unchanged, short.updated, short.issues) == (1, 0, [])
    assert of(engine, "Organization", "120000011") == before
    place = f"Organization/{facts.name('facility', '120000011')}"
    offered = along(engine, "HealthcareService", "organization", place)
    assert sorted(one["name"] for one in offered) == ["dialyse", "urgences"]
    fewer = places(engine, full.replace("urgences,", ""))
    assert fewer.updated == 1
    assert [one["name"] for one in along(engine, "HealthcareService", "organization", place)] == ["dialyse"]


def test_what_fhir_told_beside_stays_when_a_list_comes(engine: Engine) -> None:
    told = {"telecom": [{"system": "phone", "value": "0537000000"}], "id": "hill"}
    number = {"system": "https://hie.sante.gov.ma/id/inpe-es", "value": "120000011"}
    resource = {"resourceType": "Organization", "name": "Colline", "identifier": [number], **told}
    assert load("facilities", orjson.dumps(resource), engine).loaded == 1
    places(engine, HILL)
    kept = Care(engine).read("Organization", "hill")
    assert kept is not None
    assert (kept.resource["name"], kept.resource["telecom"]) == ("CHU de la Colline", told["telecom"])
    found = Facilities(engine).resolve([about(patient(), facility=organization("120000011"))], ["flag"])[0]
    assert found.entry == "hill"


@pytest.mark.parametrize(
    ("columns", "wrong"),
    [
        ({"suspended": "2021"}, "suspended"), ({"ice": "001561191000065"}, "ice"), ({"latitude": "95"}, "latitude"),
        ({"longitude": "west"}, "longitude"), ({"services": "dialyse soon/"}, "services"),
        ({"hierarchies": "gst MA-99 2025-10-01/"}, "hierarchies"), ({"hierarchies": "network"}, "hierarchies"),
        ({"region": "MA-06"}, "region"), ({"province": "MA-XXX"}, "province"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_told(engine: Engine, columns: dict[str, str], wrong: str) -> None:
    names = PLACES.split(";")
    cells = dict(zip(names, HILL.split(";") + [""] * len(names), strict=False)) | columns
    right = "120000044;Annexe;HPS;MA-04;MA-RAB;;;;;ANNEXE;;;;"
    report = places(engine, ";".join(cells[name] for name in names), right)
    (issue,) = report.issues
    assert (issue.line, issue.column, issue.at) == (2, wrong, f"line 2, {wrong}")
    assert issue.text
    assert issue.remedy
    assert report.loaded == 1, "the right row beside it is loaded"
    registry = Facilities(engine)
    registry.directory.refresh()
    found = [registry.directory.find([name]) for name in ("120000011", "chu_colline", "annexe")]
    assert [one is not None for one in found] == [False, False, True]


def test_a_hierarchy_may_name_another_entry(engine: Engine) -> None:
    places(engine, HILL)
    report = places(engine, "120000044;Annexe;HPS;MA-04;MA-RAB;;;;;;;;;network CHU_COLLINE 2020-01-01/2024-12-31")
    assert report.issues == []
    hill = f"Organization/{facts.name('facility', '120000011')}"
    (annex,) = along(engine, "Organization", "ihe-mcsd-hierarchy-partof", hill)
    assert annex["name"] == "Annexe"


def test_posts_and_qualifications_of_a_health_worker(engine: Engine) -> None:
    places(engine, HILL)
    row = f"{HIND};;cardiologie,écho;Doctorat en médecine (FMP Rabat) 1998-07-01/"
    assert people(engine, row).loaded == 1
    who = of(engine, "Practitioner", "121000011", "health-worker")
    profession, diploma = who["qualification"]
    assert profession["code"]["text"] == "cardiologue"
    assert (diploma["code"]["text"], diploma["issuer"]["display"]) == ("Doctorat en médecine", "FMP Rabat")
    assert diploma["period"] == {"start": "1998-07-01"}
    person = f"Practitioner/{who['id']}"
    (role,) = along(engine, "PractitionerRole", "practitioner", person)
    assert role["organization"] == {"reference": f"Organization/{facts.name('facility', '120000011')}"}
    assert [one["text"] for one in role["specialty"]] == ["cardiologie", "écho"]
    assert (role["period"], role["active"]) == ({"start": "2005-01-01", "end": "2020-06-30"}, False)
    assert people(engine, row).unchanged == 1
    people(engine, row.replace("120000011 praticien 2005-01-01/2020-06-30", ""))
    assert along(engine, "PractitionerRole", "practitioner", person) == []


def test_a_post_waits_for_its_facility(engine: Engine) -> None:
    people(engine, HIND)
    places(engine, HILL)
    person = f"Practitioner/{facts.name('health-worker', '121000011')}"
    (role,) = along(engine, "PractitionerRole", "practitioner", person)
    assert role["organization"]["identifier"]["value"] == "120000011"
    assert people(engine, HIND).updated == 1
    (role,) = along(engine, "PractitionerRole", "practitioner", person)
    assert role["organization"]["reference"].startswith("Organization/")


def test_who_changed_what_is_kept(engine: Engine) -> None:
    places(engine, HILL, by="amina")
    places(engine, HILL.replace("CHU de la Colline", "CHU des Collines"), by="brahim")
    now, then = Care(engine).versions("Organization", facts.name("facility", "120000011"))
    assert [(one.resource["name"], one.by, one.why) for one in (then, now)] == [
        ("CHU de la Colline", "amina", "list loaded"),
        ("CHU des Collines", "brahim", "list loaded"),
    ]
    assert now.at > then.at


def test_entries_of_an_older_program_are_taken_over(engine: Engine) -> None:
    place = {"number": "120000011", "name": "CHU", "type": "CHU", "region": "MA-04", "province": "MA-RAB",
             "owner": "MSPS", "periods": "1990-01-01/", "latitude": "34.0", "longitude": "-6.8",
             "provisional": False}  # fmt: skip
    who = {"number": "121000011", "family": "TAZROUT", "given": "Hind", "profession": "cardiologue", "periods": "",
           "provisional": False}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(facilities), [place])
        connection.execute(insert(health_workers), [who])
        connection.execute(insert(aliases), [{"kind": "facility", "alias": "chu_colline", "number": "120000011"}])
        connection.execute(insert(roles), [{"worker": "121000011", "facility": "120000011", "role": "praticien",
                                            "periods": ""}])  # fmt: skip
    days.turn(engine, "2026-11-26")
    assert of(engine, "Organization", "120000011")["alias"] == ["chu_colline"]
    assert of(engine, "Practitioner", "121000011", "health-worker")["name"][0]["family"] == "TAZROUT"
    with reading(engine) as connection:
        row = connection.execute(select(facilities)).mappings().one()
        assert {name: row[name] for name in place} == place
        assert connection.execute(select(roles)).one()[:3] == ("121000011", "120000011", "praticien")
    found = Facilities(engine).resolve([about(patient(), facility=organization(name="CHU_COLLINE"))], ["flag"])[0]
    assert (found.verdict, found.entry) == ("found", facts.name("facility", "120000011"))
    assert days.turn(engine, "2026-11-27") == 0


NUMBER = "https://hie.sante.gov.ma/id/inpe-es"


def resource(name: str, inpe: str) -> dict[str, Any]:
    return {"resourceType": "Organization", "name": name, "identifier": [{"system": NUMBER, "value": inpe}]}


def test_a_file_of_fhir_is_loaded_and_again_changes_nothing(engine: Engine) -> None:
    one, two = resource("Clinique A", "150000001"), resource("Clinique B", "150000002")
    there = {"resourceType": "Location", "id": "a", "name": "A", "status": "active"}
    lines = b"\n".join(map(orjson.dumps, (one, two, there)))
    bundle = orjson.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one}]})
    report = load("facilities", lines, engine)
    assert (report.loaded, report.issues) == (3, [])
    assert report.learned == ["facility|150000001", "facility|150000002"]
    assert load("facilities", lines, engine).unchanged == 3
    assert load("facilities", bundle, engine).unchanged == 1
    found = Facilities(engine).resolve([about(patient(), facility=organization("150000002"))], ["flag"])[0]
    assert found.entry == facts.name("facility", "150000002")


def test_what_is_wrong_in_a_file_of_fhir_is_told_by_its_place(engine: Engine) -> None:
    good = resource("Clinique A", "150000001")
    report = load("facilities", orjson.dumps(good) + b'\n{"resourceType": "Patient"}\n{nonsense\n', engine)
    assert [(issue.at, issue.reason) for issue in report.issues] == [
        ("line 2", "not-supported"),
        ("line 3", "not-json"),
    ]
    assert report.loaded == 1
    twice = load("facilities", orjson.dumps(good | {"id": "x"}), engine)
    assert [issue.reason for issue in twice.issues] == ["duplicate"]
    assert twice.loaded == 0


def bundled(*resources: dict[str, Any]) -> bytes:
    entries = [{"resource": one} for one in resources]
    return orjson.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


@pytest.mark.parametrize(
    "told",
    [
        {"type": {"text": "one, not in a list"}},
        {"active": "maybe"},
        {"id": "no id"},
        {"id": 7},
        {"alias": [None]},
        {"colour": "blue"},
        {"name": None, "identifier": []},
    ],
)
def test_a_file_with_a_resource_that_is_not_fhir_changes_nothing(engine: Engine, told: dict[str, Any]) -> None:
    good = resource("Clinique A", "150000001")
    report = load("facilities", bundled(good, resource("Clinique B", "150000002") | told), engine)
    assert [(issue.at, report.loaded) for issue in report.issues] == [("entry[1]", 0)]
    assert report.issues[0].remedy
    assert load("facilities", bundled(good), engine).loaded == 1


@pytest.mark.parametrize("entries", [b"null", b"{}", b'"x"', b"[null]", b'{"resource": {}}'])
def test_a_bundle_without_entries_loads_nothing(engine: Engine, entries: bytes) -> None:
    body = b'{"resourceType": "Bundle", "type": "collection", "entry": ' + entries + b"}"
    assert load("facilities", body, engine).loaded == 0


def test_a_number_of_another_entry_is_blamed_on_the_one_that_may_not_have_it(engine: Engine) -> None:
    load("facilities", bundled(resource("Clinique A", "150000001")), engine)
    fresh, taken = resource("Clinique B", "150000002"), resource("Clinique C", "150000001") | {"id": "c"}
    (issue,) = load("facilities", bundled(fresh, taken), engine).issues
    assert (issue.at, issue.reason) == ("entry[1]", "duplicate")
