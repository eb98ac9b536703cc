"""Readers' questions by a number that nobody here has, put to the country's registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from registries.national_numbers import NationalNumbers
from registries.remembered import REST, Answer, Remembered
from registries.remote import National
from schemas import temporary
from schemas.domains import Domain, Domains
from schemas.message import Unavailable
from schemas.queries import Criteria, Queried, Question
from tests.clock import Clock
from tests.registries.country import Country, identifier
from tests.registries.people import ID, SECRET
from tests.serving import served

WARD, INS, CIN, OWN = "urn:id:CHU", f"{ID}ins", f"{ID}cnie", f"{ID}ecid"
DOMAINS = Domains.of([Domain(WARD, ("CHU",), "2.25.901"), Domain(INS, ("INS",)), Domain(OWN, ("ECID",), own=True)])
RIM: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p-9",
    "identifier": [identifier("urn:oid:2.25.901|7"), identifier(f"{INS}|I-9"), identifier(f"{OWN}|theirs")],
    "name": [{"family": "Alami", "given": ["Rim"]}],
    "birthDate": "1984-02-29",
    "generalPractitioner": [{"display": "Dr Tazi"}],
}


@pytest.fixture
def country() -> Country:
    return Country(people=[[f"{WARD}|7", f"{INS}|I-9", f"{OWN}|theirs", "urn:oid:2.25.901|8"]], resources=[RIM])


@pytest.fixture
def heard() -> list[tuple[str, Answer | Unavailable]]:
    return []


@pytest.fixture
def numbers(engine: Engine, country: Country, clock: Clock, heard: list[Any]) -> Iterator[NationalNumbers]:
    with served(country.app) as address:
        service, kept = National(f"{address}/fhir"), Remembered(engine, SECRET, clock, registry="client")
        stale = {"lab": 3600.0}
        yield NationalNumbers(
            service, [kept], lambda channel: stale.get(channel, 0.0), lambda *told: heard.append(told)
        )
        kept.close()
        service.close()


def crossed(numbers: NationalNumbers, number: str, *wanted: str, channel: str = "lab") -> Queried | None:
    system, _, value = number.partition("|")
    return numbers(Question(of=(system, value), domains=wanted), DOMAINS, channel)


def found(numbers: NationalNumbers, number: str, *wanted: str) -> Queried | None:
    system, _, value = number.partition("|")
    return numbers(Question(criteria=Criteria(system, value), domains=wanted), DOMAINS, "lab")


def told(queried: Queried | None) -> list[set[str]]:
    assert queried
    each = [one.patient.get("identifiers") or () for one in queried.found]
    return [{f"{one['system']}|{one['value']}" for one in several} for several in each]


def test_the_country_tells_the_other_numbers_under_the_names_that_they_have_here(numbers: NationalNumbers) -> None:
    assert told(crossed(numbers, f"{WARD}|7")) == [{f"{WARD}|7", f"{INS}|I-9", f"{WARD}|8"}]
    assert told(crossed(numbers, f"{WARD}|7", INS)) == [{f"{INS}|I-9"}]
    assert told(crossed(numbers, f"{WARD}|7", CIN)) == []


def test_the_country_tells_who_has_a_number(numbers: NationalNumbers, country: Country) -> None:
    queried = found(numbers, f"{INS}|I-9")
    assert told(queried) == [{f"{WARD}|7", f"{INS}|I-9"}]
    assert queried
    (rim,) = queried.found
    assert (rim.person, rim.patient.get("birth_date")) == ("", "1984-02-29")
    assert "general_practitioners" not in rim.patient  # nobody is told of who is not shown
    assert told(found(numbers, f"{INS}|I-9", WARD)) == [{f"{WARD}|7"}]
    assert told(found(numbers, f"{INS}|I-9", CIN)) == []
    assert country.asked == [("/fhir/Patient/_search", "")]  # fresh: asked once, and never in an address


def test_whom_the_country_does_not_know_either_it_says_nothing_of(numbers: NationalNumbers, country: Country) -> None:
    assert crossed(numbers, f"{WARD}|8") is None
    assert found(numbers, f"{WARD}|8") is None
    country.resources = [{"resourceType": "Patient", "identifier": [identifier(f"{INS}|I-9")]}]
    assert told(found(numbers, f"{INS}|I-9")) == [{f"{INS}|I-9"}]


def test_a_service_that_passes_over_the_number_shows_nobody_else(
    numbers: NationalNumbers, country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.registries.country.fits", lambda *_: True)
    assert found(numbers, f"{INS}|I-1") is None


@pytest.mark.parametrize("number", [f"{OWN}|p-1", f"{temporary.SYSTEM}|TMP-1", f"{INS}|0000", f"{INS}|INCONNU"])
def test_numbers_that_only_we_can_have_given_are_not_asked_for(
    numbers: NationalNumbers, country: Country, number: str
) -> None:
    assert crossed(numbers, number) is None
    assert country.asked == []


@pytest.mark.parametrize(
    "criteria",
    [Criteria(family="ALAMI"), Criteria(INS, "I-9", sex="female"), Criteria(INS, "I-*"), Criteria(number="I-9")],
)
def test_only_a_number_alone_is_asked_for(numbers: NationalNumbers, country: Country, criteria: Criteria) -> None:
    assert numbers(Question(criteria=criteria), DOMAINS, "lab") is None
    assert country.asked == []


def test_while_the_country_is_down_its_last_answer_counts_as_long_as_the_channel_allows(
    numbers: NationalNumbers, country: Country, clock: Clock, heard: list[Any]
) -> None:
    assert crossed(numbers, f"{WARD}|7")
    country.down = 503
    clock.now += 1800
    late = crossed(numbers, f"{WARD}|7")
    assert late
    assert (told(late), late.age) == ([{f"{WARD}|7", f"{INS}|I-9", f"{WARD}|8"}], 1800)
    assert crossed(numbers, f"{WARD}|7", channel="strict") == Queried(missing="silent")
    clock.now += 3600
    assert crossed(numbers, f"{WARD}|7") == Queried(missing="silent")
    assert [channel for channel, _ in heard] == ["lab", "lab", "strict", "lab"]


def test_whom_nothing_is_remembered_of_nobody_can_know_while_the_country_is_down(
    numbers: NationalNumbers, country: Country, clock: Clock
) -> None:
    country.down = 500
    assert crossed(numbers, f"{WARD}|7") == found(numbers, f"{INS}|I-9") == Queried(missing="silent")
    assert len(country.asked) == 1  # after a failure it is left in peace
    country.down = 0
    clock.now += REST + 1
    assert told(found(numbers, f"{INS}|I-9")) == [{f"{WARD}|7", f"{INS}|I-9"}]
