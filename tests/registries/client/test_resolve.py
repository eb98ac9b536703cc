"""Whatever comes, in whatever order: the same record meets the same person, and relatives stay apart."""

from __future__ import annotations

import multiprocessing
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from registries.client.store import View
from registries.database import reading
from registries.tables import keys, persons
from schemas.message import Unavailable
from tests.home import Place
from tests.registries.people import Registry, about, patient

MAYBE = st.just("")
TOLD = st.fixed_dictionaries(
    {
        "ins": MAYBE | st.sampled_from(["N1", "N2"]),
        "idcs": MAYBE | st.sampled_from(["2345678906"]),
        "cnss": MAYBE | st.sampled_from(["143270581", "167904412"]),
        "cin": MAYBE | st.sampled_from(["AB1", "AB2"]),
        "ipp": MAYBE | st.sampled_from(["7", "8"]),
        "given": MAYBE | st.sampled_from(["Rim", "Rami"]),
        "birth": MAYBE | st.sampled_from(["1968", "1968-02", "1968-02-11", "1968-02-12", "1990-10-10"]),
        "sex": MAYBE | st.sampled_from(["male", "female"]),
    }
)
WEAK = TOLD.map(lambda told: told | {"ins": "", "idcs": ""})


def resolved(crowd: list[dict[str, str]], size: int = 3) -> tuple[list[Any], list[str], Registry]:
    with tempfile.TemporaryDirectory() as folder:
        home = Place(Path(folder))
        registry = Registry(home.open("registries"))
        events = [about(patient(**told)) for told in crowd]
        for start in range(0, len(events), size):
            registry.answers(events[start : start + size])
        first = [event["person"] for event in events]
        for start in range(0, len(events), size + 1):
            registry.answers(events[start : start + size + 1])
        again = [event["person"] for event in events]
        assert again == first, "a record read again resolves alike"
        home.close()
        return events, first, registry


@settings(max_examples=60, deadline=None)
@given(st.lists(TOLD, max_size=9))
def test_the_same_records_meet_the_same_persons(crowd: list[dict[str, str]]) -> None:
    resolved(crowd)


@settings(max_examples=60, deadline=None)
@given(st.lists(WEAK, max_size=9))
def test_full_birth_dates_and_sexes_never_mix_below_ins_and_idcs(crowd: list[dict[str, str]]) -> None:
    _, found, _ = resolved(crowd)
    for field, known in (("birth", lambda text: len(text) == 10), ("sex", bool)):
        for person in set(found):
            told = {
                one[field] for one, whose in zip(crowd, found, strict=True) if whose == person and known(one[field])
            }
            assert len(told) <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(TOLD, max_size=9))
def test_one_person_has_one_ins(crowd: list[dict[str, str]]) -> None:
    _, found, _ = resolved(crowd)
    for person in set(found):
        assert len({one["ins"] for one, whose in zip(crowd, found, strict=True) if whose == person} - {""}) <= 1


@settings(max_examples=40, deadline=None)
@given(st.lists(TOLD, min_size=1, max_size=9))
def test_batches_do_not_matter(crowd: list[dict[str, str]]) -> None:
    _, by_one, _ = resolved(crowd, size=1)
    _, at_once, _ = resolved(crowd, size=9)
    assert [by_one.index(person) for person in by_one] == [at_once.index(person) for person in at_once]


@settings(max_examples=40, deadline=None)
@given(st.permutations(["birth", "sex", "cin", "given"]))
def test_what_is_absent_does_not_contradict_in_any_order(order: list[str]) -> None:
    everything = {"birth": "1968-02-11", "sex": "male", "cin": "AB1", "given": "Rami"}
    crowd = [{"ipp": "7", field: everything[field]} for field in order] + [{"ipp": "7"}, {"ipp": "7", **everything}]
    _, found, _ = resolved(crowd)
    assert len(set(found)) == 1


def _work(home: Place, worker: int, out: Any) -> None:
    registry = Registry(home.open("registries"))
    met = []
    for start in range(0, 60, 12):
        crowd = [
            about(patient(ipp=str(100 + n), birth=f"19{50 + n // 2}-01-02"), f"{worker}-{n}")
            for n in range(start, start + 12)
        ]
        met += [answer.entry for answer in registry.answers(crowd)]
    out.put(met)


def test_processes_that_meet_new_numbers_at_once_make_one_person_each(home: Place) -> None:
    engine = home.open("registries")
    spawn = multiprocessing.get_context("spawn")
    out = spawn.Queue()
    workers = [spawn.Process(target=_work, args=(home, worker, out)) for worker in range(3)]
    for worker in workers:
        worker.start()
    met = [out.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    assert met[0] == met[1] == met[2]
    assert len(set(met[0])) == 60
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(persons)) == 60
        assert connection.scalar(select(func.count()).select_from(keys)) == 60


def test_a_number_taken_between_reading_and_writing_is_read_again(home: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = Registry(home.open("registries")), Registry(home.open("registries"))
    faster: list[str] = []
    write = View.write

    def slow(view: View, *args: Any) -> bool:
        if not faster:
            faster.append("")
            faster[0] = other.person(ipp="7", birth="1968-02-11")
        return write(view, *args)

    monkeypatch.setattr(View, "write", slow)
    assert mine.person(ipp="7", sex="male") == faster[0]


def test_demographics_learned_by_another_worker_in_between_count(home: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = Registry(home.open("registries")), Registry(home.open("registries"))
    person = mine.person(ipp="7")
    done: list[str] = []
    write = View.write

    def slow(view: View, *args: Any) -> bool:
        if not done:
            done.append("")
            assert other.person(ipp="7", birth="1990-10-10") == person
        return write(view, *args)

    monkeypatch.setattr(View, "write", slow)
    assert mine.person(ipp="7", birth="1968-02-11") != person


def test_a_worker_that_is_always_too_late_gives_way(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(View, "write", lambda *_: False)
    with pytest.raises(Unavailable):
        Registry(engine).person(ipp="7")


@pytest.mark.parametrize("home", ["sqlite"], indirect=True)
def test_a_database_that_does_not_answer_is_unavailable(engine: Engine) -> None:
    registry = Registry(engine)
    keys.drop(registry.engine)
    with pytest.raises(Unavailable):
        registry.person(ipp="7")


@pytest.mark.parametrize("home", ["sqlite"], indirect=True)
def test_known_persons_cost_no_commit(engine: Engine, tmp_path: Path) -> None:
    registry = Registry(engine)
    registry.person(ipp="7", birth="1968-02-11")
    with sqlite3.connect(tmp_path / "registries.db", isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert registry.answer(about(patient(ipp="7"))).verdict == "found"
        writer.execute("ROLLBACK")
    writer.close()


def test_an_event_read_again_after_a_crash_is_still_new(engine: Engine) -> None:
    registry = Registry(engine)
    event = about(patient())
    first, again = registry.answer(event), registry.answer(event)
    assert (first.verdict, first.entry) == (again.verdict, again.entry) == ("new", first.entry)
