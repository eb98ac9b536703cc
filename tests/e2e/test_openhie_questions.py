"""OHIE-CR-06-FHIR and 07-FHIR, from their descriptions: PIXm and PDQm, asked of the program; and `$match`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.program import Mllp, Program
from tests.e2e.registry import Sender, configured
from tests.surroundings import Servers

NORTH, SOUTH = "https://north.example/ipp", "https://south.example/ipp"
IDCS = "https://hie.sante.gov.ma/id/idcs"
NUMBER = "2345678906"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, surroundings: Servers | None) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("questions")
    with Program(folder / "data", "--config", str(configured(folder / "config"))) as started:
        with Mllp(started.mllp_port) as line:
            person = f"~{NUMBER}^^^IDCS||ZEROUALI^Ghizlane||19840229|F"
            assert Sender(line).feed(f"||Q601^^^NORTH{person}").code == "AA"
            assert Sender(line, "SIH_S", "SOUTH").feed(f"||Q602^^^SOUTH{person}").code == "AA"
        yield started


def test_fhir_06_a_number_leads_to_those_of_other_domains(registry: Program) -> None:
    asked = {"sourceIdentifier": f"{NORTH}|Q601", "targetSystem": SOUTH}
    answer = registry.admin.post("/fhir/Patient/$ihe-pix", data=asked)
    first, second = answer.json()["parameter"]
    assert first["valueIdentifier"] == {"system": SOUTH, "value": "Q602"}
    assert second["name"] == "targetId"
    assert registry.admin.get("/fhir/Patient/$ihe-pix", params=asked).json() == answer.json()


def test_fhir_07_demographics_find_the_patient_with_every_number(registry: Program) -> None:
    for asked in (
        {"family": "zer"},
        {"family:exact": "ZEROUALI"},
        {"given:contains": "izla"},
        {"birthdate": "1984-02"},
    ):
        found = registry.admin.post("/fhir/Patient/_search", data=asked).json()
        assert found["total"] == 1, asked
        numbers = {(one["system"], one["value"]) for one in found["entry"][0]["resource"]["identifier"]}
        assert numbers == {(NORTH, "Q601"), (SOUTH, "Q602"), (IDCS, NUMBER)}


def test_whoever_is_meant_is_matched_and_nothing_of_it_is_logged(registry: Program) -> None:
    patient = {"resourceType": "Patient", "birthDate": "1984-02-29", "gender": "female"}
    patient["name"] = [{"family": "Zerouali", "given": ["Ghizlane"]}]  # type: ignore[assignment]
    (entry,) = registry.admin.post("/fhir/Patient/$match", json=patient).json()["entry"]
    assert entry["search"]["extension"][0]["valueCode"] == "certain"
    for secret in ("Q601", NUMBER, "erouali"):
        assert secret.casefold() not in registry.log().casefold()
