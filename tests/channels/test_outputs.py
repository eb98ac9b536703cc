"""What one message becomes on the bus: events under their person, and the steps that tell of it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from channels.bus.bus import Record
from channels.outputs import EVENTS, REGISTRY, STEPS, Mediated, Outputs, event_records, learned_records
from mediators.mediator import Part, Translation
from registries.registry import Resolution
from schemas import codec
from schemas.events import Event, Step
from schemas.message import Issue
from tests.plain import Flow, event

HEADERS = {"transaction": "t1", "channel": "plain"}


@pytest.fixture
def work(tmp_path: Path) -> Mediated:
    flow = Flow(tmp_path)
    message = flow.message("m1 p1 hello")
    flow.close()
    made: Event = event(message, "p1")
    made["person"], made["fact"] = "p1", "f1"
    found = Resolution("found", "p1", flags=["patient: unknown"])
    return Mediated(Record("r", "k", b"", HEADERS), message, Translation([made]), [[found]])


def out(work: Mediated) -> tuple[list[Record], list[Step]]:
    records = list(Outputs(lambda event: [f"digest of {event['person']}"]).of(work))
    return [one for one in records if one.topic == EVENTS], [
        codec.decode(one.value) for one in records if one.topic == STEPS
    ]


def issue(at: str, reason: str, *, column: str | None = None, line: int | None = None) -> Issue:
    return Issue(at=at, reason=reason, text="said", remedy="mend", column=column, line=line)


def test_an_event_goes_out_under_its_person_with_the_registries_flags(work: Mediated) -> None:
    (record,), (step,) = out(work)
    assert (record.key, record.headers["type"], record.headers["fact"]) == ("p1", "PatientRegistered", "f1")
    assert codec.decode(record.value)["flags"] == ["patient: unknown"]
    assert (step["kind"], step["subjects"], step["events"][0]["flags"]) == (
        "mediated", ["digest of p1"], ["patient: unknown"],
    )  # fmt: skip


def test_a_merge_goes_out_under_both_identities(work: Mediated) -> None:
    assert work.translation
    merged = work.translation.events[0]
    merged["prior_person"] = "p0"  # type: ignore[typeddict-unknown-key]  # any event may be one that merges
    assert [record.key for record in event_records(merged)] == ["p1", "p0"]
    merged["prior_person"] = "p1"  # type: ignore[typeddict-unknown-key]
    assert [record.key for record in event_records(merged)] == ["p1"]


def test_a_link_goes_out_under_both_identities(work: Mediated) -> None:
    assert work.translation
    linked = work.translation.events[0]
    linked["other_person"] = "p0"  # type: ignore[typeddict-unknown-key]  # any event may be one that links
    assert [record.key for record in event_records(linked)] == ["p1", "p0"]


def test_what_waits_is_told_and_does_not_go_out(work: Mediated) -> None:
    work.resolutions = [[Resolution("unknown", waiting_for=["facility|2", "facility|1"])]]
    events, (mediated, parked) = out(work)
    assert events == []
    assert mediated["events"] == []
    assert (parked["kind"], parked["waiting_for"], parked["places"]) == (
        "parked", ["facility|1", "facility|2"], ["first"],
    )  # fmt: skip
    assert parked["reason"] == "waiting for a facility the registry does not know"


def test_what_waits_for_an_entry_that_was_closed_on_the_day_is_not_told_that_it_is_unknown(work: Mediated) -> None:
    closed = Resolution("found", "1", ["facility closed at the time"], waiting_for=["facility|1"])
    work.resolutions = [[closed]]
    assert out(work)[1][1]["reason"] == "waiting for a facility that is known, but not for that day"
    work.resolutions = [[closed, Resolution("unknown", waiting_for=["health-worker|2"])]]
    assert out(work)[1][1]["reason"] == "waiting for a health-worker the registry does not know"


def test_who_may_be_meant_by_what_is_unknown_is_told_once(work: Mediated) -> None:
    near = ["120000011 CHU de la Colline (MA-RAB)", "120000012 Clinique du Phare"]
    work.resolutions = [[Resolution("unknown", waiting_for=["facility|1"], candidates=near)] * 2]
    _, (_, parked) = out(work)
    assert parked["text"] == "perhaps: 120000011 CHU de la Colline (MA-RAB); 120000012 Clinique du Phare"


def test_parts_are_told_by_reason_and_not_by_number(work: Mediated) -> None:
    assert work.translation
    work.translation.refused = [
        Part("line 3", [issue("line 3, quantite", "not a number", column="quantite", line=3)]),
        Part("line 4", [issue("line 4, code_ean13", "required", column="code_ean13", line=4)]),
        Part("line 9", [issue("line 9, quantite", "not a number", column="quantite", line=9)]),
        Part("line 11", [issue("line 11", "too few cells", line=11)]),
        Part("OBR[2]", [issue("OBR[2]-4", "required")]),
        Part("OBR[5]", [issue("OBR[5]-4", "required")]),
    ]
    _, (mediated, *refused) = out(work)
    assert mediated["kind"] == "mediated"
    assert {step["reason"]: step["places"] for step in refused} == {
        "quantite: not a number": ["line 3", "line 9"],
        "code_ean13: required": ["line 4"],
        "line: too few cells": ["line 11"],
        "OBR-4: required": ["OBR[2]", "OBR[5]"],
    }


def test_a_warning_is_not_the_reason_of_a_refusal(work: Mediated) -> None:
    assert work.translation
    warning = Issue("PID-7", "odd", "said", "mend", severity="warning")
    work.translation.refused = [Part("OBR[1]", [warning, issue("PID-3", "required")])]
    assert out(work)[1][-1]["reason"] == "PID-3: required"


def test_what_a_registry_learned_is_one_record_an_entry_under_an_opaque_key() -> None:
    records = learned_records(["facility|1", "facility|2", "facility|1"])
    assert [(one.topic, orjson.loads(one.value)) for one in records] == [
        (REGISTRY, ["facility|1"]), (REGISTRY, ["facility|2"]), (REGISTRY, ["facility|1"]),
    ]  # fmt: skip
    assert records[0].key == records[2].key != records[1].key
    assert "facility" not in records[0].key
    assert learned_records([]) == []
