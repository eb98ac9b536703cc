"""Facts C and A7: IN1, IN2 and IN3 of one cover, the payer by its national name, and what the insured is told by."""

from __future__ import annotations

from typing import Any

import pytest

from mediators.hl7v2.insurance import insurances
from tests.mediators.hl7v2.messages import scope, segment

HIE = "https://hie.sante.gov.ma/id/"
IN1 = (
    "IN1|1|AMO^Assurance maladie obligatoire|01^^^CHU|CNSS Agence Agdal|12 Avenue de France^^Rabat|CHERKAOUI^Nadia"
    "|0537000001|G-7|Groupe Atlas|E-12|Atlas SA|20210101|20251231|PEC-88^20240310^CNSS|HMO|BENNANI^Omar|SPO^Conjoint"
    "|19800102|3 Rue B^^Fès|||1||||||||||||||123456789|||||||M|5 Zone Ind^^Fès|||||987654321^^^CNSS"
)


def read(*segments: str, **context: Any) -> list[Any]:
    return insurances([segment(one) for one in segments], scope(**context))


def test_a_cover_with_its_payer_its_insured_and_its_employer() -> None:
    (cover,) = read(IN1)
    assert cover["plan"]["text"] == "Assurance maladie obligatoire"
    assert (cover["policy"], cover["group"], cover["group_name"], cover["priority"]) == (
        "123456789", "G-7", "Groupe Atlas", "1",
    )  # fmt: skip
    assert (cover["start"], cover["end"]) == ("2021-01-01", "2025-12-31")
    assert cover["type"]["text"] == "HMO"
    assert cover["company"]["name"] == "CNSS Agence Agdal"
    assert cover["company"]["contacts"] == [{"family": "CHERKAOUI", "given": ["Nadia"]}]
    assert cover["subscriber"] == {"family": "BENNANI", "given": ["Omar"]}
    assert (cover["subscriber_birth_date"], cover["subscriber_sex"]) == ("1980-01-02", "male")
    assert cover["subscriber_addresses"][0]["city"] == "Fès"
    assert cover["subscriber_identifiers"] == [{"system": HIE + "cnss", "value": "987654321", "authority": "CNSS"}]
    assert cover["employer"]["name"] == "Atlas SA"
    assert cover["employer"]["addresses"][0]["lines"] == ["5 Zone Ind"]
    assert cover["authorizations"] == [
        {"system": "urn:id:CNSS", "value": "PEC-88", "authority": "CNSS", "start": "2024-03-10"}
    ]
    assert "details" not in cover


@pytest.mark.parametrize(
    ("named", "payer"),
    [
        ("CNSS", "cnss"), ("Caisse Nationale de Sécurité Sociale", "cnss"), ("CNOPS", "cnops"),
        ("AMO-TADAMON", "amo-tadamon"), ("Amo Tadamoun", "amo-tadamon"),
    ],
)  # fmt: skip
def test_a_national_payer_is_the_same_whatever_it_is_called(named: str, payer: str) -> None:
    (by_name,) = read(f"IN1|1||01|{named}")
    (by_number,) = read(f"IN1|1||{named}|Agence 4")
    assert by_name["company"]["identifiers"][0] == {"system": HIE + "payer", "value": payer}
    assert by_number["company"]["identifiers"][0] == {"system": HIE + "payer", "value": payer}


def test_another_payer_keeps_the_number_it_was_sent_with() -> None:
    (cover,) = read("IN1|1||77^^^MUTUELLES|Mutuelle des Ports")
    assert cover["company"]["identifiers"] == [
        {"system": "urn:id:MUTUELLES", "value": "77", "authority": "MUTUELLES"}
    ]  # fmt: skip


def test_what_follows_a_cover_belongs_to_it() -> None:
    in2 = "IN2|EMP-4|123123123|" + "|" * 57 + "|MB-1^^^CNOPS" + "|" * 11 + "CHD^Enfant"
    first, second = read("IN1|1||1|CNOPS", in2, "IN3|1|CERT-5^^^CNOPS|||||||20240301|20240401", "IN1|2||2|CNSS")
    numbers = [(one["value"], one.get("type")) for one in first["subscriber_identifiers"]]
    assert numbers == [("EMP-4", "EI"), ("123123123", "SS")]
    assert first["members"] == [{"system": HIE + "cnops", "value": "MB-1", "type": "MB", "authority": "CNOPS"}]
    assert first["patient_relationship"]["text"] == "Enfant"
    (agreed,) = first["authorizations"]
    assert (agreed["value"], agreed["start"], agreed["end"]) == ("CERT-5", "2024-03-01", "2024-04-01")
    assert second["company"]["name"] == "CNSS"
    assert "members" not in second


def test_what_has_no_name_of_its_own_is_a_detail_of_the_cover() -> None:
    known = scope()
    (cover,) = insurances([segment("IN1|1||1|CNSS" + "|" * 16 + "Y|||N")], known)
    assert [(one["place"], one["name"]) for one in cover["details"]] == [
        ("IN1-20", "assignment-of-benefits"),
        ("IN1-23", "notice-of-admission-flag"),
    ]
    assert not known.left
    assert not known.others


def test_an_empty_segment_is_no_cover() -> None:
    assert read("IN1|1") == []
    assert read("IN1|") == []
