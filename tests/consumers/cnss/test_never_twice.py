"""Whatever is said, in whatever order, and whatever the payer does: no line is paid twice, and none is forgotten."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.consumers.cnss.judgement import Faults
from channels.consumers.cnss.outbox import Outbox
from channels.consumers.cnss.payer import Sent
from channels.consumers.cnss.sheet import LINE_MOVES, MOVES, LineState, State, valid
from channels.consumers.cnss.simulator import Simulator
from channels.consumers.cnss.submission import Submission
from schemas.events import Event
from schemas.fhir.care_sheet import Answer
from schemas.message import Unavailable
from tests.consumers.cnss.house import SECRET, House
from tests.consumers.cnss.said import LOCAL, NOON, event, report, sale, visit
from tests.home import Place


class Crash(Exception):
    """The process ended here."""


class Dying(Outbox):
    """Ends after the payer answered, before the answer is written down."""

    def settle(self, answers: Sequence[tuple[Sent, Answer]], unanswered: Sequence[Sent], now: int) -> None:
        raise Crash


@dataclass(frozen=True)
class Say:
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Submit:
    faults: Faults
    crash: bool
    later: int


@dataclass(frozen=True)
class Correct:
    """A person sends again whatever was rejected."""


who = st.sampled_from(["amina", "youssef", "hind"])
saying = st.sampled_from("123")
ago = st.integers(0, 3).map(lambda n: NOON - n)
prescriptions = st.sampled_from([None, {"system": LOCAL, "value": "ORD-1"}])
# hind's number is known only once she is registered
numbers = {"amina": "271828182", "youssef": "271828182", "hind": None}


@st.composite
def facts(draw: st.DrawFn) -> Event:
    person = draw(who)
    said: dict[str, Any] = {"saying": draw(saying), "version": draw(ago), "insured": numbers[person]}
    match draw(st.sampled_from(["sale", "report", "visit", "registered"])):
        case "sale":
            # the ticket is the person's own, as a ticket is
            more = {"amount": draw(st.sampled_from(["27.30", "0.10", "99.99"])), "prescription": draw(prescriptions)}
            return sale(person, f"{person}-{draw(st.integers(1, 2))}", draw(st.sampled_from("AB")), **said, **more)
        case "report":
            code, status = draw(st.sampled_from(["GLY", "CRE"])), draw(st.sampled_from("PFCXI"))
            return report(person, f"L-{person}", code, status=status, **said)
        case "visit":
            return visit(
                person, f"V-{person}", encounter={"status": draw(st.sampled_from(["finished", "cancelled"]))}, **said
            )
    return event("PatientUpdated", person, "", **(said | {"insured": "271828183"}))


faults = st.sampled_from(
    [Faults(), Faults(refuse=0.5), Faults(refuse=1.0), Faults(queue=0.6), Faults(down=0.4), Faults(lost=0.4)]
)
steps = st.one_of(
    st.lists(facts(), min_size=1, max_size=5).map(lambda events: Say(tuple(events))),
    st.builds(Submit, faults, st.booleans(), st.sampled_from([0, 2, 60])),
    st.just(Correct()),
)


def walk(house: House, step: Say | Submit | Correct) -> None:
    match step:
        case Say(events):
            house.deliver(*events)
        case Submit(how, crash, later):
            house.later(later)
            outbox = Dying(house.engine, SECRET) if crash else house.outbox
            submission = Submission(outbox, Simulator(house.other_side, how))
            with suppress(Crash, Unavailable):
                asyncio.run(submission.submit_due(house.now))
        case Correct():
            for sheet in house.rows("sheets"):
                if sheet["state"] == State.REJECTED:
                    house.outbox.correct(sheet["number"], actor="f.alaoui", why="mended", now=house.now)


def paid_once(house: House) -> None:
    accepted = house.payer.accepted()
    assert len({line for _, line, _ in accepted}) == len(accepted)


def settled(house: House) -> None:
    """The payer is well again, and every rejected sheet was mended."""
    for _ in range(4):
        walk(house, Correct())
        walk(house, Submit(Faults(), crash=False, later=60))
    claims = {claim["number"]: claim for claim in house.rows("claims")}
    lines = house.rows("lines")
    amounts = {line["fact"]: line["amount"] for line in lines}
    accepted = house.payer.accepted()
    billed = sum((Decimal(amounts[line] or 0) for _, line, _ in accepted), Decimal(0))
    assert house.payer.accepted_total() == house.ledger.accepted_total() == billed
    assert {(claim, line) for claim, line, _ in accepted} == {
        (line["claim"], line["fact"]) for line in lines if line["claim"]
    }
    assert all(claims[line["claim"]]["state"] == "ACCEPTED" for line in lines if line["claim"])
    insured = {sheet["serial"] for sheet in house.rows("sheets") if sheet["note"] != "no CNSS number"}
    assert all(line["claim"] for line in lines if line["state"] == LineState.DONE and line["sheet"] in insured)


def legal(house: House) -> None:
    at: dict[Any, str | None] = {}
    for row in house.rows("transitions"):
        if row["line"]:
            assert LineState(row["after"]) in LINE_MOVES[LineState(row["before"])]
        elif row["before"]:
            assert at[row["sheet"]] == row["before"]
            assert State(row["after"]) in MOVES[State(row["before"])]
        at[row["line"] or row["sheet"]] = row["after"]
    assert {sheet["serial"]: sheet["state"] for sheet in house.rows("sheets")} == {
        subject: state for subject, state in at.items() if isinstance(subject, int)
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=3, max_size=14))
def test_each_fact_is_billed_once(way: list[Say | Submit | Correct]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Place(Path(folder))
        house = House(home)
        try:
            for step in way:
                walk(house, step)
                paid_once(house)
            settled(house)
            legal(house)
            told = {said["fact"] for step in way if isinstance(step, Say) for said in step.events}
            assert {line["fact"] for line in house.rows("lines")} <= told
            issued = [sheet["number"] for sheet in house.rows("sheets")]
            assert len(set(issued)) == len(issued)
            assert all(valid(number) for number in issued)
        finally:
            home.close()


@settings(max_examples=20, deadline=None)
@given(st.lists(facts(), min_size=1, max_size=12), st.data())
def test_how_the_calls_are_cut_and_repeated_changes_no_line(events: list[Event], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        places = Place(Path(one)), Place(Path(other))
        at_once, in_pieces = map(House, places)
        try:
            at_once.deliver(*events)
            for said in events:
                in_pieces.deliver(said)
                if data.draw(st.booleans()):
                    in_pieces.deliver(said)
            assert sorted(in_pieces.rows("lines"), key=_fact) == sorted(at_once.rows("lines"), key=_fact)
            assert in_pieces.rows("sheets") == at_once.rows("sheets")
        finally:
            for home in places:
                home.close()


def _fact(line: dict[str, Any]) -> str:
    fact: str = line["fact"]
    return fact
