"""An order in the record: however its messages arrive, the newest state stands and nothing of it is lost."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.consumers.smr import said
from channels.consumers.standing import Key, Standing, settle
from schemas import facts
from schemas.fhir import order
from tests.contract.record import MONDAY
from tests.schemas.fhir import orders, reports
from tests.schemas.fhir.samples import envelope, identifier

NUMBER = identifier("urn:id:CHU-SALE", "P-9")
KEY = "order|urn:id:CHU-SALE|P-9"
CONTROLS = ("NW", "OK", "CA", "CR", "UC", "DC", "HD", "RL", "XO", "SC", "SS", "UX", "RO")
STEP = st.tuples(st.sampled_from(CONTROLS), st.sampled_from([None, None, "IP", "CM", "HD", "CA"]))


def told(minute: int, **more: Any) -> Any:
    """A message of the order, of this minute: only what is said here, and the numbers."""
    event = envelope("OrderRecorded", about=KEY, code={}, id=f"saying {minute}", version=MONDAY + minute)
    event["order"] = {"placer": NUMBER, **more}
    event["fact"] = facts.fact(event)
    return event


def result(minute: int, status: str, **more: Any) -> Any:
    return {**reports.lab_report(), "id": f"result {minute}", "version": MONDAY + minute, "status": status, **more}


def standing(*events: Any) -> dict[str, Any]:
    """The order as it stands after these."""
    found: dict[Key, Standing] = {}
    settle(found, [said(event) for event in events])
    return found["ServiceRequest", told(0)["fact"]].resource


def folded(steps: list[tuple[str, str | None]]) -> str:
    """What the tables make of the steps one after the other."""
    state = "unknown"
    for control, status in steps:
        one: Any = {"control": control, "status": status}
        now = order.status(one)
        if now and (order.decides(one) or state == "unknown"):
            state = now
    return state


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, min_size=1, max_size=6))
def test_one_after_the_other_they_make_the_state_that_the_tables_say(steps: list[tuple[str, str | None]]) -> None:
    events = [told(minute, control=control, status=status) for minute, (control, status) in enumerate(steps)]
    assert standing(*events)["status"] == folded(steps)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_a_late_older_message_changes_no_state(steps: list[tuple[str, str | None]], random: Any) -> None:
    events = [told(minute, control=control, status=status) for minute, (control, status) in enumerate(steps)]
    newest = next((one for one in reversed(events) if order.decides(one["order"])), None)
    random.shuffle(events)
    if newest is not None:
        assert standing(*events)["status"] == order.status(newest["order"])


def test_a_reply_and_a_cancellation_leave_what_was_asked_for() -> None:
    asked = {**orders.ordered(), "about": KEY, "fact": told(0)["fact"], "version": MONDAY}
    asked["order"] = orders.asked(placer=NUMBER)
    taken = told(1, control="OK", status="IP", filler=identifier("urn:id:LABO", "F-77"))
    ended = told(2, control="CA")
    for events in itertools.permutations((asked, taken, ended)):
        made = standing(*events)
        assert made["status"] == "revoked"
        assert made["code"]["coding"][0]["code"] == "2345-7"
        assert made["requester"]["reference"].startswith("Practitioner/")
        assert {one["value"] for one in made["identifier"]} >= {"P-9", "F-77"}


def test_a_report_finishes_its_order_and_says_no_less_of_it() -> None:
    asked = {**orders.ordered(), "about": KEY, "fact": told(0)["fact"], "version": MONDAY}
    asked["order"] = orders.asked(placer=NUMBER, status=None)
    running = result(1, "P", order={"placer": NUMBER, "filler": identifier("urn:id:ATLAS", "L-1"), "priority": "R"})
    done = result(2, "F", order={"placer": NUMBER, "priority": "R"})
    assert standing(asked, running)["status"] == "active"
    for events in itertools.permutations((asked, running, done)):
        made = standing(*events)
        assert made["status"] == "completed"
        assert made["priority"] == "urgent"
        assert made["note"] == [{"text": "Urgent"}]
        assert {one["value"] for one in made["identifier"]} >= {"P-9", "L-1"}


def test_a_report_is_all_there_is_of_an_order_that_nobody_sent() -> None:
    made = standing(result(1, "P", order={"placer": NUMBER, "priority": "S"}))
    assert (made["status"], made["priority"]) == ("active", "stat")


def test_what_is_replaced_is_revoked_in_either_order_of_arrival() -> None:
    old = told(0, control="NW")
    new = told(1, control="RO", replaces=[NUMBER])
    new["order"]["placer"] = identifier("urn:id:CHU-SALE", "P-10")
    new["about"] = "order|urn:id:CHU-SALE|P-10"
    new["fact"] = facts.fact(new)
    assert standing(old, new)["status"] == standing(new, old)["status"] == "revoked"
