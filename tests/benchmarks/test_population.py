from __future__ import annotations

import io
from collections import Counter, defaultdict
from itertools import islice, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.population import records, write
from channels.population import noise
from channels.population.noise import Noise
from channels.population.people import TODAY, Person, people
from channels.population.writing import whose
from registries.rows import rows
from schemas.digits import verhoeff
from schemas.events import Patient

CIN = "https://hie.sante.gov.ma/id/cnie"


@pytest.fixture(scope="module")
def everybody() -> list[Person]:
    return list(people(6000, seed=5))


@pytest.fixture(scope="module")
def written(everybody: list[Person]) -> dict[str, list[Patient]]:
    told: dict[str, list[Patient]] = defaultdict(list)
    for truth, patient in records(len(everybody), seed=5):
        told[truth].append(patient)
    return told


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    assert list(records(50, seed=1)) == list(records(50, seed=1))
    assert list(records(50, seed=1)) != list(records(50, seed=2))
    assert list(people(50, seed=1)) == list(people(90, seed=1))[:50]


def test_ten_million_can_be_begun_at_once() -> None:
    assert len(list(islice(records(10_000_000, seed=1, width=10), 5))) == 5


def test_nobody_has_the_papers_of_another(everybody: list[Person]) -> None:
    for paper in ("number", "cin", "idcs"):
        carried = [getattr(person, paper) for person in everybody if getattr(person, paper)]
        assert len(set(carried)) == len(carried)
    assert all(verhoeff(person.idcs) for person in everybody if person.idcs)


def test_a_few_names_are_common_and_most_are_rare(everybody: list[Person]) -> None:
    families = Counter(person.family.latin for person in everybody)
    commonest = families.most_common(20)
    assert sum(count for _, count in commonest) > len(everybody) / 10
    assert sum(count <= 3 for count in families.values()) > len(families) / 2


def test_only_the_year_is_known_of_many_old_people_and_of_few_young_ones(everybody: list[Person]) -> None:
    def share(found: list[Person]) -> float:
        return sum(person.year_only for person in found) / len(found)

    assert share([person for person in everybody if person.born.year < 1950]) > 0.3
    assert share([person for person in everybody if person.born.year > 1990]) < 0.03


def test_twins_share_birthday_family_and_home(everybody: list[Person]) -> None:
    twins = [pair for pair in pairwise(everybody) if [one.twin for one in pair] == [1, 2]]
    assert twins
    for first, second in twins:
        assert (first.born, first.family, first.home) == (second.born, second.family, second.home)
        assert first.given != second.given


def test_children_are_filed_under_a_parents_number(everybody: list[Person], written: dict[str, list[Patient]]) -> None:
    owners = {person.cin: person for person in everybody if person.cin}
    borrowed = [
        (person, owners[one["value"]])
        for person in everybody
        for patient in written[person.truth]
        for one in patient["identifiers"]
        if one["system"] == CIN and one["value"] in owners and owners[one["value"]] is not person
    ]
    children = [(child, parent) for child, parent in borrowed if child.home.number == parent.home.number]
    assert len(children) > len(everybody) / 100
    assert all(child.born > parent.born for child, parent in children)


def test_a_newborn_is_first_written_down_without_a_name(everybody: list[Person]) -> None:
    newborn = next(person for person in people(60_000, seed=2) if person.newborn)
    assert (TODAY - newborn.born).days < 30
    found = [patient for truth, patient in records(newborn.number, seed=2) if truth == newborn.truth]
    assert any(patient["names"][0]["given"][0] in {"BEBE", "NN", "Nouveau-né", "X"} for patient in found)
    assert all(patient["mother_name"] for patient in found)


def test_everybody_has_one_to_five_records_at_different_places(written: dict[str, list[Patient]]) -> None:
    assert set(map(len, written.values())) == {1, 2, 3, 4, 5}
    for patients in written.values():
        numbers = [(patient["identifiers"][0]["system"], patient["identifiers"][0]["value"]) for patient in patients]
        assert len({system for system, _ in numbers}) == len({value for _, value in numbers}) == len(numbers)


def test_a_number_of_a_source_leads_back_to_the_truth(written: dict[str, list[Patient]]) -> None:
    for truth, patients in written.items():
        assert {whose(one["identifiers"][0]["system"], one["identifiers"][0]["value"]) for one in patients} == {truth}


def test_without_noise_a_record_tells_the_truth() -> None:
    rates = dict.fromkeys(Noise.__dataclass_fields__, 0.0)
    truth = {person.truth: person for person in people(300, seed=3)}
    for who, patient in records(300, seed=3, how=Noise(**rates)):
        person = truth[who]
        assert patient["sex"] == person.sex
        assert person.year_only or patient["birth_date"] == person.born.isoformat()


@given(st.integers(), st.sampled_from(["Abderrahim Ait Said", "El Khattabi", "Fatima Zahra", "Moha", "X", ""]))
def test_noise_leaves_a_name_of_letters(seed: int, name: str) -> None:
    random = Random(seed)
    for written in (noise.spelled(name, random), noise.mistyped(name, random), noise.plain(name)):
        assert bool(written) == bool(name)
        assert "\\" not in written


def test_a_name_is_written_in_many_ways() -> None:
    ways = {noise.spelled("Abderrahim El Khattabi", Random(seed)) for seed in range(300)}
    assert len(ways) > 25
    assert {"Abderrahim Khattabi", "Abderrahim El Khattaby"} < ways


def test_the_list_is_one_that_the_registry_loads() -> None:
    sheet = io.StringIO()
    write(records(40, seed=4), "csv", sheet)
    found = list(rows(sheet.getvalue().encode(), ("birth_date", "family", "phone", "truth")))
    assert len(found) >= 40
    assert not any(row.issues for row in found)
    assert {row["truth"] for row in found} == {person.truth for person in people(40, seed=4)}
