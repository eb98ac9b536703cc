"""Appointments and charges as FHIR resources."""

from __future__ import annotations

from typing import Any

import pytest

from channels.consumers.standing import beside
from schemas.fhir import bundle
from schemas.fhir.extensions import ABSENT, AS_SENT
from tests.schemas.fhir import samples
from tests.schemas.fhir.samples import said


def appointment(**more: Any) -> dict[str, Any]:
    (found,) = said({**samples.appointment(), **more})["Appointment"]
    return found


def test_everybody_and_everything_that_takes_part() -> None:
    event = samples.appointment()
    found = said(event)
    made = found["Appointment"][0]
    kinds = [one["actor"]["reference"].partition("/")[0] for one in made["participant"]]
    assert kinds == ["Patient", "Practitioner", "Device", "Practitioner", "Location", "Practitioner"]
    assert {one["status"] for one in made["participant"]} == {"accepted", "tentative"}
    assert found["Device"][0]["deviceName"] == [{"name": "Echo", "type": "user-friendly-name"}]
    assert made["serviceType"][0]["text"] == "Consultation"
    assert (made["reasonCode"][0]["text"], made["appointmentType"]["text"]) == ("Contrôle", "Normal")
    assert (made["start"], made["end"], made["minutesDuration"]) == (
        "2024-06-10T10:00:00+01:00", "2024-06-10T10:30:00+01:00", 30,
    )  # fmt: skip
    assert made["basedOn"] == [{"reference": f"ServiceRequest/{found['ServiceRequest'][0]['id']}"}]
    assert found["ServiceRequest"][0]["identifier"][0]["value"] == "O-7"
    assert made["comment"] == "Venir à jeun\nApporter les examens"
    assert [one["value"] for one in made["identifier"]] == ["F-1", "P-1"]
    assert "cancelationReason" not in made
    assert found["Encounter"][0]["appointment"] == [{"reference": f"Appointment/{made['id']}"}]


def test_a_reason_of_table_0276_is_its_type_where_none_was_sent() -> None:
    made = appointment(kind=None)
    assert made["appointmentType"]["coding"][0]["code"] == "FOLLOWUP"


@pytest.mark.parametrize(("status", "reason"), [("cancelled", True), ("noshow", False), ("booked", False)])
def test_a_reason_of_cancelling_needs_a_cancelled_appointment(status: str, reason: bool) -> None:
    made = appointment(status=status)
    assert ("cancelationReason" in made) is reason
    assert any(one["url"].endswith("appointment-event-reason") for one in made["extension"]) is not reason


@pytest.mark.parametrize("status", ["booked", "noshow", "entered-in-error", "fulfilled", "pending", "arrived"])
def test_an_appointment_without_times_says_that_they_are_unknown(status: str) -> None:
    made = appointment(status=status, start=None, end=None, minutes=None)
    assert made["_start"]["extension"][0]["url"] == made["_end"]["extension"][0]["url"] == ABSENT


@pytest.mark.parametrize("status", ["cancelled", "proposed", "waitlist"])
def test_one_that_need_not_have_times_has_none(status: str) -> None:
    assert not appointment(status=status, start=None, end=None).keys() & {"start", "end", "_start", "_end"}


def test_a_start_without_an_end_is_kept() -> None:
    made = appointment(end=None)
    assert made["start"] == "2024-06-10T10:00:00+01:00"
    assert "end" not in made
    assert made["_end"]["extension"][0]["url"] == ABSENT


def test_a_day_is_no_instant_and_stands_as_it_was_sent() -> None:
    made = appointment(start="2024-06-10", end=None)
    assert made["_start"]["extension"] == [{"url": AS_SENT, "valueString": "2024-06-10"}]


def test_half_minutes_stand_as_they_were_sent() -> None:
    assert appointment(minutes="1.5")["_minutesDuration"]["extension"][0]["valueString"] == "1.5"


