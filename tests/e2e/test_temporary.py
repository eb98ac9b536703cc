"""Somebody without papers, from the wristband to the name: the program over its sockets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.program import Mllp, Program, until
from tests.surroundings import Servers

TMP, CIN, IDCS = (f"https://hie.sante.gov.ma/id/{one}" for one in ("tmp", "cnie", "idcs"))
FACILITIES = "inpe,name,type,region,province,owner,periods,latitude,longitude,aliases\n" + (
    "100000018,Hopital des Collines,hospital,MA-04,MA-RAB,public,,,,HOP_COLLINES\n"
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, surroundings: Servers | None) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("temporary")
    (folder / "facilities.csv").write_text(FACILITIES)
    with Program(folder / "data") as started:
        started.wasl("registry", "load", "facilities", str(folder / "facilities.csv"))
        yield started


@pytest.fixture(scope="module")
def client(registry: Program) -> tuple[str, str]:
    return registry.client("emergency", "client-registry-fhir")


def ask(registry: Program, client: tuple[str, str] | None, *parameters: dict[str, Any]) -> httpx.Response:
    body = {"resourceType": "Parameters", "parameter": list(parameters)}
    return httpx.post(
        f"http://127.0.0.1:{registry.http_port}/fhir/Patient/$temporary",
        json=body, headers={"Content-Type": "application/fhir+json"}, auth=client, timeout=60, trust_env=False,
    )  # fmt: skip


def place(name: str = "HOP_COLLINES") -> dict[str, Any]:
    return {"name": "facility", "valueString": name}


def flag(word: str) -> dict[str, Any]:
    return {"name": "flag", "valueCode": word}


def sent(registry: Program, control_id: str, kind: str, *segments: str) -> str:
    head = rf"MSH|^~\&|LIS|COLLINES|HIE|MA|20261112081500||{kind}|{control_id}|P|2.5.1|||||MAR|UNICODE UTF-8"
    with Mllp(registry.mllp_port) as line:
        return line.send("\r".join([head, *segments, ""]))


def everything(registry: Program, person: str) -> list[str]:
    bundle = registry.get(f"/fhir/Patient/{person}/$everything")
    return [one["resource"]["resourceType"] for one in bundle.get("entry", ())]


def test_who_is_brought_in_unconscious_is_found_under_the_card_the_next_day(
    registry: Program, client: tuple[str, str]
) -> None:
    answer = ask(registry, client, place(), flag("unconscious"), flag("unknown-sex"))
    assert answer.status_code == 201, answer.text
    (number,) = [one for one in answer.json()["identifier"] if one["system"] == TMP]
    assert number["use"] == "temp"
    assert number["value"].startswith("TMP-100000018-")
    unknown = answer.json()["id"]
    assert answer.headers["Location"].endswith(f"/fhir/Patient/{unknown}")

    # the laboratory knows the wristband only
    result = sent(
        registry, "T-ORU", "ORU^R01^ORU_R01",
        f"PID|1||{number['value']}^^^TMP||INCONNU^X|||U",
        "OBR|1|P1|F1^LIS|2345-7^Glucose^LN|||20261112080000||||||||||||||||||F",
        "OBX|1|NM|2345-7^Glucose^LN||5.4|mmol/L|3.9-5.5|N|||F",
    )  # fmt: skip
    assert "MSA|AA|T-ORU" in result
    until(lambda: "DiagnosticReport" in everything(registry, unknown) or None, what="the report")

    # whom the hospital knew already by the card; the day after, the papers of the patient are found
    known = "PID|1||{}AB417205^^^CIN^NNMAR||ALAMI^Mohamed||19610402|M"
    assert "MSA|AA|T-A04" in sent(registry, "T-A04", "ADT^A04", "EVN||20261101080000", known.format(""), "PV1|1|O")
    papers = known.format(f"{number['value']}^^^TMP~")
    assert "MSA|AA|T-A08" in sent(registry, "T-A08", "ADT^A08", "EVN||20261113080000", papers, "PV1|1|I")

    def found() -> Any:
        bundle = registry.get("/fhir/Patient", identifier=f"{CIN}|AB417205")
        patients = [one["resource"] for one in bundle.get("entry", ())]
        return patients[0] if any(one["system"] == TMP for one in (patients or [{}])[0].get("identifier", ())) else None

    patient = until(found, what="one person under the card")
    assert patient["id"] != unknown
    (old,) = [one for one in patient["identifier"] if one["system"] == TMP]
    assert (old["use"], old["value"]) == ("old", number["value"])
    assert old["period"]["end"].startswith("20")
    until(lambda: "DiagnosticReport" in everything(registry, patient["id"]) or None, what="the result under the card")
    asked = registry.get("/fhir/Patient", identifier=f"{TMP}|{number['value']}")
    assert [one["resource"]["id"] for one in asked["entry"]] == [patient["id"]]
    trail = registry.wasl("audit", "verify", check=False)
    assert trail.returncode == 0


def test_a_newborn_comes_with_the_mothers_number(registry: Program, client: tuple[str, str]) -> None:
    mother = {
        "name": "mother",
        "valueIdentifier": {"system": "https://hie.sante.gov.ma/id/idcs", "value": "7986120439"},
    }
    told = {"resourceType": "Patient", "gender": "female", "birthDate": "2026-11-12"}
    answer = ask(registry, client, place("100000018"), flag("newborn"), mother, {"name": "patient", "resource": told})
    assert answer.status_code == 201, answer.text
    who = answer.json()["id"]
    shown = until(lambda: registry.get(f"/fhir/Patient/{who}"), what="the newborn")
    assert (shown["gender"], shown["birthDate"]) == ("female", "2026-11-12")

    def related() -> Any:
        return registry.get("/fhir/RelatedPerson", patient=f"Patient/{who}").get("entry")

    (one,) = until(related, what="the mother")
    assert one["resource"]["identifier"][0]["value"] == "7986120439"


def test_what_cannot_be_given_says_what_to_send(registry: Program, client: tuple[str, str]) -> None:
    assert ask(registry, None, place()).status_code == 401
    assert ask(registry, registry.client("elsewhere", "fhir"), place()).status_code == 403
    wrong = [((flag("newborn"),), 400), ((place(), flag("lost")), 400), ((place("NOWHERE"),), 422)]
    for parameters, status in wrong:
        answer = ask(registry, client, *parameters)
        assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome"), answer.text


def test_an_operator_gives_one_and_sees_who_waits(registry: Program) -> None:
    form = {"facility": "HOP_COLLINES", "flag": ["unconscious"], "sex": "male"}
    page = registry.admin.post("/people/temporary", data=form, headers={"Accept-Language": "en"})
    assert page.status_code == 200, page.text
    said = page.text.partition('<form method="post" action="/people')[0]
    (number,) = set(re.findall(r"TMP-100000018-[0-9A-Z]{26}", said))
    listed = registry.admin.get("/people/temporary", headers={"Accept-Language": "en"}).text
    assert number in listed
    wrong = registry.admin.post("/people/temporary", data={"facility": "NOWHERE"}, headers={"Accept-Language": "en"})
    assert (wrong.status_code, "does not know this facility" in wrong.text) == (409, True)
    until(lambda: 'wasl_temporary_identities{state="waiting"}' in registry.admin.get("/metrics").text, what="the gauge")
