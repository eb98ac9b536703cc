"""What the chart tells the pods is what the program reads: the environment and wasl.yaml, loaded as it loads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from channels.settings import Settings, _leaves, _variable, load_settings
from tests.chart.renders import CHART, EXAMPLES, ROLES, Manifest, container, kind, of, pods, ports, rendered

KNOWN = {name for keys in _leaves(Settings) for name in (_variable(keys), f"{_variable(keys)}_FILE")}
MOUNTED = "/run/secrets/wasl/"


def loaded(pod: Manifest, settings: str, folder: Path) -> Settings:
    """The settings of a pod whose mounted secrets each hold `secret`."""
    environment = {}
    for one in container(pod)["env"]:
        value = one.get("value", "a-pod")
        if value.startswith(MOUNTED):
            file = folder / value.removeprefix(MOUNTED)
            file.write_text("secret\n", "utf-8")
            value = str(file)
        environment[one["name"]] = value
    (folder / "wasl.yaml").write_text(settings, "utf-8")
    return load_settings(folder / "wasl.yaml", environment)


def of_roles(example: str, folder: Path) -> dict[str, Settings]:
    (settings,) = [one for one in kind(example, "ConfigMap") if one["metadata"]["name"] == "wasl-settings"]
    return {role: loaded(pod, settings["data"]["wasl.yaml"], folder) for role, pod in pods(example) if role != "test"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_variable_is_one_the_program_knows(example: str) -> None:
    for role, pod in pods(example):
        said = {one["name"] for one in container(pod).get("env", [])}
        assert {name for name in said if name.startswith("WASL_")} <= KNOWN, role


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_program_takes_the_settings_of_every_pod(example: str, tmp_path: Path) -> None:
    for role, settings in of_roles(example, tmp_path).items():
        assert settings.database.url.startswith("postgresql://"), role
        assert settings.database.password == "secret", role
        if role in ROLES:
            assert settings.key.file == tmp_path / "master.key", role
            assert settings.bus.brokers, role
            assert settings.node == "a-pod", role


def test_every_value_reaches_the_program(tmp_path: Path) -> None:
    roles = of_roles("full", tmp_path)
    gateway, delivery = roles["gateway"], roles["delivery"]
    security = gateway.bus.security
    assert gateway.namespace == "rabat."
    assert gateway.bus.partitions == 24
    assert (security.tls, security.verify, security.mechanism) == (True, True, "OAUTHBEARER")
    assert (security.client_id, security.client_secret, security.scope) == ("wasl", "secret", "kafka")
    assert security.token_url == "https://login.example.org/token"
    assert security.certificate == tmp_path / "bus.crt"
    assert gateway.bus.schema_registry.url == "https://schemas.example.org:8081"
    assert gateway.bus.schema_registry.password == "secret"
    assert gateway.redis.url == "rediss://redis.example.org:6380/0"
    assert gateway.redis.password == "secret"
    assert gateway.mllp.certificate == tmp_path / "mllp.crt"
    assert gateway.mllp.client_ca == tmp_path / "mllp-client-ca.crt"
    assert [str(one) for one in gateway.mllp.trusted][2:] == ["10.20.0.0/16", "fd00:20::/48"]
    assert gateway.mllp.idle == 3600
    assert gateway.mediation.stop.messages == 100
    assert gateway.admin.password == "secret"
    assert (delivery.smr, delivery.smr_token) == ("https://record.example.org/fhir", "secret")
    asked = {role: roles[role].registries for role in ROLES}
    assert asked["mediation"].client.url == asked["delivery"].client.url == "https://mpi.example.org:9443/fhir"
    assert asked["mediation"].client.token == asked["delivery"].client.token == "secret"
    assert (asked["console"].client.elsewhere, asked["console"].client.token) == (True, "secret")
    assert (asked["mediation"].facility.url, asked["mediation"].health_worker.elsewhere) == ("built-in", True)
    assert (asked["gateway"].client.fresh, asked["gateway"].client.again) == (60, 120)
    assert (asked["console"].rnp.url, asked["console"].rnp.token) == ("https://intermediary.example.org:9444", "secret")
    upstream = asked["delivery"].upstream
    assert (upstream.username, upstream.password, upstream.speaks) == ("wasl", "secret", "dhis2")
    assert asked["mediation"].upstream.password is None
    assert (gateway.client_registry.merged, gateway.client_registry.temporary_days) == ("inactive", 14)
    assert gateway.trust.sources == {"*": ("urn:id:CHU*",)}
    assert (delivery.payer, delivery.payer_token) == ("https://payer.example.org:8443/fhir", "secret")


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_pod_listens_where_its_ports_say(example: str, tmp_path: Path) -> None:
    roles = of_roles(example, tmp_path)
    for role, pod in pods(example):
        if role in ("gateway", "console"):
            assert (roles[role].http.host, roles[role].http.port) == ("0.0.0.0", ports(pod)["http"])
        elif role in ROLES:
            assert (roles[role].watch.host, roles[role].watch.port) == ("0.0.0.0", ports(pod)["watch"])
        if role == "gateway":
            mllp = roles[role].mllp
            assert (mllp.host, mllp.port) == ("0.0.0.0", ports(pod)["mllp"])
            assert (mllp.certificate is not None) == ("mllp-tls" in ports(pod))
            assert mllp.tls_port == ports(pod).get("mllp-tls", mllp.tls_port)


def config_keys() -> set[tuple[str, ...]]:
    """Every key that the schema of the values allows below `config`."""
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    return set(_keys(schema["properties"]["config"], (), schema["definitions"]))


def _keys(schema: Manifest, above: tuple[str, ...], named: Manifest) -> list[tuple[str, ...]]:
    said = named[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if "properties" not in said:
        return [above]
    return [keys for name, inner in said["properties"].items() for keys in _keys(inner, (*above, name), named)]


def test_a_key_of_config_is_one_of_the_program() -> None:
    assert config_keys() <= set(_leaves(Settings))


def test_what_the_chart_decides_by_itself_cannot_be_said_twice() -> None:
    """A key of wasl.yaml that a variable of the pod would silently win over is refused."""
    said = {one["name"] for example in EXAMPLES for _, pod in pods(example) for one in container(pod).get("env", [])}
    assert not {_variable(keys) for keys in config_keys()} & said


def test_an_empty_config_is_an_empty_file_that_loads(tmp_path: Path) -> None:
    (settings,) = [one for one in of(rendered({})) if one["metadata"]["name"] == "wasl-settings"]
    (tmp_path / "wasl.yaml").write_text(settings["data"]["wasl.yaml"], "utf-8")
    assert load_settings(tmp_path / "wasl.yaml", {}) == Settings()
