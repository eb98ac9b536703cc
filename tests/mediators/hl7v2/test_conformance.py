from __future__ import annotations

import pytest

from mediators.hl7v2.conformance import issues, rejects
from mediators.hl7v2.reader import Hl7
from schemas.message import Issue
from tests.mediators.hl7v2.profiles import shipped

SUPPORTED = frozenset({"ORU^R01", "ADT^A08", "ADT^A40"})

HEADER = r"MSH|^~\&|LABO|CHU|WASL|HIE|20240312103000+0100||ORU^R01|C-17|P|2.5"
PATIENT = "PID|1||0044^^^HOP^PI||BENNANI^SALMA||19870604|F"
ORDER = "OBR|1|P-9|F-9|2345-7^Glucose^LN" + "|" * 21 + "F"
RESULT = "OBX|1|NM|2345-7^Glucose^LN||5.0|mmol/L|||||F"


def found(*segments: str) -> list[Issue]:
    return issues(Hl7.read("\r".join(segments).encode()), SUPPORTED, shipped())


def places(*segments: str, severity: str = "error") -> list[tuple[str, str, str]]:
    return [(issue.at, issue.code, issue.location) for issue in found(*segments) if issue.severity == severity]


def header(**fields: str) -> str:
    parts = HEADER.split("|")
    for name, value in fields.items():
        parts[int(name[1:]) - 1] = value
    return "|".join(parts)


def test_a_sound_message_has_no_issues() -> None:
    assert found(HEADER, PATIENT, ORDER, RESULT) == []


def test_a_patient_without_an_identifier_is_refused() -> None:
    (issue,) = found(HEADER, "PID|1||||BENNANI^SALMA||19870604|F", ORDER, RESULT)
    assert (issue.at, issue.location, issue.code, issue.reason) == ("PID-3", "PID^1^3", "101", "required")
    assert issue.severity == "error"


@pytest.mark.parametrize("pid", ["PID|1|77|", "PID|1|||77", "PID|1||^^^HOP~77^^^HOP", "PID|1||77"])
def test_any_identifier_of_the_patient_is_enough(pid: str) -> None:
    assert places(HEADER, pid, ORDER) == []


@pytest.mark.parametrize("pid", ["PID", "PID|1||^^^HOP", 'PID|1||""', "PID|1||  "])
def test_what_identifies_nobody_is_no_identifier(pid: str) -> None:
    assert places(HEADER, pid, ORDER) == [("PID-3", "101", "PID^1^3")]


def test_no_patient_at_all() -> None:
    assert places(HEADER, ORDER, RESULT) == [("PID-3", "101", "PID^1^3")]
    assert places(header(f9="ADT^A08"), "EVN|A08") == [("PID-3", "101", "PID^1^3")]


def test_one_of_several_patients_without_identifier_refuses_them_all() -> None:
    segments = (HEADER, PATIENT, ORDER, RESULT, "PID|2||||ALAMI^OMAR", ORDER, RESULT)
    assert places(*segments) == [("PID[2]-3", "101", "PID^2^3")]


def test_an_order_before_the_first_of_several_patients_belongs_to_none() -> None:
    assert places(HEADER, ORDER, PATIENT, ORDER, PATIENT, ORDER) == [("PID", "100", "PID^1")]
    assert places(HEADER, ORDER, PATIENT) == []


def test_everything_is_told_at_once() -> None:
    found = places(header(f10=""), "PID|1")
    assert found == [("MSH-10", "101", "MSH^1^10"), ("PID-3", "101", "PID^1^3"), ("OBR", "100", "OBR^1")]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"f9": "VXU^V04"}, ("MSH-9.1", "200", "MSH^1^9^1^1")),
        ({"f9": "ORU^R30"}, ("MSH-9.2", "201", "MSH^1^9^1^2")),
        ({"f11": "X"}, ("MSH-11", "202", "MSH^1^11")),
        ({"f12": "3.0"}, ("MSH-12", "203", "MSH^1^12")),
        ({"f12": "2.9"}, ("MSH-12", "203", "MSH^1^12")),
        ({"f12": "2.999"}, ("MSH-12", "203", "MSH^1^12")),
    ],
)
def test_what_can_never_be_taken_is_rejected(fields: dict[str, str], place: tuple[str, str, str]) -> None:
    segments = (header(**fields), PATIENT, ORDER, RESULT)
    assert places(*segments) == [place]
    assert rejects(found(*segments))


def test_a_type_that_nothing_tells_is_rejected() -> None:
    segments = (header(f9=""), PATIENT)
    assert places(*segments) == [("MSH-9", "101", "MSH^1^9")]
    assert rejects(found(*segments))


def test_a_type_told_by_the_segments_passes_with_a_warning() -> None:
    segments = (header(f9=""), PATIENT, ORDER, RESULT)
    assert places(*segments) == []
    assert places(*segments, severity="warning") == [("MSH-9", "101", "MSH^1^9")]


