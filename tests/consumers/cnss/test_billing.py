"""Which facts are billable, and as what."""

from __future__ import annotations

from typing import Any

import pytest

from channels.consumers.cnss.billing import NotBillable, billed
from schemas.message import Refused
from tests.consumers.cnss.said import GTIN, INPE_ES, LOCAL, event, report, sale, visit


def test_a_sale_is_one_line_with_its_price() -> None:
    line = billed(sale())
    assert (line.system, line.code, line.designation) == (GTIN, "6118000041283", "DOLIPRANE 1G")
    assert (line.quantity, line.amount, line.date) == ("2", "27.30", "2025-06-14")
    assert (line.executor, line.executor_system, line.done) == ("104200317", INPE_ES, True)


def test_a_pharmacy_nobody_registered_is_the_executor_as_sent() -> None:
    unknown = {"identifiers": [{"system": INPE_ES, "value": "999999999"}], "known": False}
    assert billed(sale(pharmacy=unknown)).executor == "999999999"


def test_the_ean_is_billed_whatever_stands_before_it() -> None:
    codings = [{"system": "http://www.whocc.no/atc", "code": "N02BE01"}, {"system": GTIN, "code": "6118000041283"}]
    assert billed(sale(medication={"codings": codings})).code == "6118000041283"


def test_a_translated_code_is_never_billed() -> None:
    codings = [
        {"system": "http://loinc.org", "code": "2345-7", "mapped": "labo.csv:3"},
        {"system": None, "code": "GLY"},
    ]
    line = billed(report(code="GLY") | {"code": {"codings": codings}})  # type: ignore[arg-type]  # a changed copy
    assert (line.system, line.code) == (None, "GLY")


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ({"amount": "27.3"}, "27.30"),
        ({"amount": None}, "27.30"),
        ({"amount": None, "quantity": "1.5", "unit_price": "0.33"}, "0.50"),
        ({"amount": None, "unit_price": None}, None),
        ({"amount": "0"}, "0.00"),
    ],
)
def test_amounts_have_two_decimals(said: dict[str, Any], amount: str | None) -> None:
    assert billed(sale(**said)).amount == amount


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "-1"}, "number"),
        ({"quantity": "deux"}, "number"),
        ({"quantity": None}, "number"),
        ({"amount": "NaN"}, "number"),
        ({"amount": "1e400"}, "number"),
        ({"currency": "EUR"}, "currency"),
        ({"medication": {"text": "DOLIPRANE"}}, "no code"),
        ({"person": ""}, "no person"),
    ],
)
def test_what_must_be_billed_and_cannot_is_refused_with_a_remedy(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        billed(sale(**said))
    assert refused.value.issues[0].reason == reason
    assert refused.value.issues[0].remedy


def test_a_panel_is_one_line_whatever_it_holds() -> None:
    line = billed(report())
    assert (line.code, line.system, line.designation) == ("GLY", "urn:id:L", "Glycémie")
    assert (line.quantity, line.amount, line.date) == ("1", None, "2025-06-13")
    assert (line.executor, line.executor_system) == ("100300452", INPE_ES)


def test_an_imaging_act_is_billed_alike() -> None:
    assert billed(report(kind="ImagingReportIssued", code="TDM")).code == "TDM"


@pytest.mark.parametrize(
    ("said", "executor"),
    [
        ({"laboratory": None, "facility": {"identifiers": [{"system": INPE_ES, "value": "100600111"}]}}, "100600111"),
        ({"laboratory": None, "facility": {"identifiers": [{"system": LOCAL, "value": "CHU"}]}}, "CHU"),
        ({"laboratory": {"name": "Labo"}, "facility": {"identifiers": [{"system": LOCAL, "value": "CHU"}]}}, "CHU"),
        ({"laboratory": None, "facility": {"name": "CHU Ibn Sina"}}, "CHU Ibn Sina"),
        ({"laboratory": None, "origin": {"facility": "ATLAS"}}, "ATLAS"),
        ({"laboratory": None}, "SIL|ATLAS"),
        ({"laboratory": None, "results": [{"laboratory": {"identifiers": [{"system": INPE_ES, "value": "9"}]}}]}, "9"),
    ],
)
def test_who_did_it_when_the_laboratory_has_no_inpe(said: dict[str, Any], executor: str) -> None:
    assert billed(report(**said)).executor == executor


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ({"ended": "2025-06-15T00:30+01:00"}, "2025-06-15"),
        ({"started": "2025-06", "issued": "2025-06-14T23:59:59"}, "2025-06-14"),
        ({"started": "2025-06-14T23:30:00Z"}, "2025-06-15"),
        ({"started": "2025-02-30", "issued": None}, "2025-06-14"),
        ({"started": None, "occurred": "2025-06-01"}, "2025-06-01"),
    ],
)
def test_the_day_is_the_senders_own(said: dict[str, Any], day: str) -> None:
    assert billed(report(**said)).date == day


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (report(order=None), "report without an order number"),
        (report(order={"requesters": []}), "report without an order number"),
        (report(bare=True), "result without a report"),
        (report(status="I"), "not done yet"),
        (report(status="S"), "not done yet"),
        (sale(status="preparation"), "not dispensed yet"),
        (visit(encounter={"class_code": "I"}), "not ambulatory"),
        (visit(encounter={"class_code": "E"}), "not ambulatory"),
        (visit(encounter={"class_code": None}), "not ambulatory"),
        (visit(encounter={"status": "planned"}), "not done yet"),
        (visit(encounter={"identifiers": []}), "encounter without a visit number"),
        (event("PatientUpdated", "amina", ""), "no act"),
    ],
)
def test_what_nobody_is_billed_for(said: Any, reason: str) -> None:
    with pytest.raises(NotBillable) as not_billable:
        billed(said)
    assert not_billable.value.reason == reason


