"""The page of national registries, as whoever looks after them reads it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from registries.awaited import Awaited
from registries.nationals import Condition
from schemas.message import Unavailable
from tests.console.place import Browser, Place
from tests.console.test_transactions import words

START = 1_800_000_000.0


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    shutil.copytree("config", tmp_path / "config")
    path = tmp_path / "config" / "wasl.yaml"
    said = (
        "{client: {url: 'https://agent:geheim@mpi.example/fhir', token: geheim}, facility: 'https://care.example/fhir'}"
    )
    path.write_text(f"{path.read_text()}\nregistries: {said}\n")
    place = Place(tmp_path / "data", path)
    yield place
    place.close()


@pytest.fixture
def admin(place: Place) -> Browser:
    return place.logged_in(**{"Accept-Language": "en"})


def test_who_answers_since_when_one_does_not_and_what_it_said(place: Place, admin: Browser) -> None:
    facilities, clients = Condition(place.house.registries, "facility"), Condition(place.house.registries, "client")
    facilities.tell(None, START)
    clients.tell(Unavailable("the national registry answered 503"), START)
    clients.tell(Unavailable("the national registry did not answer in time"), START + 60)
    waits = Awaited(place.house.registries, place.house.registry_secret, "client")
    waits.keep([waits.silence({"system": "urn:x", "value": "KHADIJA"})])
    page = words(admin.get("/nationals"))
    assert "Patients mpi.example does not answer since Jan 15, 2027" in page
    assert "Facilities care.example answers" in page
    assert "Health professionals none: ours alone" in page
    assert page.index("did not answer in time") < page.index("answered 503")
    assert "geheim" not in page
    assert "National registries" in words(admin.get("/people"))


def test_a_program_of_its_own_says_so(place: Place, admin: Browser) -> None:
    page = words(admin.get("/nationals"))
    assert "was never asked" in page
    assert "no intermediary is named" in page
    assert "whoever was asked answered" in page
