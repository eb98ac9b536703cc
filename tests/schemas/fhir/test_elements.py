"""Data types: as sent, never empty, in words that FHIR takes."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.fhir import elements, extensions, terms
from tests.schemas.fhir import samples


def test_what_is_not_said_is_left_out_but_no_and_nought_are_answers() -> None:
    told: Any = {"a": None, "b": "", "c": [], "d": {}, "e": "  ", "f": False, "g": 0, "h": "x"}
    assert elements.said(told) == {"f": False, "g": 0, "h": "x"}


def test_control_characters_are_taken_out_of_texts() -> None:
    assert elements.said({"a": "page 1\x0cpage\x07 2", "b": "\x07", "c": "é\tà\n"}) == {
        "a": "page 1\npage 2",
        "c": "é\tà\n",
    }
    assert elements.token(" A\u00a0 B\x07 ") == "A B"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("http://loinc.org", "http://loinc.org"),
        ("LABO ATLAS", "urn:id:LABO%20ATLAS"),
        ("urn:oid:2.16.504.1", "urn:oid:2.16.504.1"),
        ("urn:oid:LABO", "urn:id:LABO"),
        ("urn:uuid:9F0C1F3E-6A57-5D0C-8B0E-77A51A57F001", "urn:uuid:9f0c1f3e-6a57-5d0c-8b0e-77a51a57f001"),
        ("urn:uuid:LABO", "urn:id:LABO"),
        ("https://x.ma/a b", "https://x.ma/a%20b"),
    ],
)
def test_a_system_is_an_absolute_uri(sent: str, said: str) -> None:
    assert elements.uri(sent) == said


def test_a_concept_keeps_every_coding_as_sent_and_where_a_translation_came_from() -> None:
    made = elements.concept(
        {
            "text": "Glycémie",
            "loinc": "2345-7",
            "codings": [
                {"code": "GLU", "system": "urn:id:ATLAS", "display": "Glucose à jeun", "version": "3"},
                {"code": "2345-7", "system": terms.LOINC, "mapped": "atlas.csv line 4"},
            ],
        }
    )
    assert made is not None
    first, second = made["coding"]
    assert first == {"system": "urn:id:ATLAS", "version": "3", "code": "GLU", "display": "Glucose à jeun"}
    assert second["code"] == "2345-7"
    assert second["extension"] == [{"url": extensions.MAPPED_FROM, "valueString": "atlas.csv line 4"}]
    assert made["text"] == "Glycémie"


def test_a_loinc_code_told_apart_is_a_coding_too() -> None:
    made = elements.concept({"loinc": "2345-7", "codings": [{"code": "GLU"}]})
    assert made == {"coding": [{"code": "GLU"}, {"system": terms.LOINC, "code": "2345-7"}]}


def test_a_code_its_published_table_lacks_keeps_the_tables_local_name() -> None:
    made = elements.sent_coding({"code": "SANG", "system": terms.table("0487"), "display": "Sang"})
    assert made == {"system": "urn:id:HL70487", "code": "SANG", "display": "Sang"}


def test_what_is_handed_out_can_be_changed_without_changing_the_next() -> None:
    sent: Any = {"code": "GLU", "system": "urn:id:ATLAS"}
    first = elements.sent_coding(sent)
    assert first is not None
    first["code"] = "changed"
    assert elements.sent_coding(sent) == {"system": "urn:id:ATLAS", "code": "GLU"}


def test_only_codes_of_the_table_or_of_no_system_are_translated() -> None:
    bare = elements.translated({"codings": [{"code": "m"}]}, terms.MARITAL_SYSTEM, terms.MARITAL_STATUS, "0002")
    assert bare == {"coding": [{"system": terms.MARITAL_SYSTEM, "code": "M"}, {"code": "m"}]}
    local: Any = {"codings": [{"code": "M", "system": "urn:id:HOSIX"}]}
    kept = elements.translated(local, terms.MARITAL_SYSTEM, terms.MARITAL_STATUS, "0002")
    assert kept == {"coding": [{"system": "urn:id:HOSIX", "code": "M"}]}


def test_several_concepts_where_one_is_taken() -> None:
    made = elements.joined([{"text": "Impédance"}, {"codings": [{"code": "OPT"}], "text": "Optique"}])
    assert made == {"coding": [{"code": "OPT"}], "text": "Impédance; Optique"}


def test_an_identifier_keeps_system_value_type_and_who_assigned_it() -> None:
    made = elements.identifier(
        {
            "system": "urn:id:CHU",
            "value": "0007",
            "type": "PI",
            "authority": "CHU Salé",
            "use": "usual",
            "start": "2019",
        }
    )
    assert made == {
        "use": "usual",
        "type": {"coding": [{"system": terms.table("0203"), "code": "PI"}]},
        "system": "urn:id:CHU",
        "value": "0007",
        "period": {"start": "2019"},
        "assigner": {
            "type": "Organization",
            "identifier": {"system": "urn:id:CHU%20Sal%C3%A9", "value": "CHU Salé"},
            "display": "CHU Salé",
        },
    }


def test_an_identifier_keeps_its_check_digit_its_facility_and_its_jurisdiction() -> None:
    made = elements.identifier(samples.surrounded()["patient"]["identifiers"][0])
    assert made is not None
    told = {one["url"].rpartition("/")[2]: one for one in made["extension"]}
    assert told["identifier-check-digit"]["valueString"] == "7"
    assert told["identifier-assigning-facility"]["valueReference"]["identifier"] == {
        "system": "urn:oid:1.2.504.9",
        "value": "Site 2",
    }
    assert told["identifier-assigner-id"]["valueUri"] == "urn:id:DNS:chu.ma"
    assert told["identifier-jurisdiction"]["valueCodeableConcept"]["text"] == "Maroc"


def test_a_name_keeps_both_surnames_and_its_validity() -> None:
    (made,) = elements.human_names(samples.surrounded()["patient"]["names"])
    surnames = {one["url"].rpartition("/")[2]: one["valueString"] for one in made["_family"]["extension"]}
    assert surnames == {
        "humanname-own-prefix": "El",
        "humanname-own-name": "Fassi",
        "humanname-partner-prefix": "de",
        "humanname-partner-name": "Tazi",
    }
    assert made["suffix"] == ["Jr", "PhD", "Pr"]
    assert made["period"] == {"start": "2020", "end": "2030"}
    codes = {one["url"].rpartition("/")[2]: one.get("valueCode") for one in made["extension"]}
    assert (codes["humanname-assembly-order"], codes["iso21090-EN-representation"]) == ("F", "ABC")


def test_a_telephone_and_an_address_keep_their_parts() -> None:
    patient = samples.surrounded()["patient"]
    (phone,) = elements.telecoms(patient["telecoms"])
    (address,) = elements.addresses(patient["addresses"])
    assert phone["rank"] == 2
    assert {one["url"].rpartition("/")[2] for one in phone["extension"]} == {
        "telecom-use", "telecom-equipment", "contactpoint-country", "contactpoint-area", "contactpoint-local",
        "contactpoint-extension", "telecom-comment",
    }  # fmt: skip
    assert address["period"] == {"start": "2020", "end": "2024"}
    assert {one["url"].rpartition("/")[2] for one in address["extension"]} == {
        "address-type", "address-street-name", "address-house-number", "address-other-geographic",
        "address-census-tract", "address-county",
    }  # fmt: skip


def test_a_coding_keeps_the_oids_it_was_sent_with() -> None:
    made = elements.sent_coding(
        {"system": "urn:id:L", "code": "A", "oid": "1.2.504.1", "value_set": "1.2.504.11", "value_set_version": "2024"}
    )
    assert made is not None
    assert [one.get("valueUri") or one["valueString"] for one in made["extension"]] == [
        "urn:oid:1.2.504.1", "urn:oid:1.2.504.11", "2024",
    ]  # fmt: skip


def test_an_identifier_type_of_our_own_is_text() -> None:
    made = elements.identifier({"system": "urn:id:x", "value": "1", "type": "NNMAR"})
    assert made is not None
    assert made["type"] == {"text": "NNMAR"}


def test_names_keep_their_accents_and_their_script() -> None:
    made = elements.human_names(
        [{"family": "Benchekroun", "given": ["Aïcha", ""], "use": "official"}, {"text": "عائشة"}, {"use": "maiden"}]
    )
    assert made == [{"use": "official", "family": "Benchekroun", "given": ["Aïcha"]}, {"text": "عائشة"}]


def test_a_use_that_fhir_does_not_know_is_left_out() -> None:
    assert elements.human_names([{"family": "Tazi", "use": "L"}]) == [{"family": "Tazi"}]
    assert elements.addresses([{"city": "Fès", "use": "BDL", "type": "physical"}]) == [
        {"type": "physical", "city": "Fès"}
    ]


def test_a_number_without_a_system_is_still_reachable() -> None:
    assert elements.telecoms([{"value": "0537000000"}, {"system": "email"}]) == [
        {"system": "other", "value": "0537000000"}
    ]


def test_a_document_carries_its_bytes_and_their_digest() -> None:
    made = elements.attachment({"data": b"%PDF-1.4", "title": "Compte rendu", "content_type": "application/pdf"})
    assert b64decode(made["data"]) == b"%PDF-1.4"
    assert made["hash"] == b64encode(hashlib.sha1(b"%PDF-1.4").digest()).decode()
    assert (made["contentType"], made["size"], made["title"]) == ("application/pdf", 8, "Compte rendu")


def test_data_must_have_a_content_type_and_a_pointer_needs_none() -> None:
    assert elements.attachment({"data": b"x"})["contentType"] == "application/octet-stream"
    assert elements.attachment({"url": "https://pacs.ma/1"}) == {"url": "https://pacs.ma/1"}


@pytest.mark.parametrize(
    ("sex", "code", "gender", "beside"),
    [("female", "F", "female", None), (None, "A", "other", "A"), (None, "X", "unknown", "X"), (None, None, None, None)],
)
def test_a_sex_that_is_neither_keeps_its_code(
    sex: str | None, code: str | None, gender: str | None, beside: str | None
) -> None:
    made = elements.gender(sex, code)
    assert made["gender"] == gender
    assert made.get("_gender", {"extension": [{"valueString": None}]})["extension"][0]["valueString"] == beside


@settings(max_examples=200)
@given(st.text(max_size=20))
def test_no_text_becomes_an_empty_one(text: str) -> None:
    made = elements.text(text)
    assert made is None or made.strip()
    assert " " not in elements.uri(text)
    assert elements.token(text) == elements.token(elements.token(text))
