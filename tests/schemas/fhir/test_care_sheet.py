"""A care sheet as a FHIR R4 Claim, and the payer's ClaimResponse read back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from fhir.resources.R4B.claim import Claim
from fhir.resources.R4B.claimresponse import ClaimResponse
from hypothesis import given
from hypothesis import strategies as st

from schemas.fhir.care_sheet import Answer, Item, Resource, Unreadable, answer_of, claim, decode, encode, response

INPE = "https://hie.sante.gov.ma/id/inpe-es"
GTIN = "https://www.gs1.org/gtin"
BOX = Item("f-1", "6118000041283", GTIN, "DOLIPRANE 1G", "2", "27.30", "104200317", INPE, "2025-06-14")
ACT = Item("f-2", "GLY", None, None, "1", None, "LABO", None, "2025-06-12")
NUMBER = "250600000000178-2"


def made(*items: Item, **more: Any) -> Resource:
    said = {"insured": "271828182", "person": "8802e85d-ff97-57ab-8f3b-0d4fd1b4b1b1", "birth_date": "1988-11-02"} | more
    return claim(NUMBER, created="2025-06-14T12:00:00Z", items=items or (BOX, ACT), **said)


@pytest.mark.parametrize("resource", [made(), made(ACT), made(BOX, birth_date=None, earlier="250600000000178-1")])
def test_it_is_a_claim_of_fhir_r4(resource: Resource) -> None:
    Claim.model_validate(decode(encode(resource)))


def test_it_says_who_is_insured_who_did_what_and_for_how_much() -> None:
    resource = made()
    assert resource["insurance"][0]["coverage"]["identifier"]["value"] == "271828182"
    assert [party["provider"]["identifier"] for party in resource["careTeam"]] == [
        {"system": INPE, "value": "104200317"},
        {"value": "LABO"},
    ]
    assert [item["careTeamSequence"] for item in resource["item"]] == [[1], [2]]
    assert resource["billablePeriod"] == {"start": "2025-06-12", "end": "2025-06-14"}
    assert resource["total"] == {"value": Decimal("27.30"), "currency": "MAD"}
    assert "net" not in resource["item"][1]
    assert "total" not in made(ACT)


def test_each_item_carries_the_name_of_its_line() -> None:
    assert [item["extension"][0]["valueString"] for item in made()["item"]] == ["f-1", "f-2"]


def test_only_articles_make_it_a_pharmacys() -> None:
    assert made(BOX)["type"]["coding"][0]["code"] == "pharmacy"
    assert made()["type"]["coding"][0]["code"] == "professional"


def test_it_names_the_claim_before_it() -> None:
    (related,) = made(earlier="250600000000178-1")["related"]
    assert related["claim"]["identifier"]["value"] == "250600000000178-1"
    assert "related" not in made()


def test_every_digit_of_an_amount_is_kept_on_the_wire() -> None:
    body = encode(made())
    assert b'"value":27.30' in body
    assert decode(body)["total"]["value"] == Decimal("27.30")


@given(st.decimals(0, 10**9, places=2))
def test_amounts_come_back_as_they_were(amount: Decimal) -> None:
    assert decode(encode({"value": amount}))["value"] == amount


def test_the_same_claim_is_the_same_bytes() -> None:
    assert encode(made()) == encode(made())


def test_what_is_no_number_is_not_written() -> None:
    with pytest.raises(TypeError):
        encode({"value": object()})


@pytest.mark.parametrize("answer", [Answer("accepted"), Answer("queued"), Answer("refused", "total")])
def test_an_answer_survives_its_claim_response(answer: Answer) -> None:
    resource = decode(encode(response(NUMBER, answer, created="2025-06-14T12:00:00Z")))
    ClaimResponse.model_validate(resource)
    assert answer_of(resource, NUMBER) == answer


def test_a_refusal_in_words_is_a_refusal() -> None:
    resource = response(NUMBER, Answer("refused", "x"), created="2025-06-14T12:00:00Z")
    assert answer_of(resource | {"error": [{"code": {"text": "hors délai"}}]}, NUMBER).reason == "hors délai"
    assert answer_of(resource | {"error": []}, NUMBER) == Answer("refused", "no reason given")


def test_partly_decided_is_not_decided() -> None:
    resource = response(NUMBER, Answer("queued"), created="2025-06-14T12:00:00Z") | {"outcome": "partial"}
    assert answer_of(resource, NUMBER) == Answer("queued")


@pytest.mark.parametrize(
    "changed",
    [
        {"resourceType": "OperationOutcome"},
        {"status": "cancelled"},
        {"use": "preauthorization"},
        {"request": {"identifier": {"value": "250600000000275-1"}}},
        {"request": None},
        {"outcome": "perhaps"},
    ],
)
def test_what_does_not_answer_this_claim_is_unreadable(changed: dict[str, Any]) -> None:
    resource = response(NUMBER, Answer("accepted"), created="2025-06-14T12:00:00Z")
    with pytest.raises(Unreadable):
        answer_of(resource | changed, NUMBER)


@given(st.recursive(st.none() | st.text(max_size=3), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_shape_at_all_is_read_or_unreadable(resource: Any) -> None:
    with pytest.raises(Unreadable):
        answer_of(resource, NUMBER)


def test_nesting_is_bounded() -> None:
    with pytest.raises(ValueError, match="deep"):
        decode(b"[" * 200_000)
