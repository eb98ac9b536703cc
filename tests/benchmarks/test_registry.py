from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import registry
from benchmarks.registry import judged, loaded, question, sample, searched
from channels.runtime import House


def test_a_small_registry_is_loaded_searched_and_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "SAMPLE", 30)
    house = House.open(None, tmp_path)
    loaded(house, 30, seed=1)
    searched(house, 30, seed=1)
    judged(house, 30, seed=1)
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told] == ["load", "candidates", "truth"]
    assert "of 30 people" in told[0]
    assert "precision 1.0" in told[2]


def test_a_question_is_a_patient_in_parameters() -> None:
    (patient,) = sample(1, seed=3)[:1]
    (parameter,) = question(patient)["parameter"]
    assert parameter["resource"]["resourceType"] == "Patient"
    assert parameter["resource"]["identifier"][0]["value"] == patient["identifiers"][0]["value"]
