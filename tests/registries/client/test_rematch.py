"""Rules changed: shown first, applied, taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select

from registries.client.decision import Declined
from registries.client.difference import Differences
from registries.client.export import lines
from registries.client.links import Links
from registries.client.matching.rules import Rules, shipped
from registries.client.reblocking import Reblocking
from registries.client.rematch import Rematch
from registries.client.resolve import Clients
from registries.client.steward import Steward
from registries.client.versions import Versions
from registries.database import reading
from registries.sealing import Seal
from registries.tables import reviews
from tests.registries.people import SECRET, Registry, about, patient

SEAL = Seal(SECRET)
WHO = ("naima", "tried it dry")

# Nobody is certain but by a number; everybody else who was is asked about.
STRICT = replace(shipped(), certain=1.0, deterministic=())
# Nobody finds anybody.
BLIND = replace(shipped(), passes=())
# Others than the shipped ones, by which the same are found
OTHER = replace(shipped(), passes=(("both", "birth"), ("phone",)))


class Town:
    """Each human being known to two hospitals by different numbers, so that only the rules can join them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.registry = Registry(engine)
        self.links = Links(engine)
        self.steward = Steward(engine, SECRET, SEAL)
        self.versions = Versions(engine, SEAL)
        self.rematch = Rematch(engine, SECRET, SEAL)
        self._number = 0

    def met(self, given: str, family: str, birth: str, town: str = "Azrou") -> str:
        self._number += 1
        number: Any = {"system": f"urn:id:H{self._number}", "value": str(self._number)}
        phone = f"0661{sum(map(ord, given + family)):06d}"
        who: Any = patient(number, given=given, family=family, birth=birth, sex="female")
        who |= {"addresses": [{"city": town}], "telecoms": [{"value": phone}]}
        return self.registry.answer(about(who)).entry

    def twice(self, *told: str) -> tuple[str, str]:
        return self.met(*told), self.met(*told)

    def open(self) -> int:
        with reading(self.engine) as connection:
            asked = select(reviews).where(reviews.c.reason == "possible-match", reviews.c.state == "open")
            return len(connection.execute(asked).all())

    def one(self, one: str, other: str) -> bool:
        return other in self.links.following(one)

    def exported(self) -> bytes:
        return b"".join(lines(self.engine, SEAL))

    def applied(self, rules: Rules) -> Differences:
        return self.rematch.apply(self.versions.propose(rules, *WHO), *WHO)


@pytest.fixture
def town(engine: Engine) -> Town:
    return Town(engine)


RIM = ("Rim", "Tahiri", "1984-02-19")
HIND = ("Hind", "Bouzekri", "1991-07-30")
NORA = ("Nora", "Lemseffer", "1977-11-08")


def told(found: Differences) -> tuple[int, int, int, int]:
    return len(found.made), len(found.ended), len(found.opened), len(found.closed)


def test_the_same_rules_change_nothing(town: Town) -> None:
    assert town.one(*town.twice(*RIM))
    found = town.rematch.dry_run(town.versions.active())
    assert told(found) == (0, 0, 0, 0)
    assert found.compared == 2


def test_a_dry_run_shows_what_would_change_and_changes_nothing(town: Town) -> None:
    one, other = town.twice(*RIM)
    before = town.exported()
    seen: list[tuple[int, int]] = []
    found = town.rematch.dry_run(STRICT, progress=lambda done, of: seen.append((done, of)))
    assert told(found) == (0, 1, 1, 0)
    assert {found.ended[0].one, found.ended[0].other} == {one, other}
    assert "the birth dates are the same" in found.ended[0].why
    assert found.ended[0].record
    assert seen[-1] == (2, 2)
    assert town.exported() == before
    assert town.open() == 0


def test_rules_are_applied_and_taken_back(town: Town) -> None:
    one, other = town.twice(*RIM)
    before = town.exported()
    found = town.applied(STRICT)
    assert not town.one(one, other)
    assert town.open() == 1
    assert town.versions.active().version == found.version == 2
    town.rematch.undo(found.entry, *WHO)
    assert town.exported() == before
    assert town.open() == 0
    assert town.versions.active().version == 1
    assert town.rematch.undo(found.entry, *WHO) == 0


def test_going_back_by_the_rules_gives_the_links_and_closes_the_reviews(town: Town) -> None:
    one, other = town.twice(*RIM)
    town.applied(STRICT)
    town.rematch.apply(1, *WHO)
    assert town.one(one, other)
    assert town.open() == 0
    town.rematch.apply(2, *WHO)
    assert not town.one(one, other)
    assert town.open() == 1


def test_what_stewards_decided_stays(town: Town) -> None:
    rim, hind, nora = town.twice(*RIM), town.twice(*HIND), town.twice(*NORA)
    town.steward.link(*rim, *WHO)
    town.steward.apart(*hind, *WHO)
    town.applied(STRICT)
    assert town.one(*rim)
    assert not town.one(*nora)
    assert town.open() == 1
    town.rematch.apply(1, *WHO)
    assert town.one(*rim)
    assert not town.one(*hind)
    assert town.one(*nora)


def test_a_review_that_a_steward_decided_is_not_asked_again(town: Town) -> None:
    one, other = town.twice(*RIM)
    town.applied(STRICT)
    with reading(town.engine) as connection:
        review = connection.scalar(select(reviews.c.id).where(reviews.c.state == "open"))
    town.steward.reject(str(review), *WHO)
    town.rematch.apply(1, *WHO)
    town.rematch.apply(2, *WHO)
    assert town.open() == 0
    assert not town.one(one, other)


