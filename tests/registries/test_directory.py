"""Entries kept in memory: a load is seen at once by whoever was told, and soon by everybody."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import Engine

from registries import directory
from registries.directory import BELIEVED, changed
from registries.facility import KIND, Facilities
from registries.load import load
from registries.tables import facilities, next_version
from tests.registries.care.lists import places
from tests.registries.client.test_regulars import Remembered, asked
from tests.registries.people import about, organization, patient

HEAD = "inpe;name;type;region;province;owner;periods;latitude;longitude;aliases\n"


class Believed(Remembered):
    """Ends what was kept when the test says so, as time does."""

    def __init__(self) -> None:
        super().__init__()
        self.lasting: set[int] = set()

    def write(self, kind: str, entries: Mapping[str, bytes], seconds: int) -> bool:
        self.lasting.add(seconds)
        return super().write(kind, entries, seconds)


def known(facilities: Facilities, *numbers: str, policy: str = "flag") -> list[str]:
    events = [about(patient(ipp="1"), facility=organization(number)) for number in numbers]
    return [one.verdict for one in facilities.resolve(events, [policy] * len(events))]  # type: ignore[list-item]


def loaded(engine: Engine, *numbers: str) -> None:
    rows = "".join(f"{number};Place {number};;;;;;;;\n" for number in numbers)
    assert load("facilities", (HEAD + rows).encode(), engine).issues == []


def test_an_unchanged_directory_asks_the_database_nothing(engine: Engine) -> None:
    cache = Believed()
    facilities = Facilities(engine, cache)
    loaded(engine, "123456789")
    assert known(facilities, "123456789") == ["found"]
    with asked(engine) as statements:
        assert [known(facilities, "123456789", "987654321") for _ in range(5)] == [["found", "unknown"]] * 5
    assert statements == []


def test_a_load_that_tells_the_cache_is_seen_by_the_next_message(engine: Engine) -> None:
    cache = Believed()
    facilities = Facilities(engine, cache)
    assert known(facilities, "123456789") == ["unknown"]
    loaded(engine, "123456789")
    changed(cache, KIND)
    assert known(facilities, "123456789") == ["found"]


def test_a_load_that_told_nobody_is_seen_before_release_stops_looking(engine: Engine) -> None:
    cache = Believed()
    facilities = Facilities(engine, cache)
    known(facilities, "123456789")
    loaded(engine, "123456789")
    assert known(facilities, "123456789") == ["unknown"]
    assert cache.lasting == {BELIEVED}
    assert BELIEVED <= 2
    cache.values.clear()
    assert known(facilities, "123456789") == ["found"]


def test_what_one_worker_makes_another_knows(engine: Engine) -> None:
    cache = Believed()
    one, other = Facilities(engine, cache), Facilities(engine, cache)
    assert known(other, "123456789", policy="create") == ["new"]
    assert known(one, "123456789", policy="create") == ["found"]
    assert known(one, "111111111", policy="create") == ["new"]
    assert known(other, "111111111", policy="create") == ["found"]


@pytest.mark.parametrize("said", [b"", b"-1", b"nonsense", b"\xff"])
def test_a_version_that_is_none_is_not_believed(engine: Engine, said: bytes) -> None:
    class Odd(Believed):
        def read(self, kind: str, names: Sequence[str]) -> list[bytes | None]:
            return [said for _ in names]

    facilities = Facilities(engine, Odd())
    loaded(engine, "123456789")
    assert known(facilities, "123456789") == ["found"]
    loaded(engine, "987654321")
    assert known(facilities, "987654321") == ["found"]


def test_without_a_cache_every_question_looks(engine: Engine) -> None:
    facilities = Facilities(engine)
    known(facilities, "123456789")
    loaded(engine, "123456789")
    directory.changed(None, KIND)
    assert known(facilities, "123456789") == ["found"]


def flags(facilities: Facilities, *numbers: str) -> list[str]:
    events = [about(patient(ipp="1"), facility=organization(number)) for number in numbers]
    return ["; ".join(one.flags) for one in facilities.resolve(events, ["flag"] * len(events))]


def called(facilities: Facilities, *names: str) -> list[str]:
    return [getattr(facilities.directory.find([name]), "number", "") for name in names]


def test_another_process_reads_only_what_is_new_corrected_or_closed(engine: Engine) -> None:
    places(engine, *(f"1300000{n};Place {n};OFFICINE;;;;2001-01-01/;;;CODE{n}" for n in range(10, 60)))
    other = Facilities(engine)
    assert flags(other, "130000010", "140000000") == ["facility closed at the time", "facility unknown"]
    moved = "130000010;Place 10;OFFICINE;;;;1960-01-01/;;;MOVED"
    places(engine, "140000000;New;OFFICINE;;;;;;;OTHER", moved, "130000012;Shut;OFFICINE;;;;/1965-12-31;;;")
    with asked(engine) as statements:
        said = flags(other, "140000000", "130000010", "130000012")
    assert said == ["", "", "facility closed at the time"]
    assert all("WHERE facilities.number" in one for one in statements if "FROM facilities" in one)
    assert called(other, "moved", "code10", "other", "code11") == ["130000010", "", "140000000", "130000011"]


def test_what_an_older_program_changes_is_seen(engine: Engine) -> None:
    places(engine, "130000010;Place;OFFICINE;;;;;;;")
    other = Facilities(engine)
    assert flags(other, "130000010") == [""]
    with engine.begin() as connection:  # it counts its change, and says no more
        next_version(connection, KIND)
        connection.execute(facilities.update().values(periods="2001-01-01/"))
    places(engine, "130000011;Another;OFFICINE;;;;;;;")
    assert flags(other, "130000010", "130000011") == ["facility closed at the time", ""]


@pytest.mark.parametrize(("limit", "value"), [("KEPT", 1), ("MOST", 1)])
def test_who_missed_too_much_reads_everything(
    engine: Engine, limit: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"registries.care.changed.{limit}", value)
    other = Facilities(engine)
    assert flags(other, "130000010") == ["facility unknown"]
    for number in ("130000010", "130000011", "130000012"):
        places(engine, f"{number};Place;OFFICINE;;;;;;;", f"{number[:-3]}9{number[-2:]};Place;OFFICINE;;;;;;;")
    assert flags(other, "130000010", "130000011", "130000012") == ["", "", ""]


def test_whatever_is_changed_a_process_that_follows_knows_what_a_new_one_knows(engine: Engine) -> None:
    chance, follower, maker = random.Random(7), Facilities(engine), Facilities(engine)
    numbers = [f"13000001{n}" for n in range(6)]
    names = [f"name{n}" for n in range(6)]
    for _ in range(40):
        number, name = chance.choice(numbers), chance.choice(names)
        if chance.random() < 0.3:
            maker.resolve([about(patient(), facility=organization(name=name))], ["create"])
        else:
            when = chance.choice(["", "2001-01-01/", "/1960-12-31"])
            places(engine, f"{number};Place;OFFICINE;;;;{when};;;{name if chance.random() < 0.7 else ''}")
        if chance.random() < 0.6:
            new = Facilities(engine)
            assert flags(follower, *numbers) == flags(new, *numbers)
            assert called(follower, *names) == called(new, *names)
