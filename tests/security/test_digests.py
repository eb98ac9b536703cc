"""A patient is found by number, and the number is kept nowhere."""

from __future__ import annotations

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from channels.security.digests import Digests
from schemas.events import Event, PatientMerged

CNIE = "https://hie.sante.gov.ma/id/cnie"
digests = Digests(b"secret")


def test_system_and_value_or_the_bare_value() -> None:
    assert digests.asked(f"{CNIE}|AB123456") == digests.of(CNIE, "AB123456")
    assert digests.asked("AB123456") == digests.of("", "AB123456")
    assert digests.of("", "AB123456") != digests.of(CNIE, "AB123456")
    assert digests.of(CNIE, "AB123456") != digests.of(CNIE, "AB123457")


def test_people_type_numbers_in_their_own_way() -> None:
    assert digests.asked(" ab 123 456 ") == digests.of("", "AB123456")


def test_another_installation_has_other_digests() -> None:
    assert Digests(b"other").of(CNIE, "AB123456") != digests.of(CNIE, "AB123456")


@given(st.text(alphabet="0123456789ABCDEF", min_size=6, max_size=20))
def test_a_digest_tells_nothing(value: str) -> None:
    digest = digests.of(CNIE, value)
    assert len(digest) == 16
    assert value not in digest


def test_a_merge_is_found_by_what_it_was_and_what_it_is() -> None:
    event = cast(
        PatientMerged,
        {
            "type": "PatientMerged",
            "patient": {"identifiers": [{"system": CNIE, "value": "AB1"}, {"system": "urn:id:CHU", "value": "77"}]},
            "prior": {"identifiers": [{"system": "urn:id:CHU", "value": "78"}]},
        },
    )
    found = digests.subjects_of(event)
    assert len(found) == len(set(found)) == 6
    for asked in (f"{CNIE}|AB1", "AB1", "urn:id:CHU|77", "77", "urn:id:CHU|78", "78"):
        assert digests.asked(asked) in found


def test_a_link_and_a_moved_number_are_found_by_both_patients() -> None:
    for second in ("other", "prior_patient"):
        event = {"type": "PatientLinked", "patient": {}, second: {"identifiers": [{"system": CNIE, "value": "AB2"}]}}
        assert digests.asked("AB2") in digests.subjects_of(cast(Event, event))


def test_a_patient_without_identifiers_has_no_subjects() -> None:
    assert digests.subjects_of(cast(Event, {"type": "PatientUpdated", "patient": {}})) == []
