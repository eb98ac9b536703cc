"""Times: Morocco's own zone, and precision from the message to the event to FHIR."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.hl7v2 import times
from mediators.hl7v2.mediator import Hl7v2
from mediators.mediator import Context
from schemas.events import plain
from schemas.fhir import bundle
from schemas.message import Message
from tests.mediators.hl7v2.messages import HEAD, OBR, PID, RECEIVED

CASABLANCA = ZoneInfo("Africa/Casablanca")
FORMS = ("%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y-%m-%dT%H:%M:%S", "%Y%m%dT%H%M%S", "%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("sent", "offset"),
    [
        ("20240115103000", "+01:00"),
        ("20240312103000", "+00:00"),  # Ramadan of 2024
        ("20240415103000", "+01:00"),
        ("20250310103000", "+00:00"),  # and of 2025
        ("20250701103000", "+01:00"),
        ("20180115103000", "+00:00"),  # before +01 became the rule
        ("19870604103000", "+00:00"),
    ],
)
def test_a_time_without_an_offset_has_that_of_morocco_on_its_day(sent: str, offset: str) -> None:
    assert (times.time(sent, CASABLANCA) or "").endswith(offset)


@settings(max_examples=300)
@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2087, 12, 30)),
    st.sampled_from(["Africa/Casablanca", "Europe/Paris", "America/St_Johns", "Asia/Kolkata", "UTC"]),
    st.sampled_from(FORMS),
)
def test_a_local_time_is_the_moment_that_its_zone_says(moment: datetime, name: str, form: str) -> None:
    zone, sent = ZoneInfo(name), moment.strftime(form)
    read = times.time(sent, zone)
    assert read is not None
    expected = datetime.strptime(sent, form).replace(tzinfo=zone)
    found = datetime.fromisoformat(read)
    assert found.replace(tzinfo=None) == expected.replace(tzinfo=None)
    # offsets are told in minutes; before 1972 some zones had seconds in theirs
    assert abs((found.utcoffset() or timedelta()) - (expected.utcoffset() or timedelta())) < timedelta(minutes=1)


@settings(max_examples=200)
@given(st.datetimes(datetime(1950, 1, 1), datetime(2087, 12, 30)), st.integers(-12 * 4, 14 * 4))
def test_an_offset_that_was_sent_holds_whatever_the_zone(moment: datetime, quarters: int) -> None:
    minutes = abs(quarters) * 15
    offset = f"{'-' if quarters < 0 else '+'}{minutes // 60:02d}{minutes % 60:02d}"
    read = times.time(f"{moment:%Y%m%d%H%M%S}{offset}", CASABLANCA)
    assert read is not None
    expected = moment.replace(microsecond=0, tzinfo=UTC) - timedelta(minutes=15 * quarters)
    assert datetime.fromisoformat(read) == expected
    assert times.micros(read) == round(expected.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("sent", "told", "in_fhir"),
    [
        ("2024", "2024", "2024"),
        ("202405", "2024-05", "2024-05"),
        ("20240512", "2024-05-12", "2024-05-12"),
        ("2024051208", "2024-05-12T08+01:00", "2024-05-12T08:00:00+01:00"),  # FHIR has no time without minutes
        ("202405120815", "2024-05-12T08:15+01:00", "2024-05-12T08:15:00+01:00"),
        ("20240512081530", "2024-05-12T08:15:30+01:00", "2024-05-12T08:15:30+01:00"),
        ("20240512081530.25", "2024-05-12T08:15:30.25+01:00", "2024-05-12T08:15:30.25+01:00"),
        ("20240512081530.2500-0500", "2024-05-12T08:15:30.2500-05:00", "2024-05-12T08:15:30.2500-05:00"),
    ],
)
def test_a_time_is_as_precise_in_the_record_as_it_was_sent(sent: str, told: str, in_fhir: str) -> None:
    obx = f"OBX|1|NM|2345-7^Glucose^LN||5.0|mmol/L|||||F|||{sent}"
    body = "\r".join([HEAD.format(type="ORU^R01", version="2.5.1"), PID, OBR, obx]).encode()
    message = Message("t-1", "lab-hl7v2", "LABO|CHU", body, "x-application/hl7-v2+er7", RECEIVED)
    (event,) = Hl7v2().mediate(message, Context()).events
    assert told in plain(event)["results"][0].values()
    resources = [one["resource"] for one in bundle.collection([event])["entry"]]
    (observation,) = (one for one in resources if one["resourceType"] == "Observation")
    assert observation["effectiveDateTime"] == in_fhir
