"""A process that follows an upstream registry, killed in the middle: the next one goes on, and misses nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, event, func, select

from registries import upstream
from registries.care.store import unstamped
from registries.care.tables import care_resources, care_upstreams
from registries.tables import aliases, facilities, health_workers, roles
from registries.upstream import pull
from registries.upstream_mcsd import PARTS, Mcsd
from tests.console.place import NAME, PASSWORD
from tests.console.place import Place as House
from tests.home import Place
from tests.registries.care.lists import people, places
from tests.registries.test_upstream import served

COUNT = 40
BY_UPSTREAM = care_resources.c.by == "upstream"


@pytest.fixture
def above(tmp_path: Path) -> Iterator[tuple[Engine, str]]:
    """A directory of facilities, services, health workers and roles, and its address."""
    place = House(tmp_path / "above")
    numbers = range(120_000_000, 120_000_000 + COUNT)
    places(place.house.registries, *(f"{n};Centre {n};CSR1;;;;2001-01-01/;;;C{n};;;dialyse;" for n in numbers))
    people(
        place.house.registries, *(f"{n + 10**8};TAZROUT;Hind;médecin;;{n} praticien 2010-01-01/;;;;" for n in numbers)
    )
    with served(place.app) as address:
        yield place.house.registries, f"{address}/fhir"
    place.close()


def follow(engine: Engine, address: str) -> None:
    for _ in pull(engine, Mcsd(address, auth=(NAME, PASSWORD))):
        pass


def killed(home: Place, address: str, statements: int) -> None:
    """Follows in small commits, until the kernel takes it away before one of its statements."""
    engine, left = home.open("registries"), iter(range(statements))

    def die(*_: Any) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    upstream._AT_ONCE = 5
    event.listen(engine, "before_cursor_execute", die)
    follow(engine, address)


def taken(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).where(BY_UPSTREAM)) or 0


def told(engine: Engine) -> list[Any]:
    """All that the directory says, without when it was said."""
    with engine.connect() as connection:
        bodies = connection.scalars(select(care_resources.c.body).where(BY_UPSTREAM, care_resources.c.current))
        rows: list[Any] = sorted((unstamped(orjson.loads(one)) for one in bodies), key=lambda one: str(one["id"]))
        for table in (facilities, health_workers, roles, aliases):
            rows += sorted(tuple(row) for row in connection.execute(select(table)))
        return rows


def unread(engine: Engine, other: Engine) -> set[str]:
    """What stands above and not here, of the types that are said to be read."""
    current = select(care_resources.c.type, care_resources.c.id).where(care_resources.c.current)
    with engine.connect() as connection, other.connect() as there:
        said = care_upstreams.c.mark != ""
        read = set(connection.scalars(select(care_upstreams.c.part).where(said)))
        here = {tuple(row) for row in connection.execute(current)}
        return {row.id for row in there.execute(current) if row.type in read and tuple(row) not in here}


def test_a_directory_pulled_by_killed_processes_is_the_same(
    home: Place, engine: Engine, tmp_path: Path, above: tuple[Engine, str]
) -> None:
    other, address = above
    spawning = multiprocessing.get_context("spawn")
    reached = []
    for statements in (157, 803, 1109):
        running = spawning.Process(target=killed, args=(home, address, statements))
        running.start()
        running.join()
        assert running.exitcode == -signal.SIGKILL
        assert unread(engine, other) == set()
        reached.append(taken(engine))
    assert 0 < reached[0] < reached[1] < reached[2] < len(PARTS) * COUNT
    follow(engine, address)
    assert taken(engine) == len(PARTS) * COUNT
    straight = Place(tmp_path / "straight")
    follow(straight.open("registries"), address)
    assert told(engine) == told(straight.open("registries"))
    straight.close()
