"""A bill tells what reports, visits and sales tell too: on one sheet or on two, no act is counted twice."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.consumers.cnss.billing import NotBillable, billed
from schemas.events import Event
from schemas.message import Refused
from tests.consumers.cnss.house import House
from tests.consumers.cnss.said import INPE_ES, INPE_PS, LOCAL, NGAP, NOON, SECOND, act, charge, report, sale, visit

LAB = {"identifiers": [{"system": INPE_ES, "value": "100300452"}]}
OTHER = [{"identifiers": [{"system": INPE_PS, "value": "101900999"}]}]


def order(number: str, role: str = "filler", system: str = LOCAL) -> dict[str, Any]:
    return {role: {"system": system, "value": number}}


def coded(code: str, system: str | None = "urn:id:ACTES") -> dict[str, Any]:
    return {"codings": [{"system": system, "code": code}]}


def biology(**more: Any) -> Event:
    """The charge of a laboratory's act, on the day of the report."""
    said: dict[str, Any] = {"code": coded("B30", NGAP), "performed": "2025-06-13", "encounter": None, "performers": []}
    return charge(done="B30", **(said | {"performing_organization": LAB} | more))


def done(house: House) -> list[tuple[str, str | None]]:
    return sorted((line["code"], line["amount"]) for line in house.rows("lines") if line["state"] == "DONE")


def work(house: House) -> list[tuple[str, str]]:
    return [(one["kind"], one["differs"]) for one in reversed(house.ledger.work())]


def test_a_charge_is_a_line_with_its_price() -> None:
    line = billed(charge(quantity="2", amount="300"))
    assert (line.code, line.system, line.designation) == ("CS", NGAP, "Consultation spécialisée")
    assert (line.quantity, line.amount, line.date, line.done) == ("2", "300.00", "2025-06-12", True)
    assert (line.executor, line.executor_system) == ("101900733", INPE_PS)


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ({"amount": None, "unit_price": "150", "quantity": "2"}, "300.00"),
        ({"amount": None, "unit_price": None}, None),
        ({"currency": "DH"}, "150.00"),
        ({"currency": None}, "150.00"),
    ],
)
def test_what_a_charge_costs(said: dict[str, Any], amount: str | None) -> None:
    assert billed(charge(**said)).amount == amount


def test_the_national_code_is_billed_wherever_it_stands() -> None:
    line = billed(charge(code=coded("X12"), procedure=coded("K30", NGAP)))
    assert (line.system, line.code) == (NGAP, "K30")


