"""Allergies: what they are, how certain, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import extensions
from tests.schemas.fhir import samples
from tests.schemas.fhir.samples import said


def allergy(**more: Any) -> dict[str, Any]:
    event = samples.surrounded()
    event["allergies"][0] |= more
    (found,) = said(event)["AllergyIntolerance"]
    return found


def extended(resource: dict[str, Any], url: str) -> list[dict[str, Any]]:
    return [one for one in resource.get("extension", ()) if one["url"] == url]


def status(made: dict[str, Any], name: str) -> str | None:
    return made[name]["coding"][0]["code"] if name in made else None


def test_everything_of_an_allergy() -> None:
    made = allergy()
    assert made["identifier"][0]["value"] == "ALG-7"
    assert (made["type"], made["category"], made["criticality"]) == ("allergy", ["medication"], "low")
    assert (made["onsetDateTime"], made["recordedDate"]) == ("2019-03-04", "2024-03-02")
    assert made["recorder"]["reference"].startswith("Practitioner/")
    assert made["note"] == [{"text": "Vu aux urgences"}]
    (reaction,) = made["reaction"]
    assert reaction["manifestation"][0]["text"] == "Urticaire"
    assert reaction["severity"] == "moderate"
    assert extended(made, extensions.ALLERGY_TYPE)[0]["valueCodeableConcept"]["text"] == "Médicament"
    assert extended(made, extensions.ALLERGY_REPORTER)[0]["valueHumanName"]["given"] == ["Salma"]
    assert extended(made, extensions.ALLERGY_IDENTIFIED)[0]["valueDateTime"] == "2019"
    assert len(extended(made, extensions.ALLERGY_RECORDER)) == 1


@pytest.mark.parametrize(
    ("sent", "clinical", "verified"),
    [
        ("C", "active", "confirmed"), ("I", "inactive", "confirmed"), ("S", "active", "unconfirmed"),
        ("D", "active", "unconfirmed"), ("E", None, "entered-in-error"), (None, "active", None), ("?", "active", None),
    ],
)  # fmt: skip
def test_its_status(sent: str | None, clinical: str | None, verified: str | None) -> None:
    made = allergy(status=sent, status_code=None)
    assert (status(made, "clinicalStatus"), status(made, "verificationStatus")) == (clinical, verified)


def test_what_is_deleted_was_entered_in_error() -> None:
    made = allergy(action="D")
    assert (status(made, "clinicalStatus"), status(made, "verificationStatus")) == (None, "entered-in-error")


def test_what_did_not_change_replaces_nothing() -> None:
    (version,) = extended(allergy(action="X"), extensions.VERSION)
    assert version["valueString"] == "0"


def test_its_number_makes_it_the_same_whatever_its_code() -> None:
    assert allergy()["id"] == allergy(code=samples.coded("PENI", "Pénicillines"))["id"]
    assert allergy(identifier=None)["id"] != allergy()["id"]


def test_a_bare_code_stands_in_its_table() -> None:
    (told,) = extended(allergy(type_code=None, type="PA"), extensions.ALLERGY_TYPE)
    assert told["valueCodeableConcept"]["coding"][0]["system"].endswith("v2-0127")
