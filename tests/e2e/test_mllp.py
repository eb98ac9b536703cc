"""HL7 v2 over MLLP, from the outside: what the sender is told, and what stands in the record."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.e2e.hl7 import AUTHORITY, code, glucose, header, message, order, person, segments
from tests.e2e.program import Mllp, Program, until


def landed(program: Program, kind: str, number: str, count: int = 1, **wanted: str) -> list[dict[str, Any]]:
    """The resources of the patient with this number, once there are as many and they say what is wanted."""

    def found() -> list[dict[str, Any]] | None:
        patients = program.get("/fhir/Patient", identifier=f"{AUTHORITY}|{number}").get("entry", [])
        if not patients:
            return None
        if kind == "Patient":
            every = [entry["resource"] for entry in patients]
        else:
            asked = program.get(f"/fhir/{kind}", patient=patients[0]["resource"]["id"])
            every = [entry["resource"] for entry in asked.get("entry", [])]
        fits = all(one.get(key) == value for one in every for key, value in wanted.items())
        return every if len(every) == count and fits else None

    return until(found, 20, f"{count} {kind} of {number} {wanted}")


def test_a_result_is_acknowledged_and_stands_in_the_record(program: Program, line: Mllp) -> None:
    answer = line.send(glucose("M1", "P1", "F1"))
    assert segments(answer, "MSA")[0][:3] == ["MSA", "AA", "M1"]
    (observation,) = landed(program, "Observation", "P1")
    assert observation["status"] == "final"
    assert observation["valueQuantity"]["value"] == 0.95
    assert observation["code"]["coding"][0] == {"system": "http://loinc.org", "code": "2345-7", "display": "2345-7"}
    (patient,) = landed(program, "Patient", "P1")
    assert patient["name"][0]["family"] == "TAZI"
    assert program.transaction("M1", "delivered")["channel"] == "lab-hl7v2"


def test_a_patient_without_identifier_is_refused_and_the_place_is_named(line: Mllp) -> None:
    answer = line.send(message(header("M2"), "PID|1||||INCONNU^X", order("F2", "2345-7|1|g/L")))
    assert code(answer) == "AE"
    (error,) = [one for one in segments(answer, "ERR") if one[4] == "E"]
    assert error[2] == "PID^1^3"
    assert error[3].split("^")[0] == "101"
    assert "PID-3" in error[8]


@pytest.mark.parametrize("version", ["2.3", "2.4"])
def test_before_version_2_5_err_1_and_msa_3_say_the_same(line: Mllp, version: str) -> None:
    head = header(f"M3-{version}", kind="ORU^R01", version=version)
    answer = line.send(message(head, "PID|1||||INCONNU^X", order("F3", "2345-7|1|g/L")))
    (msa,), (error,) = segments(answer, "MSA"), segments(answer, "ERR")
    assert msa[1] == "AE"
    assert "PID-3" in msa[3]
    assert error[1].startswith("PID^1^3^101")


@pytest.mark.parametrize(
    ("head", "at", "condition"),
    [
        (header("R1", kind="MFN^M02^MFN_M02"), "MSH^1^9", "200"),
        (header("R2", kind="ADT^A99^ADT_A01"), "MSH^1^9", "201"),
        (header("R3", version="3.1"), "MSH^1^12", "203"),
        (header("R4", _11="X"), "MSH^1^11", "202"),
    ],
)
def test_what_can_never_be_taken_is_rejected(line: Mllp, head: str, at: str, condition: str) -> None:
    answer = line.send(message(head, person("P4"), order("F4", "2345-7|1|g/L")))
    assert code(answer) == "AR"
    errors = segments(answer, "ERR")
    assert any(error[2].startswith(at) and error[3].startswith(condition) for error in errors), errors


def test_a_refused_message_is_kept_with_its_reason(program: Program, line: Mllp) -> None:
    line.send(message(header("M5"), "PID|1||||INCONNU^X", order("F5", "2345-7|1|g/L")))
    refused = program.transaction("M5", "refused")
    story = program.get(f"/api/transactions/{refused['id']}")
    assert story["issues"][0]["at"] == "PID-3"
    assert "INCONNU" not in str(story)


def test_enhanced_mode_is_answered_by_a_commit_acknowledgement(program: Program, line: Mllp) -> None:
    body = message(header("M6", _15="AL", _16="NE"), person("P6"), order("F6", "2345-7|1|g/L"))
    assert code(line.send(body)) == "CA"
    landed(program, "Observation", "P6")


def test_a_batch_is_answered_by_a_batch(program: Program, line: Mllp) -> None:
    good, bad = glucose("B1", "P7", "F7"), message(header("B2"), "PID|1||||X^Y", order("F8", "2345-7|1|g/L"))
    batch = f"FHS|^~\\&|LIS\rBHS|^~\\&|LIS\r{good}{bad}BTS|2\rFTS|1\r"
    answer = line.send(batch)
    assert [msa[1:3] for msa in segments(answer, "MSA")] == [["AA", "B1"], ["AE", "B2"]]
    landed(program, "Observation", "P7")


@pytest.mark.parametrize(
    ("declared", "sent"),
    [("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("", "utf-8"), ("", "cp1252"), ("UNICODE UTF-8", "latin-1")],
)
def test_accents_arrive_whatever_the_charset(program: Program, line: Mllp, declared: str, sent: str) -> None:
    number = f"P9-{declared[:4].replace('/', '')}-{sent}"
    body = message(header(number, _18=declared), person(number, "BENNÎS^Zoubaïr"), order(number, "2345-7|1|g/L"))
    assert code(line.send(body, sent)) == "AA"
    (patient,) = landed(program, "Patient", number)
    assert patient["name"][0] == {"use": "official", "family": "BENNÎS", "given": ["Zoubaïr"]}


def test_five_encoding_characters_and_others_than_usual(program: Program, line: Mllp) -> None:
    for number, delimiters in (("P10", "|^~\\&#"), ("P11", "!*%?@")):
        field, component = delimiters[0], delimiters[1]
        body = glucose(number, number, number).replace("MSH|^~\\&", "MSH|")
        body = body.replace("^", "\x01").replace("|", "\x02").replace("\x01", component).replace("\x02", field)
        body = body.replace(f"MSH{field}", f"MSH{delimiters}", 1)
        body = body.replace("2.5.1", "2.7")
        answer = line.send(body)
        assert answer.startswith(f"MSH{delimiters}{field}")
        assert f"MSA{field}AA{field}{number}\r" in answer
        landed(program, "Observation", number)


def test_an_admission_then_changes_and_deletions(program: Program, line: Mllp) -> None:
    def adt(event: str, at: str, rest: str) -> str:
        kind = {"A01": "ADT^A01^ADT_A01", "A08": "ADT^A08^ADT_A01", "A31": "ADT^A31^ADT_A05"}[event]
        head = header(f"{event}-12", kind=kind, _3="SIH", _4="CHU_ESSAI", _7=at)
        visit = "PV1|1|I|MED^12^A||||||||||||||||V12" if event != "A31" else "PV1|1|N"
        return message(head, f"EVN|{event}|{at}", f"PID|1||P12^^^CHU_ESSAI^PI||{rest}", visit)

    assert code(line.send(adt("A01", "20261112100000", "IDRISSI^Karim||19900101|M|||RUE 1^^FES||0661000000"))) == "AA"
    (patient,) = landed(program, "Patient", "P12")
    assert patient["telecom"][0]["value"] == "0661000000"
    (visit,) = landed(program, "Encounter", "P12")
    assert visit["identifier"][0]["value"] == "V12"
    # an empty field leaves what stands; "" deletes it
    assert code(line.send(adt("A08", "20261112110000", "IDRISSI^Karim||19900101|M|||RUE 2^^FES||"))) == "AA"
    program.transaction("A08-12", "delivered")
    (patient,) = landed(program, "Patient", "P12")
    assert patient["address"][0]["line"] == ["RUE 2"]
    assert patient["telecom"][0]["value"] == "0661000000"
    assert code(line.send(adt("A31", "20261112120000", 'IDRISSI^Karim||19900101|M|||RUE 2^^FES||""'))) == "AA"
    program.transaction("A31-12", "delivered")
    (patient,) = landed(program, "Patient", "P12")
    assert "telecom" not in patient


def test_merged_identities_are_read_by_either_number(program: Program, line: Mllp) -> None:
    line.send(glucose("M13", "P13", "F13"))
    line.send(glucose("M14", "P14", "F14"))
    landed(program, "Observation", "P13")
    landed(program, "Observation", "P14")
    head = header("M15", kind="ADT^A40^ADT_A39", _3="SIH", _4="CHU_ESSAI")
    merge = message(head, "EVN|A40|20261112130000", person("P13"), "MRG|P14^^^CHU_ESSAI^PI")
    assert code(line.send(merge)) == "AA"
    program.transaction("M15", "delivered")
    for number in ("P13", "P14"):
        patient = program.get("/fhir/Patient", identifier=f"{AUTHORITY}|{number}")["entry"][0]["resource"]["id"]
        found = program.get("/fhir/Observation", patient=patient)
        assert found["total"] == 2, number
    line.send(glucose("M16", "P14", "F16"))
    program.transaction("M16", "delivered")
    survivor = program.get("/fhir/Patient", identifier=f"{AUTHORITY}|P13")["entry"][0]["resource"]["id"]
    assert program.get("/fhir/Observation", patient=survivor)["total"] == 3


def test_a_correction_updates_the_same_observation(program: Program, line: Mllp) -> None:
    line.send(glucose("M17", "P17", "F17", "9.5", at="20261112081500"))
    (first,) = landed(program, "Observation", "P17", status="final")
    line.send(glucose("M18", "P17", "F17", "0.95", status="C", at="20261112091500"))
    (second,) = landed(program, "Observation", "P17", status="corrected")
    assert second["id"] == first["id"]
    assert second["valueQuantity"]["value"] == 0.95
    (report,) = landed(program, "DiagnosticReport", "P17")
    assert report["status"] == "corrected"
    history = program.get(f"/fhir/Observation/{first['id']}/_history")
    assert [one["resource"]["valueQuantity"]["value"] for one in history["entry"]] == [0.95, 9.5]
    # a late older version does not overwrite the newer one
    line.send(glucose("M19", "P17", "F17", "7.7", status="P", at="20261112080000"))
    program.transaction("M19", "delivered")
    assert landed(program, "Observation", "P17")[0]["valueQuantity"]["value"] == 0.95


def test_several_patients_in_a_message_each_get_their_own(program: Program, line: Mllp) -> None:
    body = message(
        header("M20"),
        person("P20", "FASSI^Anas", "19710101", "M"), order("F20", "2345-7|1.1|g/L"),
        person("P21", "FASSI^Lina", "20010101"), order("F21", "2345-7|0.8|g/L", "718-7|130|g/L"),
    )  # fmt: skip
    assert code(line.send(body)) == "AA"
    assert landed(program, "Observation", "P20")[0]["valueQuantity"]["value"] == 1.1
    assert {one["valueQuantity"]["value"] for one in landed(program, "Observation", "P21", 2)} == {0.8, 130}


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x0bMSH\x1c\r", b"\x0b\x1c\r", b"\x0b" + bytes(range(256)) + b"\x1c\r", b"\xff" * 99],
)
def test_garbage_gets_an_answer_or_a_closed_line_and_others_go_on(program: Program, line: Mllp, garbage: bytes) -> None:
    with socket.create_connection(("127.0.0.1", program.mllp_port), timeout=60) as other:
        other.sendall(garbage)
        other.shutdown(socket.SHUT_WR)
        answered = b""
        while chunk := other.recv(65536):
            answered += chunk
    assert answered == b"" or b"MSA|AR" in answered
    assert code(line.send(glucose("M22", "P22", "F22"))) == "AA"
