"""What the demonstration sends is what good software would send, but for the mistakes it makes on purpose."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from channels.channel import Channel, load_channels
from channels.demo import messages
from channels.demo.people import HOSPITAL, LABORATORY, PHARMACIES, PRACTICE, RADIOLOGY, registered
from channels.receive import judge, taken
from channels.settings import default_config, load_settings
from schemas.events import Patient
from schemas.message import Issue

TODAY = datetime.date(2026, 11, 23)
AT = datetime.datetime(2026, 11, 23, 9, 30)
CHANNELS: dict[str, Channel] = {
    one.name: one for one in load_channels(default_config(), load_settings(default_config(), {}))
}


KNOWN = registered()


def people_of(sender: str) -> Iterator[tuple[int, Patient]]:
    return enumerate(KNOWN[sender])


def told(name: str, body: str, content_type: str = "") -> tuple[list[Issue], list[str]]:
    """What the door says to it, and the types of the events it becomes."""
    channel = CHANNELS[name]
    raw = body.encode()
    message = taken(channel, channel.mediator.describe(raw, content_type), raw, content_type=content_type)
    assert channel.said.match.fits(channel.mediator.describe(raw, content_type), content_type or "text/plain")
    verdict = judge(channel, message)
    translation = channel.mediator.mediate(message, channel.context)
    return list(verdict.issues), [event["type"] for event in translation.events]


def wrong(issues: list[Issue]) -> list[Issue]:
    """What a sender's software does wrong; a birth date or sex that nobody told is the person's own."""
    return [issue for issue in issues if issue.severity != "information" and issue.at not in ("PID-7", "PID-8")]


def test_results() -> None:
    random = Random(2)
    for number, patient in people_of(LABORATORY):
        body = messages.laboratory(random, patient, f"L{number}", AT, control_id=f"C{number}")
        issues, types = told("lab-hl7v2", body)
        assert (wrong(issues), types) == ([], ["LabReportIssued"])


def test_a_correction_says_the_same_results_of_the_same_patient_again() -> None:
    for number, patient in people_of(LABORATORY):
        body = messages.laboratory(Random(number), patient, f"L{number}", AT, control_id=f"C{number}")
        again = messages.corrected(body, f"D{number}")
        issues, types = told("lab-hl7v2", again)
        assert (wrong(issues), types) == ([], ["LabReportIssued"])
        assert again.split("\r")[1] == body.split("\r")[1]
        kept = messages.laboratory(Random(number), patient, f"L{number}", AT, control_id=f"D{number}", status="C")
        assert again == kept


def test_images() -> None:
    for number, patient in people_of(RADIOLOGY):
        body = messages.imaging(Random(number), patient, f"I{number}", AT, control_id=f"C{number}")
        issues, types = told("radiology-hl7v2", body)
        assert (wrong(issues), types) == ([], ["ImagingReportIssued"])


@pytest.mark.parametrize("trigger", ["A01", "A04", "A08", "A03"])
def test_stays(trigger: str) -> None:
    for number, patient in people_of(HOSPITAL):
        issues, types = told(
            "hospital-adt", messages.stay(patient, trigger, f"V{number}", AT, control_id="C1", kind="I")
        )
        assert wrong(issues) == []
        assert "EncounterRecorded" in types


def test_merges() -> None:
    issues, types = told("hospital-adt", messages.merge(KNOWN[HOSPITAL][0], "900001", AT, control_id="C1"))
    assert issues == []
    assert "PatientMerged" in types


def test_sales_and_the_one_that_is_spoiled() -> None:
    for seed, pharmacy in product(range(10), PHARMACIES):
        random = Random(seed)
        export = messages.sales(random, random.sample(KNOWN[pharmacy], 4), pharmacy, 10, TODAY)
        issues, types = told("pharmacy-csv", export, "text/csv; charset=utf-8")
        assert issues == []
        assert types == ["MedicationDispensed"] * (export.count("\r\n") - 1)
        issues, kept = told("pharmacy-csv", messages.spoiled(export), "text/csv; charset=utf-8")
        assert [(issue.line, issue.column) for issue in issues] == [(2, "quantite")]
        assert len(kept) == len(types) - 1


def test_consultations() -> None:
    for number, patient in people_of(PRACTICE):
        body = messages.consultation(Random(number), patient, f"C{number}", AT)
        issues, types = told("fhir", body, "application/fhir+json")
        assert [issue for issue in issues if issue.severity == "error"] == []
        assert len(types) == 3
