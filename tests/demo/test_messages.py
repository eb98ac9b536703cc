"""What the demonstration sends is what good software would send, but for the mistakes it makes on purpose."""

from __future__ import annotations

import datetime
from random import Random

import pytest

from channels.channel import Channel, load_channels
from channels.demo import messages
from channels.demo.people import Person, people
from channels.receive import judge, taken
from channels.settings import default_config, load_settings
from schemas.message import Issue

TODAY = datetime.date(2026, 11, 23)
AT = datetime.datetime(2026, 11, 23, 9, 30)
CHANNELS: dict[str, Channel] = {
    one.name: one for one in load_channels(default_config(), load_settings(default_config(), {}))
}


@pytest.fixture(scope="module")
def everybody() -> list[Person]:
    return people(Random(1), TODAY)


def told(name: str, body: str, content_type: str = "") -> tuple[list[Issue], list[str]]:
    """What the door says to it, and the types of the events it becomes."""
    channel = CHANNELS[name]
    raw = body.encode()
    message = taken(channel, channel.mediator.describe(raw, content_type), raw, content_type=content_type)
    assert channel.said.match.fits(channel.mediator.describe(raw, content_type), content_type or "text/plain")
    verdict = judge(channel, message)
    translation = channel.mediator.mediate(message, channel.context)
    return list(verdict.issues), [event["type"] for event in translation.events]


def test_results(everybody: list[Person]) -> None:
    random = Random(2)
    for number, person in enumerate(everybody):
        body = messages.laboratory(random, person, f"L{number}", AT, control_id=f"C{number}")
        assert told("lab-hl7v2", body) == ([], ["LabReportIssued"])
        corrected = messages.laboratory(random, person, f"L{number}", AT, control_id=f"D{number}", status="C")
        assert told("lab-hl7v2", corrected) == ([], ["LabReportIssued"])


def test_images(everybody: list[Person]) -> None:
    for number, person in enumerate(everybody):
        body = messages.imaging(Random(number), person, f"I{number}", AT, control_id=f"C{number}")
        assert told("radiology-hl7v2", body) == ([], ["ImagingReportIssued"])


@pytest.mark.parametrize("trigger", ["A01", "A04", "A08", "A03"])
def test_stays(everybody: list[Person], trigger: str) -> None:
    for person in everybody:
        body = messages.stay(person, trigger, f"V{person.ipp}", AT, control_id="C1", kind="I")
        issues, types = told("hospital-adt", body)
        assert issues == []
        assert "EncounterRecorded" in types


def test_merges(everybody: list[Person]) -> None:
    issues, types = told("hospital-adt", messages.merge(everybody[0], "900001", AT, control_id="C1"))
    assert issues == []
    assert "PatientMerged" in types


def test_sales_and_the_one_that_is_spoiled(everybody: list[Person]) -> None:
    insured = [person for person in everybody if person.cnss]
    for seed in range(20):
        random = Random(seed)
        export = messages.sales(random, random.sample(insured, 4), "130366056", 10, TODAY)
        issues, types = told("pharmacy-csv", export, "text/csv; charset=utf-8")
        assert issues == []
        assert types == ["MedicationDispensed"] * (export.count("\r\n") - 1)
        issues, kept = told("pharmacy-csv", messages.spoiled(export), "text/csv; charset=utf-8")
        assert [(issue.line, issue.column) for issue in issues] == [(2, "quantite")]
        assert len(kept) == len(types) - 1


def test_sales_to_people_without_a_number(everybody: list[Person]) -> None:
    for person in everybody:
        issues, _ = told("pharmacy-csv", messages.sales(Random(3), [person], "130366056", 1, TODAY), "text/csv")
        assert [issue for issue in issues if issue.severity == "error"] == []


def test_consultations(everybody: list[Person]) -> None:
    for number, person in enumerate(everybody):
        body = messages.consultation(Random(number), person, f"C{number}", AT)
        issues, types = told("fhir", body, "application/fhir+json")
        assert [issue for issue in issues if issue.severity == "error"] == []
        assert len(types) == 3


def test_people_are_alike_at_every_start_and_share_their_insureds_number(everybody: list[Person]) -> None:
    assert everybody == people(Random(1), TODAY)
    assert len({person.ipp for person in everybody}) == len(everybody)
    for person in everybody:
        family = {one.cnss for one in everybody if one.family == person.family}
        assert family == {person.cnss}
    assert any(not person.cnss for person in everybody)
