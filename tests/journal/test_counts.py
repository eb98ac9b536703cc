"""What the console shows of each channel."""

from __future__ import annotations

from sqlalchemy import Engine

from channels.journal.counts import MINUTE, activity, series
from channels.journal.projection import Journal
from tests.journal.said import START, delivered, event, issue, received, step, transaction

NOW = START + 90 * MINUTE


def test_nothing_was_ever_received(engine: Engine) -> None:
    assert activity(engine, NOW) == {}


def test_the_activity_of_a_channel(engine: Engine, journal: Journal) -> None:
    wrong = [issue("PID-3", "required")]
    journal.project(
        [
            received(1, at=NOW - 80 * MINUTE),
            received(2, at=NOW - 30 * MINUTE, refused="1", issues=wrong),
            received(3, at=NOW - MINUTE // 2),
            received(4, at=NOW - MINUTE // 3, channel="pharmacy"),
        ]
    )
    lab = activity(engine, NOW)["lab"]
    assert (lab["minute"], lab["hour"], lab["today"]) == (1, 2, 3)
    assert (lab["refused"], lab["open"]) == (1, 1)
    assert lab["last_message"] == "2024-03-09T17:29:30.000Z"
    assert (lab["last_error_reason"], lab["last_error_id"]) == ("PID-3: required", transaction(2))
    assert activity(engine, NOW)["pharmacy"]["last_error"] is None


def test_the_minute_may_come_from_elsewhere(engine: Engine, journal: Journal) -> None:
    journal.project([received(1, at=NOW), received(2, at=NOW, channel="pharmacy")])
    told = activity(engine, NOW, {"lab": 7})
    assert (told["lab"]["minute"], told["pharmacy"]["minute"]) == (7, 0)
    assert told["lab"]["hour"] == 1


def test_a_point_a_minute_with_the_empty_ones(engine: Engine, journal: Journal) -> None:
    journal.project([received(number, at=NOW + number) for number in range(3)])
    journal.project([received(9, at=NOW - 2 * MINUTE, channel="pharmacy")])
    lab = series(engine, "lab", NOW - 2 * MINUTE, NOW)
    assert [(point["at"], point["received"]) for point in lab] == [(NOW - 2 * MINUTE, 0), (NOW - MINUTE, 0), (NOW, 3)]
    assert [point["received"] for point in series(engine, None, NOW - 2 * MINUTE, NOW)] == [1, 0, 3]


def test_outcomes_are_counted_when_they_happen(engine: Engine, journal: Journal) -> None:
    journal.project([received(1, at=NOW), step(1, "mediated", events=[event("e1", kind="PatientUpdated")])])
    journal.project([delivered(1, "smr", "e1", at=NOW + MINUTE)])
    journal.project([delivered(1, "smr", "e1", at=NOW + MINUTE)])
    points = series(engine, "lab", NOW, NOW + MINUTE)
    assert [(point["received"], point["delivered"]) for point in points] == [(1, 0), (0, 1)]
