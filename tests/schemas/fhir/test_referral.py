"""A referral in FHIR: a ServiceRequest of its own category, with both sides of it."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import contacts, extensions
from schemas.fhir.referral import REFERRAL
from tests.schemas.fhir import orders
from tests.schemas.fhir.samples import said


def request(event: Any) -> dict[str, Any]:
    (found,) = said(event)["ServiceRequest"]
    return found


def test_the_referral() -> None:
    made = request(orders.referred())
    assert made["id"] == orders.referred()["fact"]
    assert [one["value"] for one in made["identifier"]] == ["R-1", "X-1"]
    assert (made["status"], made["intent"], made["priority"]) == ("active", "order", "stat")
    assert made["category"][0] == REFERRAL
    assert made["code"] == {"text": "Cardiologie"}
    assert [one["text"] for one in made["orderDetail"]] == ["Échocardiographie", "Avis"]
    assert made["occurrencePeriod"] == {"start": "2024-03-12", "end": "2024-06-12"}
    assert made["authoredOn"].startswith("2024-03-12T09:00")
    assert [one["text"] for one in made["reasonCode"]] == ["Souffle", "Souffle systolique"]
    assert [one["text"] for one in made["note"]] == ["Merci de le voir rapidement", "Dossier joint"]


def test_who_refers_and_to_whom() -> None:
    found = said(orders.referred())
    made = request(orders.referred())
    names = {f"Practitioner/{one['id']}": one["name"][0]["family"] for one in found["Practitioner"]}
    names |= {f"Organization/{one['id']}": one["name"] for one in found["Organization"]}
    assert names[made["requester"]["reference"]] == "Alaoui"
    assert [names[one["reference"]] for one in made["performer"]] == ["Bennis", "Clinique du Cœur"]
    others = [
        one["valueReference"]["reference"]
        for one in made["extension"]
        if one["url"].endswith("referral-other-referring")
    ]
    assert [names[one] for one in others] == ["Naciri", "CHU Salé"]
    assert {contacts.CONTACT, f"{extensions.OURS}referral-provider"} <= {one["url"] for one in made["extension"]}
    sides = [one["extension"] for one in made["extension"] if one["url"] == f"{extensions.OURS}referral-provider"]
    assert [names[one[0]["valueReference"]["reference"]] for one in sides] == ["Alaoui", "Naciri", "Bennis", "Sefrioui"]
    assert sides[-1][1] == {"url": "role", "valueCodeableConcept": {"text": "PP"}}
    pay = next(one for one in made["extension"] if one["url"].endswith("referral-authorization"))
    assert pay["valueIdentifier"]["value"] == "PEC-9"


def test_what_supports_it() -> None:
    found = said(orders.referred())
    made = request(orders.referred())
    supporting = {one["reference"].partition("/")[0] for one in made["supportingInfo"]}
    assert supporting == {"Observation", "Procedure"}
    assert found["Procedure"][0]["status"] == "unknown"
    assert made["reasonReference"][0]["reference"] == f"Condition/{found['Condition'][0]['id']}"
    assert made["insurance"][0]["reference"] == f"Coverage/{found['Coverage'][0]['id']}"


@pytest.mark.parametrize(
    ("told", "status"),
    [({"status": "A"}, "active"), ({"status": "P"}, "active"), ({"status": "R"}, "revoked"),
     ({"status": "E"}, "revoked"), ({"status": None}, "active"), ({"status": "Z"}, "unknown"),
     ({"cancelled": True}, "revoked"), ({"action": "D"}, "revoked")],
)  # fmt: skip
def test_how_it_stands(told: dict[str, Any], status: str) -> None:
    assert request({**orders.referred(), **told})["status"] == status
