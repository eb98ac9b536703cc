"""The people around a patient: next of kin with everything said of them, who answers for the bill."""

from __future__ import annotations

from typing import Any

from schemas.fhir import extensions
from tests.schemas.fhir import samples
from tests.schemas.fhir.samples import said


def extended(resource: dict[str, Any], url: str) -> list[dict[str, Any]]:
    return [one for one in resource.get("extension", ()) if one["url"] == url]


def related(**more: Any) -> dict[str, list[dict[str, Any]]]:
    return said(samples.surrounded(**more))


def test_a_next_of_kin_with_an_office_and_whom_to_ask_for_there() -> None:
    found = related()
    father = found["RelatedPerson"][0]
    assert [one["text"] for one in father["relationship"]] == ["Père", "Urgence"]
    assert father["communication"][0]["language"]["text"] == "Français"
    (office,) = extended(father, extensions.KIN_ORGANIZATION)
    names = {f"Organization/{one['id']}": one for one in found["Organization"]}
    assert names[office["valueReference"]["reference"]]["name"] == "Etude Tazi"
    assert extended(father, extensions.KIN_CONTACT_NAME)[0]["valueHumanName"]["given"] == ["Salma"]
    assert extended(father, extensions.KIN_CONTACT_TELECOM)[0]["valueContactPoint"]["rank"] == 2
    assert extended(father, extensions.KIN_CONTACT_ADDRESS)[0]["valueAddress"]["city"] == "Fès"
    assert extended(father, extensions.KIN_JOB)[0]["valueString"] == "Notaire"
    assert extended(father, extensions.OURS + "NK1-19-citizenship")[0]["valueCodeableConcept"]["text"] == "Maroc"


def test_two_nameless_bodies_are_two() -> None:
    event = samples.surrounded()
    event["patient"]["contacts"] = [{"organization": {"name": "Etude Tazi"}}, {"organization": {"name": "Atlas SA"}}]
    offices = [one for one in said(event)["RelatedPerson"] if extended(one, extensions.KIN_ORGANIZATION)]
    assert len(offices) == 2


def test_a_person_answers_for_the_account() -> None:
    found = related()
    (account,) = found["Account"]
    (one,) = account["guarantor"]
    assert one["onHold"] is True
    assert one["period"] == {"start": "2024", "end": "2025"}
    people = {f"RelatedPerson/{each['id']}": each for each in found["RelatedPerson"]}
    who = people[one["party"]["reference"]]
    assert extended(who, extensions.GUARANTOR_SPOUSE)[0]["valueHumanName"]["family"] == "El Fassi Tazi"
    assert extended(who, extensions.KIN_DECEASED)[0]["valueBoolean"] is False
    assert extended(who, extensions.EMPLOYMENT_STATUS)[0]["valueCodeableConcept"]["text"] == "Plein temps"


def test_a_body_answers_for_the_account() -> None:
    found = related(guarantors=[{"organization": {"name": "Office des Ports"}}])
    (one,) = found["Account"][0]["guarantor"]
    assert one["party"]["reference"].startswith("Organization/")


def test_the_account_that_is_answered_for_is_the_one_of_the_patient() -> None:
    event = samples.surrounded()
    event["patient"]["account"] = samples.identifier("urn:id:CHU", "C-55")
    (account,) = said(event)["Account"]
    assert account["identifier"][0]["value"] == "C-55"
    assert len(account["guarantor"]) == 1