def landed(*sayings: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    standing = None
    for version, event in sayings:
        (made,) = said({**event, "version": version})["Appointment"]
        standing = beside(standing, made, version).after
    assert standing is not None
    return dict(standing.resource)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_cancellation_that_tells_no_more_keeps_time_and_people(order: tuple[int, int]) -> None:
    bare: dict[str, Any] = {"start": None, "end": None, "resources": [], "fillers": [], "placers": []}
    sayings = [(1, samples.appointment()), (2, {**samples.appointment(), **bare, "status": "cancelled"})]
    made = landed(*(sayings[place] for place in order))
    assert (made["status"], made["start"]) == ("cancelled", "2024-06-10T10:00:00+01:00")
    assert len(made["participant"]) == 6


def test_a_missed_appointment_without_a_time_keeps_the_one_it_had() -> None:
    missed = {**samples.appointment(), "start": None, "end": None, "status": "noshow"}
    made = landed((1, samples.appointment()), (2, missed))
    assert (made["status"], made["start"]) == ("noshow", "2024-06-10T10:00:00+01:00")
    assert "_start" not in made


def test_another_doctor_takes_the_place_of_the_first() -> None:
    moved = samples.appointment()
    moved["resources"] = [{"kind": "AIP", "person": samples.HIND, "status": "accepted"}]
    made = landed((1, samples.appointment()), (2, moved))
    people = [one for one in made["participant"] if one.get("id", "").startswith("AIP")]
    assert len(people) == 1


def test_an_appointment_that_is_kept_after_all_has_no_reason_of_cancelling() -> None:
    made = landed((1, {**samples.appointment(), "status": "cancelled"}), (2, samples.appointment()))
    assert made["status"] == "booked"
    assert "cancelationReason" not in made


def charge(**more: Any) -> dict[str, Any]:
    (found,) = said({**samples.charge(), **more})["ChargeItem"]
    return found


def test_a_charge_with_price_people_and_reasons() -> None:
    found = said(samples.charge())
    made = found["ChargeItem"][0]
    assert (made["status"], made["code"]["coding"][0]["code"]) == ("billable", "CS")
    assert made["quantity"]["value"] == 1
    assert (made["priceOverride"]["value"], made["priceOverride"]["currency"]) == (150.0, "MAD")
    assert made["occurrencePeriod"] == {"start": "2024-03-12T10:00:00+01:00", "end": "2024-03-12T10:20:00+01:00"}
    assert [one["function"]["coding"][0]["code"] for one in made["performer"]] == ["PRF", "REFB"]
    assert made["costCenter"]["display"] == "Cardiologie"
    assert (made["enteredDate"], made["enterer"]["reference"][:12]) == ("2024-03-13", "Practitioner")
    assert made["account"][0]["reference"] in {f"Account/{one['id']}" for one in found["Account"]}
    assert made["context"]["reference"] == f"Encounter/{found['Encounter'][0]['id']}"
    # FT1-25 and PR1 tell the same procedure
    assert len(found["Procedure"]) == len(made["service"]) == 1
    assert made["productCodeableConcept"]["text"] == "DOLIPRANE 1 g"
    asked = f"ServiceRequest/{found['ServiceRequest'][0]['id']}"
    assert asked in {one["reference"] for one in made["supportingInformation"]}
    urls = {one["url"].rpartition("/")[2] for one in made["extension"]}
    assert urls >= {
        "charge-type", "charge-health-plan", "charge-insurance-amount", "charge-unit-cost", "charge-batch",
        "charge-authorization", "charge-prescription", "charge-procedure-modifier", "charge-location", "unit-price",
    }  # fmt: skip


def test_a_fillers_number_alone_is_only_named() -> None:
    number = {"system": "urn:id:LABO", "value": "F-9"}
    assert charge(order={"filler": number})["supportingInformation"][-1]["identifier"]["value"] == "F-9"
    made = appointment(orders=[{**number, "type": "FILL"}])
    assert made["basedOn"][0]["identifier"]["value"] == "F-9"


@pytest.mark.parametrize(
    ("kind", "status"),
    [("CG", "billable"), ("PY", "not-billable"), ("AJ", "not-billable"), ("CO", "not-billable"), ("ZZ", "unknown")],
)
def test_only_charges_are_billable(kind: str, status: str) -> None:
    assert charge(kind=kind)["status"] == status


def test_a_credit_counts_against_the_charge_it_names() -> None:
    made = charge(kind="CD", about="charge|urn:id:FACT|T-1|CS|CD")
    assert (made["status"], made["factorOverride"]) == ("billable", -1)
    assert made["partOf"][0]["identifier"]["value"] == "T-1"
    assert "factorOverride" not in charge()


def test_a_procedure_told_to_the_accounts_is_billable_until_it_is_taken_back() -> None:
    assert charge(kind=None, place="PR1 1")["status"] == "billable"
    assert charge(kind="CD", place="PR1 1")["status"] == "entered-in-error"


@pytest.mark.parametrize("status", ["active", "inactive", "entered-in-error"])
def test_what_the_accounts_tell_of_an_account_outlasts_what_is_told_in_passing(status: str) -> None:
    patient = {**samples.patient(), "account": {"system": "urn:id:CHU", "value": "A-7"}}
    told = {**samples.envelope("PatientUpdated"), "patient": patient, "account_status": status}
    passing = {**samples.envelope("PatientUpdated"), "patient": patient}
    standing = None
    for version, event in ((1, told), (2, passing)):
        (made,) = [one for one in bundle.resources(event) if one["resourceType"] == "Account"]  # type: ignore[arg-type]
        standing = beside(standing, made, version).after
    assert standing is not None
    assert standing.resource["status"] == status
