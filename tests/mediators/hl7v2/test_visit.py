from __future__ import annotations

from typing import Any

import pytest

from mediators.hl7v2.scope import Scope
from mediators.hl7v2.visit import diagnosis, procedure, visit
from tests.mediators.hl7v2.messages import scope, segment


def pv1(**fields: str) -> str:
    numbers = {int(name[1:]): value for name, value in fields.items()}
    return "PV1|" + "|".join(numbers.get(number, "") for number in range(1, max(numbers) + 1))


def read(first: str, *others: str, known: Scope | None = None) -> Any:
    return visit(segment(first), [segment(one) for one in others], known or scope())


def test_class_place_and_what_the_stay_is_for() -> None:
    found = read(
        pv1(f2="I", f3="CARDIO^12^B^CHU", f4="U", f6="URG^1", f10="CAR", f14="7", f18="AMO", f36="01^Domicile"),
        "PV2|||R07^Douleur thoracique^I10",
    )
    assert (found["class_code"], found["admission_type"]) == ("I", "U")
    assert (found["hospital_service"], found["admit_source"]) == ("CAR", "7")
    assert found["place"]["bed"] == "B"
    assert found["place"]["facility"]["name"] == "CHU"
    assert found["prior_place"] == {"point_of_care": "URG", "room": "1"}
    assert found["type"]["text"] == "AMO"
    assert found["discharge_disposition"]["text"] == "Domicile"
    assert found["reason"]["codings"][0]["system"] == "http://hl7.org/fhir/sid/icd-10"


def test_participants_with_their_roles() -> None:
    found = read(
        pv1(f7="1^ALAMI~2^TAZI", f8="3^FASSI", f9="4^RAMI", f17="5^NACIRI", f52="6^SABRI"), "PRT||AD||PP|7^LAHLOU"
    )
    assert [(one["role"], one["names"][0]["family"]) for one in found["participants"]] == [
        ("AT", "ALAMI"), ("AT", "TAZI"), ("RP", "FASSI"), ("CP", "RAMI"), ("AD", "NACIRI"), ("PV1-52", "SABRI"),
        ("PP", "LAHLOU"),
    ]  # fmt: skip


def test_the_visit_number_stands_first() -> None:
    found = read(pv1(f5="PRE-1", f19="V-88^^^CHU&1.2.504.1&ISO", f50="ALT-2^^^AUTRE^XX"))
    assert [(one["value"], one["type"]) for one in found["identifiers"]] == [
        ("V-88", "VN"), ("ALT-2", "XX"), ("PRE-1", "PRE"),
    ]  # fmt: skip
    assert found["identifiers"][0]["system"] == "urn:oid:1.2.504.1"


def test_a_discharge_finishes_the_stay() -> None:
    found = read(pv1(f44="20240312", f45="202403150915+0100"))
    assert (found["admitted"], found["discharged"]) == ("2024-03-12", "2024-03-15T09:15+01:00")
    assert found["status"] == "finished"
    assert "status" not in read(pv1(f44="20240312"))


def test_the_servicing_facility_is_where_the_place_names_none() -> None:
    known = scope()
    assert read(pv1(f3="CARDIO", f39="100061234"))["place"]["facility"]["identifiers"][0]["system"].endswith("inpe-es")
    found = read(pv1(f3="CARDIO^^^CHU", f39="ANNEXE"), known=known)
    assert [one["name"] for one in found["details"]] == ["servicing-facility"]


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (2, "class_code"), (3, "place"), (4, "admission_type"), (6, "prior_place"), (10, "hospital_service"),
        (14, "admit_source"), (18, "type"), (19, "identifiers"), (36, "discharge_disposition"), (44, "admitted"),
        (45, "discharged"),
    ],
)  # fmt: skip
def test_null_deletes(number: int, name: str) -> None:
    assert read(pv1(**{f"f{number}": '""'})) == {"cleared": [name]}


