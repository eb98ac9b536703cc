"""The number of a card is shown only in part where a message is shown, wherever it stands, until somebody asks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.console.hiding import hiding
from tests.console.identities import CIN, patient
from tests.console.place import NAME, Browser, Place, nameless
from tests.console.test_transactions import words

CNIE = "https://hie.sante.gov.ma/id/cnie"


def hl7(control_id: str) -> bytes:
    told = patient(control_id, "BENNANI", "Khadija", laboratory="130310623", cin=CIN)
    return told.replace("à jeun".encode(), f"carte {CIN[:2]} {CIN[2:]} vue".encode())


def fhir() -> bytes:
    identifier = [{"system": CNIE, "value": CIN}, {"system": "urn:id:CHU", "value": "77"}]
    resource = {
        "resourceType": "Patient",
        "identifier": identifier,
        "name": [{"family": "BENNANI", "given": ["Khadija"]}],
    }
    return json.dumps({"resourceType": "Bundle", "type": "message", "entry": [{"resource": resource}]}).encode()


@pytest.mark.parametrize(("channel", "kind"), [("lab-hl7v2", "hl7"), ("fhir", "fhir"), ("lab-hl7v2", "refused")])
def test_a_card_is_shown_on_demand_and_it_is_noted_who_looked(
    place: Place, admin: Browser, channel: str, kind: str
) -> None:
    refused = nameless("R1").replace("à jeun".encode(), CIN.encode())
    body = {"hl7": hl7("R1"), "fhir": fhir(), "refused": refused}[kind]
    (made,) = place.send(channel, body, content_type="application/fhir+json" if kind == "fhir" else "")
    page = admin.get(f"/transactions/{made}")
    assert CIN not in page.text
    assert f"{CIN[:2]} {CIN[2:]}" not in page.text
    assert "••••••56" in page.text
    assert "Khadija" in page.text
    whole = admin.submit(f"/transactions/{made}")
    assert CIN in whole.text
    assert "Show whole numbers" not in words(whole)
    assert (NAME, "show numbers", f"Transaction/{made}") in place.audited()
    assert admin.post(f"/transactions/{made}", {"token": "x"}).status_code == 403


def test_a_message_without_a_card_is_shown_as_it_is(place: Place, admin: Browser) -> None:
    (made,) = place.send("lab-hl7v2", patient("R1234", "TAZI", "Salma", laboratory="130310623"))
    page = admin.get(f"/transactions/{made}")
    assert "•" not in page.text
    assert "N-R1234" in page.text
    assert "Show whole numbers" not in words(page)


def test_a_card_that_was_searched_by_is_not_legible(admin: Browser) -> None:
    page = admin.post("/care-sheets", {"system": CNIE, "number": CIN})
    assert f'type="password" required value="{CIN}"' in page.text
    assert 'type="password"' not in admin.post("/care-sheets", {"system": "urn:x", "number": "1"}).text
    assert f'type="password" value="{CIN}"' in admin.post("/transactions", {"person": CIN}).text


@given(st.text(alphabet="AB12 -^|", max_size=40))
def test_only_the_number_is_hidden_and_nothing_moves(text: str) -> None:
    shown = hiding({"AB12"})(text)
    assert len(shown) == len(text)
    assert all(sign in (was, "•") for sign, was in zip(shown, text, strict=True))
    assert hiding(set())(text) == text
