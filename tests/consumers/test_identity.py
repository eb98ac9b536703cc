"""Links and changed numbers in the record: two patients stay two, and a late message brings nothing back."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from channels.consumers.cnss.billing import billed
from channels.consumers.smr import said
from channels.consumers.standing import Key, Standing, settle
from mediators.hl7v2 import adt
from mediators.hl7v2.reader import Hl7
from mediators.mediator import Context
from schemas import facts
from schemas.events import Event, plain
from schemas.message import Message

RECEIVED = 1_741_700_000_000_000
SALMA = "PID|1||44^^^CHU^PI||BENNANI^SALMA||19870604|F" + "|" * 10 + "ACC-2^^^CHU"
OTHER = "PID|2||L-7^^^LABO^PI||BENANI^SALMA||19870604|F"
VISIT = "PV1|1|O|CONS||||100200300^ALAMI||||||||||||{}^^^CHU" + "|" * 25 + "20250304"


def events(trigger: str, minute: int, *segments: str) -> list[Event]:
    head = rf"MSH|^~\&|SIH|CHU|WASL|HIE|20250304||ADT^{trigger}|C{trigger}{minute}|P|2.5"
    body = "\r".join([head, f"EVN|{trigger}|2025030410{minute:02}00+0000", *segments]).encode()
    hl7 = Hl7.read(body)
    message = Message("t", "hospital-adt", "SIH|CHU", body, "x-application/hl7-v2+er7", RECEIVED, hl7.control_id)
    found = adt.mediate(hl7, message, Context()).events
    for event in found:
        told = plain(event)
        told["person"] = facts.provisional_person(told["patient"])
        told["fact"] = facts.fact(told)
    return found


def stands(messages: Sequence[list[Event]]) -> dict[Key, dict[str, Any]]:
    standing: dict[Key, Standing] = {}
    settle(standing, [said(event) for found in messages for event in found])
    return {key: one.resource for key, one in standing.items()}


def of_kind(kind: str, found: dict[Key, dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for (name, _), one in found.items() if name == kind]


LINK, UNLINK = events("A24", 1, SALMA, OTHER), events("A37", 2, SALMA, OTHER)


def test_a_link_stands_on_both_and_joins_nobody() -> None:
    one, other = of_kind("Patient", stands([LINK]))
    assert one["link"] == [{"other": {"reference": f"Patient/{other['id']}"}, "type": "seealso"}]
    assert other["link"] == [{"other": {"reference": f"Patient/{one['id']}"}, "type": "seealso"}]
    assert {one.get("active", True), other.get("active", True)} == {True}


@pytest.mark.parametrize("order", list(itertools.permutations([LINK, UNLINK])))
def test_an_unlink_takes_the_link_away_in_any_order(order: Sequence[list[Event]]) -> None:
    assert [one.get("link") for one in of_kind("Patient", stands(order))] == [None, None]


def test_linked_again_is_linked() -> None:
    again = events("A24", 3, SALMA, OTHER)
    assert all(one["link"] for one in of_kind("Patient", stands([LINK, UNLINK, again])))


def test_a_merge_beside_a_link_stays_when_the_link_goes() -> None:
    merge = events("A40", 1, SALMA, "MRG|33^^^CHU^PI")
    found = stands([merge, LINK, UNLINK])
    assert sorted(link["type"] for one in of_kind("Patient", found) for link in one.get("link", ())) == [
        "replaced-by", "replaces",
    ]  # fmt: skip


ADMIT = events("A04", 1, SALMA, VISIT.format("V-1"))
ANEW = events("A50", 5, SALMA, "MRG|44^^^CHU||||V-1^^^CHU", VISIT.format("V-2"))


@pytest.mark.parametrize("order", list(itertools.permutations([ADMIT, ANEW])))
def test_a_visit_under_a_new_number_leaves_the_old_one_in_any_order(order: Sequence[list[Event]]) -> None:
    visits = {one["identifier"][0]["value"]: one for one in of_kind("Encounter", stands(order))}
    assert visits["V-1"]["status"] == "entered-in-error"
    assert visits["V-1"]["identifier"][0]["use"] == "old"
    assert visits["V-2"]["status"] == "in-progress"
    told = [one["valueReference"] for one in visits["V-1"]["extension"] if one["url"].endswith("replaced-by")]
    assert told == [{"reference": f"Encounter/{visits['V-2']['id']}"}]


def test_a_visit_under_a_new_number_is_billed_once() -> None:
    first = [billed(event) for event in ADMIT if event["type"] == "EncounterRecorded"]
    lines = [billed(event) for event in ANEW if event["type"] == "EncounterRecorded"]
    assert [(line.fact == first[0].fact, line.done) for line in lines] == [(False, True), (True, False)]


@pytest.mark.parametrize("trigger", ["A11", "A23"])
def test_a_cancelled_or_deleted_stay_withdraws_its_line(trigger: str) -> None:
    (before,) = (billed(event) for event in ADMIT if event["type"] == "EncounterRecorded")
    gone = [event for event in events(trigger, 9, SALMA, VISIT.format("V-1")) if event["type"] == "EncounterRecorded"]
    line = billed(gone[0])
    assert (line.fact, line.done) == (before.fact, False)


def test_a_moved_visit_belongs_to_the_other_patient_now() -> None:
    pid = "PID|1||50^^^CHU^PI||ALAOUI^OMAR||19800101|M" + "|" * 10 + "ACC-9^^^CHU"
    moved = events("A45", 5, pid, "MRG|44^^^CHU||ACC-2^^^CHU||V-1^^^CHU", VISIT.format("V-1"))
    (visit,) = of_kind("Encounter", stands([ADMIT, moved]))
    omar = facts.provisional_person({"identifiers": [{"system": "urn:id:CHU", "value": "50"}]})
    assert visit["subject"] == {"reference": f"Patient/{omar}"}
    assert visit["account"][0]["reference"].startswith("Account/")
