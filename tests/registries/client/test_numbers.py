"""Links and changed numbers: both patients are found, and nobody is joined."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from registries.client.links import Links
from registries.database import reading
from registries.tables import links
from tests.home import Place
from tests.registries.people import Registry, about, patient


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


def number(ipp: str) -> dict[str, str]:
    return {"system": "urn:id:CHU", "value": ipp}


def changed(prior: str, now: str, change: str = "changed", of: str = "patient", **told: str) -> Any:
    more: dict[str, Any] = {"of": of, "change": change, "prior": number(prior), "number": number(now)}
    return about(patient(ipp=now, **told), type="NumberChanged", prior_patient=patient(ipp=prior), **more)


def linked(one: dict[str, str], other: dict[str, str], are: bool = True) -> Any:
    return about(patient(**one), type="PatientLinked", linked=are, other=patient(**other))


def joined(registry: Registry) -> int:
    with reading(registry.engine) as connection:
        return connection.scalar(select(func.count()).select_from(links)) or 0


def test_a_new_number_of_a_known_person_finds_them_from_then_on(registry: Registry) -> None:
    known = registry.person(ipp="7", birth="1968-02-11")
    event = changed("7", "8", birth="1968-02-11")
    assert registry.answer(event).entry == known
    assert event["prior_person"] == known
    assert registry.person(ipp="8") == registry.person(ipp="7") == known
    assert registry.reviews() == []


def test_an_old_number_that_nobody_knew_finds_the_person_too(registry: Registry) -> None:
    known = registry.person(ipp="8")
    assert registry.answer(changed("7", "8")).entry == known
    assert registry.person(ipp="7") == known


def test_numbers_of_two_known_persons_join_nobody_and_open_a_review(registry: Registry) -> None:
    old, new = registry.person(ipp="7"), registry.person(ipp="8")
    event = changed("7", "8")
    answer = registry.answer(event)
    assert (answer.entry, event["prior_person"]) == (new, old)
    assert "another identity" in answer.review
    assert registry.reviews() == ["number-changed"]
    assert (registry.person(ipp="7"), registry.person(ipp="8")) == (old, new)
    assert joined(registry) == 0


def test_a_new_number_does_not_follow_who_is_plainly_somebody_else(registry: Registry) -> None:
    old = registry.person(ipp="7", birth="1968-02-11", sex="male")
    event = changed("7", "8", birth="1990-10-10", sex="female")
    assert registry.answer(event).entry != old
    assert registry.person(ipp="7", birth="1968-02-11") == old


def test_a_number_moved_to_another_patient_joins_nobody(registry: Registry) -> None:
    source, target = registry.person(ipp="7", birth="1968-02-11"), registry.person(ipp="9", birth="1990-10-10")
    event = changed("7", "9", "moved", birth="1990-10-10")
    event["patient"]["identifiers"].append(number("7"))
    assert registry.answer(event).entry == target
    assert event["prior_person"] == source
    assert registry.reviews() == ["number-moved"]
    assert registry.person(ipp="7", birth="1990-10-10") == target
    assert registry.person(ipp="7", birth="1968-02-11") == source
    assert joined(registry) == 0


def test_a_moved_account_tells_both_patients(registry: Registry) -> None:
    source, target = registry.person(ipp="7"), registry.person(ipp="9")
    event = changed("7", "9", "moved", "account")
    assert registry.answer(event).entry == target
    assert event["prior_person"] == source
    assert registry.reviews() == []


@pytest.mark.parametrize("are", [True, False])
def test_a_link_finds_both_and_joins_nobody(registry: Registry, are: bool) -> None:
    one, other = registry.person(ipp="7"), registry.person(ipp="8")
    event = linked({"ipp": "8"}, {"ipp": "7"}, are)
    assert registry.answer(event).entry == other
    assert event["other_person"] == one
    assert Links(registry.engine).following(one) == {one}


def test_who_is_linked_before_anything_else_is_known_gets_an_identity(registry: Registry) -> None:
    event = linked({"ipp": "8"}, {"ipp": "7"})
    registry.answer(event)
    assert registry.person(ipp="7") == event["other_person"] != event["person"]


def test_a_changed_number_of_strangers_waits_where_they_must_be_known(registry: Registry) -> None:
    assert registry.answer(changed("7", "8"), "require").verdict == "unknown"
    known = registry.person(ipp="7")
    assert registry.answer(changed("7", "8"), "require").entry == known


IPP = st.sampled_from(["1", "2", "3", "4"])
SAYING = st.one_of(
    st.tuples(st.just("person"), IPP, IPP),
    st.tuples(st.sampled_from(["changed", "moved", "linked", "unlinked"]), IPP, IPP),
)


def _said(saying: tuple[str, str, str]) -> Any:
    kind, one, other = saying
    if kind == "person":
        return about(patient(ipp=one))
    if kind in ("linked", "unlinked"):
        return linked({"ipp": one}, {"ipp": other}, kind == "linked")
    return changed(one, other, kind)


@settings(max_examples=40, deadline=None)
@given(st.lists(SAYING, max_size=8))
def test_whoever_was_known_as_two_stays_two(tmp_path_factory: Any, sayings: list[tuple[str, str, str]]) -> None:
    home = Place(tmp_path_factory.mktemp("registries"))
    registry = Registry(home.open("registries"))
    first: dict[str, str] = {}
    for saying in sayings:
        event = _said(saying)
        registry.answer(event)
        if saying[0] == "person":
            first.setdefault(saying[1], event["person"])
        assert {ipp: registry.person(ipp=ipp) for ipp in first} == first
    assert joined(registry) == 0
    home.close()
