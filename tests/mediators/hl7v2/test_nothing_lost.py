"""Every field and component of every segment of every family: found again in the events, and in the FHIR."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mediators.hl7v2.mediator import FAMILIES, Hl7v2
from mediators.mediator import Context, Translation
from schemas import codec
from schemas.fhir import bundle
from schemas.message import Message
from tests.mediators.hl7v2.filled import STRUCTURES, Filled, filled, missing

# Values that may go: what the exchange itself needs, and what another value of the same message tells.
ELSEWHERE = re.compile(r"EVN-1|MSH-.*")


def translated(made: Filled) -> Translation:
    message = Message("t-1", "lab-hl7v2", "LABO|CHU", made.body, "x-application/hl7-v2+er7", 1_710_500_000_000_000)
    return Hl7v2().mediate(message, Context())


def share(places: list[str], made: Filled) -> float:
    return len([place for place in places if not ELSEWHERE.fullmatch(place)]) / len(made.told)


def telling(value: Any) -> Any:
    """Without what is not said: no key, None and an empty list mean the same."""
    if isinstance(value, dict):
        return {key: told for key, one in value.items() if (told := telling(one)) not in (None, [], {}, "")}
    return [telling(one) for one in value] if isinstance(value, list) else value


def test_every_family_is_filled() -> None:
    assert {kind.partition("^")[0] for kind in FAMILIES} <= {kind.partition("^")[0] for kind in STRUCTURES}


@pytest.mark.parametrize("kind", STRUCTURES)
def test_what_was_sent_is_in_the_events(kind: str) -> None:
    made = filled(kind)
    told = translated(made)
    assert told.refused == []
    lost = missing(made, told.events)
    assert share(lost, made) <= 0.02, f"lost: {lost}"


@pytest.mark.parametrize("kind", STRUCTURES)
def test_what_is_in_the_events_is_in_the_fhir(kind: str) -> None:
    made = filled(kind)
    lost = missing(made, bundle.collection(translated(made).events))
    assert share(lost, made) <= 0.04, f"lost: {lost}"


@pytest.mark.parametrize("kind", STRUCTURES)
def test_the_bus_carries_all_of_an_event(kind: str) -> None:
    for event in translated(filled(kind)).events:
        carried = codec.decode(codec.encode(event["type"], event))
        told, kept = telling(event), telling(carried)
        assert {key: kept.get(key) for key in told} == told
        assert bundle.resources(carried) == bundle.resources(event)
