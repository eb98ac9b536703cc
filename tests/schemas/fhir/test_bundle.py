"""Bundles, provenance and versions: where everything came from, and that saying it twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from schemas.fhir import bundle, provenance
from tests.schemas.fhir import reports, samples

RICH = (*samples.ALL, reports.lab_report, reports.imaging_report)


def keys(resources: list[dict[str, Any]]) -> list[str]:
    return [f"{one['resourceType']}/{one['id']}" for one in resources]


@pytest.mark.parametrize("make", RICH)
def test_one_provenance_names_everything_and_the_patient(make: Callable[[], Any]) -> None:
    *others, last = bundle.resources(make())
    assert [one["resourceType"] for one in others].count("Provenance") == 0
    assert last["resourceType"] == "Provenance"
    targets = [one["reference"] for one in last["target"]]
    assert targets[0] == f"Patient/{make()['person']}"
    assert sorted(targets) == sorted(keys(others))


def test_provenance_tells_who_sent_it_when_and_in_which_message() -> None:
    made = bundle.resources(reports.lab_report())[-1]  # type: ignore[arg-type]  # a plain dict, as the bus gives it
    assert made["recorded"] == "2024-03-12T09:33:00+00:00"
    assert made["occurredDateTime"] == "2024-03-12T10:12:50+00:00"
    sender, operator = made["agent"]
    assert sender["who"]["identifier"] == {"system": provenance.SENDER, "value": "lab-hl7v2|LIS|ATLAS"}
    assert sender["onBehalfOf"]["reference"].startswith("Organization/")
    assert operator["who"]["reference"].startswith("Practitioner/")
    numbers = [one["what"]["identifier"] for one in made["entity"]]
    assert [(one["system"], one["value"]) for one in numbers] == [
        (provenance.CONTROL_ID, "MSG00042"),
        (provenance.TRANSACTION, "018e0000-0000-7000-8000-000000000003"),
        (provenance.CHANNEL, "lab-hl7v2"),
    ]


def test_without_a_time_of_recording_it_is_the_time_of_receipt() -> None:
    event: Any = samples.dispensed() | {"origin": None}
    assert bundle.resources(event)[-1]["recorded"] == "2024-03-12T09:33:20.123456Z"


@pytest.mark.parametrize("make", RICH)
def test_saying_it_again_says_the_same(make: Callable[[], Any]) -> None:
    assert bundle.resources(make()) == bundle.resources(make())


def test_what_a_later_message_may_replace_tells_its_version() -> None:
    event: Any = reports.lab_report()
    for one in bundle.resources(event):
        kind, version = one["resourceType"], bundle.version_of(one)
        if kind in bundle.SHARED or kind == "Provenance":
            assert version is None
        elif kind != "Encounter":
            assert version == event["version"]
            assert one["meta"] == {"source": "urn:wasl:lab-hl7v2"}


def test_an_unresolved_person_has_an_identity_of_its_own() -> None:
    event: Any = reports.lab_report() | {"person": "", "fact": None}
    other: Any = event | {"patient": {"identifiers": [samples.identifier("urn:id:x", "1")]}}
    ours, theirs = bundle.resources(event), bundle.resources(other)
    assert ours[0]["id"] != theirs[0]["id"]
    told = {one["id"] for one in ours if one["resourceType"] in ("DiagnosticReport", "Observation")}
    assert told.isdisjoint(one["id"] for one in theirs)


def test_a_transaction_puts_every_resource_under_its_own_id() -> None:
    event: Any = samples.encounter()
    resources = bundle.resources(event)
    made = bundle.transaction(resources)
    assert made["type"] == "transaction"
    for entry, key in zip(made["entry"], keys(resources), strict=True):
        assert entry["request"] == {"method": "PUT", "url": key}
        assert entry["fullUrl"] == bundle.BASE + key


def test_a_collection_begins_with_the_head_of_the_message() -> None:
    event: Any = reports.lab_report()
    made = bundle.collection([event])
    assert made["identifier"]["value"] == "MSG00042"
    assert made["timestamp"] == "2024-03-12T09:33:10+00:00"
    head = made["entry"][0]["resource"]
    assert head["resourceType"] == "MessageHeader"
    assert head["eventCoding"]["code"] == "R01"
    assert head["source"] == {"name": "LIS", "endpoint": "urn:id:ATLAS"}
    receiver = {"type": "Organization", "display": "MSPS"}
    assert head["destination"] == [{"name": "HIE", "endpoint": "urn:id:MSPS", "receiver": receiver}]
    assert head["sender"]["reference"] in keys([entry["resource"] for entry in made["entry"]])


def test_the_timestamp_keeps_the_senders_offset() -> None:
    event: Any = samples.registered()
    event["origin"]["created"] = "2024-02-12T10:30:15+03:00"
    assert bundle.collection([event])["timestamp"] == "2024-02-12T10:30:15+03:00"


def test_a_format_without_a_trigger_says_the_event_type() -> None:
    event: Any = samples.dispensed() | {"origin": None}
    head = bundle.collection([event])["entry"][0]["resource"]
    assert head["eventUri"] == "urn:wasl:MedicationDispensed"
    assert head["source"]["name"] == "LIS|ATLAS"


def test_events_of_one_message_share_their_patient() -> None:
    first: Any = reports.lab_report()
    second: Any = reports.imaging_report() | {"fact": "9d3c9a52-0000-5000-8000-000000000002", "id": "second"}
    made = [entry["resource"] for entry in bundle.collection([first, second])["entry"]]
    assert len(set(keys(made))) == len(made)
    kinds = [one["resourceType"] for one in made]
    assert (kinds.count("Patient"), kinds.count("DiagnosticReport"), kinds.count("Provenance")) == (1, 2, 2)


def test_a_message_that_says_nothing_is_an_empty_bundle() -> None:
    assert bundle.collection([]) == {"resourceType": "Bundle", "type": "collection"}


def test_what_is_told_later_goes_over_what_was_told_before() -> None:
    one = {"resourceType": "Patient", "id": "1", "gender": "male", "birthDate": "1980"}
    other = {"resourceType": "Patient", "id": "1", "birthDate": "1980-03"}
    assert bundle.merged([one, other]) == [{**one, "birthDate": "1980-03"}]


def test_an_element_of_several_types_is_told_once_the_newer_way() -> None:
    first = {"resourceType": "MedicationRequest", "id": "1", "medicationCodeableConcept": {"text": "Amoxicilline"}}
    later = {"resourceType": "MedicationRequest", "id": "1", "medicationReference": {"reference": "Medication/2"}}
    assert bundle.merged([first, later]) == [later]
