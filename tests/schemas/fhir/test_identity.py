"""Links, and numbers that are others now: two patients stay two, what was replaced says by what."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import bundle, extensions, identity
from tests.schemas.fhir import samples

OTHER = "6a1d7a34-0000-5000-8000-000000000009"


def by_key(event: Any) -> dict[str, dict[str, Any]]:
    return {f"{one['resourceType']}/{one['id']}": one for one in bundle.resources(event)}


def of_kind(event: Any, kind: str) -> list[dict[str, Any]]:
    return [one for one in bundle.resources(event) if one["resourceType"] == kind]


def replaced_by(one: dict[str, Any]) -> str:
    (found,) = (each for each in one["extension"] if each["url"] == extensions.REPLACED_BY)
    return str(found["valueReference"]["reference"])


def test_linked_patients_see_each_other_and_both_stay_active() -> None:
    event = samples.linked()
    here, other = by_key(event)[f"Patient/{event['person']}"], by_key(event)[f"Patient/{OTHER}"]
    assert here["link"] == [{"other": {"reference": f"Patient/{OTHER}"}, "type": "seealso"}]
    assert other["link"] == [{"other": {"reference": f"Patient/{event['person']}"}, "type": "seealso"}]
    assert "active" not in other
    assert other["identifier"][0]["value"] == "L-1"


def test_unlinked_patients_have_no_link() -> None:
    event: Any = samples.linked(linked=False)
    assert not [one for one in bundle.resources(event) if "link" in one]
    assert identity.both(event) == [(event["person"], OTHER), (OTHER, event["person"])]


def test_who_is_found_to_be_one_is_not_linked_with_themselves() -> None:
    event = samples.linked()
    event["other_person"] = event["person"]
    (patient,) = of_kind(event, "Patient")
    assert "link" not in patient


@pytest.mark.parametrize("change", ["merged", "changed"])
def test_a_visit_that_goes_on_under_another_number(change: str) -> None:
    event = samples.changed("visit", change)
    now, gone = of_kind(event, "Encounter")
    assert (now["identifier"][0]["value"], gone["identifier"][0]["value"]) == ("N-2", "N-1")
    assert (gone["status"], gone["identifier"][0]["use"]) == ("entered-in-error", "old")
    assert replaced_by(gone) == f"Encounter/{now['id']}"
    assert gone["subject"] == {"reference": f"Patient/{OTHER}"}


def test_a_moved_visit_belongs_to_the_new_patient() -> None:
    event = samples.changed("visit", "moved", number=samples.identifier("urn:id:CHU-SALE", "N-1"))
    (visit,) = of_kind(event, "Encounter")
    assert visit["subject"] == {"reference": f"Patient/{event['person']}"}
    assert visit["identifier"][0]["value"] == "N-1"


@pytest.mark.parametrize("change", ["merged", "moved", "changed"])
def test_an_account_that_is_replaced_is_inactive_and_says_by_what(change: str) -> None:
    event = samples.changed("account", change)
    accounts = {one["identifier"][0]["value"]: one for one in of_kind(event, "Account")}
    gone = accounts["N-1"]
    assert (gone["status"], gone["identifier"][0]["use"]) == ("inactive", "old")
    assert gone["subject"] == [{"reference": f"Patient/{OTHER}"}]
    assert replaced_by(gone) == f"Account/{accounts['N-2']['id']}"


def test_a_changed_number_is_an_old_one_of_the_same_patient() -> None:
    event = samples.changed("patient", "changed")
    event["prior_person"] = event["person"]
    (patient,) = of_kind(event, "Patient")
    assert ("N-1", "old") in [(one["value"], one.get("use")) for one in patient["identifier"]]


def test_a_changed_number_of_another_identity_touches_neither() -> None:
    (patient,) = of_kind(samples.changed("patient", "changed"), "Patient")
    assert "N-1" not in [one["value"] for one in patient["identifier"]]


def test_a_moved_number_is_this_patients_and_no_longer_the_others() -> None:
    event = samples.changed("patient", "moved")
    found = by_key(event)
    here, other = found[f"Patient/{event['person']}"], found[f"Patient/{OTHER}"]
    assert ("N-1", None) in [(one["value"], one.get("use")) for one in here["identifier"]]
    assert [(one["value"], one["use"]) for one in other["identifier"]] == [("N-1", "old")]


def test_without_a_registry_a_moved_account_is_still_another_patients() -> None:
    event = samples.changed("account", "moved", prior_person=None)
    gone = next(one for one in of_kind(event, "Account") if one["status"] == "inactive")
    assert gone["subject"][0]["reference"] != f"Patient/{event['person']}"


def test_an_alternate_number_makes_no_visit() -> None:
    assert of_kind(samples.changed("alternate visit", "changed"), "Encounter") == []
