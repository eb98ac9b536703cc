"""Who answers for the bill: a person with an employer, or a body."""

from __future__ import annotations

from typing import Any

from mediators.hl7v2.guarantor import guarantor
from tests.mediators.hl7v2.messages import scope, segment


def gt1(**fields: str) -> Any:
    numbers = {int(name[1:]): value for name, value in fields.items()}
    text = "GT1|" + "|".join(numbers.get(number, "") for number in range(1, max(numbers) + 1))
    return guarantor(segment(text), scope(authorities={"SSN": "https://hie.sante.gov.ma/id/cnss"}))


def test_a_person_who_answers() -> None:
    found = gt1(
        f1="1", f2="G-1^^^CHU", f3="BENNANI^Omar", f4="TAZI^Hind", f5="3 Rue B^^Fès", f6="0535112233", f7="0535445566",
        f8="19600101", f9="M", f10="P", f11="FTH^Père^HL70063", f12="123456789", f13="20240101", f14="20241231",
        f15="1", f19="E-7", f20="F", f22="N", f25="N", f30="M",
    )  # fmt: skip
    assert [(one["value"], one.get("type")) for one in found["identifiers"]] == [
        ("G-1", None), ("E-7", "EI"), ("123456789", "SS"),
    ]  # fmt: skip
    assert found["identifiers"][2]["system"] == "https://hie.sante.gov.ma/id/cnss"
    assert found["names"] == [{"family": "BENNANI", "given": ["Omar"]}]
    assert found["spouse"] == {"family": "TAZI", "given": ["Hind"]}
    assert [(one["value"], one["use"]) for one in found["telecoms"]] == [
        ("0535112233", "home"), ("0535445566", "work"),
    ]  # fmt: skip
    assert (found["birth_date"], found["sex"], found["priority"]) == ("1960-01-01", "male", "1")
    assert found["relationship"]["text"] == "Père"
    assert (found["start"], found["end"]) == ("2024-01-01", "2024-12-31")
    assert (found["hold"], found["deceased"]) == (False, False)
    assert "details" not in found


def test_a_body_that_answers() -> None:
    found = gt1(f1="1", f21="Office des Ports^^^^^ICE^^^^001561191000066")
    assert found["organization"]["name"] == "Office des Ports"
    assert found["organization"]["identifiers"][0]["system"] == "https://hie.sante.gov.ma/id/ice"


def test_an_employer_is_told_as_a_body_or_as_a_name() -> None:
    body = gt1(f16="Atlas SA", f17="1 Zone Ind^^Fès", f18="0535000000", f29="77^^^RC")
    assert body["employer"]["name"] == "Atlas SA"
    assert body["employer"]["identifiers"][0]["value"] == "77"
    assert body["employer"]["addresses"][0]["city"] == "Fès"
    both = gt1(f16="RAMI^Said", f51="Atlas SA")
    assert both["employer"] == {"name": "Atlas SA", "contacts": [{"family": "RAMI", "given": ["Said"]}]}


def test_a_person_at_an_employer_of_no_name_is_a_detail() -> None:
    found = gt1(f3="BENNANI^Omar", f16="RAMI^Said")
    assert "employer" not in found
    (told,) = found["details"]
    assert (told["place"], told["human"]["family"]) == ("GT1-16", "RAMI")


def test_the_long_tail_is_details() -> None:
    found = gt1(f3="BENNANI", f27="120000&MAD", f54="1^20240101")
    assert [one["place"] for one in found["details"]] == ["GT1-27", "GT1-54.1", "GT1-54.2"]


def test_nobody() -> None:
    assert guarantor(segment("GT1|1|"), scope()) is None
