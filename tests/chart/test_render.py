"""The chart renders, lints and fits Kubernetes, for each of its examples; what can't work is refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import helm_python as helm
import jsonschema
import kubernetes_validate
import pytest

from tests.chart.renders import CHART, EXAMPLES, Manifest, kind, manifests, of, rendered, text, values

CUSTOM = json.loads((Path(__file__).parent / "resources.json").read_text("utf-8"))
GOLDEN = Path(__file__).parent / "golden" / "default.yaml"


@pytest.mark.parametrize("example", EXAMPLES)
def test_helm_finds_nothing_to_say(example: str) -> None:
    report = helm.lint(CHART, values(example), strict=True, kube_version="v1.29.0")
    assert report["errors"] == []
    assert [one["error"] for one in report["messages"] if one["severity"] > 1] == []


@pytest.mark.parametrize("version", ["1.29", "1.37"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_manifest_is_what_kubernetes_takes(example: str, version: str) -> None:
    for one in manifests(example):
        if one["apiVersion"].partition("/")[0] not in OPERATORS:
            kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_resource_of_an_operator_is_what_it_takes(example: str) -> None:
    for one in manifests(example):
        if one["apiVersion"].partition("/")[0] in OPERATORS:
            schema = CUSTOM[f"{one['apiVersion']}/{one['kind']}"]
            jsonschema.validate(one["spec"], {**schema, "definitions": CUSTOM["definitions"]})


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_two_objects_share_a_name(example: str) -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in manifests(example)]
    assert len(names) == len(set(names))


def test_the_examples_reach_every_kind_of_resource() -> None:
    """Else the tests above would say nothing about it."""
    made = {f"{one['apiVersion']}/{one['kind']}" for example in EXAMPLES for one in manifests(example)}
    assert {name for name in CUSTOM if "/" in name} <= made


def test_the_default_render_is_the_one_that_was_looked_at() -> None:
    """After a change that is meant: python -m tests.chart.renew, then look at the difference."""
    assert text("default") == GOLDEN.read_text("utf-8")


def test_a_packaged_chart_carries_the_shipped_channels(tmp_path: Path) -> None:
    with helm.Chart.load(helm.package(CHART, destination=tmp_path)) as chart:
        files = chart.render(name="wasl", namespace="health")
    (channels,) = [
        one for one in of(files["wasl/templates/settings.yaml"]) if one["metadata"]["name"] == "wasl-channels"
    ]
    shipped = {path.name: path.read_text("utf-8") for path in (CHART.parents[1] / "config/channels").glob("*.yaml")}
    assert channels["data"] == {name: said for name, said in shipped.items() if not name.endswith(".test.yaml")}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"replicas": 3}, "replicas"),
        ({"gateway": {"replica": 3}}, "replica"),
        ({"bus": {"brokers": []}}, "brokers"),
        ({"bus": {"brokers": ["kafka"]}}, "brokers"),
        ({"bus": {"security": {"password": "secret"}}}, "password"),
        ({"database": {"password": {"value": "secret"}}}, "value"),
        ({"redis": {"url": "redis://:secret@redis:6379"}}, "url"),
        ({"image": {"tag": "latest"}}, "tag"),
        ({"key": {"existingSecret": ""}}, "existingSecret"),
        ({"config": {"admin": {"password": "secret"}}}, "admin"),
        ({"config": {"mediation": {"stop": {"ratio": 2}}}}, "ratio"),
        ({"channels": {"files": {"Lab Rabat.yaml": ""}}}, "Lab Rabat"),
        ({"gateway": {"mllp": {"trusted": ["everyone"]}}}, "trusted"),
        ({"mediation": {"autoscaling": {"min": 0}}}, "min"),
        ({"strimzi": {"authentication": "none"}}, "authentication"),
        ({"strimzi": {"enabled": True}}, "strimzi.cluster"),
        ({"mediation": {"autoscaling": {"max": 13}}}, "bus.partitions"),
        ({"gateway": {"mllp": {"tls": {"enabled": True}}}}, "gateway.mllp.tls"),
        ({"console": {"ingress": {"enabled": True}}}, "console.ingress.host"),
    ],
)
def test_values_that_cannot_work_are_refused_by_their_name(said: Manifest, told: str) -> None:
    with pytest.raises(helm.HelmError, match=told):
        rendered(said)


def test_the_schema_knows_every_key_of_the_values_and_no_other() -> None:
    with helm.Chart.load(CHART) as chart:
        schema, defaults = chart.schema, chart.values
    assert schema
    _same(schema, defaults, schema["definitions"], ())


def _same(schema: dict[str, Any], value: Any, definitions: dict[str, Any], at: tuple[str, ...]) -> None:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if schema.get("type") != "object" or "properties" not in schema or not value:
        return
    assert schema["additionalProperties"] is False, at
    assert set(value) == set(schema["properties"]) - {"global"}, at  # `global` is Helm's own
    for key, inner in value.items():
        _same(schema["properties"][key], inner, definitions, (*at, key))


def test_channels_of_your_own_take_the_place_of_the_shipped_ones() -> None:
    said = of(rendered({"channels": {"shipped": False, "files": {"lab.yaml": "mediator: hl7v2\n"}}}))
    (channels,) = [one for one in said if one["kind"] == "ConfigMap" and one["metadata"]["name"] == "wasl-channels"]
    assert channels["data"] == {"lab.yaml": "mediator: hl7v2\n"}


def test_a_configmap_of_your_own_is_mounted_and_none_is_made() -> None:
    said = of(rendered({"channels": {"existingConfigMap": "ours"}}))
    assert "wasl-channels" not in {one["metadata"]["name"] for one in said if one["kind"] == "ConfigMap"}
    for one in said:
        if one["kind"] == "Deployment":
            volumes = {volume["name"]: volume for volume in one["spec"]["template"]["spec"]["volumes"]}
            assert volumes["channels"]["configMap"] == {"name": "ours"}


def test_nothing_is_bundled() -> None:
    with helm.Chart.load(CHART) as chart:
        assert chart.dependencies == []
    assert kind("full", "StatefulSet", "Secret") == []


OPERATORS = {name.partition("/")[0] for name in CUSTOM if "/" in name}
