"""Entries kept in memory: a load is seen at once by whoever was told, and soon by everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import Engine

from registries import directory
from registries.directory import BELIEVED, changed
from registries.facility import KIND, Facilities
from registries.load import load
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
