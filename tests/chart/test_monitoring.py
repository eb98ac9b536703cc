"""Alerts and the dashboard ask for metrics that the program has, with labels that these have, in PromQL that parses."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator

import promql_parser as promql
import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from channels.watch import metrics
from tests.chart.renders import CHART, ROOT, Manifest, kind, pods, ports

RULES = [
    rule
    for group in yaml.safe_load((ROOT / "config/alerts.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
# what Prometheus adds to every sample on Kubernetes, and what a histogram has
ADDED = {"namespace", "pod", "instance", "job", "le"}


def samples() -> Iterator[tuple[str, set[str]]]:
    """Every time series of the program: its name, and its labels."""
    for one in vars(metrics).values():
        if not isinstance(one, Counter | Gauge | Histogram):
            continue
        name, labels = one._name, set(one._labelnames)
        if isinstance(one, Counter):
            yield f"{name}_total", labels
        elif isinstance(one, Gauge):
            yield name, labels
        else:
            yield from ((f"{name}_{part}", labels) for part in ("bucket", "sum", "count"))


KNOWN = dict(samples())


def dashboard() -> Manifest:
    read: Manifest = json.loads((CHART / "files/dashboard.json").read_text("utf-8"))
    return read


def expressions() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m").replace("$namespace", ".*")


def selectors(expression: object) -> Iterator[promql.VectorSelector]:
    """Every selector of a time series below an expression."""
    match expression:
        case promql.VectorSelector():
            yield expression
        case promql.MatrixSelector():
            yield from selectors(expression.vector_selector)
        case promql.BinaryExpr():
            yield from selectors(expression.lhs)
            yield from selectors(expression.rhs)
        case promql.Call():
            for argument in expression.args:
                yield from selectors(argument)
        case promql.AggregateExpr() | promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            yield from selectors(expression.expr)


@pytest.mark.parametrize(("name", "expression"), list(expressions()))
def test_every_metric_that_is_asked_for_is_one_of_the_program(name: str, expression: str) -> None:
    asked = list(selectors(promql.parse(expression)))
    assert asked
    for one in asked:
        assert one.name in KNOWN
        assert {matcher.name for matcher in one.matchers.matchers} <= KNOWN[one.name] | ADDED


@pytest.mark.parametrize(("name", "expression"), list(expressions()))
def test_what_is_summed_by_a_label_has_that_label(name: str, expression: str) -> None:
    labels = set().union(*(KNOWN[one.name] for one in selectors(promql.parse(expression)) if one.name))
    for grouped in re.findall(r"\bby \(([^)]*)\)", expression):
        assert {one.strip() for one in grouped.split(",")} <= labels | ADDED


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_it_is_and_what_to_do(rule: Manifest) -> None:
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["action"].rstrip().endswith((".", "!"))
    shown = set(re.findall(r"\$labels\.(\w+)", "".join(rule["annotations"].values())))
    assert shown <= set(re.findall(r"\w+", rule["expr"])) | {"instance", "loop"}


def test_everything_an_operator_must_hear_has_an_alert() -> None:
    watched = {one.name for rule in RULES for one in selectors(promql.parse(rule["expr"]))}
    assert watched >= {
        "wasl_unavailable_total",
        "wasl_messages_received_total",
        "wasl_messages_refused_total",
        "wasl_channel_paused",
        "wasl_channels_stale",
        "wasl_messages_mediated_total",
        "wasl_failures_total",
        "wasl_circuit_open",
        "wasl_lag_records",
        "wasl_loop_turned_timestamp_seconds",
    }


def test_the_chart_has_the_same_rules() -> None:
    (made,) = kind("full", "PrometheusRule")
    assert [rule for group in made["spec"]["groups"] for rule in group["rules"]] == RULES


def test_the_chart_has_the_same_dashboard_under_the_label_grafana_looks_for() -> None:
    (made,) = [one for one in kind("full", "ConfigMap") if one["metadata"]["name"] == "wasl-dashboard"]
    assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(made["data"]["wasl.json"]) == dashboard()


def test_panels_do_not_lie_on_each_other() -> None:
    cells: list[tuple[int, int]] = []
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells += itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"]))
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_prometheus_finds_every_role() -> None:
    (monitor,) = kind("full", "ServiceMonitor")
    endpoints = {one["port"] for one in monitor["spec"]["endpoints"]}
    found = set()
    for service in kind("full", "Service"):
        if endpoints & {port["name"] for port in service["spec"]["ports"]}:
            found.add(service["metadata"]["labels"]["app.kubernetes.io/component"])
    assert found == {role for role, pod in pods("full") if set(ports(pod)) & endpoints}
