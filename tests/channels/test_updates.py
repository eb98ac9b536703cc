"""Subscribers are told of every change of a person's numbers, whatever they are doing meanwhile."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine

from channels.channel import Channel, Said
from channels.loops import Ended
from channels.updates import Source
from channels.updates import Subscriber as Telling
from channels.watch import metrics
from mediators.hl7v2.mediator import Hl7v2
from mediators.mediator import Context
from registries.client.links import Links
from registries.client.news import Changes
from registries.client.queries import Believed, Queries
from registries.client.records import Records
from registries.client.search import People
from registries.notices import Notices, Position
from schemas.domains import Domain, Domains
from schemas.message import Unavailable
from tests.e2e.program import free_port, until
from tests.home import Place, every_store, home
from tests.registries.people import SECRET, SYSTEMS, Registry
from tests.subscriber import Subscriber

__all__ = ["every_store", "home"]

DOMAINS = Domains.of([Domain(SYSTEMS["ipp"], ("CHU",)), Domain(SYSTEMS["idcs"], ("IDCS",))])
CHANNEL = Channel("cr", Said(mediator="hl7v2"), Hl7v2(), Context("cr", domains=DOMAINS), Path("x"))
START = Position(0, 0)


@pytest.fixture
def engine(home: Place) -> Engine:
    return home.open("registries")


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


def source_of(engine: Engine) -> Source:
    records, links = Records(engine, SECRET), Links(engine)
    queries = Queries(records, links, People(records), Believed(engine, SECRET))
    return Source(Changes(engine, links), Notices(engine), queries.numbers)


def telling(engine: Engine, port: int) -> Telling:
    return Telling(CHANNEL, f"mllp://127.0.0.1:{port}/PORTAL", source_of(engine), threading.Event())


def test_only_what_changes_the_numbers_is_told(engine: Engine, registry: Registry) -> None:
    subscriber = Subscriber()
    told = telling(engine, subscriber.port)
    registry.person(ipp="7", family="ALAMI", given="Rim", birth="1980-01-02")
    assert told.turn(START)
    assert not told.turn(START)
    registry.person(ipp="7", family="EL ALAMI", given="Rim", birth="1980-01-02")
    told.turn(START)
    registry.person(ipp="7", idcs="2345678906", family="ALAMI", given="Rim", birth="1980-01-02")
    told.turn(START)
    assert [one.numbers[0] for one in subscriber.taken] == [["CHU:7"], ["IDCS:2345678906", "CHU:7"]] or [
        sorted(one.numbers[0]) for one in subscriber.taken
    ] == [["CHU:7"], ["CHU:7", "IDCS:2345678906"]]
    assert {one.field("MSH", 5) for one in subscriber.taken} == {"PORTAL"}
    subscriber.close()


def test_one_who_was_away_is_told_what_changed_meanwhile(engine: Engine, registry: Registry) -> None:
    port = free_port()
    told = telling(engine, port)
    registry.person(ipp="7", family="ALAMI", given="Rim", birth="1980-01-02")
    with pytest.raises(Unavailable) as raised:
        told.turn(START)
    assert "Rim" not in str(raised.value)
    subscriber = Subscriber(port)
    assert told.turn(START)
    assert [one.numbers[0] for one in subscriber.taken] == [["CHU:7"]]
    subscriber.close()


def test_what_is_refused_is_not_told_again(engine: Engine, registry: Registry) -> None:
    subscriber = Subscriber(code="AE")
    told = telling(engine, subscriber.port)
    registry.person(ipp="7", family="ALAMI", given="Rim", birth="1980-01-02")
    assert told.turn(START)
    assert not told.turn(START)
    assert len(subscriber.taken) == 1
    subscriber.close()


def test_another_process_tells_nothing_meanwhile(engine: Engine, registry: Registry) -> None:
    subscriber = Subscriber()
    first, second = telling(engine, subscriber.port), telling(engine, subscriber.port)
    registry.person(ipp="7", family="ALAMI", given="Rim", birth="1980-01-02")
    assert first.turn(START)
    registry.person(ipp="8", family="TAZI", given="Omar", birth="1971-05-06")
    assert not second.turn(START)
    assert first.turn(START)
    assert [one.numbers[0] for one in subscriber.taken] == [["CHU:7"], ["CHU:8"]]
    subscriber.close()


def test_who_is_ended_while_it_is_down_is_told_no_more_and_is_not_down(engine: Engine, registry: Registry) -> None:
    ended = threading.Event()
    said = Telling(
        CHANNEL, f"mllp://127.0.0.1:{free_port()}", source_of(engine), Ended(threading.Event(), ended.is_set)
    )
    circuit = f"updates of {said.name}"
    assert not said.turn(START)  # so that whoever comes from here on is news, even before the loop runs
    running = threading.Thread(target=lambda: asyncio.run(said.run()))
    running.start()
    registry.person(ipp="7", family="ALAMI", given="Rim", birth="1980-01-01")
    until(lambda: metrics.value("wasl_circuit_open", consumer=circuit) == 1, what="the failure")
    ended.set()
    running.join(30)
    assert not running.is_alive()
    assert metrics.value("wasl_circuit_open", consumer=circuit) == 0
