"""Referrals: who sends whom to whom, why, until when, and on whose bill."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mediators.hl7v2.messages import PID, body, events, fields, left, read

RF1 = fields(
    "RF1",
    {
        1: "P^En attente^HL70283", 2: "S^Stat^HL70280", 3: "CARD^Cardiologie^L", 4: "SO^Second avis^HL70282",
        5: "O^Externe^HL70284", 6: "R-1^CHU", 7: "20240312", 8: "20240612", 9: "20240312090000+0100",
        10: "S1^Souffle^L~S2^Dyspnée^L", 11: "X-1^CLINIQUE", 12: "C^Complet^L", 13: "20240701",
        14: "Souffle systolique", 24: "Dossier joint", 25: "A",
    },
)  # fmt: skip
REFERS = (
    "PRD|RP^Referring Provider^HL70286|ALAMI^SARA|12 rue Agdal^^Rabat^^^MA|CAB^^^CHU|0537000000|M^courrier^L"
    "|101002233^INPE^^20301231|20200101|20301231|Cabinet Alami^L|13 rue Agdal^^Rabat^^^MA||0537000001"
)
REFERRED_TO = "PRD|RT^Referred to Provider^HL70286|BENNIS^KARIM|||0522000000||9^L|||Clinique du Coeur^L"
CTD = "CTD|PR^Prepares^L|ZIANI^NORA|||0537222222|P^téléphone^L|77^L"
AUT = "AUT|AMO^Assurance^L|CNSS^Caisse^L|CNSS|20240301|20240901|PEC-9^CNSS|1000|10|8"


def referral(*segments: str, type: str = "REF^I12") -> dict[str, Any]:
    (found,) = events(body(type, *segments))
    return found


def test_rf1_whole() -> None:
    told = referral(RF1, PID)
    assert told["type"] == "ReferralRecorded"
    assert (told["about"], told["place"]) == ("referral|urn:id:CHU|R-1", "RF1 1")
    assert (told["number"]["value"], told["external_number"]["value"]) == ("R-1", "X-1")
    assert (told["status"], told["state"]["text"], told["priority"]["codings"][0]["code"]) == ("P", "En attente", "S")
    assert (told["kind"]["text"], told["category"]["text"], told["disposition"][0]["text"]) == (
        "Cardiologie", "Externe", "Second avis",
    )  # fmt: skip
    assert (told["effective"], told["expires"], told["stops"]) == ("2024-03-12", "2024-06-12", "2024-07-01")
    assert told["processed"] == told["occurred"] == "2024-03-12T09:00:00+01:00"
    assert [one["text"] for one in told["reasons"]] == ["Souffle", "Dyspnée"]
    assert (told["reason_text"], told["comment"], told["action"]) == ("Souffle systolique", "Dossier joint", "A")
    assert told["documentation"]["text"] == "Complet"
    assert "cancelled" not in told
    assert not left(told)


def test_who_refers_and_to_whom_with_place_body_and_numbers() -> None:
    told = referral(
        RF1,
        REFERS,
        CTD,
        REFERRED_TO,
        "PRD|PP|TAHIRI^MERYEM",
        fields("PRD", {1: "RT", 10: "Hôpital Ibn Sina^L"}),
        PID,
    )
    (who,) = told["referring"]
    assert who["names"][0]["family"] == "ALAMI"
    assert who["identifiers"][0]["value"] == "101002233"
    assert who["identifiers"][0]["end"] == "2030-12-31"
    assert who["addresses"][0]["lines"] == ["12 rue Agdal"]
    assert (who["start"], who["end"]) == ("2020-01-01", "2030-12-31")
    assert who["location"]["point_of_care"] == "CAB"
    assert who["organization"]["name"] == "Cabinet Alami"
    assert who["organization"]["telecoms"][0]["value"] == "0537000001"
    assert [one["names"][0]["family"] for one in told["referred_to"]] == ["BENNIS"]
    assert told["referred_to_organization"]["name"] == "Hôpital Ibn Sina"
    assert [one["names"][0]["family"] for one in told["providers"]] == ["TAHIRI"]
    (contact,) = told["contacts"]
    assert (contact["names"][0]["family"], contact["identifiers"][0]["value"]) == ("ZIANI", "77")
    assert [one["name"] for one in contact["details"]] == ["preferred-method-of-contact"]
    assert [one["name"] for one in told["details"]] == ["preferred-method-of-contact"]


def test_what_supports_it() -> None:
    told = referral(
        RF1, AUT, REFERRED_TO, PID, "NK1|1|BENNANI^KARIM|SPO", "GT1|1|7^^^CHU|BENNANI^KARIM", "IN1|1|AMO||CNSS",
        "DG1|1||I34^Insuffisance mitrale^I10", "AL1|1|DA|PEN^Pénicilline^L", "PR1|1||ETT^Échocardiographie^L",
        "OBR|1|P-1^CHU||CONST^Constantes^L|||20240311080000+0100", "NTE|1||au repos", "OBX|1|NM|8867-4^FC^LN||90|/min",
        "NTE|1||régulier", "PV1|1|O|||||||||||||||||V-1^^^CHU", "NTE|1||Merci",
    )  # fmt: skip
    assert told["authorization"]["value"] == "PEC-9"
    assert told["diagnoses"][0]["code"]["text"] == "Insuffisance mitrale"
    assert told["procedures"][0]["code"]["text"] == "Échocardiographie"
    assert [len(told[key]) for key in ("allergies", "insurances", "guarantors")] == [1, 1, 1]
    assert told["patient"]["contacts"][0]["names"][0]["given"] == ["KARIM"]
    (seen,) = told["observations"]
    assert seen["observed"] == "2024-03-11T08:00:00+01:00"
    assert seen["notes"] == [{"text": "régulier"}]
    assert {one["place"].partition("-")[0] for one in seen["details"]} == {"OBR", "NTE"}
    assert told["encounter"]["identifiers"][0]["value"] == "V-1"
    assert told["notes"] == [{"text": "Merci"}]
    assert "authorizing-payor-plan-id" in {one["name"] for one in told["details"]}
    assert not left(told)


@pytest.mark.parametrize(
    ("type", "cancelled"),
    [("REF^I12", None), ("REF^I13", None), ("REF^I14", True), ("RRI^I14", True), ("REF^I15", None), ("RRI^I12", None)],
)
def test_only_the_cancelling_trigger_takes_it_back(type: str, cancelled: bool | None) -> None:
    told = referral(RF1, REFERRED_TO, PID, type=type)
    assert told.get("cancelled") is cancelled
    assert told["about"] == "referral|urn:id:CHU|R-1"


def test_without_a_number_of_the_referring_side_the_others_is_taken_and_without_both_the_messages() -> None:
    assert referral("RF1|||||||||||X-1^CLINIQUE", PID)["about"] == "referral|urn:id:CLINIQUE|X-1"
    assert referral(REFERRED_TO, PID)["about"].startswith("referral|LABO|CHU|C-17|")


@pytest.mark.parametrize("segments", [(RF1,), (PID,), (RF1, PID, "PID|2||0055^^^HOP^PI")])
def test_a_referral_of_nobody_or_of_two_is_refused(segments: tuple[str, ...]) -> None:
    told = read(body("REF^I12", *segments))
    assert not told.events
    assert told.refused[0].issues[0].remedy


def test_an_answer_that_tells_no_referral_is_only_an_acknowledgement() -> None:
    told = read(body("RRI^I12", "MSA|AA|C-16"))
    assert not told.events
    assert not told.refused