@pytest.mark.parametrize("class_code", ["O", "AMB", "amb"])
def test_an_ambulatory_visit_is_a_consultation(class_code: str) -> None:
    line = billed(visit(encounter={"class_code": class_code}))
    assert (line.code, line.system) == ("C", "https://hie.sante.gov.ma/fhir/CodeSystem/ngap")
    assert (line.executor, line.date, line.amount) == ("101900733", "2025-06-12", None)


def test_a_visit_without_the_doctors_inpe_is_the_facilitys() -> None:
    assert billed(visit(encounter={"participants": [{"role": "AT"}]})).executor == "100600111"


@pytest.mark.parametrize(
    "said",
    [report(status="X"), visit(encounter={"status": "cancelled"}), sale(status="entered-in-error")],
)
def test_what_was_cancelled_is_not_done(said: Any) -> None:
    assert not billed(said).done


def test_one_sheet_a_person_and_event_of_care() -> None:
    assert billed(sale(article="1")).sheet == billed(sale(article="2")).sheet
    assert billed(sale(ticket="T-1")).sheet != billed(sale(ticket="T-2")).sheet
    assert billed(sale(who="amina")).sheet != billed(sale(who="youssef")).sheet
    assert billed(sale(dispensed="2025-06-15")).sheet != billed(sale()).sheet
    assert billed(report(code="GLY")).sheet == billed(report(code="CRE")).sheet
    assert billed(report(number="L-77")).sheet != billed(report(number="L-78")).sheet


def test_a_prescription_gathers_tickets_days_and_pharmacies() -> None:
    prescription = {"system": LOCAL, "value": "ORD-9"}
    elsewhere = {"identifiers": [{"system": INPE_ES, "value": "104200999"}]}
    first = billed(sale(ticket="T-1", prescription=prescription))
    later = billed(sale(ticket="T-2", prescription=prescription, dispensed="2025-06-20", pharmacy=elsewhere))
    assert first.sheet == later.sheet
    other = billed(sale(prescription=prescription | {"system": "urn:id:AUTRE"}))
    assert other.sheet != first.sheet


def test_acts_of_one_order_group_share_a_sheet() -> None:
    group = {"system": LOCAL, "value": "G-1"}
    one = billed(report(number="L-1", order={"group": group, "filler": {"system": LOCAL, "value": "L-1"}}))
    two = billed(report(number="L-2", order={"group": group, "filler": {"system": LOCAL, "value": "L-2"}}))
    assert one.sheet == two.sheet
    assert one.fact != two.fact
