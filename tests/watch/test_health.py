"""`/healthz` tells what is stuck, `/readyz` what is not up; neither fails itself."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette

from channels.watch import metrics
from channels.watch.health import STALE, Health, turned
from tests.gateway.asking import ask


def get(path: str, **checks: Callable[[], bool]) -> httpx.Response:
    return ask(Starlette(routes=Health(checks).routes()), "GET", path)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    metrics.turned.clear()


def test_loops_that_turn_are_well_and_those_that_never_did_are_elsewhere() -> None:
    turned("gateway")()
    metrics.turned.labels("mediation-3")
    answer = get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"stuck": []})


def test_a_loop_that_stopped_turning_is_named_whatever_its_name() -> None:
    turned("gateway")()
    metrics.turned.labels("mediation-7").set(time.time() - STALE - 1)
    answer = get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"stuck": ["mediation-7"]})


def test_ready_only_when_every_part_is() -> None:
    assert get("/readyz", schema=lambda: True, bus=lambda: True).status_code == 200
    answer = get("/readyz", schema=lambda: True, bus=lambda: False)
    assert (answer.status_code, answer.json()) == (503, {"schema": True, "bus": False})


def test_a_check_that_fails_is_a_part_that_is_not_up(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> bool:
        raise OSError(5, "Input/output error", "/data/control.db")

    answer = get("/readyz", administrator=broken)
    assert (answer.status_code, answer.json()) == (503, {"administrator": False})
    assert "administrator is not ready: OSError (Input/output error)" in caplog.text


def test_metrics_are_prometheus_text() -> None:
    answer = get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE wasl_acknowledgement_seconds histogram" in answer.text
