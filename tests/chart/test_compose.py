"""The laptop's servers, as compose.yaml says them: by the specification's own schema, and by what Wasl needs."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
import yaml

from channels.settings import Settings, _leaves, _variable, load_settings
from tests.chart.renders import ROOT

SAID = (ROOT / "compose.yaml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(SAID)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SERVERS = ("kafka", "postgres", "redis")


def environment(service: str) -> dict[str, str]:
    """As it is where there is no .env: `${NAME:-default}` is the default."""
    said = SERVICES[service].get("environment", {})
    return {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in said.items()}


def test_it_is_what_the_specification_allows() -> None:
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(COMPOSE, json.loads(schema.read_text("utf-8")))


@pytest.mark.parametrize("service", SERVICES)
def test_every_port_is_on_this_machine_alone(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service].get("ports", []))


@pytest.mark.parametrize("service", SERVERS)
def test_every_server_can_be_started_alone_and_keeps_what_it_holds(service: str) -> None:
    said = SERVICES[service]
    assert "depends_on" not in said
    assert said["healthcheck"]["test"]
    (volume,) = said["volumes"]
    assert volume.partition(":")[0] in COMPOSE["volumes"]
    assert re.search(r":\d+[\w.-]*$", said["image"])


def test_it_works_without_a_file_of_the_environment() -> None:
    """Every variable has a default, so that the servers start alone."""
    assert re.findall(r"\$\{?\w+", SAID) == re.findall(r"\$\{\w+(?=:-)", SAID)


def test_the_example_names_every_variable_and_shows_its_default() -> None:
    example = (ROOT / "compose.env.example").read_text("utf-8")
    shown = dict(line.split("=", 1) for line in example.splitlines() if line and not line.startswith("#"))
    assert shown == dict(re.findall(r"\$\{(\w+):-([^}]*)\}", SAID))


def test_wasl_reads_what_it_is_told(tmp_path: Any) -> None:
    said = environment("wasl")
    assert {name for name in said if name.startswith("WASL_")} <= {
        one for keys in _leaves(Settings) for one in (_variable(keys), f"{_variable(keys)}_FILE")
    }
    (tmp_path / "wasl.yaml").write_text("", "utf-8")
    settings = load_settings(tmp_path / "wasl.yaml", said)
    assert settings.http.host == settings.mllp.host == "0.0.0.0"
    assert settings.admin.password is None
    assert str(settings.key.file).startswith("/var/lib/wasl/")


def test_wasl_finds_its_servers() -> None:
    said = environment("wasl")
    assert said["WASL_BUS"].removeprefix("kafka://") in environment("kafka")["KAFKA_ADVERTISED_LISTENERS"]
    assert said["WASL_DATABASE"] == "postgresql://{POSTGRES_USER}@postgres/{POSTGRES_DB}".format(
        **environment("postgres")
    )
    assert said["WASL_DATABASE_PASSWORD"] == environment("postgres")["POSTGRES_PASSWORD"]
    assert said["WASL_REDIS_PASSWORD"] == environment("redis")["REDISCLI_AUTH"]
    assert set(SERVICES["wasl"]["depends_on"]) == {*SERVERS, "key"}


def test_kafka_is_reached_from_the_host_and_from_the_other_services() -> None:
    said = environment("kafka")
    assert said["KAFKA_ADVERTISED_LISTENERS"] == "HOST://127.0.0.1:9092,SERVICES://kafka:19092"
    listeners = {one.partition(":")[0] for one in said["KAFKA_LISTENERS"].split(",")}
    mapped = {one.partition(":")[0] for one in said["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    assert listeners == mapped
    assert said["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_wasl_may_do_no_more_than_on_kubernetes() -> None:
    said = SERVICES["wasl"]
    assert (said["read_only"], said["cap_drop"], said["tmpfs"]) == (True, ["ALL"], ["/tmp"])
