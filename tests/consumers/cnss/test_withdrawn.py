"""What is cancelled withdraws its line, whatever the cancellation says of the visit."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import facts
from tests.consumers.cnss.house import House
from tests.consumers.cnss.said import NOON, SECOND, charge, person
from tests.consumers.cnss.test_dispensations import told
from tests.mediators.hl7v2.medicines import rxd
from tests.mediators.hl7v2.messages import body, events

PID = "PID|1||271828182^^^CNSS||ALAMI^Amina||19881102|F"


def stay(trigger: str, kind: str, minute: int = 0, number: str = "V-5") -> list[Any]:
    """The visit as an ADT tells it."""
    evn, pv1 = f"EVN||2024031209{minute:02}00", f"PV1|1|{kind}|CONS{'|' * 16}{number}"
    found = [one for one in events(body(f"ADT^{trigger}", evn, PID, pv1)) if one["type"] == "EncounterRecorded"]
    ready = [{**one, "person": person("amina")} for one in found]
    return [{**one, "fact": facts.fact(one)} for one in ready]


def states(house: House) -> list[str]:
    return [line["state"] for line in house.rows("lines")]


@pytest.mark.parametrize("kind", ["O", "", "I", "E"])
@pytest.mark.parametrize("trigger", ["A11", "A23"])
def test_a_cancelled_visit_is_withdrawn_whatever_its_class(house: House, trigger: str, kind: str) -> None:
    house.deliver(*stay("A04", "O"))
    (outcome,) = house.deliver(*stay(trigger, kind, minute=5))
    assert (outcome.verdict, outcome.reason) == ("landed", "cancelled")
    assert states(house) == ["NOT_DONE"]
    assert house.submit() == 0


def test_one_that_a_claim_carries_goes_to_a_person(house: House) -> None:
    house.deliver(*stay("A04", "O"))
    assert house.submit() == 1
    house.deliver(*stay("A11", "I", minute=5))
    assert house.ledger.work()[0]["kind"] == "cancelled after submission"


def test_an_older_cancellation_withdraws_nothing(house: House) -> None:
    house.deliver(*stay("A04", "O", minute=5))
    house.deliver(*stay("A11", "I"))
    assert states(house) == ["DONE"]


def test_a_cancellation_that_does_not_tell_the_class_may_come_first(house: House) -> None:
    house.deliver(*stay("A11", "", minute=5))
    house.deliver(*stay("A04", "O"))
    assert states(house) == ["NOT_DONE"]


def test_a_cancelled_stay_that_was_never_billed_opens_no_sheet(house: House) -> None:
    withdrawn = [*stay("A11", "I"), charge(kind="CD", encounter={"class_code": "I"}), *told(rxd(), stay="I")]
    outcomes = house.deliver(*withdrawn, *told(rxd(f2=""), stay="I", control="CA"))
    assert [outcome.reason for outcome in outcomes] == ["not billable"] * 4
    assert outcomes[0].detail == "not ambulatory"
    assert house.rows("sheets") == house.rows("lines") == []


def test_a_dispensation_cancelled_as_one_of_a_stay_is_withdrawn(house: House) -> None:
    house.deliver(*told(rxd()))
    house.deliver(*told(rxd(), stay="I", control="CA", minute=5))
    assert states(house) == ["NOT_DONE"]


def test_a_credit_told_as_one_of_a_stay_withdraws_its_charge(house: House) -> None:
    house.deliver(charge())
    house.deliver(charge(kind="CD", version=NOON + SECOND, encounter={"class_code": "I"}))
    assert states(house) == ["NOT_DONE"]
