"""The demonstration's people show what matching is for: they come again, written otherwise."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from random import Random

import pytest

from benchmarks.clusters import Clusters
from channels.channel import load_channels
from channels.demo import SEED, messages
from channels.demo.citizens import citizens
from channels.demo.people import HOSPITAL, LABORATORY, MANY, PRACTICE, RADIOLOGY, registered
from channels.population.people import Person, people
from channels.receive import taken
from channels.settings import default_config, load_settings
from registries.client.matching.rules import shipped
from schemas.events import Patient

AT = datetime.datetime(2026, 11, 23, 9, 30)
SENDERS = (HOSPITAL, LABORATORY, RADIOLOGY, PRACTICE)


@pytest.fixture(scope="module")
def everybody() -> list[Person]:
    return list(people(MANY, SEED))


@pytest.fixture(scope="module")
def joined() -> tuple[Clusters, list[int]]:
    """What the shipped rules make of everybody's messages, and whom each of them is about."""
    channels = {one.name: one for one in load_channels(default_config(), load_settings(default_config(), {}))}
    clusters, truth = Clusters(shipped()), []
    for number in range(MANY):
        for name, body in sent(number):
            content_type = "application/fhir+json" if name == "fhir" else ""
            channel, raw = channels[name], body.encode()
            message = taken(channel, channel.mediator.describe(raw, content_type), raw, content_type=content_type)
            event = channel.mediator.mediate(message, channel.context).events[0]
            clusters.add(whole(event["patient"]))
            truth.append(number)
    return clusters, truth


def sent(number: int) -> list[tuple[str, str]]:
    """(channel, message) of each sender about one person."""
    hospital, laboratory, radiology, practice = (registered()[sender][number] for sender in SENDERS)
    return [
        ("hospital-adt", messages.stay(hospital, "A04", "V1", AT, control_id="C1", kind="O")),
        ("lab-hl7v2", messages.laboratory(Random(1), laboratory, "L1", AT, control_id="C2")),
        ("radiology-hl7v2", messages.imaging(Random(1), radiology, "I1", AT, control_id="C3")),
        ("fhir", messages.consultation(Random(1), practice, "B1", AT)),
    ]


def whole(patient: Patient) -> Patient:
    nothing: Patient = {"names": [], "telecoms": [], "addresses": [], "birth_date": None, "sex": None}
    return {**nothing, **patient}


def test_most_people_are_one_although_every_sender_wrote_them_down(joined: tuple[Clusters, list[int]]) -> None:
    clusters, truth = joined
    whose = [{truth[record] for record in group} for group in clusters.groups()]
    assert all(len(one) == 1 for one in whose)
    whole = Counter(len(group) for group in clusters.groups())
    assert whole[len(SENDERS)] > MANY * 0.7


def test_a_steward_has_something_to_decide(joined: tuple[Clusters, list[int]]) -> None:
    clusters, truth = joined
    assert 5 <= len(clusters.asked) <= MANY / 2
    pairs = [[{truth[one] for one in clusters.records_of(person)} for person in pair] for pair in clusters.asked]
    assert any(here & there for here, there in pairs)


def test_people_are_alike_at_every_start() -> None:
    assert registered() == registered()
    assert registered() != registered(seed=SEED + 1)


def test_there_are_twins_and_people_without_papers(everybody: list[Person]) -> None:
    assert {one.twin for one in everybody} >= {1, 2}
    assert any(not one.cin and not one.idcs for one in everybody if one.born.year < 2000)
    assert any(one.year_only for one in everybody)


def test_the_same_person_is_spelled_otherwise_elsewhere_and_in_arabic_letters() -> None:
    known = registered()
    names = [{str(known[sender][number]["names"]).upper() for sender in SENDERS} for number in range(MANY)]
    assert sum(len(ways) > 1 for ways in names) > MANY / 2
    assert any(re.search("[\u0621-\u064a]", way) for ways in names for way in ways)


def test_given_and_family_name_change_places(everybody: list[Person]) -> None:
    known = registered()
    told = [(one, known[sender][place]["names"][0]) for place, one in enumerate(everybody) for sender in SENDERS]
    assert any(
        (name["family"] or "").lower() == one.given.latin.lower() and one.given.latin not in one.family.latin
        for one, name in told
    )


def test_the_population_register_knows_those_who_have_its_number(everybody: list[Person]) -> None:
    register = {citizen.idcs: citizen for citizen in citizens()}
    numbered = [one for one in everybody if one.idcs]
    assert numbered
    assert all(register[one.idcs].family == one.family.latin for one in numbered)
