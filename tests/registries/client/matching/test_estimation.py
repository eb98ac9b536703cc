"""Weights from records alone: what they find on FEBRL, and what they must not unlearn."""

from __future__ import annotations

import pytest

from benchmarks.matching import febrl, measured, named
from benchmarks.population import records
from registries.client.matching.blocking import PARTS
from registries.client.matching.estimation import estimated, pairs
from registries.client.matching.profile import profile
from registries.client.matching.rules import BLOCKING_PARTS, Rules, shipped
from registries.client.matching.scoring import outcome, score


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("number", "f1", "precision", "recall"), [(4, 0.985, 0.999, 0.96), (3, 0.977, 0.999, 0.91), (2, 0.972, 0.997, 0.92)]
)
def test_weights_without_labels_find_records_of_one_person(
    number: int, f1: float, precision: float, recall: float
) -> None:
    """The bars of FEBRL's lists, whole: on names, birth date, postcode and state only, and by the threshold shipped."""
    found = measured(*febrl(number), across=number == 4)
    assert found["f1"] >= f1
    assert found["precision"] >= precision
    assert found["recall"] >= recall


@pytest.mark.filterwarnings("ignore")
def test_estimation_learns_and_leaves_the_rest() -> None:
    profiles, _ = febrl(3)
    start = shipped()
    learned = estimated(profiles[:600], start)
    assert learned.version == start.version + 1
    assert (learned.certain, learned.passes, learned.deterministic) == (
        start.certain,
        start.passes,
        start.deterministic,
    )
    assert learned.fields["given"] != start.fields["given"]
    assert learned.fields["phone"].m == pytest.approx(start.fields["phone"].m), "nobody told a phone"
    assert all(
        sum(field.m) == pytest.approx(1) and sum(field.u) == pytest.approx(1) for field in learned.fields.values()
    )
    assert learned == estimated(profiles[:600], start)


def test_every_part_of_a_pass_is_known() -> None:
    assert set(PARTS) == BLOCKING_PARTS


def test_rules_come_back_as_they_were_written() -> None:
    assert Rules.loads(shipped().dumps()) == shipped()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "unexpected end"),
        ("{}", "'fields' is missing"),
        (shipped().dumps().replace('"sex": "possible"', '"sex": "maybe"'), "vetoes.sex"),
        (shipped().dumps().replace('"month-day"', '"moon"'), "'moon' is none of"),
        (shipped().dumps().replace('"prior": 1e-7', '"prior": 1.5'), "probabilities"),
        (
            shipped().dumps().replace('"ins": [\n          "same"', '"ins": [\n          "equal"'),
            "same, edit, different",
        ),
    ],
)
def test_rules_that_are_none_are_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Rules.loads(text)


def test_twins_stay_two_however_many_there_are() -> None:
    given = ["Yattou", "Mamass", "Tlaytmas", "Hniya", "Rahou", "Tuda", "Fadma", "Bassou", "Zaynouna", "Mbirika"]
    families = [
        f"{first}{last}"
        for first in ("Oub", "Taz", "Mer", "Zem", "Hak", "Bel")
        for last in ("ouchi", "dani", "kari", "lafi")
    ]
    twins = [
        named(name, family, f"19{60 + place}-0{1 + place % 9}-1{which}")
        for place, family in enumerate(families)
        for which in range(2)
        for name in (given[place % 10], given[(place + 3) % 10])
    ]
    learned = estimated(twins, shipped())
    for one, other in zip(twins[::2], twins[1::2], strict=True):
        assert outcome(score(one, other, learned), learned) != "certain"


def test_a_household_is_not_learned_to_be_one_person() -> None:
    told = list(records(1200, 5))
    people = [profile(patient) for _, patient in told]
    for rules in (shipped(), estimated(people, shipped())):
        certain = [
            (one, other)
            for one, other in pairs(people, rules)
            if outcome(score(people[one], people[other], rules), rules) == "certain"
        ]
        right = sum(told[one][0] == told[other][0] for one, other in certain)
        assert len(certain) > 1000
        assert right >= 0.998 * len(certain)


def test_nothing_is_estimated_from_one_record() -> None:
    with pytest.raises(ValueError, match="two records"):
        estimated([named("Yattou", "Tazdani")], shipped())
