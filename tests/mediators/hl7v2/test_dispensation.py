"""What was handed over: RXD, with the charge beside it."""

from __future__ import annotations

import pytest

from tests.mediators.hl7v2.medicines import DOLIPRANE, EAN, GTIN, ORC, made, one, rxd, rxe

RE = "ORC|RE|P-77^CAB|F-9^PHARM"


def test_a_dispensation_with_all_that_it_tells() -> None:
    sent = rxd(
        f6="CPR^comprimé^L", f7="RX-555", f8="1", f9="remis à la fille~avec notice",
        f10="8^TAHIRI^Meryem~9^SEFRIOUI^Ali",
        f11="G", f13="CHIR^12^B^CHU", f15="DELIV^Entier^L", f16="1000", f17="mg", f18="L-77~L-78", f19="20250601",
        f20="SAN^Sanofi^L", f21="FEV^Fièvre^L", f33="N^Nouveau^HL70484", f35="T-1^PHARM",
    )  # fmt: skip
    event = one("RDS^O13^RDS_O13", RE, sent, "RXR|PO^Oral^HL70162")
    assert (event["type"], event["status"], event["place"]) == ("MedicationDispensed", "completed", "RXD 1")
    assert event["dispensed"] == event["occurred"] == "2024-03-12T10:15+00:00"
    assert event["medication"]["codings"][0]["system"] == GTIN
    assert (event["quantity"], event["quantity_unit"]["text"], event["refills_left"]) == ("2", "boîte", "1")
    assert event["prescription"]["value"] == "RX-555"
    assert [note["text"] for note in event["notes"]] == ["remis à la fille", "avec notice"]
    assert event["dispenser"]["names"][0]["family"] == "TAHIRI"
    assert event["dispensers"][0]["names"][0]["family"] == "SEFRIOUI"
    assert event["location"]["facility"]["name"] == "CHU"
    assert (event["lot"], event["lots"], event["expires"]) == ("L-77", ["L-77", "L-78"], "2025-06-01")
    assert event["manufacturer"] == {"identifiers": [{"system": "urn:id:L", "value": "SAN"}], "name": "Sanofi"}
    assert (event["substitution"], event["kind"]["text"], event["number"]["value"]) == ("G", "Nouveau", "T-1")
    assert event["dosages"][0]["route"]["text"] == "Oral"
    assert [detail["place"] for detail in event["details"]] == ["RXD-1"]


def test_it_is_linked_with_its_prescription_and_knows_what_was_prescribed() -> None:
    sent = rxd(f2="6118000099999^GENERIQUE 1G^L")
    prescribed, dispensed = made("RDS^O13", RE, rxe(f7="SOIR^Le soir^L", f15="RX-1"), "RXR|PO", sent)
    assert dispensed["request"] == prescribed["about"]
    assert dispensed["prescribed"]["codings"][0]["code"] == EAN
    assert dispensed["prescription"]["value"] == "RX-1"
    assert (dispensed["dosages"][0]["low"], dispensed["instructions"]) == ("1", "Le soir")
    assert "status" not in prescribed


@pytest.mark.parametrize(
    ("orc", "status"),
    [
        ("ORC|RE|P-77^CAB", "completed"), ("ORC|RE|P-77^CAB|||CM", "completed"), ("ORC|CA|P-77^CAB", "cancelled"),
        ("ORC|RE|P-77^CAB|||CA", "cancelled"), ("ORC|DC|P-77^CAB", "stopped"), ("ORC|RE|P-77^CAB|||ER",
        "entered-in-error"),
        ("ORC|HR|P-77^CAB", "on-hold"), ("ORC|UA|P-77^CAB", "declined"), ("ORC|RE|P-77^CAB|||IP", "completed"),
    ],
)  # fmt: skip
def test_what_became_of_it(orc: str, status: str) -> None:
    assert one("RDS^O13", orc, rxd())["status"] == status


def test_what_is_only_being_prepared_was_not_handed_over() -> None:
    assert one("RDS^O13", "ORC|RE|P-77^CAB|||IP", rxd(f3=""))["status"] == "in-progress"


def test_a_charge_tells_its_price() -> None:
    ft1 = "FT1|1|TK-9||20240312||CG|99202|||2|27.30&MAD|13.65&MAD"
    event = one("RDS^O13", RE, rxd(), ft1)
    told = {key: event[key] for key in ("ticket", "amount", "unit_price", "currency")}
    assert told == {"ticket": "TK-9", "amount": "27.30", "unit_price": "13.65", "currency": "MAD"}


@pytest.mark.parametrize(
    "ft1", ["FT1|1|TK-9||20240312||CD|99202|||2|27.30&MAD", "FT1|1|A||1||CG|x|||1|3\rFT1|2|B||1||CG|y|||1|4"]
)
def test_a_credit_or_several_charges_are_no_price(ft1: str) -> None:
    event = one("RDS^O13", RE, rxd(), *ft1.split("\r"))
    assert "amount" not in event
    assert any(detail["place"].startswith("FT1") for detail in event["details"])


def test_the_same_dispensation_told_again_is_one_fact_and_the_next_another() -> None:
    first, again = (one("RDS^O13", RE, rxd())["about"] for _ in range(2))
    cancelled = one("RDS^O13", "ORC|CA|P-77^CAB|F-9^PHARM", rxd(f4=""))["about"]
    refill = one("RDS^O13", RE, rxd(f1="2"))["about"]
    miscounted = one("RDS^O13", RE, rxd(f3="20240412"))["about"]
    assert first == again == cancelled
    assert len({first, refill, miscounted}) == 3


def test_products_of_one_order_number_are_told_apart() -> None:
    found = made("RDS^O13", RE, rxd(), RE, rxd(f2="6118000012344^AUTRE^L"), RE, rxd())
    assert len({event["about"] for event in found}) == 3
    assert "0044" not in "".join(event["about"] for event in found)


@pytest.mark.parametrize(
    ("code", "system"),
    [
        (DOLIPRANE, GTIN), (f"{EAN}^X^EAN13", GTIN), (f"{EAN}^X^GTIN", GTIN), ("6118000041284^X", None),
        ("6118000041284^X^EAN13", GTIN), ("611800004128^X", None), ("PARA^Paracétamol^DCI",
        "https://hie.sante.gov.ma/fhir/CodeSystem/dci"),
        ("N02BE01^Paracétamol^WC", "http://www.whocc.no/atc"),
    ],
)  # fmt: skip
def test_what_a_product_code_is(code: str, system: str | None) -> None:
    assert one("RDS^O13", RE, rxd(f2=code))["medication"]["codings"][0].get("system") == system


def test_a_bar_code_alone_is_no_name() -> None:
    assert one("RDS^O13", ORC, rxd(f2=EAN))["medication"] == {"codings": [{"code": EAN, "system": GTIN}]}
