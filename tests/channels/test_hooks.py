"""Subscribers over HTTP: pinged, told of every change at least once and in order, whatever befalls their endpoint."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from channels.bulletins import Bulletins
from channels.hooks import Hook, Hooks, Told
from channels.subscriptions import Subscription, Subscriptions
from registries.client.happenings import Happenings
from registries.client.links import Links
from registries.client.queries import Believed
from registries.client.records import Records
from registries.database import reading
from registries.notices import Notices
from schemas.message import Unavailable
from tests.e2e.program import until
from tests.endpoint import Endpoint
from tests.home import Place, every_store, home
from tests.registries.people import SECRET, SYSTEMS, Registry, merged, patient

__all__ = ["every_store", "home"]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.close()


class Watched:
    """A registry and its subscriptions."""

    def __init__(self, home: Place, endpoint: Endpoint) -> None:
        engine = home.open("registries")
        self.control: Engine = home.open("control")
        self.registry, self.endpoint = Registry(engine), endpoint
        self.subscriptions = Subscriptions(self.control, SECRET)
        happenings, records = Happenings(engine), Records(engine, SECRET)
        bulletins = Bulletins(records, Links(engine), Believed(engine, SECRET))
        self.told = Told(happenings, bulletins, Notices(engine), self.subscriptions)

    def subscribe(self, **more: Any) -> Subscription:
        said: dict[str, Any] = {"endpoint": self.endpoint.address, "headers": [("X-Secret", "s3cret-of-the-portal")]}
        said |= {"payload": True, "system": "", "reason": "the portal"}
        return self.subscriptions.make("admin", self.told.happenings.now(), **said | more)

    def hook(self, **more: Any) -> Hook:
        return Hook(self.subscribe(**more), self.told)

    def person(self, number: int) -> str:
        return self.registry.person(ipp=str(number), family=f"N{number}", given="X", birth=f"19{number}-01-02")


@pytest.fixture
def place(home: Place, endpoint: Endpoint) -> Watched:
    return Watched(home, endpoint)


def test_a_subscriber_is_pinged_and_then_told_what_changes_from_then_on(place: Watched) -> None:
    place.person(40)
    made = place.subscribe()
    hook = Hook(made, place.told)
    assert not hook.turn()
    assert [(headers["X-Secret"], body) for headers, body in place.endpoint.taken] == [("s3cret-of-the-portal", b"")]
    assert [one.status for one in place.subscriptions.every()] == ["active"]
    person = place.person(41)
    assert hook.turn()
    assert not hook.turn()
    (change,) = place.endpoint.changes
    assert (change["resource"]["id"], change["request"]["method"]) == (person, "POST")
    headers, body = place.endpoint.taken[-1]
    assert headers["Content-Type"] == "application/fhir+json"
    assert json.loads(body)["entry"][0]["resource"]["eventUri"] == "urn:ihe:iti:pmir:2019:patient-feed"


def test_a_merge_is_told_as_pmir_has_it(place: Watched) -> None:
    one, other = place.person(40), place.person(41)
    hook = place.hook()
    place.registry.answer(merged(patient(ipp="40"), patient(ipp="41")))
    hook.turn()
    told = {change["resource"]["id"]: change["resource"] for change in place.endpoint.changes}
    assert told[one]["active"] is False
    assert told[one]["link"] == [{"other": {"reference": f"Patient/{other}"}, "type": "replaced-by"}]
    assert {number["value"] for number in told[other]["identifier"]} == {"40", "41"}


def test_an_endpoint_that_was_down_is_told_everything_afterwards(place: Watched) -> None:
    hook = place.hook()
    hook.turn()
    made = [place.person(number) for number in (40, 41)]
    place.endpoint.status = 503
    with pytest.raises(Unavailable):
        hook.turn()
    assert [(one.status, one.error) for one in place.subscriptions.every()] == [("error", "HTTP 503")]
    made.append(place.person(42))
    place.endpoint.status = 200
    while hook.turn():
        pass
    assert place.endpoint.persons == made
    assert [(one.status, one.error) for one in place.subscriptions.every()] == [("active", "")]


def test_an_endpoint_that_is_gone_is_told_no_more(place: Watched) -> None:
    hook = place.hook()
    hook.turn()
    place.endpoint.status = 410
    place.person(40)
    hook.turn()
    assert place.subscriptions.every() == []


def test_whoever_wants_no_payload_learns_only_that_something_changed(place: Watched) -> None:
    hook = place.hook(payload=False)
    hook.turn()
    place.person(40)
    hook.turn()
    assert [body for _, body in place.endpoint.taken] == [b"", b""]


def test_who_has_no_number_in_the_domain_is_not_told(place: Watched) -> None:
    hook = place.hook(system=SYSTEMS["idcs"])
    place.person(40)
    known = place.registry.person(idcs="2345678906", family="ALAMI", given="Rim", birth="1980-01-02")
    hook.turn()
    assert place.endpoint.persons == [known]


def test_of_two_processes_one_tells(place: Watched) -> None:
    made = place.subscribe()
    first, second = Hook(made, place.told), Hook(made, place.told)
    first.turn()
    person = place.person(40)
    second.turn()
    first.turn()
    assert place.endpoint.persons == [person]


def test_subscriptions_are_told_as_long_as_they_last(place: Watched) -> None:
    stop = threading.Event()
    made = place.subscribe()
    running = threading.Thread(target=Hooks(place.told, stop).run)
    running.start()
    try:
        until(lambda: place.subscriptions.every()[0].status == "active", what="the ping")
        person = place.person(40)
        until(lambda: place.endpoint.persons == [person], what="the change")
        place.subscriptions.turn(made.id, "off")
        assert place.subscriptions.of(made.id) is not None
        assert place.subscriptions.every() == []
    finally:
        stop.set()
        running.join(30)
    assert not running.is_alive()


def test_secrets_of_subscribers_are_sealed(place: Watched) -> None:
    place.subscribe()
    with reading(place.control) as connection:
        (row,) = connection.exec_driver_sql("SELECT * FROM subscriptions").all()
    assert b"s3cret" not in repr(row).encode()
    assert "127.0.0.1" not in repr(row)
    assert place.subscriptions.every()[0].headers == [("X-Secret", "s3cret-of-the-portal")]
