"""What an unknown place or professional may have been meant as."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from registries.facility import Facilities
from registries.health_worker import HealthWorkers
from tests.registries.care.lists import HILL, HIND, people, places
from tests.registries.people import about, organization, patient

SALE = "120047022;Pharmacie du Phare;OFFICINE;MA-04;MA-SAL;;;;;PH_PHARE"
AGADIR = "120058033;Pharmacie du Phare;OFFICINE;MA-09;MA-AGD;;;;;PH_AGADIR"


def candidates(engine: Engine, place: Any) -> list[str]:
    return Facilities(engine).resolve([about(patient(), facility=place)], ["require"])[0].candidates


def test_a_mistyped_number_finds_its_neighbour(engine: Engine) -> None:
    places(engine, HILL, SALE)
    for mistyped in ("120000012", "12000011", "210000011"):
        assert candidates(engine, organization(mistyped)) == ["120000011 CHU de la Colline (MA-RAB)"], mistyped
    assert candidates(engine, organization("129999999")) == []


def test_a_name_is_found_in_other_words_and_the_place_decides(engine: Engine) -> None:
    places(engine, HILL, SALE, AGADIR)
    assert candidates(engine, organization(name="C.H.U La Colline"))[0].startswith("120000011")
    there = {"name": "PHARMACIE PHARE", "addresses": [{"city": "Salé"}]}
    assert candidates(engine, there)[0] == "120047022 Pharmacie du Phare (MA-SAL)"
    assert candidates(engine, organization(name="Laboratoire Atlas")) == []


VALLEY = "120069044;Hôpital de l'Oued;CHU;MA-05;MA-BEM;;;;;CHU_VALLEE,urn:id:LAB|CHU_OUED,urn:id:LAB|M100"


@pytest.mark.parametrize("name", ["CHU_VALEE", "chu vallée", "CHU-VALLEE", "CHU_OUEDD"])
def test_what_senders_call_an_entry_is_compared_too(engine: Engine, name: str) -> None:
    places(engine, HILL, VALLEY)
    meant = "120069044 Hôpital de l'Oued (MA-BEM)"
    assert candidates(engine, organization(name=name)) == [meant]
    bare = {"identifiers": [{"system": f"urn:id:{name}", "value": name}]}
    assert candidates(engine, bare) == [meant], "a message may give no more than its own word for it"


def test_a_senders_number_of_an_entry_is_no_name_of_it(engine: Engine) -> None:
    places(engine, VALLEY)
    assert candidates(engine, organization(name="M1001")) == []


def test_an_alias_that_an_entry_gets_or_loses_counts_at_once(engine: Engine) -> None:
    registry = Facilities(engine)

    def near() -> list[str]:
        event = about(patient(), facility=organization(name="CHU_VALEE"))
        return registry.resolve([event], ["require"])[0].candidates

    without = VALLEY.rpartition(";")[0] + ";"
    places(engine, without)
    assert near() == []
    places(engine, VALLEY)
    assert near() == ["120069044 Hôpital de l'Oued (MA-BEM)"]
    places(engine, without)
    assert near() == []


def test_a_professional_is_found_by_name(engine: Engine) -> None:
    people(engine, HIND)
    system = "https://hie.sante.gov.ma/id/inpe-ps"
    who = {
        "identifiers": [{"system": system, "value": "129999999"}],
        "names": [{"family": "Tazrout", "given": ["HIND"]}],
    }
    answer = HealthWorkers(engine).resolve([about(patient(), prescriber=who)], ["require"])[0]
    assert answer.candidates == ["121000011 TAZROUT Hind"]


def test_only_who_must_wait_is_told_of_candidates(engine: Engine) -> None:
    places(engine, HILL)
    event = about(patient(), facility=organization("120000012"))
    assert Facilities(engine).resolve([event], ["flag"])[0].candidates == []


def test_a_new_entry_is_a_candidate_at_once(engine: Engine) -> None:
    registry = Facilities(engine)
    event = about(patient(), facility=organization("120047032"))
    assert registry.resolve([event], ["require"])[0].candidates == []
    places(engine, SALE)
    assert registry.resolve([event], ["require"])[0].candidates == ["120047022 Pharmacie du Phare (MA-SAL)"]