def test_reviews_that_messages_raised_are_closed_by_what_links_the_two_and_opened_again(town: Town) -> None:
    town.versions.activate(town.versions.propose(STRICT, *WHO), *WHO)
    everybody = [town.twice(*person) for person in (RIM, HIND, NORA)]
    assert town.open() == 3
    assert told(town.rematch.dry_run(town.versions.active())) == (0, 0, 0, 0)
    found = town.rematch.apply(1, *WHO)
    assert told(found) == (3, 0, 0, 3)
    assert town.open() == 0
    assert all(town.one(*two) for two in everybody)
    town.rematch.apply(2, *WHO)
    assert town.open() == 3
    town.rematch.undo(found.entry, *WHO)
    assert town.open() == 3


def test_other_blocking_finds_others(town: Town) -> None:
    town.applied(BLIND)
    one, other = town.twice(*RIM)
    assert not town.one(one, other)
    assert told(town.rematch.dry_run(shipped())) == (1, 0, 0, 0)
    town.rematch.apply(1, *WHO)
    assert town.one(one, other)
    assert town.one(one, town.met(*RIM))


def test_a_sample_looks_at_some_and_compares_them_with_everybody(town: Town) -> None:
    for person in (RIM, HIND, NORA):
        town.twice(*person)
    found = town.rematch.dry_run(STRICT, sample=2)
    assert found.compared == 2
    assert 1 <= len(found.ended) <= 2


def test_who_is_parted_while_the_rules_are_compared_is_not_joined(town: Town) -> None:
    rim, hind = town.twice(*RIM), town.twice(*HIND)
    town.applied(STRICT)
    town.rematch.apply(1, *WHO, progress=_once(lambda: town.steward.apart(*hind, *WHO)))
    assert town.one(*rim)
    assert not town.one(*hind)


def test_what_changed_meanwhile_is_compared_again(town: Town) -> None:
    town.twice(*RIM)
    number = town.versions.propose(STRICT, *WHO)
    town.rematch.apply(number, *WHO, progress=_once(lambda: town.met(*HIND)))
    matcher = Clients(town.engine, SECRET).matcher
    assert [matcher.sweep(everything=True) for _ in range(2)] == [1, 0]


def test_who_is_linked_or_asked_about_while_the_rules_are_compared_stays_so(town: Town) -> None:
    rim = town.met(*RIM)
    looser = town.versions.propose(replace(shipped(), certain=0.89), *WHO)
    met: list[str] = []
    town.rematch.apply(looser, *WHO, progress=_last(lambda: met.append(town.met(*RIM))))
    assert town.one(rim, met[0])
    town.applied(STRICT)
    assert town.open() == 1
    town.met(*HIND)
    stricter = town.versions.propose(replace(STRICT, possible=0.002), *WHO)
    town.rematch.apply(stricter, *WHO, progress=_last(lambda: town.met(*HIND)))
    assert town.open() == 2


def test_who_comes_after_the_others_were_given_blocks_of_other_passes_is_found_by_them(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[str] = []
    ahead = Reblocking.ahead

    def late(blocks: Reblocking, rules: Rules, since: int) -> int:
        until = ahead(blocks, rules, since)
        met.append(town.met(*RIM))
        return until

    monkeypatch.setattr(Reblocking, "ahead", late)
    town.applied(OTHER)
    assert town.one(met[0], town.met(*RIM))


def test_who_is_being_registered_while_other_passes_come_into_force_is_found_by_them(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = town.versions.propose(OTHER, *WHO)
    rules = town.versions.active

    def late() -> Rules:
        monkeypatch.undo()
        before = rules()
        town.rematch.apply(number, *WHO)
        return before

    monkeypatch.setattr(town.registry.clients.matcher, "_rules", late)
    rim = town.met(*RIM)
    assert town.versions.active().version == number
    assert town.one(rim, town.met(*RIM))


def test_who_comes_between_a_change_and_its_undo_is_found_and_compared_by_the_rules_before(town: Town) -> None:
    hind = town.twice(*HIND)
    found = town.applied(BLIND)
    rim, nora = town.twice(*RIM), town.met(*NORA)
    assert not town.one(*rim)
    town.rematch.undo(found.entry, *WHO)
    assert town.one(*hind)
    assert town.one(nora, town.met(*NORA))
    Clients(town.engine, SECRET).matcher.sweep(everything=True)
    assert town.one(*rim)


def test_a_comparison_with_rules_that_others_took_the_place_of_meanwhile_is_not_applied(town: Town) -> None:
    one, other = town.twice(*RIM)
    strict, third = town.versions.propose(STRICT, *WHO), town.versions.propose(replace(STRICT, certain=0.9999), *WHO)
    with pytest.raises(Declined, match="version 3 of the rules was put in force meanwhile"):
        town.rematch.apply(strict, *WHO, progress=_once(lambda: town.versions.activate(third, *WHO)))
    assert town.one(one, other)
    assert town.versions.active().version == third


def test_what_is_no_new_comparison_is_not_taken_back_as_one(town: Town) -> None:
    linked = town.steward.link(town.met(*RIM), town.met(*HIND), *WHO)
    with pytest.raises(Declined, match="no new comparison"):
        town.rematch.undo(linked, *WHO)
    with pytest.raises(Declined, match="no version 9"):
        town.rematch.apply(9, *WHO)


def _once(act: Any) -> Any:
    done: list[bool] = []

    def progress(_done: int, _of: int) -> None:
        if not done:
            done.append(True)
            act()

    return progress


def _last(act: Any) -> Any:
    """Once all are compared."""

    def progress(done: int, of: int) -> None:
        if done == of:
            act()

    return progress
