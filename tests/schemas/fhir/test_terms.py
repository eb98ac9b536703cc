"""The code tables land on words FHIR allows, and can be read backwards."""

from __future__ import annotations

import pytest

from schemas.fhir import tables, terms

REQUEST = terms.words("draft active on-hold revoked completed entered-in-error unknown")


@pytest.mark.parametrize(
    ("table", "allowed"),
    [
        (terms.GENDER, terms.GENDERS),
        (terms.REPORT_STATUS, terms.REPORT_STATUSES),
        (terms.OBSERVATION_STATUS, terms.OBSERVATION_STATUSES),
        (terms.STATUS_WITHIN, terms.OBSERVATION_STATUSES),
        (terms.CLASS_STATUS, terms.ENCOUNTER_STATUSES),
        (terms.ORDER_STATUS, REQUEST),
        (terms.ORDER_CONTROL, REQUEST),
        (terms.ORDER_OF_REPORT, REQUEST),
        (terms.PRIORITY, terms.words("routine urgent asap stat")),
        (terms.ALLERGY_CATEGORY, terms.words("food medication environment biologic")),
        (terms.ALLERGY_SEVERITY, terms.words("mild moderate severe")),
        (terms.CRITICALITY, terms.words("low high unable-to-assess")),
    ],
)
def test_every_code_lands_on_a_word_that_fhir_requires(table: dict[str, str], allowed: frozenset[str]) -> None:
    assert set(table.values()) <= allowed


def test_a_table_read_backwards_gives_the_usual_code() -> None:
    assert terms.inverse(terms.OBSERVATION_STATUS)["final"] == "F"
    assert terms.inverse(terms.REPORT_STATUS)["registered"] == "O"
    assert terms.inverse(terms.GENDER)["other"] == "O"


@pytest.mark.parametrize(
    ("code", "status"), [("F", "final"), ("C", "corrected"), ("X", "cancelled"), ("D", "entered-in-error")]
)
def test_the_guide_s_result_statuses(code: str, status: str) -> None:
    assert terms.OBSERVATION_STATUS[code] == status


def test_published_tables_know_their_codes() -> None:
    assert "MR" in tables.codes("0203")
    assert tables.lacks(terms.table("0487"), "QQQ")
    assert not tables.lacks(terms.table("0487"), "BLD")
    assert not tables.lacks(terms.table("9999"), "QQQ")
    assert not tables.lacks("http://loinc.org", "QQQ")
