"""A search index that takes in what others made finds what it would find had it read everything itself."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registries.client.index import Index
from schemas.events import Patient

NAMES = st.sampled_from(["ALAMI", "Alami", "BEN ALI", "Rim", "فاطمة"])
NUMBERS = st.fixed_dictionaries(
    {"system": st.sampled_from(["urn:a", "urn:b", "urn:c"]), "value": st.sampled_from("789")}
)
PATIENTS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "names": st.lists(st.fixed_dictionaries({"family": NAMES, "given": st.lists(NAMES, max_size=2)}), max_size=2),
        "identifiers": st.lists(NUMBERS, max_size=2),
        "sex": st.sampled_from(["male", "female", ""]),
    },
    optional={"birth_date": st.sampled_from(["1984", "1984-01-02"]), "active": st.booleans()},
)
CHANGES = st.lists(st.tuples(st.integers(1, 6), PATIENTS), max_size=6)  # few records: many change again

TOLD = """SELECT record || ' ' || kind || ' ' || text || ' ' || said
    FROM people JOIN terms USING (n) JOIN words ON words.n = word"""
PEOPLE = """SELECT record || ' ' || person || ' ' || ifnull(first, '-') || ifnull(last, '-') || sex || active
    FROM people"""


def put(index: Index, changes: list[tuple[int, Patient]]) -> None:
    with index.at_once():
        for record, patient in changes:
            index.put(record, f"p{record}", patient)


def told(index: Index) -> tuple[list[str], list[str], set[str]]:
    """What it finds, with the code of each system said by name."""
    systems = {f" {code}": f" {system}" for system, code in index.systems.items()}
    terms = [one[: -len(one.split(" ")[-1]) - 1] + systems.get(one[one.rindex(" ") :], "") for one in index.ask(TOLD)]
    return sorted(terms), sorted(index.ask(PEOPLE)), set(index.systems)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.booleans(), CHANGES), max_size=5))
def test_what_others_made_is_found_as_what_was_read_here(parts: list[tuple[bool, list[tuple[int, Patient]]]]) -> None:
    whole, taken = Index(), Index()
    for merged, changes in parts:
        put(whole, changes)
        if merged:
            other = Index(taken.counted)
            put(other, changes)
            taken.merge(other.packed(), other.counted)
        else:
            put(taken, changes)
    assert told(taken) == told(whole)
    assert len(taken.ask("SELECT n FROM words")) == len(whole.ask("SELECT n FROM words"))


def test_what_can_not_be_taken_in_changes_nothing() -> None:
    index, other = Index(), Index()
    put(index, [(1, {"names": [{"family": "ALAMI"}]})])
    put(other, [(2, {"names": [{"family": "TAZI"}]})])  # began with numbers of its own: they meet those of here
    before = told(index)
    with pytest.raises(sqlite3.IntegrityError):
        index.merge(other.packed(), other.counted)
    assert told(index) == before
    put(index, [(1, {"names": [{"family": "TAZI"}]})])
    assert index.ask(TOLD) == ["1 0 TAZI "]


def test_what_was_put_beside_a_fault_is_put_as_if_for_the_first_time() -> None:
    index = Index()
    wrong: Any = {"names": [{"family": 7}]}
    with pytest.raises(AttributeError):
        put(index, [(1, {"names": [{"family": "ALAMI"}]}), (2, wrong)])
    assert index.ask(TOLD) == []
    put(index, [(1, {"names": [{"family": "ALAMI"}]})])
    assert index.ask(TOLD) == ["1 0 ALAMI "]
