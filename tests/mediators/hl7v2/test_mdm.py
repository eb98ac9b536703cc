from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.mediator import Context
from schemas.fhir import bundle
from tests.mediators.hl7v2.messages import PID, body, events, left, read

TXA = (
    "TXA|1|DS^Lettre de sortie^HL70270|TX|20240312080000|5^BERRADA^Ilham|20240312090000|20240312093000|"
    "20240312100000~20240312110000|7^ALAOUI^Omar|8^NACIRI^Hind|9^SEFRIOUI^Nadia|D-2^DPI||P-9^SIH|F-9^LABO|CRH_D-2.rtf|"
    "AU|R|AV|AC|relecture|8^NACIRI^Hind^^^^^^^^^^^^20240312100500|6^TAZI^Mouna||Compte rendu d'hospitalisation"
)
TEXT = "OBX|{0}|TX|18842-5^Lettre^LN||{1}||||||F"
PDF = b"%PDF-1.4 lettre"


def document(trigger: str, *segments: str) -> dict[str, Any]:
    (event,) = events(body(f"MDM^{trigger}", f"EVN|{trigger}|20240312103000", PID, *segments))
    assert event["type"] == "DocumentIssued"
    return event


def reference(event: Any) -> dict[str, Any]:
    """Its own DocumentReference."""
    found = [one for one in bundle.resources(event) if one["resourceType"] == "DocumentReference"]
    return next(one for one in found if "docStatus" in one or len(found) == 1)


def test_everything_a_document_says() -> None:
    event = document("T02", "PV1|1|I|||||||||||||||||V-7", TXA, TEXT.format(1, "Bonjour"))
    assert event["about"] == "document|urn:id:DPI|D-2"
    assert (event["code"]["text"], event["content_type"]) == ("Lettre de sortie", "TX")
    assert (event["activity"], event["originated"]) == ("2024-03-12T08:00:00+00:00", "2024-03-12T09:00:00+00:00")
    assert event["transcribed"] == "2024-03-12T09:30:00+00:00"
    assert [one[11:13] for one in event["edited"]] == ["10", "11"]
    named = {
        key: event[key][0]["names"][0]["family"] for key in ("authors", "transcriptionists", "copies_to", "acted_by")
    }
    assert named == {
        "authors": "ALAOUI", "transcriptionists": "SEFRIOUI", "copies_to": "TAZI", "acted_by": "BERRADA",
    }  # fmt: skip
    assert [one["names"][0]["family"] for one in event["authenticators"]] == ["NACIRI"], "told twice, one person"
    assert event["authenticated"] == "2024-03-12T10:05:00+00:00"
    assert [(key, one[key]["value"]) for one in event["orders"] for key in one] == [
        ("placer", "P-9"),
        ("filler", "F-9"),
    ]
    assert (event["file_name"], event["title"]) == ("CRH_D-2.rtf", "Compte rendu d'hospitalisation")
    assert [event[key] for key in ("status", "confidentiality", "availability", "storage")] == ["AU", "R", "AV", "AC"]
    assert event["encounter"]["identifiers"][0]["value"] == "V-7"
    assert {one["place"]: one.get("text") for one in event["details"]}["TXA-21"] == "relecture"
    assert left(event) == {}


def test_the_document_in_fhir() -> None:
    made = reference(document("T02", TXA, TEXT.format(1, "Bonjour")))
    assert made["masterIdentifier"]["value"] == "D-2"
    assert [one["value"] for one in made["identifier"]] == ["D-2", "CRH_D-2.rtf"]
    assert (made["status"], made["docStatus"], made["date"]) == ("current", "final", "2024-03-12T09:00:00+00:00")
    assert made["description"] == "Compte rendu d'hospitalisation"
    assert made["securityLabel"][0]["coding"][0]["code"] == "R"
    assert made["content"][0]["attachment"]["contentType"] == "text/plain; charset=utf-8"
    assert made["context"]["period"]["start"] == "2024-03-12T08:00:00+00:00"
    assert len(made["context"]["related"]) == 2
    assert {"author", "authenticator", "custodian"} <= made.keys()


def test_lines_of_text_are_one_content_joined_with_line_feeds() -> None:
    event = document(
        "T02", TXA, TEXT.format(1, "Motif"), TEXT.format(2, r"Douleur\.br\thoracique~aiguë"), TEXT.format(3, "")
    )
    (content,) = event["contents"]
    assert content["data"].decode() == "Motif\nDouleur\nthoracique\naiguë"
    assert content["hash"] == sha256(content["data"]).hexdigest()
    assert content["title"] == "Lettre"
    assert "results" not in event or not event["results"]


def test_an_embedded_document_is_byte_for_byte_and_stands_beside_the_text() -> None:
    packed = f"OBX|2|ED|PDF^Lettre signée^L||DPI^AP^PDF^Base64^{b64encode(PDF).decode()}||||||F"
    event = document(
        "T02", TXA, TEXT.format(1, "Bonjour"), packed, "OBX|3|RP|IMG^Radio^L||https://pacs.ma/1^PACS^IM^JPEG"
    )
    _, file, pointer = event["contents"]
    assert (file["data"], file["content_type"], file["title"]) == (PDF, "application/pdf", "Lettre signée")
    assert pointer["url"] == "https://pacs.ma/1"
    assert len(reference(event)["content"]) == 3


