"""What becomes of a document in the record, told in several messages and in any order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from channels.consumers.smr import said
from channels.consumers.standing import Resource, Standing, settle
from schemas import facts

PERSON = "5f1d7a34-0000-5000-8000-000000000004"


def issued(number: str, at: int, **more: Any) -> dict[str, Any]:
    event = {
        "type": "DocumentIssued",
        "id": f"0b5e2c0e-0000-5000-8000-{at:012d}",
        "about": f"document|urn:id:DPI|{number}",
        "channel": "hospital",
        "sender": "DPI",
        "transaction": f"t-{at}",
        "control_id": f"C-{at}",
        "place": "TXA 1",
        "received": at,
        "version": at,
        "person": PERSON,
        "patient": {},
        "document": {"system": "urn:id:DPI", "value": number},
        "availability": "AV",
        **more,
    }
    return {**event, "fact": facts.fact(event)}


def text(words: str) -> dict[str, Any]:
    return {"contents": [{"data": words.encode(), "content_type": "text/plain"}]}


def standing(*events: dict[str, Any]) -> dict[str, Resource]:
    """The documents as they stand, by number."""
    stand: dict[tuple[str, str], Standing] = {}
    settle(stand, [said(event) for event in events])  # type: ignore[arg-type]
    found = [one.resource for (kind, _), one in stand.items() if kind == "DocumentReference"]
    return {one["masterIdentifier"]["value"]: one for one in found}


FIRST = issued("D-1", 1, status="DI", **text("Bonjour"))
SIGNED = issued("D-1", 2, status="AU")
REPLACED = issued("D-2", 3, status="AU", replaces=FIRST["document"], relation="replaces", **text("Bonsoir"))
ADDED = issued("D-3", 3, status="AU", replaces=FIRST["document"], relation="appends", **text("PS"))
TAKEN_BACK = issued("D-1", 4, cancelled=True)


@pytest.mark.parametrize("order", list(permutations((FIRST, SIGNED))))
def test_a_change_of_status_loses_no_content(order: Any) -> None:
    found = standing(*order)["D-1"]
    assert found["docStatus"] == "final"
    assert "data" in found["content"][0]["attachment"]


@pytest.mark.parametrize("order", list(permutations((FIRST, SIGNED, REPLACED))))
def test_a_replaced_document_is_superseded_and_keeps_its_content(order: Any) -> None:
    found = standing(*order)
    assert (found["D-1"]["status"], found["D-2"]["status"]) == ("superseded", "current")
    assert "data" in found["D-1"]["content"][0]["attachment"]
    assert found["D-2"]["relatesTo"][0]["target"]["reference"] == f"DocumentReference/{found['D-1']['id']}"


@pytest.mark.parametrize("order", list(permutations((FIRST, ADDED))))
def test_an_addendum_changes_nothing_of_what_it_adds_to(order: Any) -> None:
    found = standing(*order)
    assert found["D-1"]["status"] == "current"
    assert found["D-1"]["docStatus"] == "preliminary"
    assert "data" in found["D-1"]["content"][0]["attachment"]


@pytest.mark.parametrize("order", list(permutations((FIRST, TAKEN_BACK))))
def test_a_document_that_is_taken_back_was_entered_in_error(order: Any) -> None:
    found = standing(*order)["D-1"]
    assert (found["status"], found["docStatus"]) == ("entered-in-error", "entered-in-error")
    assert "data" in found["content"][0]["attachment"], "what was written is not destroyed"
