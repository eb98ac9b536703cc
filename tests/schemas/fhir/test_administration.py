"""A medicine given."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import extensions
from tests.schemas.fhir import samples
from tests.schemas.fhir.samples import said


def made(**more: Any) -> dict[str, Any]:
    (found,) = said({**samples.administered(), **more})["MedicationAdministration"]
    return found


def test_what_was_given_when_how_and_by_whom() -> None:
    told = made()
    assert told["effectivePeriod"]["start"].startswith("2024-03-12T09:00")
    assert told["dosage"]["dose"]["value"] == 1
    assert told["dosage"]["rateQuantity"]["value"] == 100
    assert told["dosage"]["route"]["coding"][0]["code"] == "PO"
    assert told["performer"][0]["function"]["coding"][0]["code"] == "AP"
    assert told["performer"][1]["function"] == {"text": "ZZ"}
    assert told["reasonCode"][0]["text"] == "Fièvre"
    assert told["context"]["reference"].startswith("Encounter/")
    assert told["note"][0]["text"] == "Bien toléré"
    where = [one["valueReference"] for one in told["extension"] if one["url"] == extensions.GIVEN_AT]
    assert where[0]["reference"].startswith("Location/")


def test_it_points_to_its_prescription() -> None:
    event = samples.administered()
    prescription = next(one for one in said(samples.compound())["MedicationRequest"] if one["status"] == "active")
    assert (
        said(event)["MedicationAdministration"][0]["request"]["reference"] == f"MedicationRequest/{prescription['id']}"
    )


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "CP"}, "completed"), ({"status": None}, "completed"), ({"status": "PA"}, "stopped"),
        ({"status": "RE"}, "not-done"), ({"status": "NA"}, "not-done"), ({"action": "D"}, "entered-in-error"),
        ({"order": {"status": "ER"}}, "entered-in-error"),
    ],
)  # fmt: skip
def test_its_state(told: dict[str, Any], status: str) -> None:
    assert made(**told)["status"] == status


def test_a_refusal_says_why() -> None:
    assert made(status="RE")["statusReason"][0]["text"] == "Refus"


def test_a_route_without_a_dose_says_that_the_dose_is_unknown() -> None:
    told = made(dosages=[{"route": {"text": "IV"}, "low": "999"}])["dosage"]
    assert told["dose"]["extension"][0]["valueCode"] == "unknown"


def test_without_a_time_that_is_said() -> None:
    assert made(given=None, given_end=None)["effectivePeriod"]["extension"][0]["valueCode"] == "unknown"
