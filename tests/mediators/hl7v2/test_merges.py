"""Who is merged, linked, moved and renumbered: each as what it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mediators.hl7v2.messages import PID, body, read, told

ACCOUNT = PID + "|" * 10 + "ACC-2^^^CHU"
PV1 = "PV1|1|O|CONS||||1^ALAMI||||||||||||V-2^^^CHU" + "|" * 31 + "ALT-2^^^CHU"
MRG = "MRG|0033^^^HOP^PI|OLD-2^^^HOP|ACC-1^^^CHU|OLD-4^^^HOP|V-1^^^CHU|ALT-1^^^CHU|BENNANI^SALMA"


def change(trigger: str, *segments: str) -> dict[str, Any]:
    (found,) = [event for event in told(trigger, *segments) if event["type"] == "NumberChanged"]
    return found


@pytest.mark.parametrize("trigger", ["A18", "A30", "A34", "A36", "A39", "A40"])
def test_only_these_merge_persons(trigger: str) -> None:
    event = told(trigger, PID, "MRG|0033^^^HOP^PI|||||V-1|BENNANI^SALWA")[0]
    assert event["type"] == "PatientMerged"
    assert (event["patient"]["identifiers"][0]["value"], event["prior"]["identifiers"][0]["value"]) == ("0044", "0033")
    assert event["prior"]["names"] == [{"family": "BENNANI", "given": ["SALWA"]}]


def test_a_prior_external_id_alone_merges_too() -> None:
    event = told("A39", PID, "MRG||||EXT-1^^^HOP")[0]
    assert event["prior"]["identifiers"][0]["value"] == "EXT-1"


@pytest.mark.parametrize(
    ("trigger", "of", "how", "number", "prior"),
    [
        ("A35", "account", "merged", "ACC-2", "ACC-1"), ("A36", "account", "merged", "ACC-2", "ACC-1"),
        ("A41", "account", "merged", "ACC-2", "ACC-1"), ("A42", "visit", "merged", "V-2", "V-1"),
        ("A43", "patient", "moved", "0033", "0033"), ("A44", "account", "moved", "ACC-1", "ACC-1"),
        ("A45", "visit", "moved", "V-1", "V-1"), ("A46", "patient", "changed", "0044", "OLD-4"),
        ("A47", "patient", "changed", "0044", "0033"), ("A48", "patient", "changed", "0044", "OLD-2"),
        ("A49", "account", "changed", "ACC-2", "ACC-1"), ("A50", "visit", "changed", "V-2", "V-1"),
        ("A51", "alternate visit", "changed", "ALT-2", "ALT-1"),
    ],
)  # fmt: skip
def test_numbers_that_are_others_now(trigger: str, of: str, how: str, number: str, prior: str) -> None:
    event = change(trigger, ACCOUNT, MRG, PV1)
    assert (event["of"], event["change"]) == (of, how)
    assert (event["number"]["value"], event["prior"]["value"]) == (number, prior)
    assert [one["value"] for one in event["prior_patient"]["identifiers"]] == ["0033", "OLD-2", "OLD-4"]
    assert "0033" not in event["about"]


def test_each_number_is_followed_by_the_one_of_its_authority() -> None:
    pid = "PID|1||N1^^^HOP^PI~N2^^^LABO^PI||BENNANI^SALMA"
    found = told("A47", pid, "MRG|O2^^^LABO^PI~O1^^^HOP^PI")
    assert [(one["prior"]["value"], one["number"]["value"], one["place"]) for one in found] == [
        ("O2", "N2", "PID 1, patient"), ("O1", "N1", "PID 1, patient 2"),
    ]  # fmt: skip


def test_visits_moved_in_pairs() -> None:
    pairs = ["MRG|||ACC-1||V-1^^^CHU", "PV1|1|O|||||||||||||||||V-1^^^CHU", "MRG|||ACC-1||V-5^^^CHU"]
    found = told("A45", ACCOUNT, *pairs, "PV1|2|O|||||||||||||||||V-5^^^CHU")
    assert [(one["type"], one["place"]) for one in found] == [
        ("NumberChanged", "PID 1, visit"), ("NumberChanged", "PID 1, visit 2"), ("EncounterRecorded", "PV1 1"),
        ("EncounterRecorded", "PV1 2"),
    ]  # fmt: skip
    assert [one["number"]["value"] for one in found[:2]] == ["V-1", "V-5"]
    assert found[2]["encounter"]["account"]["value"] == "ACC-2"


@pytest.mark.parametrize("trigger", ["A42", "A50"])
def test_a_visit_under_another_number_is_not_left_standing_under_the_old_one(trigger: str) -> None:
    stays = [event for event in told(trigger, ACCOUNT, MRG, PV1) if event["type"] == "EncounterRecorded"]
    assert [(one["about"], one["encounter"].get("status")) for one in stays] == [
        ("encounter|urn:id:CHU|V-2", None), ("encounter|urn:id:CHU|V-1", "entered-in-error"),
    ]  # fmt: skip
    assert stays[1]["encounter"]["class_code"] == "O"


def test_a_changed_alternate_number_is_an_old_number_of_the_same_stay() -> None:
    (stay,) = [event for event in told("A51", ACCOUNT, MRG, PV1) if event["type"] == "EncounterRecorded"]
    assert [(one["value"], one.get("use")) for one in stay["encounter"]["identifiers"]] == [
        ("V-2", None), ("ALT-2", None), ("ALT-1", "old"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("trigger", "segments", "at"),
    [
        ("A40", (PID,), "MRG-1"), ("A18", (PID, "MRG|"), "MRG-1"), ("A41", (ACCOUNT, "MRG|0033"), "MRG-3"),
        ("A41", (PID, MRG), "PID-18"), ("A42", (PID, MRG), "PV1-19"), ("A47", (PID,), "MRG-1"),
        ("A24", (PID,), "PID[2]-3"), ("A37", (PID,), "PID[2]-3"),
    ],
)  # fmt: skip
def test_what_can_not_be_told_is_refused_with_the_place(trigger: str, segments: tuple[str, ...], at: str) -> None:
    found = read(body(f"ADT^{trigger}", *segments))
    assert [part.issues[0].at for part in found.refused] == [at]
    assert not {"PatientMerged", "PatientLinked", "NumberChanged"} & {event["type"] for event in found.events}


def test_of_several_merges_the_good_ones_pass() -> None:
    found = read(body("ADT^A40", PID, "MRG|0033^^^HOP", "MRG|", "MRG|0034^^^HOP"))
    assert [event["place"] for event in found.events] == ["PID 1", "PID 1, MRG 3"]
    assert [part.place for part in found.refused] == ["PID 1, MRG 2"]


@pytest.mark.parametrize(("trigger", "are"), [("A24", True), ("A37", False)])
def test_two_records_are_linked_and_unlinked(trigger: str, are: bool) -> None:
    other = "PID|2||0050^^^LABO^PI||BENANI^SALMA||19870604|F"
    link, stay = told(trigger, PID, other, "PV1|1|I|||||||||||||||||V-7^^^LABO")
    assert (link["type"], link["linked"]) == ("PatientLinked", are)
    assert (link["patient"]["identifiers"][0]["value"], link["other"]["identifiers"][0]["value"]) == ("0050", "0044")
    assert stay["patient"]["identifiers"][0]["value"] == "0050"


def test_what_a_merge_has_no_place_for_travels_on() -> None:
    found = told("A40", PID, "MRG|0033^^^HOP", "AL1|1||P", "IN1|1|AMO", "OBX|1|NM|a||1", "ZBE|7")
    assert {one["place"] for one in found[0]["details"]} >= {"AL1-3", "IN1-2", "OBX-3"}
    assert [one["place"] for one in found[0]["unmapped"]] == ["ZBE-1"]
