"""A sale with its price, and a prescription; the one never passes for the other."""

from __future__ import annotations

from typing import Any

from schemas.fhir import extensions
from tests.schemas.fhir import samples
from tests.schemas.fhir.samples import said


def extended(resource: dict[str, Any], url: str) -> Any:
    return next((one for one in resource["extension"] if one["url"] == url), None)


def test_a_sale() -> None:
    event = samples.dispensed()
    made = said(event)["MedicationDispense"][0]
    assert made["id"] == event["fact"]
    assert made["status"] == "completed"
    assert made["medicationCodeableConcept"]["coding"][0]["code"] == "6118000040123"
    assert made["quantity"] == {"value": 2}
    assert made["whenHandedOver"] == "2024-03-12"
    assert made["daysSupply"]["value"] == 10
    assert made["dosageInstruction"] == [{"text": "1 comprimé matin et soir"}]
    assert made["identifier"][0]["value"] == "T-001"
    assert [one["actor"]["reference"].partition("/")[0] for one in made["performer"]] == [
        "Practitioner",
        "Organization",
    ]


def test_its_price_is_the_price_that_was_billed() -> None:
    made = said(samples.dispensed())["MedicationDispense"][0]
    amount = extended(made, extensions.AMOUNT)["valueMoney"]
    assert (amount["value"], amount["currency"]) == (29.0, "MAD")
    assert amount["extension"][0]["valueString"] == "29.00"
    assert extended(made, extensions.UNIT_PRICE)["valueMoney"]["value"] == 14.5
    assert (
        extended(said(samples.dispensed() | {"currency": "dh"})["MedicationDispense"][0], extensions.AMOUNT)[
            "valueMoney"
        ]["currency"]
        == "MAD"
    )


def test_the_prescription_is_known_by_its_reference_and_its_prescriber_only() -> None:
    found = said(samples.dispensed())
    (stub,) = found["MedicationRequest"]
    made = found["MedicationDispense"][0]
    assert made["authorizingPrescription"] == [{"reference": f"MedicationRequest/{stub['id']}"}]
    assert stub["identifier"][0]["value"] == "ORD-9"
    assert stub["requester"]["reference"].startswith("Practitioner/")
    assert stub["medicationCodeableConcept"]["extension"][0]["valueCode"] == "unknown"
    assert extended(made, extensions.PRESCRIBER) is None


def test_two_articles_of_one_prescription_point_to_the_same() -> None:
    one = said(samples.dispensed())["MedicationRequest"][0]
    other = said(samples.dispensed() | {"medication": {"text": "AMOXIL"}, "fact": "another-line"})["MedicationRequest"][
        0
    ]
    assert one == other


def test_without_a_prescription_the_prescriber_is_still_told() -> None:
    found = said(samples.dispensed() | {"prescription": None})
    assert "MedicationRequest" not in found
    assert extended(found["MedicationDispense"][0], extensions.PRESCRIBER)["valueReference"]["reference"].startswith(
        "Practitioner/"
    )


def test_a_status_in_other_words_is_unknown_and_none_is_a_sale() -> None:
    assert said(samples.dispensed() | {"status": "annulé"})["MedicationDispense"][0]["status"] == "unknown"
    assert said(samples.dispensed() | {"status": "cancelled"})["MedicationDispense"][0]["status"] == "cancelled"


def test_a_prescription() -> None:
    event = samples.prescribed()
    made = said(event)["MedicationRequest"][0]
    assert made["id"] == event["fact"]
    assert (made["status"], made["intent"]) == ("active", "order")
    assert made["groupIdentifier"]["value"] == "ORD-9"
    assert made["authoredOn"].startswith("2024-03-12T11:00:00")
    assert made["dispenseRequest"]["quantity"] == {"value": 12, "unit": "cp"}
    assert made["dispenseRequest"]["expectedSupplyDuration"]["code"] == "d"
    assert made["substitution"] == {"allowedBoolean": False}
    assert made["encounter"]["reference"].startswith("Encounter/")


def test_a_prescription_and_the_sale_of_it_are_not_one_resource() -> None:
    number = {"prescription": samples.identifier("urn:id:CAB", "ORD-9")}
    prescribed = said(samples.prescribed() | number)["MedicationRequest"][0]
    mentioned = said(samples.dispensed() | number)["MedicationRequest"][0]
    assert prescribed["id"] != mentioned["id"]
