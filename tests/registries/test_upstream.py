"""An upstream registry followed: another Wasl, by mCSD."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import Engine

from registries.care.closing import prepared
from registries.care.entry import Entry, entry
from registries.care.feed import Change, feed
from registries.care.lookup import Wanted, id_of, look_up
from registries.care.naming import same
from registries.clock import today
from registries.database import writing
from registries.upstream import Pulled, pull, state
from registries.upstream_mcsd import Mcsd
from registries.upstream_told import Upstream
from schemas.message import Unavailable
from tests.console.place import NAME, PASSWORD, Place
from tests.registries.care.lists import HILL, HIND, people, places

KIND = "facility"
DUNE = "130000012;Clinique de la Dune;Clinique;MA-06;MA-CAS;;2001-01-01/;;;DUNE;;;;"


@contextmanager
def served(app: Any) -> Iterator[str]:
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started and time.monotonic() < until:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def above(tmp_path: Path) -> Iterator[tuple[Engine, Mcsd]]:
    """The directory of another program, and how it is followed."""
    place = Place(tmp_path / "above")
    places(place.house.registries, HILL + ";;;dialyse 2015-01-01/;", DUNE)
    people(place.house.registries, HIND)
    with served(place.app) as address:
        yield place.house.registries, Mcsd(f"{address}/fhir", auth=(NAME, PASSWORD))
    place.close()


def pulled(engine: Engine, upstream: Upstream) -> Pulled:
    report = Pulled()
    for one in pull(engine, upstream):
        report.changed += one.changed
        report.learned += one.learned
        report.issues += one.issues
    return report


def found(engine: Engine, number: str, kind: str = KIND) -> Entry:
    one = entry(engine, kind, id_of(engine, kind, number))
    assert one is not None
    return one


def test_a_directory_is_taken_over_with_its_dates_services_and_roles(engine: Engine, above: Any) -> None:
    other, upstream = above
    report = pulled(engine, upstream)
    assert not report.issues
    assert {"facility|120000011", "health-worker|121000011"} <= set(report.learned)
    for number, kind in (("120000011", KIND), ("130000012", KIND), ("121000011", "health-worker")):
        here, there = found(engine, number, kind), found(other, number, kind)
        assert (here.fields, here.status, here.posts) == (there.fields, there.status, there.posts)
    assert pulled(engine, upstream).changed == 0


def test_what_is_cut_short_between_two_commits_is_read_again(
    engine: Engine, above: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registries.upstream._AT_ONCE", 1)
    upstream = above[1]
    for stopped in (1, 3, 30):
        list(islice(pull(engine, upstream), stopped))
    pulled(engine, upstream)
    assert [one.number for one in look_up(engine, KIND, Wanted())[0]] == ["120000011", "130000012"]
    assert found(engine, "121000011", "health-worker").posts


def test_what_changed_or_is_gone_upstream_is_told_and_closed_here(engine: Engine, above: Any) -> None:
    other, upstream = above
    pulled(engine, upstream)
    places(other, DUNE.replace("de la Dune", "des Dunes"))
    name = id_of(other, KIND, "120000011")
    role = next(iter(found(other, "120000011").posts))
    with writing(other) as connection:
        gone = [Change("Organization", name, None), Change("Location", name, None)]
        feed(connection, gone, by="a", why="w", day=today())
    pulled(engine, upstream)
    assert found(engine, "130000012").name == "Clinique des Dunes"
    hill = found(engine, "120000011")
    assert (hill.status, hill.deleted) == ("closed", False)
    assert hill.fields["periods"].startswith("1990-01-01/20")
    assert hill.history[0].by == "upstream"
    assert role.name == "TAZROUT Hind"


def test_our_own_names_and_ids_stay(engine: Engine, above: Any) -> None:
    upstream = above[1]
    with writing(engine) as connection:
        prepared(connection, KIND)
        said = {"resourceType": "Organization", "name": "Colline", "identifier": [_inpe("120000011")]}
        feed(connection, [Change("Organization", "ours", said)], by="a", why="w", day=today())
        same(connection, KIND, "ours", ["urn:id:lab|c9"], by="a", why="w")
    assert not pulled(engine, upstream).issues
    hill = found(engine, "120000011")
    assert (hill.id, hill.name) == ("ours", "CHU de la Colline")
    assert "urn:id:lab|c9" in hill.fields["aliases"]
    assert [one.name for one in hill.posts] == ["TAZROUT Hind"]


def test_what_stands_is_kept_while_upstream_is_down_and_its_age_known(engine: Engine, above: Any) -> None:
    upstream = above[1]
    pulled(engine, upstream)
    at, failed = state(engine, upstream.url)
    assert at > 0
    assert failed == 0
    away = Mcsd("http://127.0.0.1:1/fhir")
    away.url = upstream.url.replace("127.0.0.1", "127.0.0.2")  # nobody there
    with pytest.raises(Unavailable):
        pulled(engine, away)
    assert found(engine, "120000011").status == "operational"
    assert state(engine, away.url)[1] > 0


def test_what_cannot_be_taken_stops_nothing_else(engine: Engine, above: Any) -> None:
    upstream = above[1]
    places(engine, "140000013;Autre;;;;;;;;DUNE;;;;")
    report = pulled(engine, upstream)
    assert [issue.reason for issue in report.issues][:1] == ["not-taken"]
    assert found(engine, "120000011").name == "CHU de la Colline"
    assert id_of(engine, KIND, "130000012") == ""


def _inpe(number: str) -> dict[str, str]:
    return {"system": "https://hie.sante.gov.ma/id/inpe-es", "value": number}
