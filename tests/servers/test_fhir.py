"""With HAPI's FHIR server: the record lands on it as on every other, and a directory that is kept there is followed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from channels.consumers.fhir_server import FhirServer
from registries.clock import today
from registries.upstream_mcsd import Mcsd
from tests.contract.record import RecordBattery
from tests.home import Place
from tests.registries.test_upstream import found, pulled
from tests.servers.fhir import Fhir

INPE = "https://hie.sante.gov.ma/id/inpe-es"
MANY = 130  # in three pages


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fhir]:
    server = Fhir(tmp_path_factory.mktemp("fhir"))
    yield server
    server.close()


@pytest.fixture
def fhir(running: Fhir) -> Fhir:
    running.clear()
    return running


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    place = Place(tmp_path)
    yield place.open("registries")
    place.close()


class TestHapi(RecordBattery):
    @pytest.fixture(autouse=True)
    def server(self, fhir: Fhir) -> None:
        self.fhir = fhir

    def record(self) -> FhirServer:
        return FhirServer(self.fhir.base)

    def stands(self, kind: str, name: str) -> dict[str, Any] | None:
        return self.fhir.get(kind, name)

    def all_of(self, kind: str) -> list[dict[str, Any]]:
        return self.fhir.all_of(kind)


def organization(number: int, **said: Any) -> dict[str, Any]:
    inpe = f"150000{number:03}"
    return {
        "resourceType": "Organization",
        "id": f"o{number}",
        "name": f"Laboratoire {number}",
        "identifier": [{"system": INPE, "value": inpe}],
        **said,
    }


def test_a_directory_on_it_is_taken_over_page_by_page_and_followed(engine: Engine, fhir: Fhir) -> None:
    fhir.put(*(organization(number) for number in range(MANY)))
    upstream = Mcsd(fhir.base)
    assert not pulled(engine, upstream).issues
    assert {found(engine, f"150000{number:03}").name for number in range(MANY)} == {
        f"Laboratoire {number}" for number in range(MANY)
    }
    assert pulled(engine, upstream).changed == 0
    fhir.put(organization(7, name="Laboratoire de la Corniche"))
    fhir.delete("Organization", "o8")
    assert not pulled(engine, upstream).issues
    assert found(engine, "150000007").name == "Laboratoire de la Corniche"
    assert found(engine, "150000008").status == "closed"
    assert found(engine, "150000009").status == "operational"
    assert pulled(engine, upstream).changed == 0


def test_who_works_where_there_is_taken_over(engine: Engine, fhir: Fhir) -> None:
    fhir.put(
        organization(1),
        {
            "resourceType": "Practitioner",
            "id": "p1",
            "name": [{"family": "ALAMI", "given": ["Hind"]}],
            "identifier": [{"system": "https://hie.sante.gov.ma/id/inpe-ps", "value": "121000011"}],
        },
        {
            "resourceType": "PractitionerRole",
            "id": "r1",
            "practitioner": {"reference": "Practitioner/p1"},
            "organization": {"reference": "Organization/o1"},
        },
    )
    upstream = Mcsd(fhir.base)
    assert not pulled(engine, upstream).issues
    assert found(engine, "121000011", "health-worker").posts
    fhir.delete("PractitionerRole", "r1")
    assert not pulled(engine, upstream).issues
    (post,) = found(engine, "121000011", "health-worker").posts
    assert post.periods == f"/{date.fromisoformat(today()) - timedelta(days=1)}"
