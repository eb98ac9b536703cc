"""Records of one human being under several identities: found, linked or reviewed, whoever comes first."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select

from benchmarks.population import records as written_down
from registries.client.candidates import nearest
from registries.client.links import Links
from registries.client.matcher import Matcher
from registries.client.matching.profile import profile
from registries.client.matching.rules import shipped
from registries.client.records import Records
from registries.client.resolve import Clients
from registries.client.versions import Versions
from registries.database import reading
from registries.sealing import Seal
from registries.tables import history, links, persons, records, reviews
from schemas.events import Patient
from schemas.message import Unavailable
from tests.home import Place
from tests.registries.people import SECRET, Registry, about, hind, merged, patient

# 10,000 in a longer run
MANY = int(os.environ.get("WASL_TEST_RECORDS", "300"))


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


def linked(engine: Engine) -> set[frozenset[str]]:
    with reading(engine) as connection:
        found = connection.execute(select(links).where(links.c.kind == "matched", links.c.ended.is_(None)))
        return {frozenset((link.from_person, link.to_person)) for link in found}


def asked(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(reviews).where(reviews.c.reason == "possible-match")))


def test_the_same_human_under_two_numbers_is_linked_and_the_history_tells_why(
    registry: Registry, engine: Engine
) -> None:
    one, other = (registry.answer(about(hind(where))).entry for where in ("AZROU", "IFRANE"))
    assert one != other
    assert Links(engine).following(one) == {one, other}
    with reading(engine) as connection:
        (link,) = connection.execute(select(links)).all()
        (line,) = connection.execute(select(history)).all()
    assert (link.by, line.by, line.action, line.rules) == ("rules", "rules", "matched", link.rules)
    assert link.why == line.why
    assert "birth" in link.why
    assert not {"hind", "benkirane", "azrou", "1974"} & set(link.why.casefold().split())
    assert link.score > 0.9


def test_who_may_be_the_same_is_reviewed_once(registry: Registry, engine: Engine) -> None:
    one = registry.answer(about(patient(ipp="7", given="Hind", family="Benkirane", birth="1974-08-23"))).entry
    vague = patient({"system": "urn:id:IFRANE", "value": "8"}, given="Hind", family="Benkiran", birth="1974-08")
    other = registry.answer(about(vague)).entry
    registry.answer(about(vague, channel="desk"))
    assert linked(engine) == set()
    (review,) = asked(engine)
    assert (review.person, review.other, review.state) == (other, one, "open")
    assert 0 < review.score < 1
    assert review.why


def test_more_that_is_told_later_links_and_answers_the_review(registry: Registry, engine: Engine) -> None:
    one = registry.answer(about(hind("AZROU"))).entry
    file: Any = {"system": "urn:id:IFRANE", "value": "41"}
    other = registry.answer(about(patient(file, given="Hind", family="Benkiran", birth="1974-08"))).entry
    assert [review.state for review in asked(engine)] == ["open"]
    registry.answer(about(hind("IFRANE")))
    assert Links(engine).following(one) == {one, other}
    assert [(review.state, review.decided_by) for review in asked(engine)] == [("decided", "rules")]


def test_others_stay_others(registry: Registry, engine: Engine) -> None:
    for told in (
        hind("AZROU"),
        hind("IFRANE", birth="2004-08-23"),
        hind("KHENIFRA", sex="male", given="Hamid"),
        patient(ipp="10", given="Karim", family="Benkirane", birth="1974-08-23", sex="male"),
    ):
        registry.answer(about(told))
    assert linked(engine) == set()


def test_64_identical_registrations_at_once_are_one_identity(home: Place, engine: Engine) -> None:
    told = hind("AZROU", cin="BK61234")
    at_once = threading.Barrier(64)

    def register(turn: int) -> str:
        clients = Clients(engine, SECRET)
        event = about(told, f"event-{turn}")
        at_once.wait()
        for _ in range(20):
            try:
                return clients.resolve([event], ["create"])[0].entry
            except Unavailable:  # every connection is taken: a sender is answered 503, and comes again
                continue
        raise AssertionError("never answered")

    with ThreadPoolExecutor(64) as pool:
        met = set(pool.map(register, range(64)))
    assert len(met) == 1
    with reading(engine) as connection:
        assert list(connection.scalars(select(persons.c.id))) == list(met)
        assert len(connection.execute(select(records)).all()) == 1


def test_two_workers_who_register_the_same_human_at_once_see_each_other(
    home: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have committed before either compares; and in the other order, each before the other."""
    both, compare = threading.Barrier(2), Matcher.compare

    def together(matcher: Matcher, kept: Any) -> None:
        if kept:
            both.wait()
        compare(matcher, kept)

    monkeypatch.setattr(Matcher, "compare", together)
    engines = [home.open("registries"), home.open("registries")]
    with ThreadPoolExecutor(2) as pool:
        met = list(pool.map(lambda n: Registry(engines[n]).answer(about(hind(f"WARD-{n}"))).entry, range(2)))
    assert len(set(met)) == 2
    assert Links(engines[0]).following(met[0]) == set(met)
    assert len(linked(engines[0])) == 1