def test_errors_of_the_content_do_not_reject() -> None:
    assert not rejects(found(header(f10=""), "PID|1"))


@pytest.mark.parametrize("version", ["2.1", "2.3.1", "2.8.2", "2.5^FRA^2.11"])
def test_versions_that_are_read(version: str) -> None:
    assert found(header(f12=version), PATIENT, ORDER, RESULT) == []


def test_a_merge_names_who_is_merged() -> None:
    merge = header(f9="ADT^A40")
    assert found(merge, "EVN|A40", PATIENT, "MRG|0045^^^HOP") == []
    assert places(merge, "EVN|A40", PATIENT) == [("MRG-1", "101", "MRG^1^1")]
    assert places(merge, "EVN|A40", PATIENT, "MRG|^^^HOP") == [("MRG-1", "101", "MRG^1^1")]
    assert places(merge, PATIENT, "MRG|1", PATIENT, PATIENT, "MRG|3") == [("MRG[2]-1", "101", "MRG^2^1")]


@pytest.mark.parametrize(
    ("segments", "place"),
    [
        ((header(f7=""), PATIENT, ORDER), ("MSH-7", "101", "MSH^1^7")),
        ((header(f11=""), PATIENT, ORDER), ("MSH-11", "101", "MSH^1^11")),
        ((header(f12=""), PATIENT, ORDER), ("MSH-12", "101", "MSH^1^12")),
        ((HEADER, "PID|1||44^^^HOP~45", ORDER), ("PID-3.4", "101", "PID^1^3^2^4")),
        ((HEADER, PATIENT.replace("19870604", "20112000"), ORDER), ("PID-7", "102", "PID^1^7")),
        ((HEADER, PATIENT.replace("|F", "|feminin"), ORDER), ("PID-8", "103", "PID^1^8")),
        ((HEADER, PATIENT, "OBR|1|P|F"), ("OBR-4", "101", "OBR^1^4")),
        ((HEADER, PATIENT, ORDER + "Q"), ("OBR-25", "103", "OBR^1^25")),
        ((HEADER, PATIENT, ORDER, RESULT, RESULT.replace("NM", "")), ("OBX[2]-2", "101", "OBX^2^2")),
        ((HEADER, PATIENT, ORDER, RESULT.replace("5.0", "<5")), ("OBX-5", "102", "OBX^1^5")),
        ((HEADER, PATIENT, ORDER, RESULT.replace("2345-7^Glucose^LN", "")), ("OBX-3", "101", "OBX^1^3")),
        ((HEADER, PATIENT, ORDER, RESULT[:-1]), ("OBX-11", "101", "OBX^1^11")),
        ((HEADER, PATIENT, ORDER, RESULT + "Z"), ("OBX-11", "103", "OBX^1^11")),
    ],
)
def test_what_is_doubtful_passes_with_a_warning(segments: tuple[str, ...], place: tuple[str, str, str]) -> None:
    assert places(*segments, severity="warning") == [place]
    assert places(*segments) == []


@pytest.mark.parametrize("born", ["1987", "198706", "19870604", "198706041230", "19870604123000.1234+0100", "", '""'])
def test_a_date_of_birth_may_be_as_short_as_it_is_known(born: str) -> None:
    assert found(HEADER, PATIENT.replace("19870604", born), ORDER) == []


@pytest.mark.parametrize(
    "born",
    [
        "0000",
        "19999999",
        "1231231",
        "Aug 15, 1942",
        "196203520",
        "1987-06-04",
        "٢٠٠٠",
        "1987060425",
        "198706041260",
        "198706041230+9900",
    ],
)
def test_what_is_no_date_is_told(born: str) -> None:
    assert places(HEADER, PATIENT.replace("19870604", born), ORDER, severity="warning") == [("PID-7", "102", "PID^1^7")]


@pytest.mark.parametrize("value", ["5", "-5.", ".2", "+3.10", " 7 ", "", '""', "60~120"])
def test_numbers(value: str) -> None:
    assert found(HEADER, PATIENT, ORDER, RESULT.replace("5.0", value)) == []


def test_bytes_that_contradict_the_declared_character_set() -> None:
    sent = "\r".join([HEADER + "||||||8859/1", PATIENT.replace("SALMA", "SALMÂ"), ORDER]).encode()
    assert [(issue.at, issue.severity) for issue in issues(Hl7.read(sent), SUPPORTED)] == [("MSH-18", "warning")]


def test_an_acknowledgement_has_no_issues() -> None:
    assert found(r"MSH|^~\&|||||||ACK", "MSA|AA|1") == []


def test_issues_hold_nothing_of_the_message_and_always_a_remedy() -> None:
    told = found(header(f11="SECRET", f12="SECRET", f10=""), "PID|1||||SECRET||SECRET|SECRET", ORDER + "SECRET",
                 "OBX|1|NM|||SECRET||||||SECRET")  # fmt: skip
    assert len(told) > 8
    for issue in told:
        assert "SECRET" not in repr(issue)
        assert issue.text
        assert issue.remedy
