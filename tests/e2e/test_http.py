"""Every format over HTTP, from the outside: who may send what, and what they are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.hl7 import code, glucose, header, message
from tests.e2e.program import Program, until
from tests.e2e.sales import CNSS, export, row
from tests.stores import house_of, rows

CSV, FHIR, HL7 = "text/csv", "application/fhir+json", "x-application/hl7-v2+er7"


@pytest.fixture(scope="module")
def client(program: Program) -> tuple[str, str]:
    return program.client("essai", "pharmacy-csv", "lab-hl7v2", "fhir")


@pytest.fixture
def bare(program: Program) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=str(program.admin.base_url), timeout=60, trust_env=False) as bare:
        yield bare


def lines(program: Program, insured: str, count: int) -> list[dict[str, Any]]:
    """The lines on the care sheets of everyone with this number, once there are as many."""

    def found() -> list[dict[str, Any]] | None:
        sheets = program.get("/api/care-sheets", person=f"{CNSS}|{insured}")["items"]
        every = [line for sheet in sheets for line in sheet["lines"]]
        return every if len(every) == count else None

    return until(found, 20, f"{count} lines of {insured}")


def transaction(answer: httpx.Response) -> str:
    return answer.headers["X-Wasl-Transaction"]


def settled(program: Program, answer: httpx.Response, *statuses: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        asked = program.admin.get(f"/api/transactions/{transaction(answer)}")
        return asked.json() if asked.status_code == 200 and asked.json()["status"] in statuses else None

    return until(found, 20, f"{transaction(answer)} {statuses}")


def test_refusals_come_in_their_order(program: Program, client: tuple[str, str], bare: httpx.Client) -> None:
    """Each request is wrong in every later way too."""
    large = b"x" * (16 * 1024 * 1024 + 1)

    def status(body: bytes, auth: tuple[str, str] | None, channel: str, kind: str) -> int:
        who = httpx.BasicAuth(*auth) if auth else None
        request = bare.build_request("POST", f"/channels/{channel}", content=body, headers={"Content-Type": kind})
        answer = bare.send(request, auth=who)
        assert answer.status_code == 422 or answer.json()["remedy"]
        return answer.status_code

    assert status(large, None, "hospital-adt", "image/png") == 401
    assert status(large, ("essai", "wrong"), "hospital-adt", "image/png") == 401
    assert status(large, ("admin", "a password for tests"), "hospital-adt", "image/png") == 401
    assert status(large, client, "hospital-adt", "image/png") == 403
    assert status(large, client, "no-such-channel", "image/png") == 403
    assert status(large, client, "pharmacy-csv", "image/png") == 413
    assert status(b"not a table", client, "pharmacy-csv", "image/png") == 415
    assert status(b"not a table", client, "pharmacy-csv", CSV) == 422


def test_good_rows_pass_and_bad_ones_are_told_by_line_and_column(program: Program, client: tuple[str, str]) -> None:
    body = export(row("170000001", "T1"), row("170000001", "T2", quantite="deux"), row("170000001", "T3", ppv_dh=""))
    answer = program.post("pharmacy-csv", client, body, CSV)
    assert answer.status_code == 200
    report = answer.json()
    assert report["accepted"] == 1
    errors = [one for one in report["issues"] if one.get("severity", "error") == "error"]
    assert [(one["line"], one["column"]) for one in errors] == [(3, "quantite"), (4, "ppv_dh")]
    assert all(one["reason"] and one["remedy"] for one in errors)
    (line,) = lines(program, "170000001", 1)
    assert (line["code"], line["quantity"], line["amount"]) == ("6118000160168", "2", "77.80")
    assert line["executor"] == "130366056"


def test_a_file_without_a_good_row_is_refused(program: Program, client: tuple[str, str]) -> None:
    answer = program.post("pharmacy-csv", client, export(row("170000002", "T1", quantite="0")), CSV)
    assert answer.status_code == 422
    assert answer.json()["accepted"] == 0
    assert answer.json()["issues"][0]["line"] == 2
    settled(program, answer, "refused")


def test_the_same_file_again_adds_nothing(program: Program, client: tuple[str, str]) -> None:
    body = export(row("170000003", "T1"))
    first, second = (program.post("pharmacy-csv", client, body, CSV) for _ in range(2))
    settled(program, first, "delivered")
    told = settled(program, second, "duplicate", "delivered")
    assert transaction(first) != transaction(second)
    assert told["status"] == "duplicate"
    lines(program, "170000003", 1)


def test_the_same_sale_in_another_file_goes_to_the_work_list(program: Program, client: tuple[str, str]) -> None:
    first = program.post("pharmacy-csv", client, export(row("170000004", "T1")), CSV)
    settled(program, first, "delivered")
    again = export(row("170000004", "T9"), row("170000004", "T1"))
    settled(program, program.post("pharmacy-csv", client, again, CSV), "delivered")
    assert sorted(line["amount"] for line in lines(program, "170000004", 2)) == ["77.80", "77.80"]
    house = house_of(program)
    (person,) = house.ledger.carrying(CNSS, "170000004")
    query = (
        "SELECT kind FROM care_sheet_worklist JOIN care_sheet_lines ON line = fact"
        f" JOIN care_sheets ON care_sheets.serial = care_sheet_lines.sheet WHERE person = '{person}'"
    )
    assert rows(house, "ledger", query) == [("sold again",)]


def test_two_equal_rows_are_two_lines(program: Program, client: tuple[str, str]) -> None:
    program.post("pharmacy-csv", client, export(row("170000005", "T1"), row("170000005", "T1")), CSV)
    assert len(lines(program, "170000005", 2)) == 2


@pytest.mark.parametrize(
    ("number", "kind", "encoding"),
    [
        ("170000011", "text/csv; charset=utf-8", "utf-8"),
        ("170000012", "text/csv; charset=windows-1252", "cp1252"),
        ("170000013", "text/csv", "utf-8-sig"),
        ("170000014", "text/csv", "cp1252"),
    ],
)
def test_accents_arrive_whatever_the_charset(
    program: Program, client: tuple[str, str], number: str, kind: str, encoding: str
) -> None:
    body = export(row(number, "T1", nom_beneficiaire="BENNÎS")).decode().encode(encoding)
    settled(program, program.post("pharmacy-csv", client, body, kind), "delivered")
    found = program.get("/fhir/Patient", identifier=f"{CNSS}|{number}")["entry"]
    assert found[0]["resource"]["name"][0]["family"] == "BENNÎS"


def test_hl7_over_http_gets_an_hl7_answer(program: Program, client: tuple[str, str]) -> None:
    answer = program.post("lab-hl7v2", client, glucose("H1", "P90", "F90").encode(), HL7)
    assert answer.status_code == 200
    assert code(answer.text) == "AA"
    assert program.transaction("H1", "delivered")["id"] == transaction(answer)
    refused = program.post("lab-hl7v2", client, message(header("H2"), "PID|1||||X^Y", "OBR|1").encode(), HL7)
    assert refused.status_code == 422
    assert code(refused.text) == "AE"


def bundle(number: str, birth_date: str = "1972-07-30") -> dict[str, Any]:
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:id:CABINET", "value": number}],
        "name": [{"family": "BENCHEKROUN", "given": ["Aïcha"]}],
        "gender": "female",
        "birthDate": birth_date,
    }
    observation = {
        "resourceType": "Observation",
        "identifier": [{"system": "urn:id:CABINET", "value": f"O-{number}"}],
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": "urn:uuid:6f1d1c6e-0f1c-4a53-9f66-1f3e8f9d2a01"},
        "valueQuantity": {"value": 72, "unit": "/min"},
    }
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": "urn:uuid:6f1d1c6e-0f1c-4a53-9f66-1f3e8f9d2a01",
                "resource": patient,
                "request": {"method": "POST", "url": "Patient"},
            },
            {"resource": observation, "request": {"method": "POST", "url": "Observation"}},
        ],
    }


def test_a_bundle_lands_and_is_answered_by_an_operation_outcome(program: Program, client: tuple[str, str]) -> None:
    answer = program.post("fhir", client, json.dumps(bundle("C1")).encode(), FHIR)
    assert answer.status_code == 200
    assert answer.json()["resourceType"] == "OperationOutcome"
    settled(program, answer, "delivered")
    (found,) = program.get("/fhir/Patient", identifier="urn:id:CABINET|C1")["entry"]
    everything = program.get(f"/fhir/Patient/{found['resource']['id']}/$everything")
    kinds = {entry["resource"]["resourceType"] for entry in everything["entry"]}
    assert {"Patient", "Observation", "Provenance"} <= kinds


def test_a_bundle_that_is_not_valid_is_refused_with_its_places(program: Program, client: tuple[str, str]) -> None:
    answer = program.post("fhir", client, json.dumps(bundle("C2", "le 30 juillet")).encode(), FHIR)
    assert answer.status_code == 422
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert any("birthDate" in str(issue.get("expression", "")) for issue in outcome["issue"])
    settled(program, answer, "refused")


def test_bundles_are_taken_at_the_base_of_fhir_too(
    program: Program, client: tuple[str, str], bare: httpx.Client
) -> None:
    body, headers = json.dumps(bundle("C3")).encode(), {"Content-Type": FHIR}
    assert bare.post("/fhir", content=body, headers=headers).status_code == 401
    answer = bare.post("/fhir", content=body, headers=headers, auth=client)
    assert answer.status_code == 200
    settled(program, answer, "delivered")


def test_a_secret_is_taken_as_a_key_and_revoking_holds_at_once(program: Program, bare: httpx.Client) -> None:
    name, secret = program.client("caisse", "pharmacy-csv")
    headers = {"Content-Type": CSV, "X-API-Key": secret}
    body = export(row("170000020", "T1"))
    assert bare.post("/channels/pharmacy-csv", content=body, headers=headers).status_code == 200
    assert program.post("pharmacy-csv", (name, secret), body, CSV).status_code == 200
    program.wasl("clients", "revoke", name)
    assert bare.post("/channels/pharmacy-csv", content=body, headers=headers).status_code == 401
    assert program.post("pharmacy-csv", (name, secret), body, CSV).status_code == 401


def test_what_is_shown_asks_who_is_there(bare: httpx.Client, client: tuple[str, str]) -> None:
    for path in ("/api/transactions", "/fhir/Patient?identifier=1", "/api/care-sheets?person=a%7Cb"):
        status = bare.get(path, auth=client).status_code
        assert status in {401, 403}, (path, status)
    assert bare.get("/", follow_redirects=False).status_code in {302, 303, 401}
    assert bare.get("/readyz").status_code == 200
    assert bare.get("/healthz").status_code == 200
