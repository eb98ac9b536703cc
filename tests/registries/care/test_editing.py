"""One entry looked up, added, corrected, given the names that messages use; on each database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from registries.care.closing import prepared, tell
from registries.care.edited import Edited
from registries.care.editing import add, correct
from registries.care.entry import entry
from registries.care.lookup import Line, Wanted, id_of, look_up, types
from registries.care.met import awaited, met
from registries.care.naming import same
from registries.database import writing
from registries.directory import Directory
from registries.facility import KIND, SYSTEM
from registries.tables import facilities
from schemas import facts
from tests.registries.care.lists import HILL, HIND, people, places

WORKER = "health-worker"


def done(engine: Engine, work: Callable[[Connection], Edited], kind: str = KIND) -> Edited:
    with writing(engine) as connection:
        prepared(connection, kind)
        return work(connection)


def named(engine: Engine, wanted: Wanted, kind: str = KIND) -> list[str]:
    return [one.name for one in look_up(engine, kind, wanted)[0]]


def test_pages_hold_every_entry_once_whatever_is_left_out(engine: Engine) -> None:
    places(engine, *(f"1400000{n:02};Centre {n % 7};;;;;{1990 + n}-01-01/;;;" for n in range(30)))
    for wanted, expected in ((Wanted(), 30), (Wanted(name="centre"), 30), (Wanted(day="2000-06-01"), 11)):
        found: list[Line] = []
        after = ""
        while True:
            page, after = look_up(engine, KIND, wanted, after=after, most=4)
            found += page
            if not after:
                break
        assert len(found) == len({one.number for one in found}) == expected
        assert [(one.name, one.number) for one in found] == sorted((one.name, one.number) for one in found)


def test_a_health_worker_is_found_where_they_work(engine: Engine) -> None:
    places(engine, HILL)
    people(engine, HIND)
    assert named(engine, Wanted(region="MA-04"), WORKER) == ["TAZROUT Hind"]
    assert named(engine, Wanted(region="MA-06"), WORKER) == []
    assert types(engine, WORKER) == ["cardiologue"]


def test_a_worker_without_given_fields_keeps_them(engine: Engine) -> None:
    places(engine, HILL)
    people(engine, HIND)
    name = id_of(engine, WORKER, "121000011")
    said = {"inpe": "121000011", "family": "TAZROUT", "given": "Hind Nour", "profession": "cardiologue"}
    done(engine, lambda one: correct(one, WORKER, name, said, by="amina", why="her papers"), WORKER)
    found = entry(engine, WORKER, name)
    assert found is not None
    assert found.name == "TAZROUT Hind Nour"
    assert found.fields["aliases"] == "urn:id:C|M7"
    assert found.fields["roles"] == "120000011 praticien 2005-01-01/2020-06-30"
    assert [(one.by, one.why) for one in found.history] == [("amina", "her papers"), ("amina", "list loaded")]


def test_an_owner_of_some_years_is_kept_when_something_else_is_corrected(engine: Engine) -> None:
    places(engine, HILL + ";;;;owner Habous 1990-01-01/2004-12-31, owner MSPS 2005-01-01/")
    name = id_of(engine, KIND, "120000011")
    before = entry(engine, KIND, name)
    assert before is not None
    edited = done(engine, lambda one: correct(one, KIND, name, before.fields | {"type": "CHR"}, by="a", why="w"))
    after = entry(engine, KIND, name)
    assert not edited.issues
    assert after is not None
    assert after.beside == before.beside
    assert "Habous" in after.beside["hierarchies"]
    assert after.history[0].fields == {"type": ("CHU", "CHR")}


def test_what_messages_called_it_is_its_name_and_the_stranger_is_gone(engine: Engine) -> None:
    places(engine, HILL)
    directory = Directory(engine, KIND, facilities, SYSTEM)
    directory.refresh()
    directory.answer(["urn:id:lab|c9", "c9"], "2020-01-01", "create")
    directory.keep()
    (stranger,) = met(engine, KIND)
    assert stranger.sure == ("urn:id:lab|c9",)
    name = id_of(engine, KIND, "120000011")
    edited = done(engine, lambda one: same(one, KIND, name, stranger.sure, by="amina", why="asked the laboratory"))
    assert "urn:id:lab|c9" in edited.found
    assert met(engine, KIND) == []
    directory.refresh()
    found = directory.find(["urn:id:lab|c9"])
    assert found is not None
    assert found.id == name
    assert directory.find(["c9"]) is None  # another laboratory may have a c9 too


def test_a_stranger_that_is_added_keeps_the_id_that_messages_gave_it(engine: Engine) -> None:
    directory = Directory(engine, KIND, facilities, SYSTEM)
    directory.refresh()
    given = directory.answer(["urn:id:lab|c9", "c9"], "2020-01-01", "create").entry
    directory.keep()
    said = {"inpe": "140000013", "name": "Laboratoire", "aliases": "urn:id:lab|c9"}
    edited = done(engine, lambda one: add(one, KIND, said, by="a", why="w", met=["urn:id:lab|c9", "c9"]))
    assert edited.id == given == facts.name(KIND, "local:urn:id:lab|c9")
    assert met(engine, KIND) == []


def test_what_waits_with_its_system_is_not_listed_twice() -> None:
    found = awaited(["facility|c9", "facility|urn:id:lab|c9", "facility|130000012", "health-worker|c9"], KIND)
    assert [one.names for one in found] == [("urn:id:lab|c9", "c9"), ("130000012",)]


@pytest.mark.parametrize("said", ["closed", "suspended"])
def test_a_day_told_of_nobody_changes_nothing(engine: Engine, said: str) -> None:
    word: object = said
    edited = done(engine, lambda one: tell(one, KIND, "nobody", word, "2024-01-01", by="a", why="w"))  # type: ignore[arg-type]
    assert (edited.found, edited.changed) == ((), False)


@pytest.mark.parametrize(
    ("dates", "said", "day", "after"),
    [
        ("1990-01-01/2027-06-30 | ", "operational", "2026-11-26", "1990-01-01/ | "),
        ("1990-01-01/2020-06-30 | ", "operational", "2019-01-01", "1990-01-01/ | "),
        ("1990-01-01/ | 2020-01-01/", "operational", "2019-01-01", "1990-01-01/ | "),
        ("1990-01-01/ | 2020-01-01/2020-12-31", "operational", "2019-01-01", None),
        ("1990-01-01/2000-12-31 2010-01-01/ | ", "operational", "1995-01-01", None),
        (" | ", "operational", "1995-01-01", None),
        ("1990-01-01/ | 2020-01-01/", "suspended", "2021-01-01", None),
        ("2027-01-01/ | ", "closed", "2026-11-26", "0001-01-01/0001-01-01 | "),
    ],
)
def test_what_is_told_of_a_day_counts_or_is_said_to_change_nothing(
    engine: Engine, dates: str, said: Any, day: str, after: str | None
) -> None:
    periods, _, suspended = dates.partition(" | ")
    places(engine, f"120000011;CHU;CHU;;;;{periods};;;;{suspended};;;")
    name = id_of(engine, KIND, "120000011")
    edited = done(engine, lambda one: tell(one, KIND, name, said, day, by="a", why="w"))
    found = entry(engine, KIND, name)
    assert found is not None
    assert edited.changed is (after is not None)
    assert f"{found.fields['periods']} | {found.fields['suspended']}" == (dates if after is None else after)