def test_one_role_deleted_is_not_everybody() -> None:
    assert read(pv1(f7="1^ALAMI", f9='""'))["cleared"] == ["participants:CP"]


def test_fields_without_a_name_of_their_own_are_details_of_the_stay() -> None:
    found = read(pv1(f2="I", f20="CASH^20240101", f23="A"), "PV2||||||Coffre 4", "ACC|20240311|TR^Trafic|Rabat")
    assert [(one["place"], one["name"]) for one in found["details"]] == [
        ("PV1-20.1", "financial-class.financial-class-code"), ("PV1-20.2", "financial-class.effective-date"),
        ("PV1-23", "credit-rating"), ("PV2-6", "patient-valuables-location"), ("ACC-1", "accident-date-time"),
        ("ACC-2", "accident-code"), ("ACC-3", "accident-location"),
    ]  # fmt: skip


def test_an_empty_visit_is_none() -> None:
    assert read("PV1|1") is None


def test_a_diagnosis_with_its_coding_method_beside_it() -> None:
    known = scope()
    found = diagnosis(segment("DG1|1|I10|E11.9^Diabète de type 2||20240301|F|||||||||1|7^ALAMI"), known)
    assert found is not None
    assert found["code"] == {
        "text": "Diabète de type 2",
        "codings": [{"code": "E11.9", "display": "Diabète de type 2", "system": "http://hl7.org/fhir/sid/icd-10"}],
    }
    assert (found["recorded"], found["type"], found["priority"]) == ("2024-03-01", "F", "1")
    assert found["by"][0]["identifiers"][0]["value"] == "7"
    assert not known.left


def test_a_diagnosis_described_apart() -> None:
    assert (diagnosis(segment("DG1|1||I21|Infarctus"), scope()) or {})["code"] == {
        "text": "Infarctus",
        "codings": [{"code": "I21"}],
    }
    found: Any = diagnosis(segment("DG1|1||I21^Infarctus du myocarde^I10|Infarctus antérieur"), scope())
    assert found["code"]["text"] == "Infarctus antérieur"
    assert found["code"]["codings"][0]["display"] == "Infarctus du myocarde"
    both: Any = diagnosis(segment("DG1|1||I21^Infarctus^I10^^^^^^Infarctus STEMI|Infarctus antérieur"), scope())
    assert (both["code"]["text"], both["description"]) == ("Infarctus STEMI", "Infarctus antérieur")


def test_a_procedure_and_who_did_it() -> None:
    found = procedure(segment("PR1|1||47.0^Appendicectomie^I9C||202403120900+0100|D||8^ANESTH|||9^CHIR"), scope())
    assert found is not None
    assert found["performed"] == "2024-03-12T09:00+01:00"
    assert found["type"] == "D"
    assert [(one["role"], one["names"][0]["family"]) for one in found["by"]] == [
        ("PR1-11", "CHIR"), ("PR1-8", "ANESTH"),
    ]  # fmt: skip


def test_who_takes_part_stands_with_what_comes_before() -> None:
    found = read(
        pv1(f2="I"), "ROL|R1|AD|AT|5^ATTEND|20240312|20240313", "PR1|1||47.0^Appendicectomie", "ROL|R2|AD|AS|6^AIDE",
        "PV2|||R07", "PRT||AD||PP|7^LAHLOU", "ROL|R3|DE|CP|8^PARTI",
    )  # fmt: skip
    assert [(one["role"], one["names"][0]["family"]) for one in found["participants"]] == [
        ("AT", "ATTEND"), ("PP", "LAHLOU"),
    ]  # fmt: skip
    assert (found["participants"][0]["start"], found["participants"][0]["end"]) == ("2024-03-12", "2024-03-13")
    assert [one["names"][0]["family"] for one in found["procedures"][0]["by"]] == ["AIDE"]
    assert "PARTI" in repr(found["details"])
