"""The patient identity feed: Patients under a condition, merges, mothers; told at the door, and as events."""

from __future__ import annotations

from typing import Any

import pytest

from mediators.fhir.feed import condition
from mediators.mediator import Context
from schemas.domains import Domain, Domains
from schemas.events import plain
from schemas.message import Refused
from tests.mediators.fhir.messages import FHIR, message

IPP, OTHER = "https://clinic.example/ipp", "https://other.example/ipp"
TABLE = [Domain(IPP, ("CLINIC",), "2.25.77", senders=("*",)), Domain(OTHER, ("OTHER",), senders=("somebody else",))]
MOTHER = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}]}


def context(strict: bool = True) -> Context:
    domains = Domains.of(TABLE, strict=strict)
    return Context(domains=domains, authorities=domains.authorities)


def number(value: str, system: str = IPP) -> dict[str, str]:
    return {"system": system, "value": value}


def person(value: str = "1", system: str = IPP, **more: Any) -> dict[str, Any]:
    told = {"gender": "male", "birthDate": "1970-05-05"}
    return {"resourceType": "Patient", "identifier": [number(value, system)], **told, **more}


def gone(value: str, stays: dict[str, Any]) -> dict[str, Any]:
    return person(value, active=False, link=[{"type": "replaced-by", "other": stays}])


def put(resource: dict[str, Any], url: str = f"Patient?identifier={IPP}|1", *beside: dict[str, Any]) -> dict[str, Any]:
    entry = {"resource": resource, "request": {"method": "PUT", "url": url}}
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry, *beside]}


def refused(bundle: dict[str, Any], strict: bool = True) -> list[tuple[str, str]]:
    try:
        issues = FHIR.check(message(bundle), context(strict))
    except Refused as error:
        return [(one.at, one.reason) for one in error.issues if one.severity == "error"]
    assert not [one for one in issues if one.severity == "error"]
    return []


def events(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    translation = FHIR.mediate(message(bundle), context())
    assert not translation.refused
    assert not translation.unmapped
    return [plain(one) for one in translation.events]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (f"Patient?identifier={IPP}|1", ("1", (IPP,))),
        ("Patient?identifier=https%3A%2F%2Fclinic.example%2Fipp%7C1", ("1", (IPP,))),
        ("Patient?identifier=|1", ("1", ("",))),
        ("Patient?identifier=1", None),
        ("Patient?identifier=a|b|c", None),
        (f"Patient?identifier={IPP}|1&active=true", None),
        ("Patient/1", None),
        ("Practitioner?identifier=a|b", None),
    ],
)
def test_the_condition_is_one_number_with_its_system(url: str, found: Any) -> None:
    assert condition(url) == found


def test_a_patient_under_its_own_number_is_updated_or_made() -> None:
    bundle = put(person())
    assert refused(bundle) == []
    (event,) = events(bundle)
    assert (event["type"], event["patient"]["identifiers"][0]["system"]) == ("PatientUpdated", IPP)


def test_a_condition_by_oid_names_the_same_domain() -> None:
    bundle = put(person(), "Patient?identifier=urn:oid:2.25.77|1")
    assert refused(bundle) == []
    assert events(put(person(system="urn:oid:2.25.77")))[0]["about"] == events(bundle)[0]["about"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("Patient?family=X", "required"),
        ("Patient?identifier=|1", "required"),
        ("Patient?identifier=https://nowhere.example|1", "unknown-authority"),
        (f"Patient?identifier={OTHER}|1", "foreign-authority"),
        (f"Patient?identifier={IPP}|2", "other-number"),
    ],
)
def test_what_is_wrong_with_the_condition_is_refused_and_only_where_domains_are_strict(url: str, reason: str) -> None:
    assert [why for at, why in refused(put(person(), url)) if at.startswith("entry[0].request.url")] == [reason]
    assert refused(put(person(), url), strict=False) == []


def test_a_patient_that_another_replaces_is_merged_into_it() -> None:
    bundle = put(gone("1", {"identifier": number("2")}))
    assert refused(bundle) == []
    (event,) = events(bundle)
    assert event["type"] == "PatientMerged"
    assert [one["value"] for one in event["patient"]["identifiers"]] == ["2"]
    assert event["prior"] == {"identifiers": [number("1")], "active": False}


def test_the_survivor_may_stand_in_the_bundle() -> None:
    stays = {"fullUrl": "urn:uuid:2", "resource": person("2"), "request": {"method": "PUT", "url": "Patient/2"}}
    merged, updated = events(put(gone("1", {"reference": "urn:uuid:2"}), "Patient/1", stays))
    assert (merged["type"], updated["type"]) == ("PatientMerged", "PatientUpdated")
    assert merged["patient"]["birth_date"] == updated["patient"]["birth_date"] == "1970-05-05"


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"identifier": number("2", OTHER)}, {"foreign-authority", "across-domains"}),
        ({"identifier": {"value": "2"}}, {"required", "across-domains"}),
        ({"reference": "Patient/unknown"}, {"required"}),
    ],
)
def test_a_merge_says_whom_within_the_senders_domain(other: dict[str, Any], reason: set[str]) -> None:
    assert {why for _, why in refused(put(gone("1", other)))} == reason


def test_a_patient_that_is_only_inactive_is_no_merge() -> None:
    assert [one["type"] for one in events(put(person(active=False)))] == ["PatientUpdated"]


def test_a_newborn_is_told_apart_by_the_mother_and_other_kin_are_contacts() -> None:
    newborn = {"resourceType": "Patient", "identifier": [number("1")]}
    assert refused(put(newborn)) == [("entry[0].resource", "required")]
    mother = {"resourceType": "RelatedPerson", "id": "m", "patient": {"reference": "#"}, "relationship": [MOTHER]}
    mother |= {"identifier": [number("9")], "name": [{"family": "ZAHIRI"}]}
    aunt = {"resourceType": "RelatedPerson", "patient": {"reference": "urn:uuid:n"}, "name": [{"text": "A"}]}
    bundle = put({**newborn, "contained": [mother]}, f"Patient?identifier={IPP}|1", {"resource": aunt})
    bundle["entry"][0]["fullUrl"] = "urn:uuid:n"
    assert refused(bundle) == []
    (event,) = events(bundle)
    assert event["patient"]["mother_identifiers"] == [number("9")]
    assert event["patient"]["mother_name"] == {"family": "ZAHIRI"}
    assert event["patient"]["contacts"] == [{"names": [{"text": "A"}]}]
