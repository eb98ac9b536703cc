"""By whom: the one who prescribed, asked, attended."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from registries.health_worker import HealthWorkers
from registries.load import load
from registries.registry import Policy, Resolution
from schemas import facts
from schemas.events import Practitioner
from tests.registries.people import about, patient

LIST = """inpe,family,given,profession,periods,roles,aliases
121000011,TAZROUT,Hind,cardiologue,2005-01-01/2020-06-30,120000011 praticien 2005-01-01/2020-06-30,urn:id:CHU|M7
122000022,ZNIBER,Othmane,pharmacien,,,
"""


@pytest.fixture
def database_(engine: Engine) -> Engine:
    assert load("health-workers", LIST.encode(), engine).issues == []
    return engine


def worker(number: str, system: str = "https://hie.sante.gov.ma/id/inpe-ps", **more: str) -> Practitioner:
    return {"identifiers": [{"system": system, "value": number}], **more}  # type: ignore[typeddict-item]  # a role


def answer(engine: Engine, event: Any, policy: Policy = "flag") -> Resolution:
    return HealthWorkers(engine).resolve([event], [policy])[0]


def test_found_by_inpe_or_by_local_number(database_: Engine) -> None:
    for one in (worker("121000011"), worker("M7", "urn:id:CHU")):
        event = about(patient(), prescriber=one, prescribed="2010-01-01", type="MedicationPrescribed")
        assert answer(database_, event).entry == facts.name("health-worker", "121000011")
        assert event["prescriber"]["known"] is True


def test_who_had_left_is_flagged(database_: Engine) -> None:
    event = about(patient(), prescriber=worker("121000011"), prescribed="2021-01-01", type="MedicationPrescribed")
    assert answer(database_, event).flags == ["health worker closed at the time"]


@pytest.mark.parametrize(
    "said",
    [
        {"order": {"requesters": [worker("199999999"), worker("122000022")]}},
        {"encounter": {"participants": [worker("122000022", role="RP"), worker("199999999", role="AT")]}},
        {"prescriber": worker("199999999"), "dispenser": worker("122000022")},
        {"interpreters": [worker("199999999")]},
    ],
)
def test_the_first_one_answers_for_the_event(database_: Engine, said: dict[str, Any]) -> None:
    found = answer(database_, about(patient(), **said), "require")
    assert found.waiting_for == ["health-worker|199999999"]


def test_every_professional_is_marked(database_: Engine) -> None:
    event = about(patient(), order={"requesters": [worker("199999999"), worker("122000022")]})
    assert answer(database_, event).flags == ["health worker unknown"]
    assert [one["known"] for one in event["order"]["requesters"]] == [False, True]


@pytest.mark.parametrize("policy", ["flag", "require", "create"])
def test_another_professional_who_is_unknown_is_flagged_whatever_the_policy(database_: Engine, policy: Policy) -> None:
    event = about(patient(), order={"requesters": [worker("122000022"), worker("199999999"), worker("199999998")]})
    found = answer(database_, event, policy)
    assert (found.verdict, found.flags, found.waiting_for) == ("found", ["another health worker unknown"], [])
    nameless = about(patient(), order={"requesters": [worker("122000022"), {"names": [{"family": "TAZROUT"}]}]})
    assert answer(database_, nameless, policy).flags == []


def test_an_event_without_professionals_is_neither_flagged_nor_parked(database_: Engine) -> None:
    found = answer(database_, about(patient()), "require")
    assert (found.flags, found.waiting_for) == ([], [])


def test_a_professional_by_name_only_cannot_be_looked_up(database_: Engine) -> None:
    found = answer(database_, about(patient(), prescriber={"names": [{"family": "TAZROUT"}]}), "require")
    assert (found.flags, found.waiting_for) == (["health worker not identified"], [])