def test_what_a_crash_left_uncompared_is_compared_later(
    registry: Registry, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = registry.answer(about(hind("AZROU"))).entry
    with monkeypatch.context() as crash:
        crash.setattr(Matcher, "compare", lambda *_: (_ for _ in ()).throw(Unavailable("killed")))
        other = registry.answer(about(hind("IFRANE"))).entry
    assert linked(engine) == set()
    after = Clients(engine, SECRET)
    assert after.matcher.sweep() == 0, "what is a second old may be in somebody's hands"
    assert after.matcher.sweep(everything=True) == 1
    assert linked(engine) == {frozenset((one, other))}
    assert after.matcher.sweep(everything=True) == 0


def test_a_record_that_changes_while_it_is_compared_is_compared_again(
    registry: Registry, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.answer(about(hind("AZROU")))
    compared = Matcher.compared

    def late(matcher: Matcher, *told: Any) -> Any:
        monkeypatch.setattr(Matcher, "compared", compared)
        with monkeypatch.context() as crash:
            crash.setattr(Matcher, "compare", lambda *_: None)
            Registry(engine).answer(about(hind("IFRANE", given="Hind Salma")))
        return compared(matcher, *told)

    monkeypatch.setattr(Matcher, "compared", late)
    registry.answer(about(hind("IFRANE")))
    after = Clients(engine, SECRET).matcher
    assert [after.sweep(everything=True) for _ in range(2)] == [1, 0]


def test_who_was_compared_by_rules_that_ended_meanwhile_is_compared_by_those_in_force(
    registry: Registry, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = Versions(engine, Seal(SECRET))
    strict = versions.propose(replace(shipped(), certain=1.0, deterministic=()), "naima", "fewer by themselves")
    registry.answer(about(hind("AZROU")))
    compared = Matcher.compared

    def late(matcher: Matcher, *told: Any) -> Any:
        monkeypatch.setattr(Matcher, "compared", compared)
        found = compared(matcher, *told)
        versions.activate(strict, "naima", "tried it dry")
        return found

    monkeypatch.setattr(Matcher, "compared", late)
    registry.answer(about(hind("IFRANE")))
    assert not linked(engine)
    after = Clients(engine, SECRET).matcher
    assert [after.sweep(everything=True) for _ in range(2)] == [1, 0]
    assert not linked(engine)
    assert [(review.state, review.rules) for review in asked(engine)] == [("open", strict)]


def test_one_record_that_cannot_be_compared_stops_no_other(
    registry: Registry, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as crash:
        crash.setattr(Matcher, "compare", lambda *_: None)
        met = [registry.answer(about(hind(where))).entry for where in ("AZROU", "IFRANE")]
        registry.answer(about(patient(ipp="9", family="Unreadable", given="Rim")))
    sealed, (bad,) = Seal(SECRET), [one.id for one in Records(engine, SECRET).since(0)][2:]
    with engine.begin() as connection:
        broken = sealed.seal(b"[]", str(bad))
        connection.execute(records.update().where(records.c.id == bad).values(profile=broken))
    Clients(engine, SECRET).matcher.sweep(everything=True)
    assert linked(engine) == {frozenset(met)}
    assert Clients(engine, SECRET).matcher.sweep(everything=True) == 0


def part(engine: Engine, one: str, other: str) -> None:
    """As a steward does who breaks a link of the rules."""
    first, second = sorted((one, other))
    with engine.begin() as connection:
        ended = links.update().where(links.c.kind == "matched").values(ended=1, version=100)
        connection.execute(ended)
        row = {"from_person": first, "to_person": second, "kind": "apart", "event": "", "at": 1, "version": 100}
        connection.execute(links.insert().values(row))
        connection.exec_driver_sql("UPDATE versions SET number = 100 WHERE name = 'links'")


def test_whom_a_steward_keeps_apart_no_later_match_joins(registry: Registry, engine: Engine) -> None:
    one, other = (registry.answer(about(hind(where))).entry for where in ("AZROU", "IFRANE"))
    part(engine, one, other)
    registry.answer(about(hind("IFRANE", cin="BK61234"), channel="desk"))
    registry.answer(about(hind("AZROU", cin="BK61234"), channel="desk"))
    followed = Links(engine)
    assert followed.following(one) == {one}
    assert asked(engine) == [], "he has answered that"
    third = registry.answer(about(hind("KHENIFRA"))).entry
    group = followed.following(third)
    assert len(group) == 2, "a third who matches both joins one of them, and brings the two together no more"
    assert len(asked(engine)) == 1
    assert "a steward keeps" in asked(engine)[0].text


def test_a_veto_between_other_records_of_the_two_holds_a_match_back(registry: Registry, engine: Engine) -> None:
    one = registry.answer(about(hind("AZROU", cin="BK61234"))).entry
    other = registry.answer(about(hind("IFRANE", cin="CD98765", birth="1974-08-23"))).entry
    assert linked(engine) == set(), "two CINs are two people"
    registry.answer(about(hind("KHENIFRA", sex="")))
    assert len(linked(engine)) == 1
    assert not {one, other} <= Links(engine).following(one)
    assert [review for review in asked(engine) if "an identifier of the same kind differs" in review.text]


def test_of_two_who_cannot_both_be_one_with_a_third_the_likelier_is_whoever_came_first(
    registry: Registry, engine: Engine
) -> None:
    for turn, order in enumerate(itertools.permutations(("AZROU", "IFRANE", "KHENIFRA"))):
        birth = f"19{31 + 11 * turn}-0{turn + 1}-23"
        said = {
            "AZROU": hind("AZROU", birth=birth, cin=f"BK{turn}23{turn}6"),
            "IFRANE": hind("IFRANE", birth=birth, cin=f"CD{turn}76{turn}9"),
            "KHENIFRA": hind("KHENIFRA", birth=birth),
        }
        said["AZROU"]["telecoms"] = []
        met = {where: registry.answer(about(said[where])).entry for where in order}
        followed = Links(engine)
        assert followed.following(met["KHENIFRA"]) == {met["KHENIFRA"], met["IFRANE"]}, order
        (waiting,) = [one for one in asked(engine) if met["AZROU"] in (one.person, one.other)]
        assert waiting.state == "open"
        assert "between other records of the two" in waiting.text


def test_a_question_is_asked_once_of_two_groups_and_a_link_answers_it(registry: Registry, engine: Engine) -> None:
    vague = hind("AZROU", birth="1974")
    vague["telecoms"] = []
    one = registry.answer(about(vague)).entry
    for where in ("IFRANE", "KHENIFRA", "MIDELT"):
        registry.answer(about(hind(where)))
    assert [review.state for review in asked(engine)] == ["open"]
    registry.answer(about(hind("AZROU"), channel="desk"))
    assert len(Links(engine).following(one)) == 4
    assert [review.state for review in asked(engine)] == ["decided"]


def test_a_record_that_changes_and_speaks_against_its_link_is_looked_at(registry: Registry, engine: Engine) -> None:
    registry.answer(about(hind("AZROU", cin="BK61234")))
    registry.answer(about(hind("IFRANE")))
    assert len(linked(engine)) == 1
    registry.answer(about(hind("IFRANE", cin="CD98765")))
    assert len(linked(engine)) == 1, "what is linked stays until somebody looks"
    assert "linked-despite" in registry.all_reviews()


def told_by(registry: Registry, *events: Any) -> list[tuple[str, str]]:
    """What these leave for a steward: reason and state of every review."""
    for event in events:
        registry.answer(event)
    with reading(registry.engine) as connection:
        return [(one.reason, one.state) for one in connection.execute(select(reviews))]


BOTH = {"given": "Hind", "family": "Benkirane", "birth": "1974-08-23", "sex": "female"}


def test_a_number_that_follows_another_by_a_merge_is_not_held_against_the_two(registry: Registry) -> None:
    """One source gives two numbers to one human being, and says so."""
    known, follows = patient(ipp="7", **BOTH), patient(ipp="8", **BOTH)
    assert told_by(registry, about(known), merged(patient(ipp="7"), follows)) == []
    assert told_by(registry, about(patient(ipp="8", **BOTH | {"family": "Benkiran"}))) == []


def test_a_source_that_tells_of_a_merged_number_again_raises_no_question(registry: Registry) -> None:
    gone: Any = {**patient(ipp="7", **BOTH), "active": False}
    events = [about(patient(ipp="7", **BOTH)), merged(gone, patient(ipp="8")), about(patient(ipp="8", **BOTH))]
    assert told_by(registry, *events, about(gone)) == []


def test_a_merge_answers_whether_the_two_are_one(registry: Registry) -> None:
    numbered = [about(patient(ipp=ipp, **BOTH)) for ipp in ("7", "8")]
    assert told_by(registry, *numbered) == [("possible-match", "open")]
    again = merged(patient(ipp="7"), patient(ipp="8", **BOTH))
    assert told_by(registry, again) == [("possible-match", "decided")]


@pytest.mark.parametrize("told", [{"sex": "male"}, {"birth": "1951-01-02"}, {"given": "Karim"}], ids=str)
def test_what_contradicts_a_merge_is_looked_at(registry: Registry, told: dict[str, str]) -> None:
    other = merged(patient(ipp="7"), patient(ipp="8", **BOTH | told))
    assert told_by(registry, about(patient(ipp="7", **BOTH)), other) == [("linked-despite", "open")]


def test_a_newborn_merged_into_who_has_a_name_by_now_is_not_asked_about(registry: Registry) -> None:
    newborn = patient(ipp="7", **BOTH | {"given": "BEBE"})
    assert told_by(registry, about(newborn), merged(patient(ipp="7"), patient(ipp="8", **BOTH))) == []


def test_a_block_that_is_too_big_finds_nobody_and_is_counted(registry: Registry, engine: Engine) -> None:
    for number in range(6):
        registry.answer(
            about(patient(ipp=f"{number}", given="Hind", family="Benkirane", birth=f"1974-0{number + 1}-02"))
        )
    matcher = Matcher(engine, SECRET, Seal(SECRET), replace(shipped(), cap=3))
    found = matcher.candidates(profile(hind("MIDELT", birth="1974-03-02")))
    assert matcher.skipped
    assert len(found) <= 3


def test_of_many_who_may_be_meant_those_who_share_the_rarest_blocks_are_compared() -> None:
    few, many = [7, 8], list(range(10, 30))
    assert set(nearest([1, 2], {1: few, 2: many}, most=30)) == {*few, *many}
    assert set(nearest([1, 2], {1: few, 2: many}, most=19)) == set(few), "a block of twenty is too common alone"
    assert list(nearest([1, 2, 3], {1: few, 2: many, 3: [29, *range(40, 50)]}, most=3)) == [7, 8]
    assert list(nearest([1, 2, 3], {1: few, 2: many, 3: [29, *range(40, 43)]}, most=5)) == [7, 8, 29, 40, 41]
    assert not nearest([4], {}, most=3)


def test_a_question_that_shares_only_what_many_share_is_answered_all_the_same(
    registry: Registry, engine: Engine
) -> None:
    for number in range(4):
        told = patient(ipp=f"{number}", given="Hind", family="Benkirane", birth=f"1974-0{number + 1}-02")
        registry.answer(about(told))
    matcher = Matcher(engine, SECRET, Seal(SECRET), replace(shipped(), most=2))
    assert len(matcher.candidates(profile(patient(given="Hind", family="Benkirane", birth="1974")))) == 4


def test_candidates_come_likeliest_first_and_write_nothing(registry: Registry, engine: Engine) -> None:
    sure = registry.answer(about(hind("AZROU"))).entry
    vague = registry.answer(about(patient(ipp="8", given="Hind", family="Benkiran", birth="1974-08"))).entry
    registry.answer(about(patient(ipp="9", given="Karim", family="Tazi", birth="1951-01-02")))
    before = Records(engine, SECRET).since(0)
    found = registry.clients.matcher.candidates(profile(hind("MIDELT")))
    assert [one.person for one in found] == [sure, vague]
    assert found[0].score.weight > found[1].score.weight
    assert registry.clients.matcher.candidates(profile(hind("MIDELT")), most=1) == found[:1]
    assert Records(engine, SECRET).since(0) == before


def clusters(engine: Engine, said: Sequence[Patient], size: int) -> set[frozenset[int]]:
    """Which of these are joined in the end, by their places."""
    clients = Clients(engine, SECRET)
    whose: dict[str, set[int]] = {}
    followed = Links(engine)
    met: dict[int, str] = {}
    for start in range(0, len(said), size):
        events = [about(one) for one in said[start : start + size]]
        for place, answer in enumerate(clients.resolve(events, ["create"] * len(events)), start):
            met[place] = answer.entry
    for place, person in met.items():
        whose.setdefault(min(followed.following(person)), set()).add(place)
    return {frozenset(one) for one in whose.values()}


def test_any_order_of_arrival_gives_the_same_clusters(tmp_path_factory: pytest.TempPathFactory) -> None:
    said = [one for _, one in written_down(MANY // 2, 11)][:MANY]
    found = []
    for seed, size in ((0, 1), (1, 7), (2, 64)):
        order = list(range(len(said)))
        random.Random(seed).shuffle(order)
        home = Place(tmp_path_factory.mktemp("order"))
        joined = clusters(home.open("registries"), [said[place] for place in order], size)
        found.append({frozenset(order[place] for place in one) for one in joined})
        home.close()
    assert any(len(one) > 1 for one in found[0])
    for other in found[1:]:
        alike = sum(len(one) for one in found[0] & other)
        assert alike >= 0.999 * len(said) - 1


def _work(home: Place, worker: int, out: Any) -> None:
    registry = Registry(home.open("registries"))
    out.put([registry.answer(about(hind(f"WARD-{worker}"))).entry for _ in range(2)])


def test_processes_that_compare_at_once_link_all(home: Place) -> None:
    engine = home.open("registries")
    spawn = multiprocessing.get_context("spawn")
    out = spawn.Queue()
    workers = [spawn.Process(target=_work, args=(home, worker, out)) for worker in range(3)]
    for worker in workers:
        worker.start()
    met = {person for _ in workers for person in out.get(timeout=120)}
    for worker in workers:
        worker.join()
    assert len(met) == 3
    assert Links(engine).following(min(met)) == met
