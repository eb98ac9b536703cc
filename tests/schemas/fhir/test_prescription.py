"""Prescriptions and dispensations by order number: what they are known by, how to take them, what was substituted."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import facts
from schemas.fhir import bundle, extensions
from tests.schemas.fhir import samples
from tests.schemas.fhir.samples import said


def own(event: dict[str, Any], kind: str) -> dict[str, Any]:
    """The resource that the event is about."""
    return next(one for one in said(event)[kind] if one["id"] == facts.fact(event))


def beside(resource: dict[str, Any], url: str) -> Any:
    found = next(one for one in resource["extension"] if one["url"] == url)
    return next(value for key, value in found.items() if key.startswith("value"))


def test_a_prescription_tells_who_what_how_much_and_why() -> None:
    made = own(samples.compound(), "MedicationRequest")
    assert [one["value"] for one in made["identifier"]] == ["RX-555", "P-77", "F-9"]
    assert (made["groupIdentifier"]["value"], made["status"], made["priority"]) == ("G-3", "active", "stat")
    assert made["authoredOn"].startswith("2024-03-12T09:00:00")
    assert made["requester"]["reference"].startswith("Practitioner/")
    supply = made["dispenseRequest"]
    assert (supply["numberOfRepeatsAllowed"], supply["quantity"]["value"]) == (3, 2)
    assert supply["initialFill"]["quantity"]["value"] == 1
    assert supply["performer"]["reference"].startswith("Organization/")
    assert [one["text"] for one in made["reasonCode"]] == ["Angine", "Fièvre", "Fièvre"]
    assert made["reasonReference"][0]["reference"].startswith("Condition/")
    assert made["insurance"][0]["reference"].startswith("Coverage/")
    assert made["supportingInformation"][0]["reference"].startswith("Observation/")
    assert made["substitution"]["allowedBoolean"] is False
    assert made["substitution"]["reason"]["coding"][0]["code"] == "1"
    assert beside(made, extensions.REQUESTED_PRODUCT)["text"] == "Glucose 5 %"
    assert beside(made, extensions.REFILLS_LEFT) == "2"
    assert beside(made, extensions.DISPENSE_INSTRUCTION)["text"] == "Ne pas fractionner"


def test_how_to_take_it_is_one_dosage_a_timing_and_route() -> None:
    first, second, other = own(samples.compound(), "MedicationRequest")["dosageInstruction"]
    assert [one["sequence"] for one in (first, second, other)] == [1, 2, 3]
    assert first["text"] == "Le soir"
    assert first["timing"]["repeat"]["frequency"] == 2
    assert first["timing"]["code"]["coding"][0]["code"] == "BID"
    assert first["doseAndRate"][0]["doseRange"]["high"]["value"] == 2
    assert first["doseAndRate"][0]["rateQuantity"]["unit"] == "mL/h"
    assert first["route"]["coding"][0]["code"] == "PO"
    assert (second["asNeededBoolean"], second["patientInstruction"]) == (True, "si fièvre")
    assert other.keys() == {"sequence", "route"}


def test_a_compound_is_a_medication_of_its_own() -> None:
    event = samples.compound()
    made = own(event, "MedicationRequest")
    (medication,) = said(event)["Medication"]
    assert made["medicationReference"] == {"reference": f"Medication/{medication['id']}"}
    assert [one["itemCodeableConcept"]["text"] for one in medication["ingredient"]] == ["Perfusion", "Dextrose", "KCl"]
    assert medication["ingredient"][2]["strength"]["numerator"] == {
        "value": 2, "unit": "mmol/mL", "system": "http://unitsofmeasure.org", "code": "mmol/mL",
    }  # fmt: skip


def test_a_prescription_that_stands_in_for_another_stops_it() -> None:
    event = samples.compound()
    reference = own(event, "MedicationRequest")["priorPrescription"]["reference"]
    replaced = next(one for one in said(event)["MedicationRequest"] if f"MedicationRequest/{one['id']}" == reference)
    assert (replaced["status"], replaced["identifier"][0]["value"]) == ("stopped", "P-70")


def test_a_dispensation_points_to_the_prescription_of_its_order_and_leaves_it_as_it_is() -> None:
    prescription = own(samples.compound(), "MedicationRequest")
    dispensation = said(samples.handed_over())
    (made,), (stub,) = dispensation["MedicationDispense"], dispensation["MedicationRequest"]
    assert made["authorizingPrescription"] == [{"reference": f"MedicationRequest/{prescription['id']}"}]
    assert (stub["id"], stub["status"], bundle.version_of(stub)) == (prescription["id"], "unknown", 0)
    assert stub["medicationCodeableConcept"]["text"] == "DOLIPRANE"
    together = bundle.collection([samples.compound(), samples.handed_over()])  # type: ignore[list-item]  # plain dicts
    one = next(entry["resource"] for entry in together["entry"] if entry["resource"]["id"] == prescription["id"])
    assert one["status"] == "active"


def test_a_dispensation_tells_lot_maker_people_and_place() -> None:
    event = samples.handed_over()
    made = own(event, "MedicationDispense")
    (medication,) = said(event)["Medication"]
    assert beside(made, extensions.PRODUCT)["reference"] == f"Medication/{medication['id']}"
    assert medication["batch"] == {"lotNumber": "L-77", "expirationDate": "2025-06-01"}
    assert beside(medication, extensions.OTHER_LOT) == "L-78"
    assert medication["form"]["text"] == "comprimé"
    assert medication["ingredient"][0]["strength"]["numerator"]["value"] == 1000
    assert medication["manufacturer"]["reference"].startswith("Organization/")
    assert [one.get("function", {}).get("coding", [{}])[0].get("code") for one in made["performer"]] == [
        None,
        None,
        "checker",
    ]
    assert made["destination"]["reference"].startswith("Location/")
    assert made["identifier"][0]["value"] == "T-1"
    assert made["type"]["text"] == "Nouveau"


@pytest.mark.parametrize(
    ("said_", "was", "kind"),
    [
        ({"substitution": "G"}, True, "G"), ({"substitution": "T"}, True, "TE"), ({"substitution": "N"}, False, "N"),
        ({"substitution": "1"}, False, None), ({"substitution": None}, True, None),
        ({"substitution": None, "prescribed": {"text": "X"}}, None, None),
        ({"substitution": None, "prescribed": samples.handed_over()["medication"]}, False, None),
    ],
)  # fmt: skip
def test_whether_another_product_was_handed_over(said_: dict[str, Any], was: bool | None, kind: str | None) -> None:
    told = own({**samples.handed_over(), **said_}, "MedicationDispense").get("substitution", {})
    assert told.get("wasSubstituted") is was
    assert told.get("type", {}).get("coding", [{}])[0].get("code") == kind


def test_who_decided_on_the_product() -> None:
    by_prescriber = own({**samples.handed_over(), "substitution": "1"}, "MedicationDispense")["substitution"]
    by_pharmacist = own(samples.handed_over(), "MedicationDispense")
    assert by_prescriber["reason"][0]["coding"][0]["code"] == "1"
    assert by_pharmacist["substitution"]["responsibleParty"] == [by_pharmacist["performer"][0]["actor"]]
    assert by_prescriber["responsibleParty"] != by_pharmacist["substitution"]["responsibleParty"]


def test_amounts_that_are_no_numbers_stay_as_sent() -> None:
    told = {"quantity": "une boîte", "refills": "au besoin", "dosages": [{"low": "1-2", "unit": {"text": "CP"}}]}
    made = own({**samples.compound(), **told}, "MedicationRequest")
    assert beside(made, extensions.QUANTITY_AS_SENT) == "une boîte"
    assert beside(made, extensions.REFILLS_AS_SENT) == "au besoin"
    assert beside(made["dosageInstruction"][0], extensions.DOSE_AS_SENT) == "1-2 CP"


def test_an_ended_prescription_says_why() -> None:
    made = own({**samples.compound(), "status": "stopped"}, "MedicationRequest")
    assert made["statusReason"]["text"] == "Fièvre"


@pytest.mark.parametrize(("per", "unit"), [("H1", "h"), ("m 30", "min"), ("x", None)])
def test_a_dose_in_a_time_is_a_rate(per: str, unit: str | None) -> None:
    dose = {"low": "5", "unit": {"text": "mg"}, "per": per}
    made = own({**samples.compound(), "dosages": [dose]}, "MedicationRequest")["dosageInstruction"][0]["doseAndRate"][0]
    assert made.get("rateRatio", {}).get("denominator", {}).get("code") == unit
