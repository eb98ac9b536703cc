"""People without papers: one number, whatever is guessed, until it is told who they are."""

from __future__ import annotations

from typing import Any, cast

import pytest
from sqlalchemy import Engine, select

from registries.client.links import MATCHED, Links
from registries.client.matching.profile import profile
from registries.client.matching.rules import shipped
from registries.client.matching.scoring import outcome, score
from registries.client.queries import Believed, Queries
from registries.client.records import Records
from registries.client.search import People
from registries.client.steward import Steward
from registries.database import reading
from registries.sealing import Seal
from registries.tables import links
from schemas import temporary
from schemas.domains import Domain, Domains
from schemas.events import Identifier, Patient
from schemas.queries import Question
from tests.registries.people import SECRET, SYSTEMS, Registry, about, merged, patient

TMP = temporary.number("100000018", 1_795_000_000_000, 7)
OTHER = temporary.number("100000018", 1_795_000_000_000, 8)
PAPERS = {"cin": "AB417205", "family": "ALAMI", "given": "Mohamed", "birth": "1961-04-02", "sex": "male"}
DOMAINS = Domains.of([Domain(temporary.SYSTEM, ("TMP",)), Domain(SYSTEMS["cin"], ("CIN",))])


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


def wristband(value: str = TMP) -> Identifier:
    return {"system": temporary.SYSTEM, "value": value}


def carrying(value: str = TMP, **told: str) -> Patient:
    return patient(wristband(value), **told)


def person(registry: Registry, who: Patient) -> str:
    return registry.answer(about(who)).entry


def survivor(registry: Registry, one: str) -> str:
    return Links(registry.engine).survivor(one)


def told(registry: Registry, system: str, value: str) -> dict[str, Identifier]:
    """The numbers of whoever has this one."""
    records = Records(registry.engine, SECRET)
    queries = Queries(records, Links(registry.engine), People(records), Believed(registry.engine, SECRET))
    (found,) = queries.answer(Question(of=(system, value)), DOMAINS).found
    return {one["value"]: one for one in found.patient["identifiers"]}


def test_everything_under_the_number_is_of_one_person_whatever_is_guessed(registry: Registry) -> None:
    first = person(registry, carrying(sex="male", birth="1975"))
    assert person(registry, carrying(sex="female", birth="1990-02-03", given="X")) == first
    assert person(registry, carrying(TMP.lower(), birth="1960")) == first
    assert registry.reviews() == []


def test_papers_that_nobody_knew_become_those_of_the_same_identity(registry: Registry) -> None:
    unknown = person(registry, carrying(sex="female", birth="1975"))
    assert person(registry, carrying(**PAPERS)) == unknown
    assert registry.person(**PAPERS) == unknown
    assert registry.reviews() == []


@pytest.mark.parametrize(
    "papers", [PAPERS, PAPERS | {"cin": "", "ipp": "71"}, PAPERS | {"cin": "", "idcs": "2345678906"}]
)
def test_papers_of_somebody_known_join_the_two(registry: Registry, papers: dict[str, str]) -> None:
    known, unknown = registry.person(**papers), person(registry, carrying(sex="female", birth="1975"))
    assert known != unknown
    assert person(registry, carrying(**papers)) == known
    assert survivor(registry, unknown) == known
    assert person(registry, carrying()) == unknown
    assert registry.reviews() == []


def test_a_merge_names_the_wristband_and_the_file_number(registry: Registry) -> None:
    known, unknown = registry.person(**PAPERS), person(registry, carrying())
    registry.answer(merged(patient(wristband()), patient(**PAPERS)))
    assert survivor(registry, unknown) == known


def test_another_card_than_the_one_known_joins_nobody(registry: Registry) -> None:
    person(registry, carrying(**PAPERS))
    other = PAPERS | {"cin": "K55012"}
    known = registry.person(**other | {"birth": "1970-01-02"})
    assert person(registry, carrying(**other | {"birth": "1970-01-02"})) == known
    assert Links(registry.engine).following(known) == {known}
    assert registry.reviews() == ["another-identifier"]


def test_one_who_is_known_already_is_not_joined_with_a_second_by_a_wrong_wristband(registry: Registry) -> None:
    known, unknown = registry.person(**PAPERS), person(registry, carrying())
    person(registry, carrying(**PAPERS))
    second = registry.person(ipp="9", family="TAZI", given="Omar", birth="1990-10-10")
    person(registry, carrying(ipp="9", family="TAZI", given="Omar", birth="1990-10-10"))
    assert Links(registry.engine).following(second) == {second}
    assert Links(registry.engine).following(known) == {known, unknown}
    assert registry.reviews() == ["claimed-twice"]


