"""Renews the golden file of the default render: python -m tests.chart.renew."""

from __future__ import annotations

from tests.chart.renders import ROOT, text

if __name__ == "__main__":
    (ROOT / "tests/chart/golden/default.yaml").write_text(text("default"), "utf-8")
