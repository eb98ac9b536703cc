"""Establishments, professionals and places: one resource for one of them, whoever names it."""

from __future__ import annotations

from typing import Any

from schemas.fhir import elements, extensions, people
from schemas.fhir.draft import Draft
from tests.schemas.fhir import samples

INPE: Any = {"identifiers": [samples.identifier("https://hie.sante.gov.ma/id/inpe-es", "104000321")]}


def draft(**more: Any) -> Draft:
    event: Any = samples.envelope("PatientRegistered", **more)
    return Draft(event)


def organization(page: Draft, told: Any) -> dict[str, Any] | None:
    return people.organization(page, told)


def practitioner(page: Draft, told: Any) -> dict[str, Any] | None:
    return people.practitioner(page, told)


def reference(found: dict[str, Any] | None) -> str:
    assert found is not None
    return str(found["reference"])


def test_the_same_number_is_the_same_establishment_for_every_sender() -> None:
    one = organization(draft(), {**INPE, "name": "Laboratoire Atlas"})
    other = organization(draft(sender="other", channel="other"), {**INPE, "name": "LABO ATLAS"})
    assert reference(one) == reference(other)


def test_a_bare_name_counts_only_within_its_sender() -> None:
    one = organization(draft(), {"name": "Laboratoire Atlas"})
    other = organization(draft(sender="other"), {"name": "Laboratoire Atlas"})
    assert reference(one) != reference(other)


def test_an_inpe_goes_before_a_local_number() -> None:
    local = samples.identifier("urn:id:CHU", "L-1")
    one = organization(draft(), {"identifiers": [local, *INPE["identifiers"]]})
    assert reference(one) == reference(organization(draft(), INPE))


def test_the_registry_s_entry_goes_before_everything() -> None:
    assert reference(organization(draft(), {**INPE, "entry": "es-104"})) == "Organization/es-104"
    odd = reference(organization(draft(), {**INPE, "entry": "es/104"}))
    assert odd.removeprefix("Organization/").count("-") == 4


def test_nobody_is_nobody() -> None:
    assert organization(draft(), {}) is None
    assert organization(draft(), {"addresses": [{"city": "Fès"}]}) is None
    assert practitioner(draft(), {"role": "AT", "names": [{"use": "official"}]}) is None
    assert people.location(draft(), {"status": "O"}) is None


def test_what_is_said_of_one_person_in_two_places_is_put_together() -> None:
    page = draft()
    number = samples.OMAR["identifiers"]
    practitioner(page, {"identifiers": number})
    practitioner(page, samples.OMAR)
    (made,) = page.resources.values()
    assert made["name"][0]["family"] == "Alaoui"
    assert made["identifier"][0]["value"] == "101002233"


def test_what_many_messages_share_has_no_version_of_its_own() -> None:
    page = draft()
    practitioner(page, {**samples.OMAR, "organization": {"name": "Cabinet Alaoui"}})
    assert {one["resourceType"] for one in page.resources.values()} == {
        "Practitioner",
        "Organization",
        "PractitionerRole",
    }
    assert not any("extension" in one or "meta" in one for one in page.resources.values())


def test_a_place_is_told_from_the_building_down_to_the_bed() -> None:
    page = draft()
    place: Any = {"building": "A", "point_of_care": "MED", "room": "12", "bed": "B", "facility": INPE, "status": "O"}
    innermost = reference(people.location(page, place))
    bed = page.resources[innermost]
    assert bed["name"] == "B"
    assert bed["operationalStatus"]["code"] == "O"
    chain = []
    while True:
        chain.append((bed["name"], bed["physicalType"]["coding"][0]["code"]))
        if "partOf" not in bed:
            break
        bed = page.resources[bed["partOf"]["reference"]]
    assert chain == [("B", "bd"), ("12", "ro"), ("MED", "wa"), ("A", "bu")]
    assert bed["managingOrganization"]["reference"].startswith("Organization/")


def test_the_same_room_in_two_hospitals_is_two_rooms() -> None:
    here = people.location(draft(), {"room": "12", "facility": {"name": "CHU Salé"}})
    there = people.location(draft(), {"room": "12", "facility": {"name": "CHU Fès"}})
    assert reference(here) != reference(there)


def test_a_place_known_by_its_description_only() -> None:
    page = draft()
    made = page.resources[reference(people.location(page, {"text": "Consultation externe", "type": "C"}))]
    assert made["name"] == "Consultation externe"
    assert made["type"] == [{"text": "C"}]


def test_who_gave_a_number_is_an_organization_and_the_same_as_a_facility_of_that_name() -> None:
    page = draft()
    number = samples.identifier("urn:oid:1.2.504.1", "12", authority="CHU")
    practitioner(page, {"identifiers": [number], "names": [{"family": "Alami"}]})
    (who,) = [one for one in page.resources.values() if one["resourceType"] == "Practitioner"]
    assigner = who["identifier"][0]["assigner"]
    facility = {"name": "CHU", "identifiers": [samples.identifier("urn:oid:1.2.504.1", "CHU")]}
    assert assigner == {"reference": reference(organization(page, facility)), "display": "CHU"}


def test_a_facility_named_by_its_inpe_gives_numbers_as_the_same_establishment() -> None:
    page = draft()
    number = samples.identifier("urn:id:104000321", "12", authority="104000321")
    practitioner(page, {"identifiers": [number], "names": [{"family": "Alami"}]})
    (who,) = [one for one in page.resources.values() if one["resourceType"] == "Practitioner"]
    assert who["identifier"][0]["assigner"]["reference"] == reference(organization(page, INPE))


def test_what_a_professional_does_and_where_is_a_role() -> None:
    page = draft()
    practitioner(page, samples.surrounded()["patient"]["participants"][0])
    (role,) = [one for one in page.resources.values() if one["resourceType"] == "PractitionerRole"]
    assert [one["text"] for one in role["code"]] == ["Consultant", "Généraliste"]
    assert role["specialty"][0]["text"] == "Cardiologie"
    (place,) = [one for one in page.resources.values() if one["resourceType"] == "Location"]
    assert role["location"] == [{"reference": f"Location/{place['id']}"}]
    assert [(one["system"], one["value"]) for one in place["identifier"]] == [
        ("urn:oid:1.2.504.21", "CARDIO"), ("urn:id:CHU", "LOC-7"),
    ]  # fmt: skip


def test_a_body_is_at_home_nowhere() -> None:
    page = draft()
    told: Any = {
        "name": "CHU",
        "telecoms": [{"value": "0537", "use": "home"}],
        "addresses": [{"city": "Fès", "use": "home"}],
    }
    made = page.resources[reference(organization(page, told))]
    assert "use" not in made["telecom"][0]
    assert "use" not in made["address"][0]


def test_a_note_is_written_by_a_professional() -> None:
    page = draft()
    note: Any = {"text": "Vu", "source": "P", "by": samples.OMAR}
    (made,) = people.notes(page, [note])
    assert made["authorReference"]["reference"].startswith("Practitioner/")
    assert "authorString" not in made
    (alone,) = elements.notes([note])
    assert alone["authorString"] == "Dr Omar Alaoui"
    assert {one["url"] for one in alone["extension"]} >= extensions.NOTE_AUTHOR
