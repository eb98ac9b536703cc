"""Whatever an event says becomes valid R4: nothing empty, nothing dangling, nothing that the models refuse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import EVENTS
from schemas.fhir import bundle
from tests.schemas.fhir import orders, reports, samples, strategies

RICH = (
    *samples.ALL, reports.lab_report, reports.imaging_report, reports.culture_report, orders.ordered, orders.referred,
    orders.problem,
)  # fmt: skip
ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, dict):
        for name, one in value.items():
            yield from walk(one, f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from walk(one, f"{path}[]")


def well_formed(resources: list[dict[str, Any]]) -> None:
    keys = [f"{one['resourceType']}/{one['id']}" for one in resources]
    assert len(set(keys)) == len(keys)
    for one in resources:
        assert ID.fullmatch(one["id"])
        for path, value in walk(one):
            assert value not in (None, "", [], {}), f"{one['resourceType']}{path} is empty"
            assert not (isinstance(value, str) and value.isspace()), f"{one['resourceType']}{path} is blank"
            if path.endswith(".reference"):
                assert value in keys, f"{one['resourceType']}{path} dangles"


@pytest.mark.parametrize("make", RICH)
def test_a_rich_event_is_valid_and_whole(make: Callable[[], Any]) -> None:
    resources = bundle.resources(make())
    well_formed(resources)
    for one in resources:
        get_fhir_model_class(one["resourceType"]).model_validate(one)


@pytest.mark.parametrize("make", RICH)
def test_its_bundles_are_valid(make: Callable[[], Any]) -> None:
    event = make()
    for one in (bundle.transaction(bundle.resources(event)), bundle.collection([event])):
        get_fhir_model_class("Bundle").model_validate(one)


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_that_says_almost_nothing_is_still_valid(kind: type[Any]) -> None:
    bare = {
        **samples.envelope(kind.__name__),
        "patient": {},
        "origin": None,
        "facility": None,
        "code": {},
        "medication": {},
    }
    resources = bundle.resources(bare)  # type: ignore[arg-type]  # a bare dict stands for any event
    well_formed(resources)
    for one in resources:
        get_fhir_model_class(one["resourceType"]).model_validate(one)


@settings(max_examples=120)
@given(strategies.events())
def test_any_event_gives_whole_resources(event: Any) -> None:
    before = repr(event)
    resources = bundle.resources(event)
    well_formed(resources)
    orjson.dumps(resources)
    assert repr(event) == before
    assert bundle.resources(event) == resources


@settings(max_examples=25)
@given(strategies.events())
def test_any_event_is_valid(event: Any) -> None:
    for one in bundle.resources(event):
        get_fhir_model_class(one["resourceType"]).model_validate(one)


@settings(max_examples=25)
@given(st.lists(strategies.events(), max_size=3))
def test_any_message_gives_one_whole_collection(events: list[Any]) -> None:
    made = bundle.collection(events)
    well_formed([entry["resource"] for entry in made.get("entry", ())])
    orjson.dumps(made)
