"""What the client registry does where the settings say so: records and merges that their source takes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.program import Program, until
from tests.e2e.test_openhie_fhir_feed import NORTH, Hospital, configured, person, reasons
from tests.surroundings import Servers


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, surroundings: Servers | None) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("options")
    config = configured(folder / "config")
    switched = {"WASL_CLIENT_REGISTRY_DELETE": "true", "WASL_CLIENT_REGISTRY_UNMERGE": "true"}
    with Program(folder / "data", "--config", str(config), **switched) as started:
        yield started


@pytest.fixture(scope="module")
def north(registry: Program) -> Hospital:
    return Hospital(registry, "north")


@pytest.fixture(scope="module")
def south(registry: Program) -> Hospital:
    return Hospital(registry, "south")


def found(registry: Program, value: str) -> list[str]:
    told = registry.get("/fhir/Patient", identifier=f"{NORTH}|{value}")
    return [one["resource"]["id"] for one in told.get("entry", ())]


def test_a_removed_number_finds_nobody_until_its_source_tells_of_it_again(
    registry: Program, north: Hospital, south: Hospital
) -> None:
    who = person(north.put("G001", north.patient("G001")))
    assert set(reasons(south.send("DELETE", "Patient", identifier=f"{NORTH}|G001"))) == {"foreign-authority"}
    answer = north.send("DELETE", "Patient", identifier=f"{NORTH}|G001")
    assert (answer.status_code, answer.content) == (204, b"")
    assert found(registry, "G001") == []
    crossed = registry.admin.get("/fhir/Patient/$ihe-pix", params={"sourceIdentifier": f"{NORTH}|G001"})
    assert crossed.status_code == 404

    def removed() -> bool:
        shown: dict[str, Any] = registry.get(f"/fhir/Patient/{who}")
        return shown.get("active") is False and not shown.get("identifier") and shown["name"][0]["family"] == "TAZI"

    until(removed, what="the Patient without its number")
    assert registry.get(f"/fhir/Patient/{who}/_history")["total"] > 1
    assert person(north.put("G001", north.patient("G001"))) == who
    assert found(registry, "G001") == [who]
    until(lambda: registry.get(f"/fhir/Patient/{who}").get("active") is not False, what="the Patient, active again")


def test_what_was_never_written_is_not_removed(north: Hospital) -> None:
    assert north.send("DELETE", "Patient", identifier=f"{NORTH}|G999").status_code == 404
    assert north.send("DELETE", "Patient", name="TAZI").status_code == 400


def test_a_source_takes_back_the_merge_that_it_told(registry: Program, north: Hospital) -> None:
    first = north.patient("G021", "OUAZZANI", birthDate="1950-10-10")
    gone = person(north.put("G021", first))
    stays = person(north.put("G022", north.patient("G022", "SEBTI", birthDate="1991-11-11")))
    assert person(north.merge("G021", "G022")) == stays
    header: dict[str, Any] = {"resourceType": "MessageHeader", "id": "m", "source": {"endpoint": "urn:x"}}
    header["eventUri"] = "urn:ihe:iti:pmir:2019:patient-feed"
    change = {"fullUrl": "urn:x", "resource": first, "request": {"method": "PUT", "url": "Patient/x"}}
    history = {"resourceType": "Bundle", "type": "history", "entry": [change]}
    bundle = {"resourceType": "Bundle", "type": "message", "entry": [{"resource": header}, {"resource": history}]}
    answer = north.send("POST", "$process-message", bundle)
    assert answer.json()["entry"][1]["resource"]["entry"][0]["response"]["status"] == "200", answer.text
    assert (found(registry, "G021"), found(registry, "G022")) == ([gone], [stays])


def test_the_capability_statement_says_that_patients_are_removed(registry: Program) -> None:
    served = {one["type"]: one for one in registry.get("/fhir/metadata")["rest"][0]["resource"]}
    assert served["Patient"]["conditionalDelete"] == "single"
    assert {"code": "delete"} in served["Patient"]["interaction"]
