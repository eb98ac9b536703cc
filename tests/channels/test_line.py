"""Stop the line: when almost everything is refused, and not before; until somebody resumes it."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Engine, event

from channels import line as lines
from channels.line import Line
from channels.settings import Line as Limits
from tests.home import Place, every_store, home

__all__ = ["every_store", "home"]


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at

    def time_ns(self) -> int:
        return round(self.at * 1e9)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(lines, "time", clock)
    return clock


@pytest.fixture
def database(home: Place) -> Engine:
    return home.open("control")


LIMITS = Limits(messages=10, ratio=0.9, window=300)


def see(line: Line, clock: Clock, verdicts: str, every: float = 1.0) -> None:
    """`x` refused, `.` passed."""
    for verdict in verdicts:
        clock.at += every
        line.saw("lab", refused=verdict == "x")


@pytest.mark.parametrize(
    ("verdicts", "stops"),
    [
        ("x" * 9, False),
        ("x" * 10, True),
        (".xxxxxxxxx", True),
        ("..xxxxxxxx", False),
        ("xxxxxxxxx.", False),
        ("." * 50 + "x" * 9, False),
    ],
)
def test_when_the_line_stops(database: Engine, clock: Clock, verdicts: str, stops: bool) -> None:
    line = Line(database, LIMITS)
    see(line, clock, verdicts)
    assert bool(line.all()) is stops


def test_what_was_long_ago_does_not_count(database: Engine, clock: Clock) -> None:
    line = Line(database, LIMITS)
    see(line, clock, "x" * 50, every=40)
    assert line.all() == []


def test_channels_stop_one_by_one(database: Engine, clock: Clock) -> None:
    line = Line(database, LIMITS)
    for _ in range(9):
        line.saw("lab", refused=True)
        line.saw("radiology", refused=True)
    assert line.all() == []
    line.saw("lab", refused=True)
    assert [(pause.channel, pause.by) for pause in line.all()] == [("lab", "wasl")]
    assert line.all()[0].reason == "10 of the last 10 messages were refused"


def test_the_rest_of_a_batch_does_not_pause_it_again(database: Engine, clock: Clock) -> None:
    writes: list[str] = []
    event.listen(database, "before_cursor_execute", lambda *said: writes.append(said[2]))
    see(Line(database, LIMITS), clock, "x" * 19)
    assert sum("INSERT" in one for one in writes) == 1


def test_the_first_pause_keeps_its_reason(database: Engine, clock: Clock) -> None:
    line = Line(database, LIMITS)
    line.pause("lab", "samira", "maintenance")
    line.pause("lab", "wasl", "later")
    assert [(pause.by, pause.reason, pause.since) for pause in line.all()] == [("samira", "maintenance", 1_000_000_000)]


def test_resuming_is_seen_everywhere_and_counting_starts_anew(database: Engine, clock: Clock) -> None:
    here, there = Line(database, LIMITS), Line(database, LIMITS)
    see(there, clock, "x" * 9)
    see(here, clock, "x" * 10)
    assert here.paused() == there.paused() == {"lab"}
    assert REGISTRY.get_sample_value("wasl_channel_paused", {"channel": "lab"}) == 1
    assert here.resume("lab")
    assert not here.resume("lab")
    assert here.paused() == frozenset()
    assert there.paused() == {"lab"}  # half a second old
    clock.at += 1
    assert there.paused() == frozenset()
    assert REGISTRY.get_sample_value("wasl_channel_paused", {"channel": "lab"}) == 0
    see(there, clock, "x" * 9)
    assert there.all() == []
