"""What is asked about persons, and what is answered: on everything sources said, however it is linked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from registries.client.links import Links
from registries.client.news import Changes
from registries.client.queries import Believed, Queries
from registries.client.records import Records
from registries.client.search import People
from registries.notices import Notices, Position
from schemas.domains import Domain, Domains
from schemas.queries import Criteria, Queried, Question
from tests.registries.people import ID, SECRET, SYSTEMS, Registry, about, merged, patient

WARD, IDCS, OWN = SYSTEMS["ipp"], SYSTEMS["idcs"], f"{ID}ecid"
DOMAINS = Domains.of([Domain(WARD, ("CHU",)), Domain(IDCS, ("IDCS",)), Domain(OWN, ("ECID",), own=True)])
NUMBER = "2345678906"


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


@pytest.fixture
def queries(engine: Engine) -> Queries:
    records = Records(engine, SECRET)
    return Queries(records, Links(engine), People(records), Believed(engine, SECRET))


def others(queries: Queries, system: str, value: str, *domains: str) -> Queried:
    return queries.answer(Question(of=(system, value), domains=domains), DOMAINS)


def numbers(found: Queried) -> list[set[tuple[str, str]]]:
    return [{(one["system"], one["value"]) for one in person.patient["identifiers"]} for person in found.found]


def test_all_numbers_of_a_person_are_told_and_the_registrys_own(registry: Registry, queries: Queries) -> None:
    person = registry.person(ipp="7", idcs=NUMBER, family="ALAMI", given="Rim", birth="1980-01-02", sex="female")
    found = others(queries, WARD, "7")
    assert numbers(found) == [{(WARD, "7"), (IDCS, NUMBER), (OWN, person)}]
    assert numbers(others(queries, OWN, person, WARD)) == [{(WARD, "7")}]


def test_a_merged_number_leads_to_who_it_was_merged_into(registry: Registry, queries: Queries) -> None:
    registry.person(ipp="6", family="ALAMI", given="Rim", birth="1980-01-02")
    person = registry.person(ipp="7", family="TAZI", given="Hind", birth="1991-01-02")
    registry.answer(merged(patient(ipp="6"), patient(ipp="7")))
    for number in ("6", "7"):
        assert numbers(others(queries, WARD, number)) == [{(WARD, "6"), (WARD, "7"), (OWN, person)}]


def test_a_number_never_seen_but_merged_is_known(registry: Registry, queries: Queries) -> None:
    registry.person(ipp="7", family="ALAMI", given="Rim", birth="1980-01-02")
    registry.answer(merged(patient(ipp="5"), patient(ipp="7", family="ALAMI", given="Rim")))
    assert (WARD, "7") in numbers(others(queries, WARD, "7"))[0]


@pytest.mark.parametrize(
    ("system", "value", "missing"),
    [
        (WARD, "8", "number"),
        ("urn:x:else", "7", "domain"),
        (OWN, "7", "number"),
        (SYSTEMS["cnss"], "123456782", "several"),
    ],
)
def test_why_nobody_can_be_told(registry: Registry, queries: Queries, system: str, value: str, missing: str) -> None:
    registry.person(ipp="7", cnss="123456782", family="ALAMI", given="Rim", birth="1980-01-02", sex="female")
    registry.person(ipp="9", cnss="123456782", family="ALAMI", given="Driss", birth="2011-03-09", sex="male")
    assert others(queries, system, value).missing == missing


def test_domains_that_are_wanted_and_not_known_are_named(registry: Registry, queries: Queries) -> None:
    registry.person(ipp="7", family="ALAMI", given="Rim")
    assert others(queries, WARD, "7", WARD, "urn:x:else").unknown == ("urn:x:else",)
    assert others(queries, WARD, "7", IDCS) == Queried()


def test_what_any_record_named_is_known_beside_the_table(registry: Registry, queries: Queries) -> None:
    registry.answer(merged(patient(ipp="5"), patient({"system": "urn:id:LAB", "value": "3"}, ipp="7")))
    assert numbers(others(queries, WARD, "7", "urn:id:LAB")) == [{("urn:id:LAB", "3")}]


def test_criteria_find_persons_once_in_pages(registry: Registry, queries: Queries) -> None:
    people = {
        registry.person(ipp=str(10 + n), family="KADIRI", given=f"X{n}", birth=f"19{50 + 7 * n}-0{n + 1}-02")
        for n in range(5)
    }
    seen: list[str] = []
    after = ""
    for left in (3, 1, 0):
        page = queries.answer(Question(criteria=Criteria(family="kadiri"), most=2, after=after), DOMAINS)
        assert (page.total, page.left) == (5, left)
        seen += [one.person for one in page.found]
        after = page.after
    assert seen == sorted(people)
    assert after == ""


@pytest.mark.parametrize(("sex", "named"), [("female", "KADIRI"), ("male", None)])
def test_a_newborn_told_with_a_number_of_its_mother_is_answered_with_her_name(
    registry: Registry, queries: Queries, sex: str, named: str | None
) -> None:
    registry.person(ipp="6", family="KADIRI", given="Sara", birth="1990-01-02", sex=sex)
    child = patient(ipp="7", family="NAJI", birth="2026-11-09")
    child["mother_identifiers"] = [{"system": WARD, "value": "6"}]
    registry.answer(about(child))
    (found,) = queries.answer(Question(criteria=Criteria(family="NAJI")), DOMAINS).found
    assert (found.patient.get("mother_name") or {}).get("family") == named


def test_linked_identities_are_one_answer(registry: Registry, queries: Queries) -> None:
    registry.person(ipp="6", family="KADIRI", given="Sara", birth="1980-01-02")
    registry.person(ipp="7", family="KADIRI", given="Omar", birth="1991-01-02")
    asked = Question(criteria=Criteria(family="KADIRI"))
    assert len(queries.answer(asked, DOMAINS).found) == 2
    registry.answer(merged(patient(ipp="6"), patient(ipp="7")))
    assert numbers(queries.answer(asked, DOMAINS))[0] >= {(WARD, "6"), (WARD, "7")}


def test_who_has_no_number_in_the_domains_wanted_is_not_told(registry: Registry, queries: Queries) -> None:
    registry.person(ipp="6", family="KADIRI", given="Sara", birth="1980-01-02")
    registry.person(ipp="7", idcs=NUMBER, family="KADIRI", given="Omar", birth="1991-01-02")
    found = queries.answer(Question(criteria=Criteria(family="KADIRI"), domains=(IDCS,)), DOMAINS)
    assert (found.total, numbers(found)) == (1, [{(IDCS, NUMBER)}])


@pytest.mark.parametrize("domains", [(), (IDCS,)])
def test_what_fits_more_than_anybody_reads_is_said_to_and_never_cut(
    registry: Registry, queries: Queries, domains: tuple[str, ...]
) -> None:
    for n in range(3):
        last = {"idcs": NUMBER} if n == 2 else {}
        registry.person(ipp=str(10 + n), family="KADIRI", given=f"X{n}", birth=f"19{50 + 7 * n}-0{n + 1}-02", **last)
    asked = Question(criteria=Criteria(family="KADIRI"), domains=domains)
    assert queries.answer(asked, DOMAINS).total == (1 if domains else 3)
    assert replace(queries, most=3).answer(asked, DOMAINS) == queries.answer(asked, DOMAINS)
    assert replace(queries, most=2).answer(asked, DOMAINS) == Queried(missing="many")


def test_what_changes_is_news_once(registry: Registry, engine: Engine) -> None:
    changes = Changes(engine, Links(engine))
    start = changes.now()
    assert changes.since(start).persons == []
    one = registry.person(ipp="6", family="KADIRI", given="Sara", birth="1980-01-02")
    other = registry.person(ipp="7", family="TAZI", given="Omar", birth="1991-01-02")
    news = changes.since(start)
    assert set(news.persons) == {frozenset({one}), frozenset({other})}
    assert changes.since(news.position).persons == []
    registry.answer(merged(patient(ipp="6"), patient(ipp="7")))
    assert frozenset({one, other}) in changes.since(news.position).persons


def test_one_teller_at_a_time_goes_on_where_the_last_was(engine: Engine) -> None:
    notices = Notices(engine)
    assert notices.hold("portal", "a", Position(5, 2)) == (5, 2)
    assert notices.hold("portal", "b", Position(9, 9)) is None
    notices.move("portal", Position(7, 3))
    assert notices.hold("portal", "a", Position(9, 9)) == (7, 3)
    assert notices.hold("clinic", "b", Position(9, 9)) == (9, 9)
