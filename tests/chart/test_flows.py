"""Who may talk to whom, and what follows the load."""

from __future__ import annotations

import pytest

from channels.bus.kafka import group_name
from channels.outputs import EVENTS
from tests.chart.renders import EXAMPLES, READS, ROLES, Manifest, chosen, kind, manifests, pods, ports, values

every_example = pytest.mark.parametrize("example", EXAMPLES)
guarded = pytest.mark.parametrize("example", [name for name in EXAMPLES if name != "minimal"])


def policies(example: str, pod: Manifest) -> list[Manifest]:
    labels = pod["metadata"]["labels"]
    return [one["spec"] for one in kind(example, "NetworkPolicy") if chosen(one["spec"]["podSelector"], labels)]


def opened(example: str, pod: Manifest, way: str) -> set[int]:
    """The ports that some policy lets in (`ingress`) or out (`egress`) for this pod."""
    rules = [rule for one in policies(example, pod) for rule in one.get(way, [])]
    return {port["port"] for rule in rules for port in rule["ports"]}


@guarded
def test_every_pod_is_shut_before_anything_is_opened(example: str) -> None:
    for role, pod in pods(example):
        assert {"Ingress", "Egress"} in [set(one["policyTypes"]) for one in policies(example, pod)], role
        assert all(rule["ports"] for one in policies(example, pod) for rule in one.get("ingress", [])), role


@guarded
def test_every_port_of_a_pod_is_let_in_and_no_other(example: str) -> None:
    for role, pod in pods(example):
        assert opened(example, pod, "ingress") == set(ports(pod).values()), role


@guarded
def test_every_server_in_the_values_can_be_reached(example: str) -> None:
    said = values(example)
    for role, pod in pods(example):
        out = opened(example, pod, "egress")
        assert 53 in out, role
        if role != "test":
            assert said.get("database", {}).get("port", 5432) in out, role
        if role in ROLES:
            assert {int(one.rpartition(":")[2]) for one in said.get("bus", {}).get("brokers", ["k:9092"])} <= out, role


def test_servers_at_unusual_ports_can_be_reached() -> None:
    for role, pod in pods("full"):
        out = opened("full", pod, "egress")
        assert (6380 in out) == (role in ROLES), role
        assert (8081 in out) == (role in ROLES), role
        assert (8443 in out) == (role == "delivery"), role
        assert (9443 in out) == (role in ROLES), role
        assert (9447 in out) == (role in ("mediation", "delivery")), role
        assert (9444 in out) == (role in ("gateway", "console")), role
        assert (9445 in out) == (role == "delivery"), role
        assert (9446 in out) == (role == "delivery"), role


def test_without_tls_only_named_networks_may_send() -> None:
    (policy,) = [one for one in kind("full", "NetworkPolicy") if one["metadata"]["name"] == "wasl-mllp"]
    blocks = {
        peer["ipBlock"]["cidr"] for rule in policy["spec"]["ingress"] for peer in rule["from"] if "ipBlock" in peer
    }
    assert blocks == {"10.20.0.0/16", "fd00:20::/48"}


@guarded
def test_no_flow_of_plain_mllp_is_open_to_everyone(example: str) -> None:
    (policy,) = [one for one in kind(example, "NetworkPolicy") if one["metadata"]["name"] == "wasl-mllp"]
    assert all(rule.get("from") for rule in policy["spec"]["ingress"])


@every_example
def test_every_workload_has_a_disruption_budget_of_its_own(example: str) -> None:
    budgets = [one["spec"] for one in kind(example, "PodDisruptionBudget")]
    for role, pod in pods(example):
        if role in ROLES:
            fitting = [one for one in budgets if chosen(one["selector"], pod["metadata"]["labels"])]
            assert [one["maxUnavailable"] for one in fitting] == [1], role


