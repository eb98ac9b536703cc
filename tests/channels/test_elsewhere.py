"""The national registries as the settings name them: what their answers were worth, in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY as SAMPLES

from channels.elsewhere import Elsewhere
from channels.settings import RegistriesElsewhere
from registries import national_tables, tables
from registries.client.resolve import Clients
from registries.database import open_database
from registries.national import NationalClients
from tests.registries.country import Country
from tests.registries.people import SECRET, about, patient
from tests.serving import served

DAY = 86_400.0


def stale(channel: str) -> float:
    return 0.0 if channel == "strict" else DAY


@pytest.fixture
def country() -> Country:
    return Country(people=[["urn:id:CHU|1"]])


@pytest.fixture
def clients(tmp_path: Path, country: Country) -> Iterator[NationalClients]:
    engine = open_database(f"sqlite:///{tmp_path}/registries.db", tables.TABLES)
    national_tables.TABLES.create_all(engine)
    with served(country.app) as address:
        said = RegistriesElsewhere.model_validate({"client": {"url": f"{address}/fhir", "fresh": 0}})
        clients = Elsewhere(said, engine, SECRET, stale).clients(Clients(engine, SECRET))
        assert isinstance(clients, NationalClients)
        yield clients
        clients.remembered.close()
    engine.dispose()


def counted(channel: str) -> dict[str, float]:
    outcomes = ("in time", "late", "too old", "none")
    labels = [{"registry": "client", "channel": channel, "outcome": one} for one in outcomes]
    found = zip(outcomes, (SAMPLES.get_sample_value("wasl_national_answers_total", one) for one in labels), strict=True)
    return {outcome: count for outcome, count in found if count}


def test_answers_are_counted_by_how_old_they_were_and_how_old_the_channel_lets_them_be(
    clients: NationalClients, country: Country
) -> None:
    clients.resolve(
        [about(patient(ipp="1"), channel="wide"), about(patient(cin="AB1"), channel="wide")], ["create"] * 2
    )
    country.down = 503
    events = [
        about(patient(ipp=number), channel=channel)
        for number, channel in (("1", "wide"), ("1", "strict"), ("2", "wide"))
    ]
    clients.resolve(events, ["create"] * 3)
    assert counted("wide") == {"in time": 1, "late": 1, "none": 1}
    assert counted("strict") == {"too old": 1}
    ages = SAMPLES.get_sample_value("wasl_national_answer_age_seconds_count", {"registry": "client", "channel": "wide"})
    assert ages == 2
