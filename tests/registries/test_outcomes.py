"""What became of messages, for the door of whatever machine waits for it."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from registries import outcomes as rows
from registries.outcomes import Outcome, Outcomes
from schemas.message import Issue
from tests.home import Place

ISSUE = Issue("MRG-1", "required", "who is merged is not said", "send MRG-1", code="101", location="MRG^1^1")


@pytest.fixture
def outcomes(home: Place) -> Outcomes:
    return Outcomes(home.open("registries"))


def test_another_process_reads_all_that_was_told(home: Place, outcomes: Outcomes) -> None:
    said = {"t1": Outcome(True), "t2": Outcome(False, (ISSUE,), reject=True)}
    outcomes.tell(said)
    assert Outcomes(home.open("registries")).of(["t1", "t2", "t3"]) == said
    assert outcomes.of([]) == {}


def test_what_was_told_first_stays_when_a_message_is_read_again(outcomes: Outcomes) -> None:
    outcomes.tell({"t1": Outcome(False, (ISSUE,))})
    outcomes.tell({"t1": Outcome(True), "t2": Outcome(True)})
    assert not outcomes.of(["t1"])["t1"].accepted
    assert outcomes.of(["t2"])["t2"].accepted


def test_what_nobody_waits_for_any_more_goes(home: Place, outcomes: Outcomes) -> None:
    engine = home.open("registries")
    outcomes.tell({"old": Outcome(True)})
    with engine.begin() as connection:
        connection.execute(update(rows.outcomes).values(at=rows.outcomes.c.at - (rows.KEPT + 1) * 1_000_000))
    Outcomes(engine).tell({"new": Outcome(True)})
    assert list(outcomes.of(["old", "new"])) == ["new"]
