"""JSON and XML are read strictly, their numbers kept as texts; anything else is refused with a reason."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.fhir.document import document, glance
from schemas.message import Refused


def reason(body: bytes) -> str:
    with pytest.raises(Refused) as refused:
        document(body)
    return refused.value.issues[0].reason


def test_numbers_keep_their_digits() -> None:
    body = b'{"resourceType": "X", "a": 5.0, "b": 1e3, "c": 12345678901234567890123, "d": "5.0", "e": true}'
    root = document(body).root
    assert {**root} == {
        "resourceType": "X", "a": "5.0", "b": "1e3", "c": "12345678901234567890123", "d": "5.0", "e": True,
    }  # fmt: skip


def test_a_bundle_gives_its_resources_with_their_places() -> None:
    body = json.dumps(
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "identifier": {"value": "M-1"},
            "entry": [
                {"request": {"method": "DELETE", "url": "Patient/1"}},
                "noise",
                {"fullUrl": "urn:x", "resource": {"resourceType": "Patient"}, "request": {"method": "PUT"}},
            ],
        }
    ).encode()
    read = document(b"\xef\xbb\xbf" + body)
    assert (read.type, read.control_id) == ("Bundle/transaction", "M-1")
    [entry] = read.entries
    assert (entry.place, entry.path, entry.full_url, entry.method) == ("entry[2]", "entry[2].resource", "urn:x", "PUT")


def test_a_resource_by_itself_is_its_own_place() -> None:
    [entry] = document(b'{"resourceType": "Patient"}').entries
    assert (entry.place, entry.path) == ("Patient", "Patient")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not-json"),
        (b"MSH|^~\\&|", "not-json"),
        (b'{"a": NaN}', "not-json"),
        (b'{"a": "\xff"}', "not-json"),
        (b'{"a": "\\ud800"}', "not-json"),
        (b"[" * 5000, "not-json"),
        (b"[1]", "not-fhir"),
        (b"{}", "required"),
        (b'{"resourceType": true}', "required"),
        (b'{"resourceType": "Bundle", "type": "searchset"}', "unsupported-type"),
        (b'{"resourceType": "Bundle", "type": "batch-response"}', "unsupported-type"),
        (b'{"resourceType": "Patient", "id": "1", "id": "2"}', "repeated-property"),
        (b'{"resourceType": "Patient", "id": "a\\u0000"}', "not-text"),
        (b'{"resourceType": "X", "a": ' + b'{"a":' * 80 + b"1" + b"}" * 81, "too-deep"),
        (b'<Patient xmlns="http://hl7.org/fhir">', "not-xml"),
        (b"<ClinicalDocument/>", "not-xml"),
        (b'<Bundle xmlns="http://hl7.org/fhir"/>', "unsupported-type"),
    ],
)
def test_what_is_not_a_document_is_refused_with_its_reason(body: bytes, why: str) -> None:
    assert reason(body) == why


def test_xml_is_read_as_json_is() -> None:
    body = (
        b'\xef\xbb\xbf<Bundle xmlns="http://hl7.org/fhir"><identifier><value value="M-1"/></identifier>'
        b'<type value="batch"/><entry><fullUrl value="urn:x"/><resource><Observation><valueQuantity>'
        b'<value value="5.0"/></valueQuantity></Observation></resource></entry></Bundle>'
    )
    read = document(body)
    assert (read.type, read.control_id) == ("Bundle/batch", "M-1") == glance(body)
    [entry] = read.entries
    assert (entry.place, entry.full_url) == ("entry[0]", "urn:x")
    assert entry.resource == {"resourceType": "Observation", "valueQuantity": {"value": "5.0"}}


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(st.sampled_from('{}[]":,e1-. resourceType'), max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(Refused):
        assert document(body).type