def test_what_a_steward_took_back_no_message_does_again(registry: Registry) -> None:
    known, unknown = registry.person(**PAPERS), person(registry, carrying())
    person(registry, carrying(**PAPERS))
    Steward(registry.engine, SECRET, Seal(SECRET)).unmerge(unknown, known, "a steward", "another wristband")
    person(registry, carrying(**PAPERS))
    assert Links(registry.engine).following(known) == {known}


def test_papers_do_not_join_a_wristband_with_whom_a_steward_keeps_apart(registry: Registry) -> None:
    unknown = person(registry, carrying(sex="female", birth="1975"))
    known, other = registry.person(**PAPERS), registry.person(ipp="9", family="TAZI", given="Omar")
    steward = Steward(registry.engine, SECRET, Seal(SECRET))
    steward.link(known, other, "a steward", "the family came")
    steward.apart(unknown, other, "a steward", "seen side by side")
    person(registry, carrying(**PAPERS))
    assert Links(registry.engine).following(known) == {known, other}
    assert Links(registry.engine).following(unknown) == {unknown}
    assert registry.reviews() == ["merge-kept-apart"]


def test_a_number_of_the_hospital_alone_says_not_who_it_is(registry: Registry) -> None:
    unknown = person(registry, carrying(ipp="71", sex="male", birth="1975-01-01"))
    assert person(registry, carrying(ipp="71", **PAPERS)) == unknown
    assert registry.person(**PAPERS) == unknown


def test_the_number_is_temporary_until_it_is_told_who_it_is_and_old_then(registry: Registry) -> None:
    person(registry, carrying(sex="male"))
    assert told(registry, temporary.SYSTEM, TMP)[TMP]["use"] == "temp"
    registry.person(**PAPERS)
    person(registry, carrying(**PAPERS))
    for number in ((temporary.SYSTEM, TMP), (SYSTEMS["cin"], PAPERS["cin"])):
        shown = told(registry, *number)
        assert shown[TMP]["use"] == "old"
        assert str(shown[TMP]["end"]).startswith("20")
        assert "use" not in shown[PAPERS["cin"]]


def test_a_link_of_a_steward_makes_it_old_too(registry: Registry) -> None:
    unknown, known = person(registry, carrying()), registry.person(ipp="8", family="TAZI", given="Omar")
    Steward(registry.engine, SECRET, Seal(SECRET)).link(unknown, known, "a steward", "the family came")
    assert told(registry, temporary.SYSTEM, TMP)[TMP]["use"] == "old"


def whole(who: Patient) -> Patient:
    """Told so fully that the rules would be certain."""
    known = cast(Any, who) | {
        "telecoms": [{"system": "phone", "value": "0661234987"}],
        "addresses": [{"city": "Azrou"}],
    }
    return cast(Patient, known)


def test_what_is_guessed_of_somebody_never_links_by_itself(registry: Registry) -> None:
    known = {"given": "Hind", "family": "Benkirane", "birth": "1974-08-23", "sex": "female"}
    rules = shipped()
    with_papers, guessed = profile(whole(patient(cin="AB1", **known))), profile(whole(carrying(**known)))
    assert outcome(score(with_papers, profile(whole(patient(ipp="4", **known))), rules), rules) == "certain"
    assert outcome(score(with_papers, guessed, rules), rules) == "possible"
    person(registry, whole(patient(cin="AB1", **known)))
    person(registry, whole(carrying(**known)))
    with reading(registry.engine) as connection:
        assert connection.execute(select(links).where(links.c.kind == MATCHED)).all() == []


def test_two_wristbands_do_not_make_two_persons() -> None:
    rules = shipped()
    one, two = (profile(whole(carrying(number, **PAPERS | {"cin": ""}, ipp="3"))) for number in (TMP, OTHER))
    assert outcome(score(one, two, rules), rules) == "certain"


def test_a_guess_beats_nothing_that_somebody_knows(registry: Registry) -> None:
    person(registry, carrying(**PAPERS))
    person(registry, carrying(birth="1975", sex="female", given="X"))
    records = Records(registry.engine, SECRET)
    (who,) = records.persons_with(temporary.SYSTEM, TMP)
    believed = Believed(registry.engine, SECRET)([who], records.of_persons([who]))
    assert (believed["birth_date"], believed["sex"]) == ("1961-04-02", "male")
