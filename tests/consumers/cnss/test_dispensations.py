"""Dispensations told by HL7 (RDS): billed once, not with a stay, withdrawn when cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from channels.consumers.cnss.billing import NotBillable, billed
from schemas import facts
from schemas.events import Event
from tests.consumers.cnss.house import House
from tests.consumers.cnss.said import CNSS, INPE_ES, PHARMACY, person, sale
from tests.mediators.hl7v2.medicines import EAN, made, rxd, rxe

PID = "PID|1||271828182^^^CNSS||ALAMI^Amina||19881102|F"
CHARGE = "FT1|1|TK-9||20240312||CG|M|||2|27.30&MAD|13.65&MAD"


def told(*segments: str, control: str = "RE", minute: int = 0, number: str = "P-77^CAB", stay: str = "") -> list[Any]:
    """The dispensations of an RDS, as they reach the ledger."""
    orc = f"ORC|{control}|{number}|F-9^PHARM||||||20240312{9 + minute // 60:02}{minute % 60:02}00"
    pv1 = [f"PV1|1|{stay}|CHIR"] if stay else []
    events = made("RDS^O13^RDS_O13", *pv1, orc, *segments, pid=PID)
    ready = [{**event, "person": person("amina")} for event in events if event["type"] == "MedicationDispensed"]
    return [{**event, "fact": facts.fact(event)} for event in ready]


def test_a_dispensation_is_one_line_with_the_price_of_its_charge(house: House) -> None:
    house.deliver(*told(rxd(), CHARGE))
    (sheet,) = house.shown()
    (line,) = sheet["lines"]
    assert (line["code"], line["quantity"], line["amount"], line["date"]) == (EAN, "2", "27.30", "2024-03-12")


def test_without_a_price_it_is_a_line_without_one() -> None:
    (event,) = told(rxd())
    assert billed(event).amount is None


@pytest.mark.parametrize("stay", ["I", "E", "B", "P", "R"])
def test_what_a_hospital_gives_during_a_stay_is_not_billed(stay: str) -> None:
    for event in (*told(rxd(), stay=stay), *told(rxd(), CHARGE, stay=stay)):
        with pytest.raises(NotBillable) as not_billable:
            billed(event)
        assert not_billable.value.reason == "dispensed during a stay"


@pytest.mark.parametrize("stay", ["O", "N", "U", ""])
def test_what_is_handed_over_outside_a_stay_is_billed(stay: str) -> None:
    (event,) = told(rxd(), stay=stay)
    assert billed(event).done


def test_told_again_in_other_messages_it_is_billed_once(house: House) -> None:
    house.deliver(*told(rxd(), CHARGE))
    house.deliver(*told(rxe(), rxd(), CHARGE, minute=5))
    assert len(house.rows("lines")) == 1
    assert house.ledger.work() == []


def test_told_otherwise_it_goes_to_a_person(house: House) -> None:
    house.deliver(*told(rxd(), CHARGE))
    (outcome,) = house.deliver(*told(rxd(f4="3"), CHARGE, minute=5))
    (work,) = house.ledger.work()
    assert (outcome.reason, work["kind"], work["differs"]) == ("told otherwise", "told otherwise", "quantity")
    assert house.shown()[0]["total"] == "27.30"


@pytest.mark.parametrize("control", ["CA", "OC", "CR", "DC"])
def test_cancelled_it_is_withdrawn(house: House, control: str) -> None:
    house.deliver(*told(rxd(), CHARGE))
    house.deliver(*told(rxd(f4=""), control=control, minute=5))
    (line,) = house.rows("lines")
    assert line["state"] == "NOT_DONE"
    assert house.submit() == 0


def test_a_cancellation_that_comes_first_is_not_undone_by_the_older_message(house: House) -> None:
    house.deliver(*told(rxd(), control="CA", minute=5))
    house.deliver(*told(rxd()))
    assert [line["state"] for line in house.rows("lines")] == ["NOT_DONE"]


def test_what_was_cancelled_comes_back_as_it_was_or_goes_to_a_person(house: House) -> None:
    house.deliver(*told(rxd(f4=""), control="CA", minute=5))
    house.deliver(*told(rxd(), CHARGE, minute=9))
    assert [line["state"] for line in house.rows("lines")] == ["NOT_DONE"]
    assert [(work["kind"], work["differs"]) for work in house.ledger.work()] == [
        ("told otherwise", "quantity,amount,care sheet")
    ]


def test_what_was_cancelled_and_is_told_the_same_again_is_billed(house: House) -> None:
    house.deliver(*told(rxd(), CHARGE))
    house.deliver(*told(rxd(f4=""), control="CA", minute=5))
    house.deliver(*told(rxd(), CHARGE, minute=9))
    assert house.shown()[0]["total"] == "27.30"
    assert house.ledger.work() == []


def test_a_refill_is_another_line(house: House) -> None:
    house.deliver(*told(rxd()), *told(rxd(f1="2", f3="202404121000"), minute=9))
    assert len(house.rows("lines")) == 2


def test_products_of_one_prescription_gather_on_one_sheet(house: House) -> None:
    by_number = [*told(rxd(f7="RX-5")), *told(rxd(f7="RX-5", f2="6118000012344^AUTRE"), number="P-78^CAB")]
    house.deliver(*by_number)
    assert len(house.rows("sheets")) == 1
    assert len(house.rows("lines")) == 2


@pytest.mark.parametrize("first", ["sale", "dispensation"])
def test_a_sale_by_its_ticket_and_a_dispensation_of_it_are_not_both_billed(house: House, first: str) -> None:
    told_both = [sale(dispensed="2024-03-12", article=EAN), *told(rxd())]
    for event in told_both if first == "sale" else reversed(told_both):
        house.deliver(event)
    assert len(house.rows("lines")) == 1
    assert [work["kind"] for work in house.ledger.work()] == ["told twice"]


def test_a_sale_of_before_is_compared_too(house: House) -> None:
    house.deliver(sale(dispensed="2024-03-12", article=EAN))
    with house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE care_sheet_lines SET source = NULL, traces = NULL")
    house.deliver(*told(rxd()))
    assert len(house.rows("lines")) == 1


def test_another_article_day_or_pharmacy_is_another_sale(house: House) -> None:
    elsewhere = {"identifiers": [{"system": INPE_ES, "value": "104200999"}]}
    here: list[Any] = [{**event, "pharmacy": PHARMACY} for event in told(rxd())]
    house.deliver(*here, sale(ticket="T-1", dispensed="2024-03-12", article="6118000012344"))
    house.deliver(sale(ticket="T-2", dispensed="2024-03-13", article=EAN))
    house.deliver(sale(ticket="T-3", dispensed="2024-03-12", article=EAN, pharmacy=elsewhere))
    assert len(house.rows("lines")) == 4


def test_it_is_the_insureds() -> None:
    event: Event = told(rxd())[0]
    assert event["patient"]["identifiers"][0]["system"] == CNSS