def test_what_is_no_content_is_an_observation_of_the_document() -> None:
    event = document("T02", TXA, TEXT.format(1, "Bonjour"), "OBX|2|NM|8302-2^Taille^LN||172|cm|||||F", "NTE|1||debout")
    (height,) = event["results"]
    assert (height["values"][0]["number"], height["notes"][0]["text"]) == ("172", "debout")
    related = reference(event)["context"]["related"]
    assert any(one["reference"].startswith("Observation/") for one in related)


@pytest.mark.parametrize(
    ("trigger", "relation", "before"),
    [("T06", "appends", "current"), ("T10", "replaces", "superseded"), ("T08", "replaces", "superseded")],
)
def test_what_becomes_of_the_document_before(trigger: str, relation: str, before: str) -> None:
    txa = TXA.replace("D-2^DPI||", "D-2^DPI|D-1^DPI|")
    event = document(trigger, txa, TEXT.format(1, "Bonjour"))
    assert (event["replaces"]["value"], event["relation"]) == ("D-1", relation)
    own = reference(event)
    (related,) = own["relatesTo"]
    assert related["code"] == relation
    first = document("T02", TXA.replace("D-2^DPI", "D-1^DPI"), TEXT.format(1, "Avant"))
    target = reference(first)
    assert related["target"]["reference"] == f"DocumentReference/{target['id']}"
    named = [one for one in bundle.resources(event) if one["id"] == target["id"]]  # type: ignore[arg-type]
    assert [one["status"] for one in named] == [before]


def test_a_cancelled_document_was_entered_in_error() -> None:
    event = document("T11", TXA)
    assert event["cancelled"] is True
    made = reference(event)
    assert (made["status"], made["docStatus"]) == ("entered-in-error", "entered-in-error")
    assert reference(document("T02", TXA, TEXT.format(1, "x")))["id"] == made["id"]


@pytest.mark.parametrize(("trigger", "expected"), [("T02", "final"), ("T08", "amended")])
def test_an_edited_document_is_amended(trigger: str, expected: str) -> None:
    assert reference(document(trigger, TXA, TEXT.format(1, "x")))["docStatus"] == expected


@pytest.mark.parametrize(
    ("sent", "word"), [("DI", "preliminary"), ("PA", "preliminary"), ("LA", "final"), ("AU", "final")]
)
def test_the_completion_of_a_document(sent: str, word: str) -> None:
    assert reference(document("T03", TXA.replace("|AU|R|", f"|{sent}|R|")))["docStatus"] == word


@pytest.mark.parametrize(
    ("sent", "word"), [("AV", "current"), ("UN", "current"), ("OB", "superseded"), ("CA", "entered-in-error")]
)
def test_the_availability_of_a_document(sent: str, word: str) -> None:
    assert reference(document("T04", TXA.replace("|R|AV|", f"|R|{sent}|")))["status"] == word


def test_the_order_of_a_document_is_asked_for_in_its_own_words() -> None:
    event = document(
        "T02", "ORC|RE|P-9^SIH", "OBR|1|P-9^SIH||93306^Échographie^CCAM", "NTE|1||urgent", TXA, TEXT.format(1, "x")
    )
    first = event["orders"][0]
    assert (first["placer"]["value"], first["code"]["text"]) == ("P-9", "Échographie")
    assert event["notes"] == [{"text": "urgent"}]
    (request, _) = [one for one in bundle.resources(event) if one["resourceType"] == "ServiceRequest"]  # type: ignore[arg-type]
    assert request["code"]["text"] == "Échographie"


def test_the_images_of_a_document_are_related_to_it() -> None:
    event = document("T02", TXA, TEXT.format(1, "x"), "OBX|2|HD|113014^DICOM Study^DCM||^1.2.504.1.77^ISO||||||O")
    assert event["study_uid"] == "1.2.504.1.77"
    related = reference(event)["context"]["related"]
    assert any(one["reference"].startswith("ImagingStudy/") for one in related)


def test_consents_and_unknown_segments_travel_on() -> None:
    event = document("T02", TXA, "CON|1|001^Information^L|F-1", "ZDO|x", TEXT.format(1, "x"))
    assert "CON-2" in {one["place"] for one in event["details"]}
    assert left(event) == {"ZDO-1": "x"}


def test_without_a_document_there_is_nothing_to_record() -> None:
    translation = read(body("MDM^T02", PID, TEXT.format(1, "x")))
    assert not translation.events
    assert [(part.place, part.issues[0].reason) for part in translation.refused] == [("TXA", "segment-sequence")]


def test_a_document_without_a_number_is_known_by_its_message() -> None:
    event = document("T02", "TXA|1|DS|TX", TEXT.format(1, "x"))
    assert event["about"].startswith("document|LABO|CHU|C-17|")


SEGMENTS = st.sampled_from(
    [PID, TXA, TEXT.format(1, "a"), "OBX|2|NM|x||5", "NTE|1||n", "ORC|RE|1", "OBR|1|1||a", "PV1|1|I", "CON|1", "ZZZ|a"]
)


@given(st.lists(SEGMENTS, max_size=10))
@settings(max_examples=80, deadline=None)
def test_segments_in_any_order_are_read_and_no_text_is_lost(segments: list[str]) -> None:
    translation = read(body("MDM^T02", *segments), Context())
    told = [one for event in translation.events for one in event.get("contents") or ()]  # type: ignore[attr-defined]
    lines = sum(one["data"].decode().count("a") for one in told)
    assert translation.refused or lines == sum(one.startswith("OBX|1|TX") for one in segments)
