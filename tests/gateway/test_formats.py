"""What kind of file this is, by its first bytes, then its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.gateway.formats import content_type_of

HL7, FHIR, CSV = "x-application/hl7-v2+er7", "application/fhir+json", "text/csv"


@pytest.mark.parametrize(
    ("body", "name", "expected"),
    [
        (rb"MSH|^~\&|LIS", "", HL7),
        (b"\x0b\r\nMSH|^~\\&|", "x.csv", HL7),
        (b"\xef\xbb\xbfFHS|^~\\&", "", HL7),
        (b"BHS|^~\\&", "", HL7),
        (b' \n{"resourceType": "Bundle"}', "bundle.txt", FHIR),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<Bundle xmlns="http://hl7.org/fhir">', "x.xml", "application/fhir+xml"),
        (b'<ClinicalDocument xmlns="urn:hl7-org:v3">', "x", "application/octet-stream"),
        (b"date;code\n1;2\n", "", CSV),
        (b"date;code\n1;2\n", "ventes.txt", CSV),
        (b"one column\n1\n", "ventes.csv", CSV),
        (b"\x89PNG\r\n", "scan.png", "image/png"),
        (b"nothing to tell by", "", "application/octet-stream"),
        (b"nothing; to tell by", "letter.pdf", "application/pdf"),
        (b"", "", "application/octet-stream"),
    ],
)
def test_kinds(body: bytes, name: str, expected: str) -> None:
    assert content_type_of(body, name) == expected


@given(st.binary(max_size=100), st.text(max_size=20))
def test_there_is_always_one(body: bytes, name: str) -> None:
    assert "/" in content_type_of(body, name)
