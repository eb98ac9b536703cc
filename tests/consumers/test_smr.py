"""Events as sayings: whose they are, what they delete, and what they tell only in passing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from channels.consumers.consumer import Outcome
from channels.consumers.smr import Smr, said
from channels.consumers.standing import Saying
from schemas.events import EVENTS, Event
from schemas.fhir.bundle import version_of
from schemas.fhir.extensions import RELIGION
from tests.contract.record import MONDAY, merge, person, registered, report, visit


class Heard:
    """A record that only remembers what it was told."""

    def __init__(self) -> None:
        self.sayings: list[Saying] = []
        self.closed = False

    async def land(self, sayings: Sequence[Saying]) -> Sequence[Outcome]:
        self.sayings += sayings
        return [Outcome("landed", detail=str(len(one.resources))) for one in sayings]

    async def close(self) -> None:
        self.closed = True


def test_it_wants_every_event_from_the_beginning() -> None:
    assert Smr.wants == {one.__name__ for one in EVENTS}
    assert Smr.start == "beginning"


def test_one_outcome_an_event_in_order() -> None:
    heard = Heard()

    async def run() -> Sequence[Outcome]:
        smr = Smr(heard)
        outcomes = await smr.deliver([registered(1), report(2, glucose="1.05")])
        await smr.close()
        return outcomes

    outcomes = asyncio.run(run())
    assert [one.person for one in heard.sayings] == [person(1), person(2)]
    assert [int(one.detail) for one in outcomes] == [len(one.resources) for one in heard.sayings]
    assert heard.closed


def test_a_saying_carries_its_version_and_one_provenance() -> None:
    told = said(report(version=MONDAY + 5, glucose="1.05"))
    assert told.version == MONDAY + 5
    assert [one["resourceType"] for one in told.resources].count("Provenance") == 1
    versions = {version_of(one) for one in told.resources if one["resourceType"] == "Observation"}
    assert versions == {MONDAY + 5}


def test_what_a_patient_deletes_is_named_by_element() -> None:
    told = said(registered(cleared=["birth_date", "religion", "no such field"]))
    assert set(told.cleared["Patient", person(1)]) == {"birthDate", "_birthDate", f"extension:{RELIGION}"}


def test_a_merge_deletes_nothing_of_the_prior_identity() -> None:
    told: dict[str, Any] = {**merge(1, 2)}
    told["patient"] = {**told["patient"], "cleared": ["telecoms"]}
    event: Event = told  # type: ignore[assignment]  # a plain dict, as the codec gives it
    assert set(said(event).cleared) == {("Patient", person(1))}


def test_deleting_a_discharge_keeps_the_admission() -> None:
    told = said(visit(cleared=["discharged"]))
    ((kind, _),) = told.cleared
    assert kind == "Encounter"
    assert [list(one) for one in told.cleared.values()] == [["period.end"]]


def test_a_visit_is_told_in_passing_by_anything_but_its_own_event() -> None:
    passing: dict[str, Any] = {**report(glucose="1.05")}
    passing["encounter"] = {"identifiers": [{"system": "urn:id:visits", "value": "V1"}], "class_code": "I"}
    event: Event = passing  # type: ignore[assignment]  # a plain dict, as the codec gives it
    told = said(event)
    (encounter,) = (one for one in told.resources if one["resourceType"] == "Encounter")
    assert told.aside == [("Encounter", encounter["id"])]
    assert version_of(encounter) is None
    assert "extension" not in encounter
    assert said(visit()).aside == []
