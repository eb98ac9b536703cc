"""Covers: the payer, the insured, the patient's own numbers, what was agreed, and what becomes of a cover."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import extensions
from tests.schemas.fhir import samples
from tests.schemas.fhir.samples import said


def cover(**more: Any) -> dict[str, Any]:
    event = samples.surrounded()
    event["insurances"][0] |= more
    (found,) = said(event)["Coverage"]
    return found


def extended(resource: dict[str, Any], url: str) -> list[dict[str, Any]]:
    return [one for one in resource.get("extension", ()) if one["url"] == url]


def test_everything_of_a_cover() -> None:
    made = cover()
    assert made["status"] == "active"
    assert [one["value"] for one in made["identifier"]] == ["123456789", "0044"]
    assert made["type"]["text"] == "Réseau"
    assert [(one["type"]["coding"][0]["code"], one["value"], one["name"]) for one in made["class"]] == [
        ("group", "G-7", "Groupe Atlas"), ("plan", "AMO", "Assurance maladie obligatoire"),
    ]  # fmt: skip
    assert made["order"] == 1
    assert made["policyHolder"]["reference"].startswith("Organization/")
    assert made["relationship"]["coding"][0]["code"] == "spouse"
    assert extended(made, extensions.COVERAGE_AUTHORIZATION)[0]["valueIdentifier"]["value"] == "PEC-88"
    assert extended(made, extensions.EMPLOYER)


def test_the_insured_is_a_person_around_the_patient() -> None:
    event = samples.surrounded()
    event["patient"].pop("contacts")
    found = said(event)
    (made,) = found["Coverage"]
    (insured,) = [one for one in found["RelatedPerson"] if made["subscriber"]["reference"].endswith(one["id"])]
    assert insured["birthDate"] == "1980"
    assert insured["gender"] == "male"
    assert insured["address"][0]["city"] == "Fès"
    assert insured["identifier"][0]["value"] == "0044"


def test_a_national_payer_is_one_organization_for_every_sender() -> None:
    def payor(**more: Any) -> str:
        (found,) = said(samples.surrounded(**more))["Coverage"]
        return str(found["payor"][0]["reference"])

    assert payor() == payor(sender="other", channel="other")


@pytest.mark.parametrize(("action", "status"), [("A", "active"), ("U", "active"), ("D", "entered-in-error")])
def test_a_deleted_cover_was_entered_in_error(action: str, status: str) -> None:
    assert cover(action=action)["status"] == status


def test_a_cover_that_did_not_change_replaces_nothing() -> None:
    (version,) = extended(cover(action="X"), extensions.VERSION)
    assert version["valueString"] == "0"


@pytest.mark.parametrize("rank", ["0", "-1", "first", "99999999999"])
def test_a_rank_that_is_no_positive_number_is_text(rank: str) -> None:
    made = cover(priority=rank)
    assert "order" not in made
    assert extended(made, extensions.COVERAGE_PRIORITY)[0]["valueString"] == rank


def test_a_parent_is_not_taken_for_a_child() -> None:
    told = samples.coded("FTH", "Père")
    assert [one["code"] for one in cover(patient_relationship=told)["relationship"]["coding"]] == ["FTH"]
