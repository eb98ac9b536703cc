"""`/fhir` of facilities and health workers as others meet it: found, followed, read back as valid R4 (IHE mCSD)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from channels.consumers.smr import said
from registries.care.store import Care
from registries.care.tables import care_resources
from registries.care.terms import PARAMETERS, TYPES
from registries.database import reading
from schemas import facts
from tests.contract.record import report
from tests.gateway.directory import FACILITY, INPE_ES, INPE_PS, Reader
from tests.home import Place, every_store, home
from tests.registries.care.lists import people, places
from tests.servers.judge import errors

__all__ = ["every_store", "home"]

HILL = (
    "120000011;CHU de la Colline;CHU;MA-04;MA-RAB;MSPS;1990-01-01/;34.02;-6.83;CHU_COLLINE,urn:id:CHU|CLN;"
    ";001561191000066;urgences,dialyse 2015-01-01/;gst MA-04 2025-10-01/"
)
LIGHT = "120000022;Pharmacie du Phare;OFFICINE;MA-04;MA-SAL;privé;2000-01-01/2019-12-31;;;PH_PHARE;;;;"
DOOR = "120000033;Clinique Bab el Had;CLINIQUE;MA-06;MA-CAS;privé;;;;;2026-01-01/2026-12-31;;;"
HIND = (
    "121000011;TAZROUT;Hind;cardiologue;2005-01-01/;120000011 praticien 2005-01-01/,120000033 consultant 2010-01-01/"
    "2012-12-31;urn:id:CHU|M7;;cardiologie;Doctorat en médecine (FMP Rabat) 1998-07-01/"
)
OTHMANE = "122000022;ZNIBER;Othmane;pharmacien;;120000022 titulaire;;;;"
HILL_ID = facts.name("facility", "120000011")


@pytest.fixture
def reader(home: Place) -> Reader:
    found = Reader(home)
    places(found.engine, HILL, LIGHT, DOOR)
    people(found.engine, HIND, OTHMANE)
    return found


def test_a_facility_is_an_organization_and_a_location_joined(reader: Reader) -> None:
    organization, location = reader.get(f"Organization/{HILL_ID}"), reader.get(f"Location/{HILL_ID}")
    assert location["managingOrganization"] == {"reference": f"Organization/{HILL_ID}"}
    for one in (organization, location):
        assert one["type"][0]["coding"][0] == {"system": FACILITY, "code": "facility", "display": "Facility"}
        assert one["type"][1]["coding"][0]["code"] == "CHU"
        assert {"system": INPE_ES, "value": "120000011"} in one["identifier"]
    assert (organization["active"], location["status"]) == (True, "active")
    assert location["position"] == {"latitude": 34.02, "longitude": -6.83}
    assert organization["partOf"] == {"reference": "Organization/ma-rab"}
    assert location["partOf"] == {"reference": "Location/ma-rab"}
    further = [one for one in organization["extension"] if one["url"].endswith("IHE.mCSD.OrganizationHierarchy")]
    told = {one["extension"][0]["valueCodeableConcept"]["text"]: one["extension"][1:] for one in further}
    assert told["gst"][0]["valueReference"]["reference"] == "Organization/gst-ma-04"
    assert told["gst"][1]["valuePeriod"] == {"start": "2025-10-01"}
    assert told["owner"][0]["valueReference"] == {"display": "MSPS"}
    assert reader.audited == [("read", "Organization"), ("read", "Location")]


@pytest.mark.parametrize(
    ("kind", "parameters", "found"),
    [
        ("Organization", {"identifier": f"{INPE_ES}|120000011"}, ["CHU de la Colline"]),
        ("Organization", {"identifier": "CLN,120000022"}, ["CHU de la Colline", "Pharmacie du Phare"]),
        ("Organization", {"name": "chu"}, ["CHU de la Colline"]),
        ("Organization", {"name": "ph_phare"}, ["Pharmacie du Phare"]),
        ("Organization", {"name:contains": "BAB EL"}, ["Clinique Bab el Had"]),
        ("Organization", {"name:contains": "du%"}, []),
        ("Organization", {"name:exact": "pharmacie du phare"}, []),
        ("Organization", {"name:exact": "Pharmacie du Phare"}, ["Pharmacie du Phare"]),
        ("Organization", {"active": "false"}, ["Pharmacie du Phare"]),
        ("Organization", {"type": "CHU,CLINIQUE", "active": "true"}, ["CHU de la Colline", "Clinique Bab el Had"]),
        ("Organization", {"type": f"{FACILITY}|facility", "name": "clin"}, ["Clinique Bab el Had"]),
        ("Organization", {"type": "urn:ihe:iti:mcsd:2019:facility", "name": "clin"}, ["Clinique Bab el Had"]),
        ("Organization", {"type": "urn:ietf:rfc:3986|urn:ihe:iti:mcsd:2019:facility", "name": "z"}, []),
        ("Organization", {"partof": "Organization/ma-sal"}, ["Pharmacie du Phare"]),
        ("Organization", {"partof:below": "ma-04", "type": "facility"}, ["CHU de la Colline", "Pharmacie du Phare"]),
        ("Organization", {"partof:above": "ma-rab", "type": "facility"}, ["CHU de la Colline"]),
        ("Organization", {"ihe-mcsd-hierarchy-partof": "gst-ma-04"}, ["CHU de la Colline"]),
        ("Organization", {"ihe-mcsd-hierarchy-type": "gst"}, ["CHU de la Colline"]),
        ("Location", {"status": "suspended"}, ["Clinique Bab el Had"]),
        ("Location", {"status": "inactive"}, ["Pharmacie du Phare"]),
        ("Location", {"organization": HILL_ID}, ["CHU de la Colline"]),
        ("Location", {"organization.name": "chu"}, ["CHU de la Colline"]),
        ("Location", {"organization.active": "false"}, ["Pharmacie du Phare"]),
        ("Location", {"partof:below": "Location/ma-06", "type": "facility"}, ["Clinique Bab el Had"]),
        ("Location", {"type": "region", "name:contains": "rabat"}, ["Rabat-Salé-Kénitra"]),
        ("HealthcareService", {"organization": HILL_ID, "service-type": "dialyse"}, ["dialyse"]),
        ("HealthcareService", {"location.status": "active", "active": "true"}, ["dialyse", "urgences"]),
        ("Practitioner", {"identifier": f"{INPE_PS}|121000011"}, ["TAZROUT"]),
        ("Practitioner", {"name": "hin"}, ["TAZROUT"]),
        ("Practitioner", {"family:exact": "ZNIBER", "given": "oth"}, ["ZNIBER"]),
        ("PractitionerRole", {"practitioner.family": "taz", "active": "true"}, ["praticien"]),
        ("PractitionerRole", {"organization": HILL_ID, "role": "praticien"}, ["praticien"]),
        ("PractitionerRole", {"specialty": "cardiologie"}, ["consultant", "praticien"]),
        ("PractitionerRole", {"location.status": "inactive"}, ["titulaire"]),
        ("PractitionerRole", {"organization.partof": "ma-cas"}, ["consultant"]),
        ("PractitionerRole", {"organization:Organization.identifier": "120000033"}, ["consultant"]),
    ],
)  # fmt: skip
def test_the_directory_is_searched(reader: Reader, kind: str, parameters: dict[str, str], found: list[str]) -> None:
    assert reader.names(kind, **parameters) == found
    posted = reader.ask("POST", f"{kind}/_search", data=parameters).json()
    assert posted["total"] == len(found)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("Organization", {"nickname": "x"}), ("Organization", {"name:above": "x"}), ("Organization", {"name": ""}),
        ("Organization", {"active:not": "true"}), ("Organization", {"name.name": "x"}), ("Location", {"partof": "a b"}),
        ("Location", {"organization": "Location/1"}), ("Location", {"organization.location.name": "x"}),
        ("Location", {"_lastUpdated": "yesterday"}), ("Location", {"_lastUpdated": "ap2024"}),
        ("Location", {"_include": "Location:status"}), ("Location", {"_include": "Organization:partof"}),
        ("Location/_history", {"name": "x"}), ("Location/_history", {"_since": "soon"}),
        ("Location/_history", {"_after": "x"}), ("Organization", {"_after": "garbage"}),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused(reader: Reader, kind: str, parameters: dict[str, str]) -> None:
    outcome = reader.get(kind, 400, **parameters)
    assert outcome["resourceType"] == "OperationOutcome"
    assert next(iter(parameters)) in outcome["issue"][0]["diagnostics"] or kind == "Location/_history"


def test_the_last_update_is_asked_with_prefixes(reader: Reader) -> None:
    at = reader.get(f"Organization/{HILL_ID}")["meta"]["lastUpdated"]
    found = {
        prefix: bool(reader.names("Organization", _id=HILL_ID, _lastUpdated=f"{prefix}{at}"))
        for prefix in ("", "eq", "ne", "gt", "sa", "ge", "lt", "eb", "le")
    }
    assert found == {"": True, "eq": True, "ne": False, "gt": False, "sa": False, "ge": True, "lt": False, "eb": False,
                     "le": True}  # fmt: skip
    for day, fits in ((at[:10], True), (at[:7], True), (at[:4], True), ("gt2000", True), ("lt2000-01-01", False)):
        assert bool(reader.names("Organization", _id=HILL_ID, _lastUpdated=day)) == fits
    assert reader.names("Organization", _id=HILL_ID, _lastUpdated=[f"ge{at[:10]}", "lt2000"]) == []


def test_what_is_referred_to_is_shown_along(reader: Reader) -> None:
    def along(kind: str, **parameters: Any) -> set[str]:
        bundle = reader.get(kind, **parameters)
        assert bundle["total"] == len([one for one in bundle["entry"] if one["search"]["mode"] == "match"])
        return {
            f"{one['resource']['resourceType']}/{one['resource']['id']}"
            for one in bundle["entry"]
            if one["search"]["mode"] == "include"
        }

    assert along("Location", _id=HILL_ID, _include="Location:organization") == {f"Organization/{HILL_ID}"}
    both = ["Location:organization", "Location:partof"]
    assert along("Location", _id=HILL_ID, _include=both) == {f"Organization/{HILL_ID}", "Location/ma-rab"}
    hind = f"Practitioner/{facts.name('health-worker', '121000011')}"
    assert along("PractitionerRole", role="praticien", _include="PractitionerRole:practitioner") == {hind}
    assert f"Location/{HILL_ID}" in along("Organization", _id=HILL_ID, _revinclude="Location:organization")
    assert len(along("Organization", _id=HILL_ID, _revinclude="HealthcareService:organization")) == 2


def test_pages_lead_from_one_to_the_next(reader: Reader) -> None:
    whole = reader.names("Location", _count="1000")
    seen: list[str] = []
    path = "/fhir/Location?_count=20"
    while path:
        bundle = reader.ask("GET", path.removeprefix("/fhir/").removeprefix("http://wasl.test/fhir/")).json()
        assert bundle["total"] == len(whole) == 3 + 87
        seen += [one["resource"]["name"] for one in bundle["entry"]]
        path = next((one["url"] for one in bundle["link"] if one["relation"] == "next"), "")
    assert sorted(seen) == whole


def test_what_only_the_record_holds_is_read_there_and_the_registry_answers_first(reader: Reader) -> None:
    lab = {"identifiers": [{"system": INPE_ES, "value": "120000011"}], "name": "COLLINE", "entry": HILL_ID}
    other = {"identifiers": [{"system": INPE_ES, "value": "139999999"}], "name": "Laboratoire inconnu"}
    event: Any = {**report(1, glucose="1.0"), "facility": lab, "laboratory": other}
    reader.record.write([said(event)])
    assert reader.get(f"Organization/{HILL_ID}")["name"] == "CHU de la Colline"
    found = reader.get("Organization", identifier="139999999")
    (only,) = [one["resource"] for one in found["entry"]]
    assert only["name"] == "Laboratoire inconnu"
    assert reader.get(f"Organization/{only['id']}")["name"] == "Laboratoire inconnu"
    assert reader.get(f"Organization/{only['id']}/_history")["total"] == 1
    assert reader.get(f"Organization/{only['id']}/_history/1")["name"] == "Laboratoire inconnu"
    assert reader.names("Organization", name="Laboratoire") == []
    reader.get("Organization/nobody", 404)
    reader.get("HealthcareService/nobody", 404)


def test_the_capability_statement_is_true(reader: Reader) -> None:
    served = {one["type"]: one for one in reader.get("metadata")["rest"][0]["resource"]}
    assert served.keys() > {"Patient", *TYPES}
    for kind in TYPES:
        for parameter in served[kind]["searchParam"]:
            value = {"date": "2024", "token": "none", "string": "none", "reference": "none"}[parameter["type"]]
            assert reader.get(kind, **{parameter["name"]: value})["total"] == 0
        for include in served[kind]["searchInclude"]:
            reader.get(kind, _include=include)
        for include in served[kind]["searchRevInclude"]:
            reader.get(kind, _revinclude=include)


@pytest.mark.parametrize("home", ["sqlite"], indirect=True)  # resources are the same wherever they were kept
def test_the_judge_finds_no_error_in_the_directory(reader: Reader) -> None:
    reader.get("Organization")
    with reading(reader.engine) as connection:
        care = [Care(reader.engine).read(*key) for key in connection.execute(
            select(care_resources.c.type, care_resources.c.id).where(care_resources.c.current)
        )]  # fmt: skip
    resources = [one.resource for one in care if one]
    assert {one["resourceType"] for one in resources} == set(PARAMETERS)
    assert len(resources) > 180
    found = {(one.resource, one.place, one.text) for one in errors(resources)}
    assert not found, "\n".join(map(str, sorted(found)))
