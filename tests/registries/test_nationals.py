"""How a national registry does, as the pages tell it."""

from __future__ import annotations

from sqlalchemy import Engine

from registries.nationals import MOST, Condition, states
from registries.remembered import Question, Remembered
from schemas.message import Unavailable

START = 1_800_000_000.0


def test_since_when_it_is_down_and_what_it_said(engine: Engine) -> None:
    condition = Condition(engine, "client")
    condition.tell(None, START)
    condition.tell(Unavailable("it answered 503"), START + 10)
    condition.tell(Unavailable("it answered 503"), START + 100)
    condition.tell(Unavailable("it did not answer in time"), START + 110)
    state = states(engine)["client"]
    assert (state.answered, state.down) == (int(START * 1e6), int((START + 10) * 1e6))
    assert [one.text for one in state.refusals] == ["it did not answer in time", "it answered 503"]
    condition.tell(None, START + 120)
    state = states(engine)["client"]
    assert (state.answered, state.down) == (int((START + 120) * 1e6), 0)
    assert len(state.refusals) == 2


def test_another_process_continues_the_same_outage_and_the_list_stays_short(engine: Engine) -> None:
    for number in range(MOST + 5):
        Condition(engine, "facility").tell(Unavailable(f"refusal {number}"), START + number)
    state = states(engine)["facility"]
    assert state.down == int(START * 1e6)
    assert [one.text for one in state.refusals] == [f"refusal {number}" for number in reversed(range(5, MOST + 5))]


def test_what_is_remembered_of_each_registry_is_counted(engine: Engine) -> None:
    kept = Remembered(engine, b"secret", lambda: START, registry="client")
    kept.ask([Question(("client", str(number)), lambda: None, 0.0) for number in range(3)])
    kept.close()
    state = states(engine)["client"]
    assert (state.known, state.oldest, state.down) == (3, int(START * 1e6), 0)
