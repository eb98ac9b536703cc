"""Vaccinations: VXU, with what its OBX say of each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mediators.hl7v2.medicines import made, one, rxa
from tests.mediators.hl7v2.messages import PID

ORC = "ORC|RE|P-1^CAB|IZ-9^REG||||||202403121000|5^SABRI^Leila||3^ALAOUI^Omar"
ROR = "03^ROR^CVX"


def vaccine(**more: str) -> str:
    return rxa(f5=more.pop("f5", ROR), f6=more.pop("f6", "0.5"), f7=more.pop("f7", "mL^^UCUM"), **more)


def obx(number: int, group: int, type_: str, code: str, value: str) -> str:
    return f"OBX|{number}|{type_}|{code}^x^LN|{group}|{value}||||||F|||20240312"


def vaccinated(*segments: str) -> dict[str, Any]:
    return one("VXU^V04^VXU_V04", *segments)


def test_a_vaccination_with_all_that_it_tells() -> None:
    sent = vaccine(
        f4="202403120901", f9="00^Nouveau^NIP001~bien toléré", f10="9^INFIRMIER^Ali", f11="^^^Centre Agdal",
        f15="LOT-7~LOT-8",
        f16="20250101", f17="PMC^Sanofi Pasteur^MVX", f20="CP", f21="A", f22="202403121005", f28="Rue 4^^Rabat",
    )  # fmt: skip
    event = vaccinated(ORC, sent, "RXR|IM^Intramusculaire^HL70162|LD^Deltoïde gauche^HL70163")
    assert (event["type"], event["place"]) == ("ImmunizationRecorded", "RXA 1")
    assert event["vaccine"]["codings"] == [{"system": "http://hl7.org/fhir/sid/cvx", "code": "03", "display": "ROR"}]
    assert (event["given"], event["given_end"]) == ("2024-03-12T09:00+00:00", "2024-03-12T09:01+00:00")
    assert (event["dose"], event["dose_unit"]["codings"][0]["code"]) == ("0.5", "mL")
    assert (event["lot"], event["lots"], event["expires"]) == ("LOT-7", ["LOT-7", "LOT-8"], "2025-01-01")
    assert event["manufacturer"]["identifiers"] == [{"system": "http://hl7.org/fhir/sid/mvx", "value": "PMC"}]
    assert (event["status"], event["action"], event["source"]["codings"][0]["code"]) == ("CP", "A", "00")
    assert event["notes"][0]["text"] == "bien toléré"
    assert event["performers"][0]["names"][0]["family"] == "INFIRMIER"
    assert event["order"]["requesters"][0]["names"][0]["family"] == "ALAOUI"
    assert event["order"]["filler"]["value"] == "IZ-9"
    assert event["location"]["facility"]["name"] == "Centre Agdal"
    assert event["location"]["address"]["city"] == "Rabat"
    assert (event["route"]["text"], event["site"]["text"]) == ("Intramusculaire", "Deltoïde gauche")
    assert event["recorded"] == "2024-03-12T10:05+00:00"
    assert "details" not in event


def test_observations_of_one_group_belong_together() -> None:
    event = vaccinated(
        ORC, vaccine(),
        obx(1, 1, "CE", "64994-7", "V02^Éligible^HL70064"),
        obx(2, 1, "CE", "30963-3", "PHC70^Privé^L"),
        obx(3, 2, "CE", "69764-9", "DOC1^Notice ROR^L"), obx(4, 2, "DT", "29768-9", "20230101"),
        obx(5, 2, "DT", "29769-7", "20240312"),
        obx(6, 3, "CE", "30956-7", "05^Rougeole^CVX"), obx(7, 3, "DT", "29768-9", "20220101"),
        obx(8, 4, "NM", "30973-2", "2"), obx(9, 4, "ST", "59780-7", "PNI"), obx(10, 4, "NM", "59782-3", "3"),
        obx(11, 5, "CE", "31044-1", "39579001^Anaphylaxie^SCT"), obx(12, 6, "ST", "48767-8", "à surveiller"),
    )  # fmt: skip
    assert event["eligibilities"][0]["text"] == "Éligible"
    assert event["funding"]["text"] == "Privé"
    first, second = event["educations"]
    assert (first["document"]["text"], first["published"], first["presented"]) == (
        "Notice ROR",
        "2023-01-01",
        "2024-03-12",
    )
    assert (second["document"]["text"], second["published"]) == ("Rougeole", "2022-01-01")
    assert event["protocols"] == [{"dose_number": "2", "series": "PNI", "doses": "3"}]
    assert event["dose_number"] == "2"
    assert event["reactions"][0]["text"] == "Anaphylaxie"
    assert event["notes"] == [{"text": "à surveiller"}]
    assert len(event["observations"]) == 12


def test_a_refusal_says_why() -> None:
    event = vaccinated(ORC, vaccine(f18="00^Refus parental^NIP002", f20="RE"))
    assert event["refusals"][0]["text"] == "Refus parental"
    assert "reasons" not in event


def test_what_was_done_elsewhere_says_where_its_record_comes_from() -> None:
    event = vaccinated("ORC|RE||9999^REG", vaccine(f6="999", f7="", f9="01^Historique^NIP001"))
    assert event["source"]["codings"][0]["code"] == "01"
    assert event["dose"] == "999"


def test_several_vaccinations_each_with_its_own_order_or_none() -> None:
    first, second, third = made(
        "VXU^V04", ORC, vaccine(), "ORC|RE||IZ-10^REG", vaccine(f5="20^DTC^CVX"), vaccine(f5="10^VPI^CVX")
    )
    assert [event["order"].get("filler", {}).get("value") for event in (first, second, third)] == [
        "IZ-9",
        "IZ-10",
        None,
    ]
    assert len({event["about"] for event in (first, second, third)}) == 3


def test_a_number_that_stands_for_nothing_does_not_make_two_vaccinations_one() -> None:
    found = made("VXU^V04", "ORC|RE||9999^REG", vaccine(), "ORC|RE||9999^REG", vaccine(f5="20^DTC^CVX"))
    shared = made("VXU^V04", "ORC|RE||7^REG", vaccine(), "ORC|RE||7^REG", vaccine(f5="20^DTC^CVX"))
    assert len({event["about"] for event in (*found, *shared)}) == 4


def test_a_correction_is_the_same_vaccination() -> None:
    first = vaccinated(ORC, vaccine())
    corrected = vaccinated(ORC, vaccine(f3="20240311", f21="U"))
    assert first["about"] == corrected["about"]


def test_what_else_is_told_of_the_patient_is_kept() -> None:
    patient, vaccination = made(
        "VXU^V04", "PD1||||12^ALAMI^Driss", "NK1|1|BENNANI^Omar|FTH^Père", "IN1|1|AMO^AMO", ORC, vaccine()
    )
    assert patient["type"] == "PatientUpdated"
    assert patient["insurances"][0]["plan"]["text"] == "AMO"
    assert vaccination["patient"]["contacts"][0]["names"][0]["family"] == "BENNANI"
    assert vaccination["patient"]["general_practitioners"][0]["names"][0]["family"] == "ALAMI"


def test_a_message_without_any_vaccination_is_about_the_patient() -> None:
    assert [event["type"] for event in made("VXU^V04", "PV1|1|O")] == ["PatientUpdated"]


@pytest.mark.parametrize("pid", [PID, "PID|1||0044^^^HOP||X^Y"])
def test_that_nothing_was_given_keeps_what_was_observed(pid: str) -> None:
    event = one("VXU^V04", "ORC|RE||9999^REG", vaccine(f5="998^Aucun^CVX", f6="999", f20="NA"),
                obx(1, 1, "CE", "59784-9", "38907003^Varicelle^SCT"), pid=pid)  # fmt: skip
    assert event["vaccine"]["codings"][0]["code"] == "998"
    assert event["observations"][0]["values"][0]["code"]["text"] == "Varicelle"
