"""The client registry of the program in front of the national one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from registries.awaited import Awaited
from registries.client.resolve import Clients
from registries.national import NationalClients
from registries.registry import Policy, Registry, Resolution
from registries.remembered import REST, Remembered
from registries.remote import National
from schemas.events import Identifier
from schemas.message import Unavailable
from tests.clock import Clock
from tests.registries.country import Country
from tests.registries.people import ID, SECRET, about, patient
from tests.serving import served

DAY = 86_400.0
LAB: Identifier = {"system": "urn:id:LABO", "value": "77"}


@pytest.fixture
def country() -> Country:
    return Country()


@pytest.fixture
def national(country: Country) -> Iterator[National]:
    with served(country.app) as address:
        asked = National(f"{address}/fhir")
        yield asked
        asked.close()


@pytest.fixture
def kept(engine: Engine, clock: Clock) -> Iterator[Remembered]:
    kept = Remembered(engine, SECRET, clock)
    yield kept
    kept.close()


def stale(channel: str) -> float:
    return {"strict": 3600.0}.get(channel, 7 * DAY)


@pytest.fixture
def clients(engine: Engine, national: National, kept: Remembered, clock: Clock) -> NationalClients:
    return NationalClients(Clients(engine, SECRET), national, kept, stale, Awaited(engine, SECRET, "client", 60, clock))


def answer(registry: Registry, event: object, policy: Policy = "create") -> Resolution:
    (found,) = registry.resolve([event], [policy])  # type: ignore[list-item]
    return found


def person(clients: NationalClients, **told: str) -> str:
    return answer(clients, about(patient(**told))).entry


def test_two_hospitals_numbers_are_one_person_when_the_country_says_so(
    clients: NationalClients, country: Country
) -> None:
    country.people = [["urn:id:CHU|1", "urn:id:LABO|77", f"{ID}ins|I-1"]]
    at_hospital = person(clients, ipp="1", given="Hafid")
    at_laboratory = answer(clients, about(patient(LAB, given="Hafid"))).entry
    assert at_hospital == at_laboratory != person(clients, ipp="2")


def test_a_child_filed_under_its_parents_numbers_does_not_become_the_parent(
    clients: NationalClients, country: Country
) -> None:
    country.people = [[f"{ID}cnie|AB123456", f"{ID}cnss|123456789", f"{ID}ins|I-1", "urn:id:CHU|1"], ["urn:id:CHU|2"]]
    parent = person(clients, ipp="1", cin="AB123456", birth="1980-03-12", given="Hafid")
    child = person(clients, ipp="2", cin="AB123456", cnss="123456789", birth="2019-01-02", given="Nour")
    only_papers = person(clients, cin="AB123456", cnss="123456789", birth="2021-05-02", given="Ghali")
    assert len({parent, child, only_papers}) == 3
    assert len(country.asked) == 2


def test_whom_the_country_knows_is_known_where_that_is_required(clients: NationalClients, country: Country) -> None:
    country.people = [["urn:id:CHU|1", f"{ID}ins|I-1"]]
    assert answer(clients, about(patient(ipp="1")), "require").verdict == "found"
    unknown = answer(clients, about(patient(ipp="2")), "require")
    assert (unknown.verdict, unknown.entry) == ("unknown", "")
    assert unknown.waiting_for


def test_while_the_service_is_down_its_last_answer_counts_as_long_as_the_channel_allows(
    clients: NationalClients, country: Country, clock: Clock
) -> None:
    country.people = [["urn:id:CHU|1", f"{ID}ins|I-1"]]
    known = person(clients, ipp="1")
    country.down = 503
    clock.now += 2 * 3600
    late = answer(clients, about(patient(ipp="1")), "require")
    assert late.entry == known
    assert late.flags == ["the national client registry does not answer: as it was known 2 h ago"]
    strict = about(patient(ipp="1"), channel="strict")
    parked = answer(clients, strict, "require")
    assert (parked.verdict, parked.entry) == ("unknown", "")
    assert parked.waiting_for[0].startswith("national client|")
    assert "person" not in strict


def test_one_who_waits_for_the_service_holds_nobody_else(clients: NationalClients, country: Country) -> None:
    """Those without a number of the country's in the same batch, and those whom nobody must know."""
    country.down = 503
    events = [about(patient(ipp="1")), about(patient(cin="AB1")), about(patient(ipp="2"))]
    found = clients.resolve(events, ["require", "create", "create"])
    assert [bool(one.entry) for one in found] == [False, True, True]
    assert len({one["person"] for one in events[1:]}) == 2


def test_for_whom_a_message_waits_the_service_is_asked_again(
    clients: NationalClients, country: Country, clock: Clock
) -> None:
    country.down = 503
    silent = answer(clients, about(patient(ipp="1")), "require").waiting_for
    country.down = 0
    clock.now += REST
    unknown = answer(clients, about(patient(ipp="2")), "require").waiting_for
    answer(clients, about(patient(ipp="3")), "create")
    assert [(one.number["value"], [*one.entries], one.silent) for one in clients.awaited.take(9)] == [
        ("1", silent, True)
    ]
    clock.now += 60
    due = {one.number["value"]: [*one.entries] for one in clients.awaited.take(9)}
    assert due == {"1": silent, "2": unknown}


def test_care_does_not_wait_for_the_service_where_nobody_must_be_known(
    clients: NationalClients, country: Country, clock: Clock
) -> None:
    """The country's numbers are learned with the next event, and the identity stays."""
    country.down = 500
    first = answer(clients, about(patient(ipp="1", given="Hafid")))
    assert first.flags == ["the national client registry does not answer"]
    country.down = 0
    country.people = [["urn:id:CHU|1", f"{ID}ins|I-1"]]
    clock.now += REST
    assert person(clients, ipp="1", given="Hafid") == first.entry
    assert person(clients, ins="I-1") == first.entry


def test_what_was_asked_is_not_asked_for_again_at_once(clients: NationalClients, country: Country) -> None:
    country.people = [["urn:id:CHU|1", f"{ID}ins|I-1"]]
    found = clients.resolve([about(patient(ipp="1")) for _ in range(20)], ["create"] * 20)
    assert len({one.entry for one in found}) == 1
    person(clients, ipp="1")
    assert len(country.asked) == 1


def test_an_attempt_that_failed_is_made_whole_by_the_next(
    clients: NationalClients, country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database went away after the service had answered: what it said must not be taken as registered."""
    country.people = [["urn:id:CHU|1", f"{ID}ins|I-1"]]

    def gone(*_: object) -> None:
        raise Unavailable("the database does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(Clients, "resolve", gone)
        with pytest.raises(Unavailable):
            person(clients, ipp="1")
    assert person(clients, ipp="1") == person(clients, ins="I-1")