def test_an_act_told_to_the_accounts_is_a_line_without_a_price() -> None:
    line = billed(act())
    assert (line.code, line.quantity, line.amount, line.done) == ("DEQP003", "1", None, True)
    assert not billed(act(kind="CD")).done


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"kind": "PY"}, "a payment"),
        ({"kind": "AJ"}, "an adjustment"),
        ({"kind": "CO"}, "a co-payment"),
        ({"kind": "ZZ"}, "neither charge nor credit"),
        ({"encounter": {"class_code": "I"}}, "charged during a stay"),
        ({"encounter": {"class_code": "E"}}, "charged during a stay"),
    ],
)
def test_what_of_a_bill_nobody_is_billed_for(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotBillable) as not_billable:
        billed(charge(**said))
    assert not_billable.value.reason == reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "deux"}, "number"),
        ({"currency": "EUR"}, "currency"),
        ({"amount": "150,00"}, "number"),
    ],
)
def test_a_charge_that_can_not_be_billed_is_refused_with_a_remedy(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        billed(charge(**said))
    assert refused.value.issues[0].reason == reason
    assert refused.value.issues[0].remedy


def test_a_charge_is_on_the_sheet_of_its_order_or_visit() -> None:
    assert billed(charge(number="T-1")).sheet == billed(charge(number="T-2", done="K10")).sheet
    assert billed(biology(order=order("L-77"))).sheet == billed(report(number="L-77")).sheet


def test_a_charge_told_again_is_one_line(house: House) -> None:
    house.deliver(charge())
    house.deliver(charge(saying="2", version=NOON + SECOND))
    assert done(house) == [("CS", "150.00")]
    assert work(house) == []


def test_a_charge_told_again_with_another_price_goes_to_a_person(house: House) -> None:
    house.deliver(charge())
    house.deliver(charge(saying="2", version=NOON + SECOND, amount="200"))
    assert done(house) == [("CS", "150.00")]
    assert work(house) == [("told otherwise", "amount")]


@pytest.mark.parametrize("together", [True, False])
def test_a_credit_withdraws_the_charge_of_its_number(house: House, together: bool) -> None:
    events = charge(), charge(kind="CD", version=NOON + SECOND)
    if together:
        house.deliver(*events)
    else:
        for each in events:
            house.deliver(each)
    assert done(house) == []
    assert house.states() == ["PARTIALLY_EXECUTED"]


def test_a_credit_that_comes_first_is_remembered(house: House) -> None:
    house.deliver(charge(kind="CD", version=NOON + SECOND))
    house.deliver(charge())
    assert done(house) == []


def test_a_charge_of_a_negative_amount_is_a_credit(house: House) -> None:
    house.deliver(charge())
    about = {"about": str(charge()["about"]) + "|CD"}
    house.deliver(charge(saying="2", version=NOON + SECOND, quantity="-1", amount="-150") | about)  # type: ignore[arg-type]
    assert done(house) == []


@pytest.mark.parametrize("first", [0, 1])
def test_a_credit_of_a_part_goes_to_a_person(house: House, first: int) -> None:
    events = [charge(quantity="2", amount="300"), charge(kind="CD", quantity="1", amount="150", version=NOON + SECOND)]
    for each in (events[first], events[1 - first]):
        house.deliver(each)
    assert work(house) == [("credited in part", "quantity,amount")]


def test_a_credit_after_the_claim_goes_to_a_person(house: House) -> None:
    house.deliver(charge())
    assert house.submit() == 1
    house.deliver(charge(kind="CD", version=NOON + SECOND))
    assert [kind for kind, _ in work(house)] == ["cancelled after submission"]


@pytest.mark.parametrize("events", list(permutations([report(number="L-77"), biology(order=order("L-77"))])))
def test_an_act_reported_and_charged_under_one_order_is_one_line(house: House, events: tuple[Event, ...]) -> None:
    for each in events:
        house.deliver(each)
    assert len(done(house)) == 1
    assert [kind for kind, _ in work(house)] == ["told twice"]


def test_both_in_one_call_are_one_line_and_one_sheet(house: House) -> None:
    house.deliver(report(number="L-77"), biology(order=order("L-77")))
    assert len(done(house)) == len(house.rows("sheets")) == 1


def test_said_again_and_again_it_is_one_line_and_one_work_item(house: House) -> None:
    events = report(number="L-77"), biology(order=order("L-77"))
    for _ in range(3):
        house.deliver(*events)
    assert len(done(house)) == len(work(house)) == 1


@pytest.mark.parametrize(
    ("told", "ordered"),
    [
        (order("L-77", "placer"), order("L-77")),
        (order("L-77"), order("L-77", system="urn:id:AUTRE")),
        (order("P-9", "placer") | order("L-77"), order("L-77")),
    ],
)
def test_an_order_is_one_whoever_gave_its_number(house: House, told: dict[str, Any], ordered: dict[str, Any]) -> None:
    house.deliver(report(order=told), biology(order=ordered, performed="2025-06-20"))
    assert len(done(house)) == 1


def test_the_same_act_in_the_same_words_needs_nobody(house: House) -> None:
    house.deliver(report(number="L-77", code="GLY"))
    (outcome,) = house.deliver(biology(order=order("L-77"), code=coded("gly"), amount=None))
    assert (outcome.verdict, outcome.reason) == ("unchanged", "told twice")
    assert work(house) == []


def test_its_price_goes_to_a_person(house: House) -> None:
    house.deliver(report(number="L-77", code="GLY"))
    house.deliver(biology(order=order("L-77"), code=coded("GLY")))
    assert work(house) == [("told twice", "amount")]


def test_a_charge_of_another_order_is_another_act(house: House) -> None:
    house.deliver(report(number="L-77"), biology(order=order("L-78")))
    assert len(done(house)) == 2


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        # nothing tells them apart
        ({}, 1),
        ({"code": coded("GLY", None)}, 1),
        ({"code": coded("X-77")}, 1),
        # another day, another laboratory, nursing
        ({"performed": "2025-06-14"}, 2),
        ({"performing_organization": {"identifiers": [{"system": INPE_ES, "value": "100300999"}]}}, 2),
        ({"code": coded("AMI2", NGAP)}, 2),
    ],
)
def test_a_charge_without_an_order_beside_a_report(house: House, said: dict[str, Any], lines: int) -> None:
    for events in permutations([report(), biology(**said)]):
        house.deliver(*events)
    assert len(done(house)) == lines
    assert len(work(house)) == (lines == 1)


