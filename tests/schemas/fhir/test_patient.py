"""A person's particulars, the people and covers around it, what is deleted, and what a merge leaves."""

from __future__ import annotations

from typing import Any

from schemas.events import Patient
from schemas.fhir import extensions, patient, terms
from tests.schemas.fhir import samples
from tests.schemas.fhir.samples import said


def person(**fields: Any) -> dict[str, Any]:
    return said(samples.registered() | {"patient": {**samples.patient(), **fields}})["Patient"][0]


def extended(resource: dict[str, Any], url: str) -> Any:
    (found,) = [one for one in resource["extension"] if one["url"] == url]
    return found


def test_the_particulars_as_they_were_sent() -> None:
    made = person()
    assert [one["value"] for one in made["identifier"]] == ["BE123456", "0007712"]
    assert made["identifier"][1]["assigner"]["display"] == "CHU Salé"
    assert made["name"][0] == {"use": "official", "family": "Benchekroun", "given": ["Aïcha", "Zoé"], "prefix": ["Mme"]}
    assert made["name"][1]["use"] == "maiden"
    assert made["name"][2]["text"] == "عائشة بنشقرون"
    assert made["gender"] == "female"
    assert made["address"][0]["line"] == ["Lot 7", "Hay Riad"]
    assert made["address"][0]["postalCode"] == "10100"
    assert made["telecom"][0] == {"system": "phone", "value": "0661000000", "use": "mobile"}
    assert made["deceasedBoolean"] is False
    assert made["multipleBirthInteger"] == 2
    assert made["active"] is True


def test_a_birth_is_a_date_and_its_hour_stands_beside() -> None:
    made = person()
    assert made["birthDate"] == "1984-06-09"
    assert made["_birthDate"]["extension"][0]["url"] == extensions.BIRTH_TIME
    assert made["_birthDate"]["extension"][0]["valueDateTime"].startswith("1984-06-09T04:30:00")
    assert person(birth_date="1984")["birthDate"] == "1984"
    assert "_birthDate" not in person(birth_date="1984")


def test_a_death_with_a_date_is_told_by_it() -> None:
    made = person(deceased=True, deceased_at="2024-03-01")
    assert made["deceasedDateTime"] == "2024-03-01"
    assert "deceasedBoolean" not in made
    assert person(deceased=True, deceased_at=None)["deceasedBoolean"] is True


