"""One transaction, told whole."""

from __future__ import annotations

from sqlalchemy import Engine

from channels.journal.projection import Journal
from channels.journal.story import story
from tests.journal.said import START, delivered, event, failed, issue, received, step, transaction


def test_nobody_knows_it(engine: Engine) -> None:
    assert story(engine, transaction(1)) is None


def test_the_whole_story(engine: Engine, journal: Journal) -> None:
    warned = {**issue("OBX-5", "unknown-code"), "severity": "warning"}
    journal.project(
        [
            received(1, issues=[warned]),
            step(1, "mediated", by="mediation", events=[event("e2", "OBR 2", flags=["facility unknown"]), event("e1")]),
            step(1, "parked", places=["OBR 3"], waiting_for=["facility|100000001"], reason="waiting"),
            delivered(1, "smr", "e1", at=START + 2000, text="Observation x 3"),
            failed(1, "cnss", "e1", at=START + 3000, reason="unknown-act"),
            received(2),
            step(2, "duplicate", first=transaction(1)),
            received(3, rerun_of=transaction(1), places=["OBR 3"]),
        ]
    )
    told = story(engine, transaction(1))
    assert told is not None
    assert (told["id"], told["status"], told["received"]) == (transaction(1), "parked", "2024-03-09T16:00:00.001Z")
    assert (told["topic"], told["offset"], told["key"]) == ("wasl.received.lab", 1, "feed")
    assert [one["reason"] for one in told["issues"]] == ["unknown-code"]
    assert [(one["kind"], one["by"]) for one in told["steps"][-2:]] == [("delivered", "smr"), ("failed", "cnss")]
    assert [(one["id"], one["place"], one["flags"]) for one in told["events"]] == [
        ("e2", "OBR 2", ["facility unknown"]),
        ("e1", "OBR 1", []),
    ]
    assert [(one["consumer"], one["verdict"]) for one in told["events"][0]["deliveries"]] == [
        ("cnss", "pending"),
        ("smr", "pending"),
    ]
    assert [(one["consumer"], one["verdict"], one["reason"]) for one in told["events"][1]["deliveries"]] == [
        ("cnss", "refused", "unknown-act"),
        ("smr", "landed", ""),
    ]
    assert told["events"][1]["deliveries"][1]["detail"] == "Observation x 3"
    assert [(one["place"], one["waiting_for"]) for one in told["parts"]] == [("OBR 3", ["facility|100000001"])]
    assert [one["id"] for one in told["reruns"]] == [transaction(3)]
    assert [one["id"] for one in told["duplicates"]] == [transaction(2)]


def test_a_rerun_names_what_it_is_a_rerun_of(engine: Engine, journal: Journal) -> None:
    journal.project([received(1), received(2, rerun_of=transaction(1), places=["line 4"])])
    told = story(engine, transaction(2))
    assert told is not None
    assert (told["rerun_of"], told["root"], told["places"]) == (transaction(1), transaction(1), ["line 4"])


def test_no_digest_of_a_patient_is_shown(engine: Engine, journal: Journal) -> None:
    journal.project([received(1), step(1, "mediated", events=[event("e1")], subjects=["a-digest"])])
    assert "a-digest" not in str(story(engine, transaction(1)))


def test_a_large_file_is_told_in_part(engine: Engine, journal: Journal) -> None:
    rows = [event(f"e{number}", f"line {number + 2}") for number in range(30)]
    journal.project([received(1), step(1, "mediated", events=rows)])
    told = story(engine, transaction(1), limit=10)
    assert told is not None
    assert (len(told["events"]), told["event_count"]) == (10, 30)
    assert told["events"][0]["place"] == "line 2"