@pytest.mark.parametrize(
    ("said", "lines", "items"),
    [
        # the consultation that the visit is
        ({}, 1, ["amount"]),
        ({"amount": None}, 1, []),
        # a local code may be one
        ({"code": coded("CONS")}, 1, ["amount,code"]),
        # what is no consultation, who did not see the patient, another visit
        ({"code": coded("K30", NGAP)}, 2, []),
        ({"code": coded("DEQP003", "urn:id:CCAM")}, 2, []),
        ({"code": coded("CONS"), "performers": OTHER}, 2, []),
        ({"encounter": {"class_code": "O", "identifiers": [{"system": LOCAL, "value": "V-6"}]}}, 2, []),
    ],
)
@pytest.mark.parametrize("first", [0, 1])
def test_a_charge_beside_a_visit(house: House, said: dict[str, Any], lines: int, items: list[str], first: int) -> None:
    events = [visit(), charge(**said)]
    house.deliver(events[first], events[1 - first])
    assert len(done(house)) == lines
    if first == 0:
        assert work(house) == [("told twice", differs) for differs in items]


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ({"product": coded("6118000041283", "https://www.gs1.org/gtin")}, 1),
        ({"product": coded("6118000099999", "https://www.gs1.org/gtin"), "code": coded("MED")}, 2),
        ({"code": coded("K30", NGAP)}, 2),
    ],
)
def test_a_charge_beside_a_sale(house: House, said: dict[str, Any], lines: int) -> None:
    house.deliver(sale(), charge(**({"performed": "2025-06-14", "encounter": None} | said)))
    assert len(done(house)) == lines


def test_a_sale_by_the_pharmacys_own_code_may_be_any_article(house: House) -> None:
    by_its_bar_code = coded("6118000041283", "https://www.gs1.org/gtin")
    house.deliver(sale(medication=coded("DOLI")), charge(code=by_its_bar_code, performed="2025-06-14", encounter=None))
    assert len(done(house)) == 1
    assert work(house) == [("told twice", "amount,code")]


@pytest.mark.parametrize(("system", "lines"), [(LOCAL, 1), (INPE_ES, 2)])
def test_only_national_numbers_show_that_another_did_it(house: House, system: str, lines: int) -> None:
    ward, doctor = ([{"identifiers": [{"system": system, "value": value}]}] for value in ("LABO-2", "DR-12"))
    house.deliver(report(laboratory=ward[0]), biology(performing_organization=None, performers=doctor))
    assert len(done(house)) == lines


def test_an_act_told_to_the_accounts_and_charged_is_one_line(house: House) -> None:
    house.deliver(act(), charge(done="K30", procedure=coded("DEQP003", "urn:id:CCAM")))
    assert len(done(house)) == 1
    house.deliver(charge(number="T-9", done="K50", procedure=coded("QZMA001", "urn:id:CCAM")))
    assert len(done(house)) == 2


def test_what_was_cancelled_stands_in_nobodys_way(house: House) -> None:
    house.deliver(visit(encounter={"status": "cancelled"}), charge())
    assert done(house) == [("CS", "150.00")]


@pytest.mark.parametrize("together", [True, False])
def test_an_act_that_comes_back_is_not_billed_beside_one_that_took_its_place(house: House, together: bool) -> None:
    events = [
        visit(encounter={"status": "cancelled"}),
        charge(),
        visit(saying="2", version=NOON + SECOND),
    ]
    for call in [events] if together else [[one] for one in events]:
        house.deliver(*call)
    house.deliver(visit(saying="2", version=NOON + SECOND))
    assert done(house) == [("CS", "150.00")]
    assert work(house) == []


def test_a_credited_charge_that_comes_back_is_not_billed_beside_the_report(house: House) -> None:
    for each in (
        biology(),
        biology(kind="CD", version=NOON + SECOND),
        report(),
        biology(saying="3", version=NOON + 2 * SECOND),
    ):
        house.deliver(each)
    assert done(house) == [("GLY", None)]
    assert [kind for kind, _ in work(house)] == ["told twice"]


def test_another_persons_act_is_another_act(house: House) -> None:
    house.deliver(report(who="amina", number="L-77"), biology(who="youssef", order=order("L-77")))
    assert len(done(house)) == 2


def test_reports_and_visits_are_compared_with_bills_only(house: House) -> None:
    house.deliver(visit(), report(started="2025-06-12"), report(number="L-78", code="CRE", started="2025-06-12"))
    assert len(done(house)) == 3
    assert work(house) == []


def test_lines_of_before_are_compared_too(house: House) -> None:
    house.deliver(report())
    with house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE care_sheet_lines SET source = NULL, traces = NULL")
    house.deliver(biology())
    assert len(done(house)) == 1


ONE_ACT = [
    report(number="L-77"),
    biology(order=order("L-77")),
    biology(order=order("L-77"), saying="2", version=NOON + 1),
    report(number="L-77", saying="2", version=NOON + 2),
    biology(number="T-8", order=order("L-77"), code=coded("X1")),
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(ONE_ACT), min_size=1, max_size=4), min_size=1, max_size=5))
def test_whatever_is_told_of_one_order_and_in_whatever_order_reports_and_charges_never_add_up(
    house: House, calls: list[list[Event]]
) -> None:
    for call in calls:
        house.deliver(*call)
    sources = {line["source"] for line in house.rows("lines") if line["state"] == "DONE"}
    assert len(sources) == 1
