from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.fhir import bundle
from tests.mediators.hl7v2.messages import OBR, PID, report, result

PDF = b"%PDF-1.4 " + b"compte rendu " * 8
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><ClinicalDocument>&a;</ClinicalDocument>'


def sent(kind: str, value: str) -> dict[str, Any]:
    (found,) = result(f"OBX|1|{kind}|PDF^Compte rendu^L||{value}||||||F")["values"]
    assert isinstance(found, dict)
    return found


def packed(content: bytes) -> str:
    return b64encode(content).decode()


@pytest.mark.parametrize(
    ("head", "content", "content_type"),
    [
        ("^AP^^Base64", PDF, "application/pdf"),
        ("^IM^JPEG^Base64", PDF, "application/pdf"),
        ("^AP^PDF^Base64", b"\xff\xd8\xff\xe0 image", "image/jpeg"),
        ("^AP^OCTET-STREAM^Base64", b"\x89PNG\r\n\x1a\n image", "image/png"),
        ("^AP^PDF^Base64", b"II*\x00 image", "image/tiff"),
        ("^TX^^Base64", b"{\\rtf1 texte}", "application/rtf"),
        ("^AP^PDF^Base64", b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "text/xml"),
        ("^AP^^Base64", b"<ClinicalDocument xmlns='urn:hl7-org:v3'/>", "text/xml"),
        ("^AP^^Base64", b"<!DOCTYPE html><html/>", "text/html"),
        ("^AP^^Base64", b"\0" * 128 + b"DICM", "application/dicom"),
        ("^AP^DOCX^Base64", b"PK\x03\x04 archive", WORD),
        ("^AP^XML^Base64", b"texte", "text/xml"),
    ],
)  # fmt: skip
def test_the_first_bytes_tell_what_the_sender_does_not_or_tells_wrong(
    head: str, content: bytes, content_type: str
) -> None:
    found = sent("ED", f"{head}^{packed(content)}")["attachment"]
    assert (found["data"], found["content_type"]) == (content, content_type)
    assert found["hash"] == sha256(content).hexdigest()


@pytest.mark.parametrize("kind", ["TX", "ST", "FT", "ED", ""])
def test_a_document_in_base64_where_a_text_is_expected_is_a_document(kind: str) -> None:
    found = sent(kind, packed(PDF))
    assert (found["attachment"]["data"], found["attachment"]["title"]) == (PDF, "Compte rendu")
    assert "text" not in found


@pytest.mark.parametrize("kind", ["TX", "ST", ""])
def test_a_document_that_is_called_a_text_is_a_document(kind: str) -> None:
    assert sent(kind, f"LABO^AP^PDF^Base64^{packed(PDF)}")["attachment"]["source"] == "LABO"


@pytest.mark.parametrize("text", ["JVBERi0 est un texte", "Rien à signaler", "a^b^c^base64^d?"])
def test_a_text_stays_a_text(text: str) -> None:
    assert sent("TX", text)["text"] == text


def test_an_xml_document_is_bytes_and_no_entity_of_it_is_resolved() -> None:
    assert sent("ED", f"^multipart^xml^Base64^{packed(BOMB)}")["attachment"]["data"] == BOMB


def test_a_very_large_document_is_whole() -> None:
    content = bytes(range(256)) * 16_000
    event = report(PID, OBR, f"OBX|1|ED|PDF^Compte rendu^L||^AP^OCTET-STREAM^Base64^{packed(content)}||||||F")
    assert event["results"][0]["values"][0]["attachment"]["data"] == content
    made = next(one for one in bundle.resources(event) if one["resourceType"] == "DiagnosticReport")  # type: ignore[arg-type]
    assert made["presentedForm"][0]["data"] == packed(content)


@given(st.text(alphabet="ABCJVERi0/9j+=~^& ", max_size=120), st.sampled_from(["ED", "TX", "RP", "ST"]))
@settings(max_examples=100)
def test_no_document_is_too_odd(text: str, kind: str) -> None:
    for one in result(f"OBX|1|{kind}|PDF^Compte rendu^L||{text}||||||F").get("values", []):
        assert one["raw"] or one["attachment"]["data"]
