"""Twins, newborns, parents and their children stay apart, whatever is told of them, in any order, and whoever else is
met between."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.clusters import Clusters
from benchmarks.population import records
from registries.client.keys import SYSTEM
from registries.client.matching.rules import shipped
from schemas.events import Patient

HOME = {"phone": "0661987043", "line": "14 Derb Sqaya", "city": "Azilal", "cnss": "143270581", "cin": "IC48213"}
# Twins are called so: by names that are known, that are not, one letter apart, one a part of the other.
TWINS = [
    ("Hassan", "Houcine"),
    ("Sami", "Samir"),
    ("Tazrit", "Tazrif"),
    ("Mohamed Amine", "Mohamed Yassine"),
    ("Fatima", "Fatima Zahra"),
    ("Yattou", "Mamass"),
    ("Amine", "Amina"),
    ("Wiam", "Wissam"),
]
TOLD = st.fixed_dictionaries({name: st.booleans() for name in (*HOME, "birth", "sex", "given")})


def written(place: int, given: str, family: str, birth: str, told: dict[str, bool], cin: bool) -> Patient:
    numbers = [{"system": f"urn:id:LAB-{place}", "value": f"{place + 41}"}]
    if told["cnss"]:
        numbers.append({"system": f"{SYSTEM}cnss", "value": HOME["cnss"]})
    if told["cin"] and cin:
        numbers.append({"system": f"{SYSTEM}cnie", "value": HOME["cin"]})
    who: Any = {
        "identifiers": numbers,
        "names": [{"given": [given] if told["given"] else [], "family": family}],
        "birth_date": birth if told["birth"] else None,
        "sex": "male" if told["sex"] else None,
        "telecoms": [{"system": "phone", "value": HOME["phone"]}] if told["phone"] else [],
        "addresses": [{"lines": [HOME["line"]], "city": HOME["city"]}] if told["city"] else [],
    }
    return cast(Patient, who)


@st.composite
def families(draw: st.DrawFn) -> list[tuple[str, Patient]]:
    """(who it is, what was written down) of some of a household; "" for a record that may be of any of them."""
    one, other = draw(st.sampled_from(TWINS))
    born = draw(st.sampled_from(["2016-05-09", "2016-01-01", "1991-05-09"]))
    people = {
        "one": (one, born),
        "other": (other, born),
        "father": (one, "1961-05-09"),
        "child": (one, "2024-05-09"),
        "newborn": ("BEBE", born),
        "": (draw(st.sampled_from([one.split()[0], "NN", one[:1]])), born),
    }
    said = []
    for place in range(draw(st.integers(2, 9))):
        who = draw(st.sampled_from(sorted(people)))
        family = draw(st.sampled_from(["Aghbal", "AGHBAL", "El Aghbal"]))
        cin = who not in ("one", "other") or born > "2010"
        said.append((who, written(place, people[who][0], family, people[who][1], draw(TOLD), cin)))
    return said


@settings(max_examples=250, deadline=None)
@given(families())
def test_nobody_is_joined_with_a_twin_a_parent_or_a_newborn(said: list[tuple[str, Patient]]) -> None:
    clusters = Clusters(shipped())
    for _, patient in said:
        clusters.add(patient)
    for group in clusters.groups():
        assert len({said[place][0] for place in group} - {""}) <= 1


@pytest.mark.parametrize("seed", [3, 4])
def test_of_a_whole_town_nobody_is_joined_with_another_and_few_are_asked_about(seed: int) -> None:
    clusters, truth = Clusters(shipped()), []
    for who, patient in records(700, seed):
        clusters.add(patient)
        truth.append(who)
    groups = clusters.groups()
    assert all(len({truth[place] for place in group}) == 1 for group in groups)
    assert len(groups) < 1.12 * len(set(truth))
    assert len(clusters.asked) < 0.05 * len(truth)
    assert clusters.raised < 0.06 * len(truth)
