"""What is to be dispensed or given: RXO, RXE and RXG."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediators.hl7v2.prescription import CONTROL, STATUS, status
from tests.mediators.hl7v2.medicines import GTIN, ORC, made, one, rxe, rxg, rxo


def test_an_encoded_order_is_a_prescription_with_all_that_it_tells() -> None:
    sent = rxe(
        f4="2", f6="CPR^comprimé^L", f7="MATIN^Le matin^L~SOIR^Le soir^L", f9="G", f10="2", f11="BT^boîte^L", f12="3",
        f13="K-7^TAZI^Mehdi", f14="9^ALAMI^Hiba", f15="RX-555", f16="2", f17="1", f18="20240310",
        f21="DELIV^Ne pas fractionner^L", f23="100", f24="mL/h", f25="1000", f26="mg^^UCUM", f27="FEV^Fièvre^L",
        f32="202403110800", f39="1", f40="PH-3^Pharmacie Al Amal^L", f41="Rue 4^^Salé", f45="0537111111",
        f42="CHIR^12", f43="Rue 9^^Rabat",
    )  # fmt: skip
    event = one("RDE^O11^RDE_O11", ORC, sent, "RXR|PO^Oral^HL70162|MO^bouche^L|APLS^appareil^L|CHEW^mâcher^L")
    assert event["type"] == "MedicationPrescribed"
    assert (event["status"], event["substitution"], event["substitution_code"]) == ("active", True, "G")
    assert event["medication"]["codings"][0] == {"system": GTIN, "code": "6118000041283", "display": "DOLIPRANE 1G"}
    assert event["medication"]["codings"][1]["system"] == "http://www.whocc.no/atc"
    (dose,) = event["dosages"]
    assert (dose["low"], dose["high"], dose["rate"]) == ("1", "2", "100")
    assert dose["rate_unit"]["codings"] == [{"code": "mL/h"}]
    names = {key: dose[key]["codings"][0]["code"] for key in ("unit", "route", "site", "device", "method")}
    assert names == {"unit": "CP", "route": "PO", "site": "MO", "device": "APLS", "method": "CHEW"}
    assert event["instructions"] == "Le matin\nLe soir"
    assert event["form"]["text"] == "comprimé"
    assert (event["quantity"], event["quantity_unit"]["text"], event["initial_quantity"]) == ("2", "boîte", "1")
    assert (event["refills"], event["refills_left"], event["doses_dispensed"]) == ("3", "2", "1")
    assert event["prescription"] == {"system": "urn:id:CHU", "value": "RX-555"}
    assert event["prescriber"]["names"][0]["family"] == "TAZI"
    assert event["verified_by"][0]["names"][0]["family"] == "ALAMI"
    assert (event["last_dispensed"], event["prescribed"]) == ("2024-03-10", "2024-03-11T08:00+00:00")
    assert event["dispense_instructions"][0]["text"] == "Ne pas fractionner"
    assert (event["strength"], event["strength_unit"]["codings"][0]["code"]) == ("1000", "mg")
    assert event["indications"][0]["text"] == "Fièvre"
    assert event["to_pharmacy"]["name"] == "Pharmacie Al Amal"
    assert event["to_pharmacy"]["telecoms"][0]["value"] == "0537111111"
    assert event["deliver_to"]["point_of_care"] == "CHIR"
    assert event["deliver_to"]["address"]["city"] == "Rabat"
    assert "details" not in event
    assert event["unmapped"] == []


def test_what_the_pharmacy_encoded_goes_before_what_was_asked_for() -> None:
    asked = rxo(f1="^Paracétamol 1 g", f2="2", f11="3", f12="BT^boîte^L", f13="1", f20="FEV^Fièvre^L")
    event = one("RDE^O11", ORC, asked, rxe(f10="2", f11="BT^boîte^L"))
    assert event["medication"]["text"] == "DOLIPRANE 1G"
    assert event["requested"] == {"text": "Paracétamol 1 g"}
    assert (event["quantity"], event["refills"], event["dosages"][0]["low"]) == ("2", "1", "1")
    assert event["indications"][0]["text"] == "Fièvre"
    assert {one["place"] for one in event["details"]} == {"RXO-2", "RXO-4", "RXO-11", "RXO-12"}


def test_an_order_that_only_says_in_words_what_is_wanted() -> None:
    event = one("OMP^O09", "ORC|NW|1000^OE", "RXO||||||Amoxicilline 500 mg 3 fois par jour, 21 gélules")
    assert event["medication"] == {}
    assert event["dispense_instructions"][0]["text"].startswith("Amoxicilline")


def test_several_routes_are_alternatives_and_only_the_first_carries_the_dose() -> None:
    event = one("OMP^O09", ORC, rxo(), "RXR|PO^Oral^HL70162", "RXR|PR^Rectal^HL70162")
    first, other = event["dosages"]
    assert (first["low"], first["route"]["text"]) == ("1", "Oral")
    assert other == {"route": other["route"]}


def test_when_and_how_often_from_tq1_and_from_the_old_quantity_timing() -> None:
    by_tq1 = one("RDE^O11", ORC, rxe(), "TQ1|1||Q6H|||5^d|202403120900||S")
    by_field = one("RDE^O11", ORC + "||||^BID^D5^^^A", rxe(f1="^^^202403120900"))
    (tq1,) = by_tq1["dosages"][0]["timings"]
    assert (tq1["interval"]["text"], tq1["start"], tq1["priority"]) == ("Q6H", "2024-03-12T09:00+00:00", "S")
    (tq,) = by_field["dosages"][0]["timings"]
    assert (tq["interval"]["text"], tq["duration"], tq["start"]) == ("BID", "5", "2024-03-12T09:00+00:00")


def test_compounds_tell_what_they_are_made_of() -> None:
    event = one(
        "RDE^O11", ORC, rxe(), "RXC|B^Base|D5W^Dextrose 5%^L|1000|mL", "RXC|A|KCL^KCl^L|20|mEq|2|mmol/mL|SUP^x^L"
    )
    base, additive = event["ingredients"]
    assert (base["type"], base["code"]["text"], base["amount"]) == ("B", "Dextrose 5%", "1000")
    assert (additive["strength"], additive["strength_unit"]["codings"][0]["code"]) == ("2", "mmol/mL")
    assert additive["details"][0]["place"] == "RXC[2]-7"


def test_an_infusion_pump_is_told_in_details_of_the_dose() -> None:
    event = one("OMP^O09", ORC, rxo(), "RXV|1|L|5|mg")
    assert {each["place"]: each.get("text") for each in event["dosages"][0]["details"]}["RXV-3"] == "5"


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("N", None),
        ("G", True),
        ("T", True),
        ("0", None),
        ("1", False),
        ("2", True),
        ("5", True),
        ("7", False),
        ("8", True),
    ],
)
def test_whether_another_product_may_be_given_by_table_0167(field: str, told: bool | None) -> None:
    event = one("RDE^O11", ORC, rxe(f9=field))
    assert event.get("substitution") is told
    assert event["substitution_code"] == field


@pytest.mark.parametrize(("field", "told"), [("N", False), ("G", True), ("T", True)])
def test_whether_another_product_may_be_given_by_table_0161(field: str, told: bool) -> None:
    assert one("OMP^O09", ORC, rxo(f9=field))["substitution"] is told


@pytest.mark.parametrize(
    ("control", "state", "told"),
    [
        ("NW", "", "active"), ("OK", "", "active"), ("XO", "IP", "active"), ("CA", "", "cancelled"),
        ("CA", "IP", "cancelled"), ("UC", "", "active"), ("OC", "", "cancelled"), ("UA", "", "cancelled"),
        ("DC", "", "stopped"), ("OD", "", "stopped"), ("RP", "", "stopped"), ("RO", "", "active"), ("HD", "",
        "on-hold"),
        ("HR", "HD", "on-hold"), ("RL", "", "active"), ("SC", "CM", "completed"), ("RE", "DC", "stopped"),
        ("NW", "ER", "entered-in-error"), ("RE", "", None), ("", "", None),
    ],
)  # fmt: skip
def test_the_state_of_a_prescription(control: str, state: str, told: str | None) -> None:
    event = one("RDE^O11", f"ORC|{control}|P-77^CAB|||{state}", rxe())
    assert event.get("status") == told


@given(st.text(max_size=2) | st.sampled_from([*CONTROL]), st.text(max_size=2) | st.sampled_from([*STATUS]))
def test_any_codes_give_a_state_of_fhir_or_none(control: str, state: str) -> None:
    told = status({"control": control, "status": state})
    assert told in {None, "active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped"}


def test_an_instruction_to_give_belongs_to_its_prescription() -> None:
    sent = rxg(f9="à jeun", f13="LENT^lentement^L", f17="500", f18="mg", f19="L-1~L-2", f20="20250101", f31="T-9^PHARM")
    prescribed, given_ = made("RGV^O15", ORC, rxe(), sent, "RXR|IV^Intraveineuse^HL70162")
    assert (given_["intent"], given_["place"], given_["request"]) == ("instance-order", "RXG 1", prescribed["about"])
    assert given_["about"] != prescribed["about"]
    assert given_["notes"] == [{"text": "à jeun"}]
    assert (given_["dosages"][0]["low"], given_["dosages"][0]["route"]["text"]) == ("1", "Intraveineuse")
    assert (given_["lots"], given_["expires"], given_["strength"]) == (["L-1", "L-2"], "2025-01-01", "500")
    assert given_["number"]["value"] == "T-9"


def test_a_number_of_the_same_prescriber_in_another_field_is_added() -> None:
    event = one("OMP^O09", "ORC|NW|P-77^CAB" + "|" * 10 + "101002233^ALAOUI^Omar", rxo(f14="DEA7"))
    assert [number["value"] for number in event["prescriber"]["identifiers"]] == ["101002233", "DEA7"]
    assert len(event["order"]["requesters"]) == 1
