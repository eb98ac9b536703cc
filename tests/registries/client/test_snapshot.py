"""Weights estimated on the records of a registry: a version to look at, not in force."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from benchmarks.population import records
from registries.client import snapshot
from registries.client.resolve import Clients
from registries.client.snapshot import weighed
from registries.client.versions import Versions
from registries.sealing import Seal
from tests.registries.people import SECRET, about

SAID = [patient for _, patient in records(150, 21)]


@pytest.fixture
def told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(snapshot, "FEWEST", 200)
    events = [about(patient) for patient in SAID]
    Clients(engine, SECRET).resolve(events, ["create"] * len(events))
    return engine


def test_weights_of_these_records_are_a_version_that_is_not_in_force(told: Engine) -> None:
    seal = Seal(SECRET)
    versions = Versions(told, seal)
    before = versions.active()
    number = weighed(told, seal, "naima", "once a year")
    assert versions.active() == before
    made = next(one for one in versions.all() if one.version == number)
    assert (made.active, made.by, made.why) == (False, "naima", "once a year")
    assert made.rules.fields["phone"] != before.fields["phone"]
    assert (made.rules.passes, made.rules.certain) == (before.passes, before.certain)
    assert weighed(told, seal, "naima", "again") == number, "the same records give the same"


def test_too_few_records_tell_nothing(told: Engine) -> None:
    with pytest.raises(ValueError, match="at least 200 are needed"):
        weighed(told, Seal(SECRET), "naima", "too early", most=100)
