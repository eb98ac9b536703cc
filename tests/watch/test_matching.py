"""What Prometheus is told of matching: what waits for a steward, and what was left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import REGISTRY as SAMPLES

from channels.identities import Identities
from channels.watch import matching
from channels.watch.matching import OpenReviews, measured
from registries.client.matcher import Matcher
from registries.client.matching.rules import shipped
from registries.sealing import Seal
from tests.console.identities import doubtful, patient
from tests.console.place import Place

POSSIBLE = {"reason": "possible-match"}


def test_what_waits_for_a_steward_is_told_and_that_it_was_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "EVERY", 0.0)
    place = Place(tmp_path)
    doubtful(place)
    identities, told = Identities.of(place.house), OpenReviews(place.house)
    asked = [one for one in identities.queue.page() if one.reason == "possible-match"]
    told.measure()
    assert SAMPLES.get_sample_value("wasl_reviews_open", POSSIBLE) == len(asked) > 0
    oldest = SAMPLES.get_sample_value("wasl_reviews_oldest_timestamp_seconds", POSSIBLE)
    assert oldest == min(one.at for one in asked) / 1e6
    for one in asked:
        identities.steward.reject(one.id, "naima", "two cards")
    told.measure()
    assert SAMPLES.get_sample_value("wasl_reviews_open", POSSIBLE) == 0
    assert SAMPLES.get_sample_value("wasl_reviews_oldest_timestamp_seconds", POSSIBLE) == 0
    place.close()


def test_blocks_that_were_too_big_are_counted_once(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.send("lab-hl7v2", *(patient(f"R{n}", "BENNANI", "Hind", laboratory=f"13031{n:04}") for n in range(6)))
    matcher = Matcher(
        place.house.registries,
        place.house.registry_secret,
        Seal(place.house.registry_secret),
        replace(shipped(), cap=3),
    )
    meanwhile = measured(matcher)
    meanwhile()
    before = SAMPLES.get_sample_value("wasl_matching_blocks_skipped_total") or 0
    asked = place.house.records.of_persons(place.house.links.following(one_of(place)))[0].profile
    matcher.candidates(asked)
    meanwhile()
    meanwhile()
    assert SAMPLES.get_sample_value("wasl_matching_blocks_skipped_total") == before + matcher.skipped
    assert matcher.skipped
    place.close()


def one_of(place: Place) -> str:
    (person,) = place.house.records.persons_with("urn:id:130310000", "N-R0")
    return person