def test_what_r4_tells_by_extension() -> None:
    made = person()
    assert extended(made, extensions.MOTHERS_NAME)["valueString"] == "Khadija Tazi"
    assert extended(made, extensions.BIRTH_PLACE)["valueAddress"] == {"text": "Fès"}
    assert extended(made, extensions.NATIONALITY)["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "MAR"


def test_a_language_is_of_bcp_47_or_text() -> None:
    (spoken,) = person()["communication"]
    assert spoken["language"] == {"coding": [{"system": terms.LANGUAGE_SYSTEM, "code": "fr"}], "text": "FRA"}
    assert spoken["extension"][0]["valueCodeableConcept"] == {"coding": [{"system": "urn:id:ISO639", "code": "FRA"}]}
    assert person(language={"text": "Tachelhit"})["communication"] == [{"language": {"text": "Tachelhit"}}]


def test_the_people_around_it() -> None:
    spouse, mother, *_ = said(samples.registered())["RelatedPerson"]
    assert spouse["name"][0]["given"] == ["Saïd"]
    assert spouse["relationship"][0]["coding"][0]["code"] == "SPO"
    assert spouse["telecom"][0]["value"] == "0661222222"
    assert mother["relationship"][0]["coding"][0]["code"] == "MTH"
    assert mother["identifier"][0]["value"] == "0003301"


def test_the_general_practitioner_and_the_account() -> None:
    found = said(samples.registered())
    practitioner = found["Patient"][0]["generalPractitioner"][0]["reference"]
    assert practitioner in {f"Practitioner/{one['id']}" for one in found["Practitioner"]}
    account = found["Account"][0]
    assert account["identifier"][0]["value"] == "C-55"
    assert account["subject"] == [{"reference": f"Patient/{found['Patient'][0]['id']}"}]


def test_an_allergy() -> None:
    penicillin, peanut = said(samples.registered())["AllergyIntolerance"]
    assert penicillin["code"] == {"text": "Pénicilline"}
    assert penicillin["category"] == ["medication"]
    assert penicillin["criticality"] == "high"
    assert penicillin["reaction"] == [{"manifestation": [{"text": "Urticaire"}], "severity": "severe"}]
    assert penicillin["onsetDateTime"] == "2015"
    assert peanut["category"] == ["food"]
    assert "reaction" not in peanut


def test_a_cover_names_its_payer_or_says_that_none_was_named() -> None:
    cnss, bare = said(samples.registered())["Coverage"]
    assert cnss["subscriberId"] == "123456789"
    assert cnss["period"] == {"start": "2021-01-01", "end": "2025-12-31"}
    assert cnss["payor"][0]["reference"].startswith("Organization/")
    assert cnss["class"][0]["value"] == "G7"
    assert bare["payor"][0]["extension"][0]["valueCode"] == "unknown"


def test_an_observation_without_a_report_and_its_document() -> None:
    found = said(samples.registered())
    height, paper = found["Observation"]
    assert height["category"][0]["coding"][0]["code"] == "vital-signs"
    assert height["valueQuantity"]["value"] == 171
    (document,) = found["DocumentReference"]
    assert paper["derivedFrom"] == [{"reference": f"DocumentReference/{document['id']}"}]
    assert document["content"][0]["attachment"]["data"] == "YWJj"


def test_the_survivor_replaces_and_the_prior_is_replaced() -> None:
    survivor, prior = said(samples.merged())["Patient"]
    assert survivor["link"] == [{"other": {"reference": f"Patient/{prior['id']}"}, "type": "replaces"}]
    assert prior["link"] == [{"other": {"reference": f"Patient/{survivor['id']}"}, "type": "replaced-by"}]
    assert prior["active"] is False
    assert prior["identifier"][0]["value"] == "0000001"
    assert prior["id"] == "6a1d7a34-0000-5000-8000-000000000009"


def test_a_merge_of_numbers_already_known_as_one_person_makes_no_second() -> None:
    event = samples.merged()
    (only,) = said(event | {"prior_person": event["person"]})["Patient"]
    assert "link" not in only
    assert [one["use"] for one in only["identifier"] if one["value"] == "0000001"] == ["old"]


def test_a_note_about_the_person() -> None:
    note = extended(person(notes=[{"text": "Malentendante"}]), extensions.PATIENT_NOTE)
    assert note["valueAnnotation"] == {"text": "Malentendante"}


def test_what_can_be_deleted_are_fields_of_the_event() -> None:
    assert patient.CLEARS.keys() | patient.CLEARED_EXTENSIONS.keys() <= Patient.__annotations__.keys()


def surrounded() -> dict[str, Any]:
    return said(samples.surrounded())["Patient"][0]


def test_what_r4_has_no_element_for_is_an_extension() -> None:
    made = surrounded()
    told = [one["url"] for one in made["extension"]]
    assert told.count(extensions.CITIZENSHIP) == 2
    assert {extensions.RACE, extensions.ETHNICITY, extensions.VETERAN, extensions.DISABILITY} <= set(told)
    assert extended(made, extensions.COUNTY_CODE)["valueString"] == "33"
    assert extended(made, extensions.IDENTITY_UNKNOWN)["valueBoolean"] is False
    assert extended(made, extensions.LAST_UPDATE)["valueDateTime"] == "2024-03-01T10:30:00+01:00"
    assert extended(made, extensions.OURS + "PID-37-strain")["valueString"] == "Berger"


def test_what_must_not_be_seen_by_everybody_is_labelled() -> None:
    labels = surrounded()["meta"]["security"]
    assert [one["code"] for one in labels] == ["R", "HIV"]
    told = samples.surrounded()
    told["patient"]["restrictions"] = told["patient"]["restrictions"] * 2
    assert said(told)["Patient"][0]["meta"]["security"] == labels
    assert "security" not in person()["meta"]


def test_who_else_takes_part_is_a_person_or_a_body() -> None:
    parts = [one for one in surrounded()["extension"] if one["url"] == extensions.PARTICIPANT]
    told = [{each["url"]: each for each in one["extension"]} for one in parts]
    assert [one["actor"]["valueReference"]["reference"].partition("/")[0] for one in told] == [
        "Practitioner", "Organization",
    ]  # fmt: skip
    assert told[0]["role"]["valueCodeableConcept"]["text"] == "Consultant"
    assert told[0]["period"]["valuePeriod"] == {"start": "2024-03-01", "end": "2024-04-01"}


def test_the_account_of_the_prior_identity_stays_its_own() -> None:
    event = samples.merged()
    event["prior"]["account"] = samples.identifier("urn:id:CHU", "C-1")
    (account,) = [one for one in said(event)["Account"] if one["identifier"][0]["value"] == "C-1"]
    assert account["subject"] == [{"reference": f"Patient/{event['prior_person']}"}]
