"""Metrics of one process, and of several that a parent gave a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from channels.watch import metrics

CHILD = """
from channels.watch import metrics
metrics.received.labels("lab", "AA").inc({count})
metrics.connections.inc({count})
metrics.turned.labels("gateway").set({count})
"""


def child(folder: Path, count: int) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", CHILD.format(count=count)], env=environment, check=True, timeout=60)


def test_without_a_parent_one_process_shows_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    metrics.unavailable.labels("metrics-test").inc(3)
    assert b'wasl_unavailable_total{channel="metrics-test"} 3.0' in metrics.exposition()
    assert metrics.value("wasl_unavailable_total", channel="metrics-test") == 3
    assert metrics.values("wasl_unavailable_total", "channel")["metrics-test"] == 3
    assert metrics.value("wasl_unavailable_total", channel="never") is None
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    assert metrics.value("wasl_unavailable_total", channel="metrics-test") == 3


def test_processes_are_added_up_and_what_a_dead_one_held_is_held_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(tmp_path, 2)
    child(tmp_path, 5)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert metrics.value("wasl_messages_received_total", channel="lab", reply="AA") == 7
    assert metrics.values("wasl_loop_turned_timestamp_seconds", "loop") == {"gateway": 5}
    assert not metrics.value("wasl_mllp_connections")


def test_latencies_are_in_seconds_and_no_label_names_a_person() -> None:
    named = {name for metric in vars(metrics).values() for name in getattr(metric, "_labelnames", ())}
    assert named == {
        "channel",
        "reply",
        "outcome",
        "type",
        "consumer",
        "verdict",
        "where",
        "reason",
        "group",
        "loop",
    } | {"registry", "state"}
    for histogram in (metrics.acknowledged, metrics.mediation, metrics.delivery):
        assert str(histogram._name).endswith("_seconds")
