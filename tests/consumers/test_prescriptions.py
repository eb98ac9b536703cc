"""A prescription in the shared record: whatever is told of it, in whatever order, by whichever message."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from channels.consumers.smr import said
from channels.consumers.standing import Key, Standing, settle
from mediators.hl7v2.prescription import status
from schemas import facts
from tests.mediators.hl7v2.medicines import made, rxa, rxd, rxe

PERSON = facts.name("test-person", "1")
# Those that say in which state a prescription is; others leave it as it was
STATING = ("NW", "OK", "CA", "CR", "UA", "DC", "OD", "HD", "HR", "RL", "UC", "RP", "DE")


def told(type_: str, control: str, *segments: str, minute: int = 0) -> list[Any]:
    orc = f"ORC|{control}|P-77^CAB|F-9^PHARM||||||20240312{9 + minute // 60:02}{minute % 60:02}00"
    events = [{**event, "person": PERSON} for event in made(type_, orc, *segments)]
    return [{**event, "fact": facts.fact(event)} for event in events]


def stands(events: list[Any]) -> dict[str, Any]:
    """The prescription after these events arrived."""
    standing: dict[Key, Standing] = {}
    settle(standing, [said(event) for event in events])
    (found,) = (one.resource for (kind, _), one in standing.items() if kind == "MedicationRequest")
    return found


def test_an_answer_changes_the_state_and_keeps_the_rest() -> None:
    ordered = told("RDE^O11", "NW", rxe(), "RXR|PO^Oral^HL70162")
    found = stands([*ordered, *told("RRE^O12", "UA", minute=5)])
    assert found["status"] == "cancelled"
    assert found["medicationCodeableConcept"]["text"] == "DOLIPRANE 1G"
    assert found["dosageInstruction"][0]["route"]["text"] == "Oral"
    assert found["authoredOn"].startswith("2024-03-12T09:00")


def test_a_dispensation_or_an_administration_leaves_the_prescription_as_it_is() -> None:
    stopped = told("RDE^O11", "DC", rxe(), minute=5)
    later = [*told("RDS^O13", "RE", rxd(f2="9^AUTRE^L"), minute=9), *told("RAS^O17", "RE", rxa(), minute=10)]
    for events in ([*stopped, *later], [*later, *stopped]):
        found = stands(events)
        assert found["status"] == "stopped"
        assert found["medicationCodeableConcept"]["text"] == "DOLIPRANE 1G"


def test_a_change_of_a_held_prescription_does_not_release_it() -> None:
    events = [*told("RDE^O11", "NW", rxe()), *told("RDE^O11", "HD", rxe(), minute=5)]
    found = stands([*events, *told("RDE^O11", "XO", rxe(f3="2"), minute=9)])
    assert found["status"] == "on-hold"
    assert found["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 2


@given(st.lists(st.sampled_from(STATING), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_newest_state_stands_in_whatever_order_they_arrive(controls: list[str], dice: Any) -> None:
    events = [event for minute, one in enumerate(controls) for event in told("RDE^O11", one, rxe(), minute=minute)]
    dice.shuffle(events)
    assert stands(events)["status"] == status({"control": controls[-1]})
