"""Topics, users and rights for Strimzi: those that the program needs, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from channels.bus.kafka import group_name
from channels.outputs import EVENTS, STEPS
from channels.runtime import House
from tests.chart.renders import READS, ROLES, ROOT, kind, of, pods, rendered


def test_strimzi_makes_the_topics_that_the_program_would_make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WASL_BUS", "kafka://kafka:9092")
    wanted = House.open(ROOT / "config" / "wasl.yaml", tmp_path).cluster
    made = {one["spec"]["topicName"]: one["spec"] for one in kind("strimzi", "KafkaTopic")}
    assert set(made) == {topic.name for topic in wanted.topics}
    for topic in wanted.topics:
        said = made[topic.name]
        assert (said["partitions"], said["replicas"]) == (wanted.partitions, 3), topic.name
        assert said["config"] == typed(topic.configuration(3)), topic.name


def typed(configuration: dict[str, str]) -> dict[str, object]:
    """The broker's settings as YAML has them: numbers and truth are no texts."""
    return {key: yaml.safe_load(value) for key, value in configuration.items()}


def test_a_channel_of_the_values_has_its_topic() -> None:
    said = {
        "namespace": "rabat.",
        "strimzi": {"enabled": True, "cluster": "kafka", "channels": ["theirs"]},
        "channels": {"files": {"lab.yaml": ""}},
    }
    topics = {one["spec"]["topicName"] for one in of(rendered(said)) if one["kind"] == "KafkaTopic"}
    assert {"rabat.wasl.received.lab", "rabat.wasl.received.theirs", "rabat.wasl.events"} <= topics


def rights(example: str, role: str) -> set[tuple[str, str]]:
    """(operation, name) of every right of a role's user."""
    (user,) = [one for one in kind(example, "KafkaUser") if one["metadata"]["name"] == f"wasl-{role}"]
    return {
        (operation, f"{acl['resource']['type']} {acl['resource']['name']}")
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    }


def test_a_role_reads_and_writes_its_own_topics_alone() -> None:
    received, events = "topic wasl.received.", f"topic {EVENTS}"
    assert {("Write", received)} <= rights("strimzi", "gateway")
    assert ("Write", events) not in rights("strimzi", "gateway")
    assert {("Read", received), ("Write", events)} <= rights("strimzi", "mediation")
    assert ("Write", received) not in rights("strimzi", "mediation") | rights("strimzi", "delivery")
    assert {("Read", events), ("Write", f"topic {STEPS}")} <= rights("strimzi", "delivery")
    assert {operation for operation, _ in rights("strimzi", "scaler")} == {"Describe"}


def test_a_role_may_join_the_groups_it_reads_with() -> None:
    for role, groups in READS.items():
        joined = {
            name for operation, name in rights("strimzi", role) if operation == "Read" and name.startswith("group ")
        }
        assert joined == {f"group {group_name('', name)}" for name in groups}


def test_each_role_logs_in_as_itself() -> None:
    for role, pod in pods("strimzi"):
        if role in ROLES:
            environment = {one["name"]: one.get("value") for one in pod["spec"]["containers"][0]["env"]}
            assert environment["WASL_BUS_SECURITY_USERNAME"] == f"wasl-{role}"
            assert f"wasl-{role}" in str(pod["spec"]["volumes"])
