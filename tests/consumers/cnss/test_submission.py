"""What is due is submitted: each line in one accepted claim, whatever the payer does."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from decimal import Decimal

import pytest

from channels.consumers.cnss.outbox import UnknownSheet
from channels.consumers.cnss.payer import Sent
from channels.consumers.cnss.sheet import IllegalMove
from channels.consumers.cnss.submission import Submission
from schemas.events import Event
from schemas.fhir.care_sheet import Answer
from schemas.message import Unavailable
from tests.consumers.cnss.house import House
from tests.consumers.cnss.said import DAY, NOON, event, report, sale
from tests.home import Place


class Scripted:
    """A payer that answers as it is told, and remembers what it was sent."""

    def __init__(self, *answers: Answer | Unavailable) -> None:
        self.answers = list(answers)
        self.sent: list[Sent] = []

    async def submit(self, claims: Sequence[Sent]) -> Sequence[Answer | Unavailable]:
        self.sent += claims
        return [self.answers.pop(0) for _ in claims]

    async def close(self) -> None: ...


def scripted(house: House, *answers: Answer | Unavailable) -> Scripted:
    """One submission two seconds later."""
    house.later(2)
    payer = Scripted(*answers)
    asyncio.run(Submission(house.outbox, payer).submit_due(house.now))
    return payer


def test_a_sheet_is_submitted_once_it_was_quiet(house: House) -> None:
    house.deliver(sale(article="1"))
    submission = Submission(house.outbox, house.payer)
    assert asyncio.run(submission.submit_due(house.now)) == 0
    assert house.submit() == 1
    assert house.states() == ["ACCEPTED"]
    assert house.submit() == 0
    assert house.payer.accepted_total() == house.ledger.accepted_total() == Decimal("27.30")


def test_every_line_so_far_is_in_one_claim(house: House) -> None:
    house.deliver(sale(article="1"), sale(article="2"), sale(article="3"))
    assert house.submit() == 1
    assert len(house.rows("claims")) == 1
    assert house.rows("claims")[0]["total"] == "81.90"


def test_a_later_act_goes_in_a_claim_of_its_own_that_names_the_earlier(house: House) -> None:
    house.deliver(sale(article="1"))
    house.submit()
    house.deliver(sale(article="2"))
    payer = scripted(house, Answer("accepted"))
    claim = json.loads(payer.sent[0].body)
    number = house.shown()[0]["number"]
    assert [item["productOrService"]["coding"][0]["code"] for item in claim["item"]] == ["2"]
    assert payer.sent[0].number == f"{number}-2"
    assert claim["related"][0]["claim"]["identifier"]["value"] == f"{number}-1"
    assert house.states() == ["ACCEPTED"]


def test_an_act_that_comes_while_a_claim_is_undecided_waits_for_the_answer(house: House) -> None:
    house.deliver(sale(article="1"))
    first = scripted(house, Answer("queued"))
    house.deliver(sale(article="2"))
    assert house.states() == ["SUBMITTED"]
    assert house.submit() == 0
    house.later(60)
    again = scripted(house, Answer("accepted"))
    assert again.sent == first.sent
    assert house.submit() == 1
    assert [claim["state"] for claim in house.rows("claims")] == ["ACCEPTED", "ACCEPTED"]
    assert {line["claim"][-2:] for line in house.rows("lines")} == {"-1", "-2"}


def test_payer_down_loses_nothing(house: House) -> None:
    house.deliver(sale(), sale(who="youssef", ticket="T-2"))
    for _ in range(3):
        with pytest.raises(Unavailable):
            house.submit(down=1.0)
    assert house.states() == ["SUBMITTED", "SUBMITTED"]
    assert house.submit() == 2
    assert house.states() == ["ACCEPTED", "ACCEPTED"]


def test_those_that_were_answered_count_when_another_is_not(house: House) -> None:
    house.deliver(sale(), sale(who="youssef", ticket="T-2"))
    with pytest.raises(Unavailable, match="busy"):
        scripted(house, Answer("accepted"), Unavailable("busy"))
    assert sorted(house.states()) == ["ACCEPTED", "SUBMITTED"]
    assert house.submit() == 1


def test_a_claim_that_never_gets_an_answer_does_not_hold_up_the_others(house: House) -> None:
    house.deliver(sale())
    house.later(1)
    house.deliver(sale(who="youssef", ticket="T-2"))
    house.later(2)
    payer = Scripted(Unavailable("time-out"), Answer("accepted"))
    submission = Submission(house.outbox, payer, at_once=1)
    with pytest.raises(Unavailable):
        asyncio.run(submission.submit_due(house.now))
    assert asyncio.run(submission.submit_due(house.now)) == 1
    assert payer.sent[0].number != payer.sent[1].number


def test_a_lost_answer_is_asked_for_again_and_paid_once(house: House) -> None:
    house.deliver(sale())
    with pytest.raises(Unavailable):
        house.submit(lost=1.0)
    assert house.payer.accepted_total() == Decimal("27.30")
    assert house.states() == ["SUBMITTED"]
    house.submit()
    assert house.payer.accepted_total() == house.ledger.accepted_total() == Decimal("27.30")


def test_a_crash_after_the_answer_asks_the_same_again(house: House) -> None:
    house.deliver(sale())
    house.later(2)
    (first,) = house.outbox.take(house.now, 10)
    asyncio.run(house.payer.submit([first]))
    (again,) = house.outbox.take(house.now, 10)
    assert again == first
    house.submit()
    assert house.payer.accepted_total() == Decimal("27.30")


def test_an_answer_written_down_twice_counts_once(house: House) -> None:
    house.deliver(sale())
    house.later(2)
    (sent,) = house.outbox.take(house.now, 10)
    for answer in (Answer("accepted"), Answer("refused", "late"), Answer("accepted")):
        house.outbox.settle([(sent, answer)], [], house.now)
    house.outbox.settle([], [sent], house.now)
    assert house.states() == ["ACCEPTED"]
    assert house.submit() == 0


def test_a_refused_sheet_waits_with_its_reason_and_its_lines(house: House) -> None:
    house.deliver(sale())
    scripted(house, Answer("refused", "insured"))
    (shown,) = house.shown()
    assert (shown["state"], shown["note"], len(shown["lines"])) == ("REJECTED", "refused: insured", 1)
    house.deliver(sale(article="2"))
    assert house.submit() == 0
    assert house.states() == ["REJECTED"]


def test_a_corrected_sheet_is_submitted_with_all_its_lines(house: House) -> None:
    house.deliver(sale())
    scripted(house, Answer("refused", "insured"))
    house.deliver(sale(article="2"))
    number = house.shown()[0]["number"]
    house.outbox.correct(number, actor="f.alaoui", why="number mended", now=house.now)
    assert house.states() == ["CORRECTED"]
    payer = scripted(house, Answer("accepted"))
    assert payer.sent[0].number == f"{number}-2"
    assert json.loads(payer.sent[0].body)["total"]["value"] == 54.6
    assert house.ledger.accepted_total() == Decimal("54.60")


def test_only_a_rejected_sheet_can_be_corrected(house: House) -> None:
    house.deliver(sale())
    with pytest.raises(IllegalMove):
        house.outbox.correct(house.shown()[0]["number"], actor="f.alaoui", why="", now=house.now)
    with pytest.raises(UnknownSheet):
        house.outbox.correct("250600000000000", actor="f.alaoui", why="", now=house.now)


def test_an_act_cancelled_after_submission_is_work(house: House) -> None:
    house.deliver(report())
    house.submit()
    house.deliver(report(saying="2", status="X"))
    (work,) = house.ledger.work()
    assert work["kind"] == "cancelled after submission"
    (shown,) = house.shown()
    assert (shown["state"], shown["lines"][0]["state"]) == ("ACCEPTED", "NOT_DONE")
    house.deliver(report(saying="3", version=NOON + 1))
    assert house.submit() == 0


def test_an_act_cancelled_while_undecided_is_not_billed_again_after_a_refusal(house: House) -> None:
    house.deliver(report(code="GLY"), report(code="CRE"))
    scripted(house, Answer("queued"))
    house.deliver(report(code="GLY", saying="2", status="X"))
    house.later(60)
    scripted(house, Answer("refused", "simulated"))
    house.outbox.correct(house.shown()[0]["number"], actor="f.alaoui", why="GLY taken off", now=house.now)
    payer = scripted(house, Answer("accepted"))
    assert [item["productOrService"]["coding"][0]["code"] for item in json.loads(payer.sent[0].body)["item"]] == ["CRE"]


def test_without_a_cnss_number_a_sheet_waits_until_an_event_brings_it(house: House) -> None:
    house.deliver(sale(insured=None))
    assert house.submit() == 0
    (sheet,) = house.rows("sheets")
    assert (sheet["state"], sheet["note"]) == ("EXECUTED", "no CNSS number")
    house.deliver(event("PatientUpdated", "youssef", ""))
    assert house.submit() == 0
    house.deliver(event("PatientUpdated", "amina", ""))
    assert house.submit() == 1
    (shown,) = house.shown()
    assert (shown["state"], shown["note"]) == ("ACCEPTED", "")


def test_a_newer_cnss_number_is_believed_and_an_older_one_not(house: House) -> None:
    house.deliver(sale(insured="111111111", version=NOON + 5))
    house.deliver(event("PatientUpdated", "amina", "", insured="222222222", version=NOON + 1))
    house.later(2)
    (sent,) = house.outbox.take(house.now, 10)
    assert json.loads(sent.body)["insurance"][0]["coverage"]["identifier"]["value"] == "111111111"


def test_a_late_sheet_is_submitted_and_put_on_the_work_list(house: House) -> None:
    house.deliver(sale(dispensed="2025-04-13"), sale(who="youssef", ticket="T-2", dispensed="2025-04-14"))
    assert house.submit() == 2
    (work,) = house.ledger.work()
    (late,) = (sheet for sheet in house.rows("sheets") if sheet["note"])
    assert (work["kind"], work["number"], late["note"]) == ("filed late", late["number"], "filed late")


@pytest.fixture
def strict(home: Place) -> House:
    return House(home, deadline="enforce")


def test_where_the_deadline_is_enforced_a_late_sheet_expires_until_it_is_forced(strict: House) -> None:
    strict.deliver(sale(dispensed="2025-04-13"))
    assert strict.submit() == 0
    (shown,) = strict.shown()
    assert (shown["state"], shown["note"]) == ("EXPIRED", "filed late")
    assert [work["kind"] for work in strict.ledger.work()] == ["filed late"]
    strict.outbox.force(shown["number"], actor="f.alaoui", why="earthquake", now=strict.now)
    assert strict.submit() == 1
    assert strict.states() == ["ACCEPTED"]
    assert ("f.alaoui", "force majeure: earthquake") in [
        (row["actor"], row["why"]) for row in strict.rows("transitions")
    ]


def test_a_late_act_does_not_take_back_what_was_accepted(strict: House) -> None:
    prescription = {"system": "urn:id:O", "value": "9"}
    strict.deliver(sale(prescription=prescription))
    strict.submit()
    strict.now += 90 * DAY
    strict.deliver(sale(ticket="T-2", prescription=prescription))
    assert strict.submit() == 0
    assert strict.states() == ["ACCEPTED"]
    strict.outbox.force(strict.shown()[0]["number"], actor="f.alaoui", why="flood", now=strict.now)
    assert strict.submit() == 1
    assert strict.ledger.accepted_total() == Decimal("54.60")


def test_only_what_expired_can_be_forced(strict: House) -> None:
    strict.deliver(report(status="X"))
    with pytest.raises(IllegalMove):
        strict.outbox.force(strict.shown()[0]["number"], actor="f.alaoui", why="", now=strict.now)


def test_a_sheet_filed_in_time_may_be_corrected_later(strict: House) -> None:
    strict.deliver(sale())
    scripted(strict, Answer("refused", "insured"))
    strict.now += 90 * DAY
    strict.outbox.correct(strict.shown()[0]["number"], actor="f.alaoui", why="mended", now=strict.now)
    assert strict.submit() == 1
    assert strict.states() == ["ACCEPTED"]


def test_one_call_takes_a_bounded_number(house: House) -> None:
    house.deliver(*(sale(who=f"p{n}", ticket=f"T-{n}") for n in range(7)))
    house.later(2)
    submission = Submission(house.outbox, house.payer, at_once=3)
    assert [asyncio.run(submission.submit_due(house.now)) for _ in range(4)] == [3, 3, 1, 0]


@pytest.mark.parametrize("home", ["postgresql"], indirect=True)
def test_machines_that_record_and_submit_at_once_bill_each_fact_once(home: Place) -> None:
    machines = [House(home) for _ in range(3)]
    sales = [sale(ticket=f"T-{number}") for number in range(12)]
    failures: list[BaseException] = []

    def work(machine: House, events: list[Event]) -> None:
        try:
            for event in events:
                machine.deliver(event)
                machine.submit()
        except BaseException as error:
            failures.append(error)

    orders = (sales, sales[::-1], sales[6:] + sales[:6])
    threads = [threading.Thread(target=work, args=each) for each in zip(machines, orders, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    machines[0].later(3600)
    while machines[0].submit():
        pass
    accepted = [line for _, line, _ in machines[0].payer.accepted()]
    assert len(accepted) == len(set(accepted)) == 12
    numbers = [sheet["number"] for sheet in machines[0].rows("sheets")]
    assert len(numbers) == len(set(numbers)) == 12
    assert set(machines[0].states()) == {"ACCEPTED"}
