"""Which rules are in force, and who changed them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from registries.client import history
from registries.client.decision import Declined
from registries.client.matching.rules import shipped
from registries.client.versions import Versions, differences
from registries.database import reading, writing
from registries.sealing import Seal
from tests.home import Place
from tests.registries.people import SECRET

SEAL = Seal(SECRET)


@pytest.fixture
def versions(engine: Engine) -> Versions:
    return Versions(engine, SEAL)


def test_the_shipped_rules_are_version_1(versions: Versions) -> None:
    assert versions.active() == replace(shipped(), version=1)
    assert [(one.version, one.active) for one in versions.all()] == [(1, True)]


def test_the_rules_in_force_can_be_asked_for_while_somebody_writes(versions: Versions, engine: Engine) -> None:
    with writing(engine):
        assert versions.active() == shipped()


def test_everybody_begins_with_the_same_rules(home: Place) -> None:
    everybody = [Versions(home.open("registries"), SEAL) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert {len(all) for all in pool.map(lambda one: one.all(), everybody)} == {1}


def test_a_proposal_is_in_force_only_when_activated_and_then_everywhere(versions: Versions, home: Place) -> None:
    elsewhere = Versions(home.open("registries"), SEAL)
    assert elsewhere.active().version == 1
    number = versions.propose(replace(shipped(), certain=0.99), "naima", "too many wrong links")
    assert (number, versions.active().version) == (2, 1)
    assert versions.activate(number, "naima", "tried it dry")
    assert elsewhere.active() == replace(shipped(), version=2, certain=0.99)
    assert not versions.activate(number, "naima", "again")
    assert versions.activate(1, "naima", "back")
    assert elsewhere.active().version == 1


def test_other_passes_find_nobody_who_was_met_before_and_come_by_comparing_everybody(versions: Versions) -> None:
    number = versions.propose(replace(shipped(), passes=[["phone"], ["both", "year"]]), "naima", "fewer passes")
    with pytest.raises(Declined, match=r"other blocking passes than version 1.*comparing everybody again"):
        versions.activate(number, "naima", "tried it dry")
    assert versions.active().version == 1


def test_the_same_rules_are_one_version(versions: Versions) -> None:
    number = versions.propose(replace(shipped(), certain=0.99, version=77), "naima", "why not")
    assert versions.propose(replace(shipped(), certain=0.99), "khalid", "me too") == number
    assert versions.propose(shipped(), "khalid", "as it was") == 1


def test_every_edit_stands_in_the_history_with_what_changed(versions: Versions, engine: Engine) -> None:
    number = versions.propose(replace(shipped(), certain=0.99), "naima", "too many wrong links")
    versions.activate(number, "khalid", "agreed")
    with reading(engine) as connection:
        activated, proposed = history.of_everybody(connection, SEAL, "rules-proposed", "rules-activated")
    assert (proposed.by, proposed.why, proposed.rules) == ("naima", "too many wrong links", 2)
    assert proposed.detail["changed"] == [f"certain: {shipped().certain} → 0.99"]
    assert (activated.by, activated.told()) == ("khalid", "version 2 of the rules is in force")


def test_what_cannot_be_is_declined_in_words(versions: Versions) -> None:
    with pytest.raises(Declined, match="no version 9"):
        versions.activate(9, "naima", "let us see")
    with pytest.raises(Declined, match="no version 9"):
        versions.rules(9)
    with pytest.raises(Declined, match="who changes the rules and why"):
        versions.propose(shipped(), "naima", "")


def test_differences_are_told_by_place() -> None:
    other = replace(shipped(), cap=7, frequencies={})
    told = differences(shipped(), other)
    assert told[0] == f"cap: {shipped().cap} → 7"
    assert told[-1].startswith("frequencies: ")


def test_a_deterministic_rule_that_was_left_out_is_told_by_its_name() -> None:
    some = [one for one in shipped().deterministic if one.name != "same CIN and birth date"]
    told = differences(shipped(), replace(shipped(), deterministic=some))
    assert told == ['deterministic.same CIN and birth date: "cin same; birth exact" → nothing']