@every_example
def test_every_service_leads_to_ports_of_the_pods_it_chooses(example: str) -> None:
    for one in kind(example, "Service"):
        selector = {"matchLabels": one["spec"]["selector"]}
        (pod,) = [pod for _, pod in pods(example) if chosen(selector, pod["metadata"]["labels"])]
        assert {port["targetPort"] for port in one["spec"]["ports"]} <= set(ports(pod)), one["metadata"]["name"]


def test_the_mllp_service_keeps_the_senders_addresses() -> None:
    (service,) = [one["spec"] for one in kind("plain", "Service") if one["metadata"]["name"] == "wasl-mllp"]
    assert (service["type"], service["externalTrafficPolicy"]) == ("LoadBalancer", "Local")
    assert service["loadBalancerSourceRanges"] == ["10.20.0.0/16"]


def test_each_mllp_port_of_a_channel_is_served() -> None:
    (service,) = [one["spec"] for one in kind("full", "Service") if one["metadata"]["name"] == "wasl-mllp"]
    assert {port["port"] for port in service["ports"]} == {2575, 2576, 2600}


@every_example
def test_each_workload_is_scaled_by_one_or_says_how_many(example: str) -> None:
    scaled = [one["spec"]["scaleTargetRef"]["name"] for one in kind(example, "ScaledObject", "HorizontalPodAutoscaler")]
    assert len(scaled) == len(set(scaled))
    for one in kind(example, "Deployment"):
        assert ("replicas" in one["spec"]) != (one["metadata"]["name"] in scaled), one["metadata"]["name"]


@every_example
def test_the_scaler_watches_the_groups_the_program_has(example: str) -> None:
    namespace = values(example).get("namespace", "")
    for one in kind(example, "ScaledObject"):
        role = one["metadata"]["labels"]["app.kubernetes.io/component"]
        metadata = [trigger["metadata"] for trigger in one["spec"]["triggers"]]
        assert {said["consumerGroup"] for said in metadata} == {group_name(namespace, name) for name in READS[role]}
        assert {said.get("topic") for said in metadata} <= {None, namespace + EVENTS}
        assert all(said["excludePersistentLag"] == "true" for said in metadata)


@every_example
def test_no_more_pods_than_partitions(example: str) -> None:
    partitions = values(example).get("bus", {}).get("partitions", 12)
    for one in kind(example, "ScaledObject"):
        assert one["spec"]["minReplicaCount"] <= one["spec"]["maxReplicaCount"] <= partitions


def test_keda_logs_in_as_the_program_does() -> None:
    (said,) = kind("plain", "TriggerAuthentication")
    assert {one["parameter"]: one["key"] for one in said["spec"]["secretTargetRef"]} == {
        "ca": "kafka-ca.crt",
        "password": "kafka-password",
    }
    (named,) = said["spec"]["configMapTargetRef"]
    (login,) = [one["data"] for one in kind("plain", "ConfigMap") if one["metadata"]["name"] == named["name"]]
    assert (named["parameter"], login[named["key"]]) == ("username", "wasl")
    for one in kind("plain", "ScaledObject"):
        for trigger in one["spec"]["triggers"]:
            assert trigger["authenticationRef"] == {"name": said["metadata"]["name"]}
            assert (trigger["metadata"]["sasl"], trigger["metadata"]["tls"]) == ("scram_sha512", "enable")


def test_without_keda_the_same_workloads_scale_by_cpu() -> None:
    scaled = {one["spec"]["scaleTargetRef"]["name"] for one in kind("without-keda", "HorizontalPodAutoscaler")}
    assert scaled == {"wasl-gateway", "wasl-mediation", "wasl-delivery"}
    assert not [one for one in manifests("without-keda") if one["apiVersion"].startswith("keda.sh/")]


@every_example
def test_the_gateway_never_scales_by_lag(example: str) -> None:
    assert "wasl-gateway" not in [one["spec"]["scaleTargetRef"]["name"] for one in kind(example, "ScaledObject")]
