"""The gateway's process: where it listens, what it needs for that, and how it ends."""

from __future__ import annotations

import signal
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from channels.bus.bus import Record
from channels.bus.large import LARGE, values
from channels.gateway import serving
from channels.gateway.serving import _bound, _checks, _server
from channels.gateway.ways import tls
from channels.receive import now
from channels.runtime import House
from channels.security import passwords
from channels.settings import Misconfigured
from tests.certificates import certificate
from tests.e2e.program import PASSWORD, Program


def house(folder: Path, settings: str = "") -> House:
    config = folder / "config"
    (config / "channels").mkdir(parents=True)
    (config / "wasl.yaml").write_text(settings)
    return House.open(config / "wasl.yaml", folder / "data")


def test_a_port_that_is_taken_names_the_setting() -> None:
    with _bound("127.0.0.1", 0, "http.port") as first:
        first.listen()
        with pytest.raises(Misconfigured, match=r"choose another with http\.port"):
            _bound("127.0.0.1", first.getsockname()[1], "http.port")


def test_certificates_are_looked_for_beside_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").mkdir()
    cert, key = certificate(tmp_path / "config")
    said = f"certificate: {cert.name}, private_key: {key.name}"
    (tmp_path / "config" / "channels").mkdir()
    (tmp_path / "config" / "wasl.yaml").write_text(f"http: {{{said}}}\nmllp: {{{said}, client_ca: {cert.name}}}\n")
    monkeypatch.chdir(tmp_path)
    here = House.open(Path("config/wasl.yaml"), tmp_path / "data")
    # a trusted network needs no certificate: the listener asks the others for one
    assert tls(here).verify_mode is ssl.CERT_OPTIONAL
    assert _server(here, None).config.is_ssl


@pytest.mark.parametrize("settings", ["http: {certificate: nowhere.pem}", "http: {certificate: wasl.yaml}"])
def test_a_certificate_that_cannot_be_used_is_told(tmp_path: Path, settings: str) -> None:
    with pytest.raises(Misconfigured, match=r"http\.certificate"):
        _server(house(tmp_path, settings), None)


def test_ready_means_schema_administrator_and_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)
    here = house(tmp_path)
    here.migrate()
    bus = here.bus("received")
    checks = _checks(here, bus)
    assert {name: check() for name, check in checks.items()} == {"schema": True, "administrator": False, "bus": True}
    here.users.prepare("a password")
    assert checks["administrator"]()
    with here.registries.begin() as connection:
        connection.exec_driver_sql("DROP TABLE aliases")
    assert not checks["schema"]()
    bus.close()


def test_bodies_are_destroyed_when_their_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = House.open(None, tmp_path)
    destroyed: list[tuple[str, int]] = []
    monkeypatch.setattr(here.keys, "destroy_before", lambda name, day: destroyed.append((name, day)))
    serving._destroy(here, 20_000)
    assert destroyed == [(channel.name, 20_000 - 90) for channel in here.channels]


def test_large_values_are_forgotten_topic_by_topic_when_their_records_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WASL_BUS", "kafka://127.0.0.1:9")
    monkeypatch.setenv("WASL_KEY_FILE", str(tmp_path / "master.key"))
    (tmp_path / "master.key").write_text("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    (tmp_path / "config" / "channels").mkdir(parents=True)
    (tmp_path / "config" / "wasl.yaml").write_text("journal_days: 40\n")
    said = "listen: http\nmatch: {content_type: text/csv}\nmediator: fhir\nretention: {body: 9d, events: 30d}\n"
    (tmp_path / "config" / "channels" / "lab.yaml").write_text(said)
    here = House.open(tmp_path / "config" / "wasl.yaml", tmp_path / "data")
    topics, today = ("wasl.received.lab", "wasl.events", "wasl.steps"), now() // serving.DAY
    for number, topic in enumerate(topics):
        here.large.lightened([Record(topic, "k", bytes([number]) * (LARGE + 1))])
    left = []
    for later in (8, 12, 32, 42):
        serving._destroy(here, today + later)
        with here.large._engine.connect() as connection:
            left.append(set(connection.scalars(select(values.c.topic))))
    assert left == [set(topics), set(topics[1:]), set(topics[2:]), set()]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A gateway without a parent, on a folder where nothing was before."""
    with Program(tmp_path_factory.mktemp("alone") / "data", "--role", "gateway") as program:
        yield program


def test_a_gateway_alone_is_ready_and_ends_in_good_order(alone: Program) -> None:
    up = alone.get("/readyz")
    assert up == {"schema": True, "administrator": True, "bus": True, "listeners": True}
    assert alone.get("/healthz") == {"stuck": []}
    assert "wasl_loop_turned_timestamp_seconds" in alone.admin.get("/metrics").text
    alone.get("/api/care-sheets", person="https://hie.sante.gov.ma/id/cnss|900000017")
    assert alone.process is not None
    alone.process.send_signal(signal.SIGTERM)
    assert alone.process.wait(120) == 0
    assert "900000017" not in alone.log()
    assert PASSWORD not in alone.log()
    read: Any = House.open(None, alone.data).audit.entries()
    assert [(one["actor"], one["action"], one["target"]) for one in read] == [("admin", "read", "CareSheet")]
