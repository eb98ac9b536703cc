"""Facts become lines once, whatever is said of them again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from channels.consumers.cnss.sheet import valid
from channels.consumers.cnss.tables import TABLES
from schemas.message import Unavailable
from tests.consumers.cnss.house import House
from tests.consumers.cnss.said import NOON, SECOND, event, report, sale, visit


def test_a_sale_opens_a_sheet_with_one_line(house: House) -> None:
    (outcome,) = house.deliver(sale())
    (shown,) = house.shown()
    assert outcome.verdict == "landed"
    assert shown["number"] in outcome.detail
    assert valid(shown["number"])
    assert shown["number"].startswith("2506")
    assert (shown["state"], shown["total"], shown["note"]) == ("EXECUTED", "27.30", "")
    assert shown["lines"] == [
        {
            "code": "6118000041283",
            "system": "https://www.gs1.org/gtin",
            "designation": "DOLIPRANE 1G",
            "quantity": "2",
            "amount": "27.30",
            "executor": "104200317",
            "date": "2025-06-14",
            "state": "DONE",
        }
    ]


def test_acts_of_one_ticket_share_a_sheet_over_several_calls(house: House) -> None:
    house.deliver(sale(article="1"), sale(article="2"))
    house.deliver(sale(article="3"), sale(ticket="T-2"))
    assert sorted(len(sheet["lines"]) for sheet in house.shown()) == [1, 3]


def test_two_equal_rows_of_one_file_are_two_lines(house: House) -> None:
    house.deliver(sale(occurrence=1), sale(occurrence=2))
    (shown,) = house.shown()
    assert shown["total"] == "54.60"
    assert house.ledger.work() == []


def test_a_replay_adds_nothing_and_says_nothing(house: House) -> None:
    events = [sale(), report(), visit()]
    house.deliver(*events)
    before = {table: house.rows(table) for table in ("sheets", "lines", "transitions")}
    outcomes = house.deliver(*events)
    assert [outcome.verdict for outcome in outcomes] == ["unchanged"] * 3
    assert {table: house.rows(table) for table in before} == before
    assert house.ledger.work() == []


def test_the_same_sale_in_another_file_is_work_and_no_line(house: House) -> None:
    house.deliver(sale())
    (outcome,) = house.deliver(sale(saying="2", quantity="3", amount="40.95"))
    house.deliver(sale(saying="2", quantity="3", amount="40.95"))
    (work,) = house.ledger.work()
    assert outcome.reason == "sold again"
    assert (work["kind"], work["differs"], work["transaction"]) == (
        "sold again",
        "quantity,amount",
        "t-amina-T-1|6118000041283|1-2",
    )
    assert work["number"] == house.shown()[0]["number"]
    assert house.shown()[0]["total"] == "27.30"


def test_the_same_sale_twice_in_one_call_under_two_persons(house: House) -> None:
    first, again = house.deliver(sale(), sale(who="youssef", saying="2"))
    assert (first.verdict, again.reason) == ("landed", "sold again")
    assert house.ledger.work()[0]["differs"] == "person"
    assert len(house.rows("lines")) == 1
    assert len(house.rows("sheets")) == 1


def test_a_sale_with_a_late_prescription_stays_on_its_sheet(house: House) -> None:
    house.deliver(sale())
    house.deliver(sale(saying="2", prescription={"system": "urn:id:O", "value": "9"}))
    assert house.ledger.work()[0]["differs"] == "care sheet"
    assert len(house.rows("sheets")) == 1


def test_a_corrected_report_is_the_same_line(house: House) -> None:
    house.deliver(report(status="P"))
    for minute, status in enumerate("FCC", 1):
        (outcome,) = house.deliver(report(saying=status + str(minute), status=status, version=NOON + minute * SECOND))
        assert outcome.verdict == "unchanged"
    assert len(house.rows("lines")) == 1
    assert house.ledger.work() == []


def test_a_cancelled_act_is_not_done_and_its_sheet_not_submitted(house: House) -> None:
    house.deliver(report())
    house.deliver(report(saying="2", status="X", version=NOON + 1))
    (shown,) = house.shown()
    assert shown["lines"][0]["state"] == "NOT_DONE"
    assert (shown["state"], shown["total"]) == ("PARTIALLY_EXECUTED", None)
    assert house.submit() == 0
    assert house.ledger.work() == []


def test_the_others_of_a_sheet_with_a_cancelled_act_are_billed(house: House) -> None:
    house.deliver(report(code="GLY"), report(code="CRE"))
    house.deliver(report(code="GLY", saying="2", status="X"))
    assert house.submit() == 1
    assert [line for _, line, _ in house.payer.accepted()] == [report(code="CRE")["fact"]]


def test_an_act_cancelled_before_it_was_reported_stays_so(house: House) -> None:
    house.deliver(report(saying="2", status="X", version=NOON + 2))
    house.deliver(report(version=NOON + 1))
    assert house.shown()[0]["lines"][0]["state"] == "NOT_DONE"
    house.deliver(report(saying="3", version=NOON + 3))
    assert house.shown()[0]["state"] == "EXECUTED"
    assert house.shown()[0]["lines"][0]["state"] == "DONE"


def test_a_late_older_cancellation_does_not_undo_a_newer_result(house: House) -> None:
    house.deliver(report(version=NOON))
    house.deliver(report(saying="3", status="C", version=NOON + 3))
    house.deliver(report(saying="2", status="X", version=NOON + 2))
    assert house.shown()[0]["lines"][0]["state"] == "DONE"


def test_a_replay_of_the_result_does_not_undo_its_cancellation(house: House) -> None:
    house.deliver(report())
    house.deliver(report(saying="2", status="X"))
    house.deliver(report())
    assert house.shown()[0]["lines"][0]["state"] == "NOT_DONE"


def test_a_cancelled_sale_that_is_sold_again_waits_for_a_person(house: House) -> None:
    house.deliver(sale())
    house.deliver(sale(saying="2", status="cancelled", version=NOON + 1))
    house.deliver(sale(saying="3", version=NOON + 2))
    assert house.shown()[0]["lines"][0]["state"] == "NOT_DONE"
    assert [work["kind"] for work in house.ledger.work()] == ["sold again"]


def test_each_event_gets_its_outcome_in_order(house: House) -> None:
    registered = event("PatientRegistered", "salma", "")
    outcomes = house.deliver(registered, sale(), report(who="youssef", order=None), sale(who="hind", quantity="0"))
    assert [outcome.verdict for outcome in outcomes] == ["unchanged", "landed", "unchanged", "refused"]
    assert outcomes[2].detail == "report without an order number"
    assert outcomes[3].reason == "care sheet: quantity"


def test_every_move_is_kept_with_its_reason(house: House) -> None:
    house.deliver(sale())
    house.submit()
    moves = [(row["before"], row["after"], row["why"], row["actor"]) for row in house.rows("transitions")]
    assert moves == [
        (None, "EXECUTED", "opened", "104200317"),
        ("EXECUTED", "SUBMITTED", "claim 1", "wasl"),
        ("SUBMITTED", "ACCEPTED", "accepted", "payer"),
    ]


@pytest.mark.parametrize("home", ["sqlite"], indirect=True)
def test_the_ledger_keeps_no_name(house: House, tmp_path: Any) -> None:
    patient = {"identifiers": [{"system": "urn:id:X", "value": "IPP-SECRET"}], "names": [{"family": "ZNIBER"}]}
    house.deliver(sale(patient=patient))
    house.engine.dispose()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.db*"))
    assert b"ZNIBER" not in kept
    assert b"IPP-SECRET" not in kept


@pytest.mark.parametrize("home", ["sqlite"], indirect=True)
def test_a_ledger_that_cannot_be_written_is_unavailable_and_everything_comes_again(house: House) -> None:
    with house.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE care_sheet_lines RENAME TO elsewhere")
    with pytest.raises(Unavailable):
        house.deliver(sale())
    with house.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO care_sheet_lines")
    assert house.rows("sheets") == []
    house.deliver(sale())
    assert len(house.rows("lines")) == 1


def test_it_takes_what_is_billable_and_what_may_bring_a_number(house: House) -> None:
    assert house.consumer.wants == {
        "MedicationDispensed",
        "LabReportIssued",
        "ImagingReportIssued",
        "EncounterRecorded",
        "ChargeRecorded",
        "PatientRegistered",
        "PatientUpdated",
    }
    assert (house.consumer.name, house.consumer.start) == ("cnss", "beginning")


@pytest.mark.parametrize("table", TABLES.sorted_tables, ids=lambda table: table.name)
def test_the_tables_are_postgresqls_too(table: Any) -> None:
    assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects are untyped
