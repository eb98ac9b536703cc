"""What a steward decides about identities, and takes back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, insert, select

from registries.client.decision import Declined
from registries.client.links import MATCHED, Links
from registries.client.steward import Steward
from registries.database import reading, writing
from registries.sealing import Seal
from registries.tables import TABLES, links, next_version, reviews
from tests.home import Place
from tests.registries.people import SECRET, Registry, merged, patient


class Desk:
    """A steward at work, and what everybody else sees of it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.registry = Registry(engine)
        self.steward = Steward(engine, SECRET, Seal(SECRET))
        self.links = Links(engine)

    def persons(self, count: int) -> list[str]:
        return [self.registry.person(ipp=str(number)) for number in range(1, count + 1)]

    def one(self, *persons: str) -> bool:
        return self.links.following(persons[0]) == set(persons)

    def match(self, one: str, other: str, score: float = 9.0) -> None:
        """As the rules link two."""
        first, second = sorted((one, other))
        with writing(self.engine) as connection:
            told = {"from_person": first, "to_person": second, "kind": MATCHED, "event": "", "at": 1, "score": score}
            connection.execute(insert(links).values(**told, version=next_version(connection, "links"), rules=1))

    def review(self, one: str, other: str, reason: str = "possible-match") -> str:
        with writing(self.engine) as connection:
            id = f"review of {one[:8]} {other[:8]}"
            told = {"id": id, "person": one, "other": other, "reason": reason, "text": "", "at": 1, "state": "open"}
            connection.execute(insert(reviews).values(**told, event="", transaction=""))
        return id

    def decision(self, review: str) -> str:
        with reading(self.engine) as connection:
            return connection.scalar(select(reviews.c.decision).where(reviews.c.id == review)) or ""


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


WHO = ("naima", "seen both cards")


def test_a_link_is_followed_and_taken_back(desk: Desk) -> None:
    one, other = desk.persons(2)
    desk.steward.link(one, other, *WHO)
    assert desk.one(one, other)
    desk.steward.unlink(other, one, *WHO)
    assert desk.one(one)


def test_what_is_so_already_is_not_done_twice(desk: Desk) -> None:
    one, other = desk.persons(2)
    assert desk.steward.link(one, other, *WHO)
    assert desk.steward.link(other, one, *WHO) == 0
    assert desk.steward.unlink(one, other, *WHO)
    assert desk.steward.unlink(one, other, *WHO) == 0
    assert [line.action for line in desk.steward.history(one)] == ["unlinked", "linked"]


def test_a_link_that_the_rules_made_is_broken_for_good(desk: Desk) -> None:
    one, other = desk.persons(2)
    desk.match(one, other)
    desk.steward.unlink(one, other, *WHO)
    assert desk.one(one)
    assert desk.links.kept_apart(one) == {other}


def test_two_kept_apart_are_not_joined_by_anybody_until_that_is_taken_back(desk: Desk) -> None:
    one, other, third = desk.persons(3)
    desk.steward.apart(one, other, "naima", "brothers")
    desk.steward.link(one, third, *WHO)
    for join in (desk.steward.link, desk.steward.merge):
        with pytest.raises(Declined, match="naima keeps them apart: brothers"):
            join(third, other, *WHO)
    assert desk.one(other)
    desk.steward.together(other, one, *WHO)
    assert desk.one(one, third)
    desk.steward.link(third, other, *WHO)
    assert desk.one(one, other, third)


def test_apart_ends_the_weakest_link_on_the_way_between_the_two(desk: Desk) -> None:
    one, between, other = desk.persons(3)
    desk.match(one, between, 12.0)
    desk.match(between, other, 7.0)
    desk.steward.apart(one, other, *WHO)
    assert desk.one(one, between)
    assert desk.one(other)


def test_apart_does_not_undo_what_a_steward_or_a_source_joined(desk: Desk) -> None:
    one, other, third = desk.persons(3)
    desk.steward.link(one, other, "khalid", "same card")
    with pytest.raises(Declined, match="a link that khalid made"):
        desk.steward.apart(one, other, *WHO)
    desk.steward.merge(other, third, *WHO)
    with pytest.raises(Declined, match=f"a merge of {other} into {third}"):
        desk.steward.apart(other, third, *WHO)
    assert desk.one(one, other, third)


def test_a_merge_has_a_survivor_and_can_be_taken_back(desk: Desk) -> None:
    prior, survivor = desk.persons(2)
    desk.steward.merge(prior, survivor, *WHO)
    assert desk.links.survivor(prior) == survivor
    desk.steward.unmerge(prior, survivor, *WHO)
    assert desk.links.survivor(prior) == prior
    assert desk.one(prior)


def test_the_merge_of_a_source_can_be_taken_back_and_the_same_message_does_not_make_it_again(desk: Desk) -> None:
    event = merged(patient(ipp="1"), patient(ipp="2"))
    desk.registry.answer(event)
    desk.steward.unmerge(event["prior_person"], event["person"], *WHO)
    desk.registry.answer(event)
    assert desk.one(event["person"])


def test_merges_make_no_circle_and_no_fork(desk: Desk) -> None:
    one, other, third = desk.persons(3)
    desk.steward.merge(one, other, *WHO)
    desk.steward.merge(other, third, *WHO)
    with pytest.raises(Declined, match="circle"):
        desk.steward.merge(third, one, *WHO)
    with pytest.raises(Declined, match="merged into another identity already"):
        desk.steward.merge(one, third, *WHO)
    assert desk.links.survivor(one) == third


@pytest.mark.parametrize("action", ["link", "unlink", "apart", "together", "merge", "unmerge"])
def test_what_cannot_be_is_declined_in_words(desk: Desk, action: str) -> None:
    one, other = desk.persons(2)
    act = getattr(desk.steward, action)
    with pytest.raises(Declined, match="no identity nobody"):
        act(one, "nobody", *WHO)
    with pytest.raises(Declined, match="one identity, not two"):
        act(one, one, *WHO)
    with pytest.raises(Declined, match="who decides and why"):
        act(one, other, "naima", " ")
    if action in ("unlink", "together", "unmerge"):
        with pytest.raises(Declined):
            act(one, other, *WHO)
    assert desk.steward.history(one) == []


def test_a_link_through_others_is_not_unlinked_but_told(desk: Desk) -> None:
    one, between, other = desk.persons(3)
    desk.match(one, between)
    desk.match(between, other)
    with pytest.raises(Declined, match="others join them"):
        desk.steward.unlink(one, other, *WHO)
    desk.steward.merge(other, between, *WHO)
    with pytest.raises(Declined, match="no link between these two"):
        desk.steward.unlink(one, other, *WHO)


def test_accepting_a_review_links_and_rejecting_keeps_apart(desk: Desk) -> None:
    one, other, third = desk.persons(3)
    same, different = desk.review(one, other), desk.review(one, third)
    desk.steward.accept(same, *WHO)
    desk.steward.reject(different, *WHO)
    assert desk.one(one, other)
    assert desk.links.kept_apart(one) == {third}
    assert (desk.decision(same), desk.decision(different)) == ("accepted", "rejected")


def test_a_review_is_decided_once(desk: Desk) -> None:
    one, other = desk.persons(2)
    review = desk.review(one, other)
    assert desk.steward.accept(review, *WHO)
    assert desk.steward.accept(review, "khalid", "sure") == 0
    with pytest.raises(Declined, match="naima has accepted this review"):
        desk.steward.reject(review, "khalid", "no")
    with pytest.raises(Declined, match="no review"):
        desk.steward.accept("another", *WHO)


def test_a_review_of_one_identity_alone_is_closed(desk: Desk) -> None:
    (one,) = desk.persons(1)
    review = desk.review(one, "", "another-sex")
    desk.steward.accept(review, *WHO)
    assert desk.decision(review) == "accepted"


def test_deciding_about_two_answers_their_open_reviews(desk: Desk) -> None:
    one, other, third = desk.persons(3)
    same, different = desk.review(other, one), desk.review(one, third)
    desk.steward.link(one, other, *WHO)
    desk.steward.apart(third, one, *WHO)
    assert (desk.decision(same), desk.decision(different)) == ("accepted", "rejected")


def test_rejecting_one_of_three_leaves_the_accepted_two_joined(desk: Desk) -> None:
    one, other, third = desk.persons(3)
    same, different = desk.review(one, other), desk.review(one, third)
    desk.match(other, third)
    desk.steward.accept(same, *WHO)
    desk.steward.reject(different, *WHO)
    assert desk.one(one, other)
    assert desk.one(third)


def test_every_decision_can_be_undone_and_the_undoing_too(desk: Desk) -> None:
    one, other = desk.persons(2)
    review = desk.review(one, other)
    accepted = desk.steward.accept(review, *WHO)
    undone = desk.steward.undo(accepted, "khalid", "the wrong one")
    assert desk.one(one)
    assert desk.decision(review) == ""
    assert desk.steward.undo(accepted, *WHO) == 0
    desk.steward.undo(undone, *WHO)
    assert desk.one(one, other)
    assert desk.decision(review) == "accepted"
    assert [line.action for line in desk.steward.history(one)] == ["undone", "undone", "accepted"]


def test_undoing_a_break_gives_the_link_of_the_rules_back(desk: Desk) -> None:
    one, other = desk.persons(2)
    desk.match(one, other)
    desk.steward.undo(desk.steward.unlink(one, other, *WHO), *WHO)
    assert desk.one(one, other)
    assert desk.links.kept_apart(one) == frozenset()


def test_what_was_decided_about_again_is_not_undone_in_between(desk: Desk) -> None:
    one, other = desk.persons(2)
    linked = desk.steward.link(one, other, *WHO)
    desk.steward.unlink(one, other, *WHO)
    desk.steward.link(one, other, *WHO)
    with pytest.raises(Declined, match="decided about the same since"):
        desk.steward.undo(linked, *WHO)
    assert desk.one(one, other)


def test_undoing_never_joins_whom_another_decision_keeps_apart(desk: Desk) -> None:
    one, other, third = desk.persons(3)
    desk.steward.link(one, other, *WHO)
    unlinked = desk.steward.unlink(one, other, *WHO)
    desk.steward.link(other, third, *WHO)
    desk.steward.apart(one, third, *WHO)
    with pytest.raises(Declined, match="keeps them apart"):
        desk.steward.undo(unlinked, *WHO)
    assert desk.one(one)


def test_only_decisions_can_be_undone(desk: Desk) -> None:
    with pytest.raises(Declined, match="no decision"):
        desk.steward.undo(77, *WHO)


def test_the_history_tells_who_when_why_and_what(desk: Desk) -> None:
    one, other = desk.persons(2)
    desk.steward.merge(one, other, *WHO)
    (line,) = desk.steward.history(other)
    assert (line.by, line.why, line.told()) == (*WHO, f"{one} is merged into {other}, which stands for it")
    assert line.at > 0


def test_many_stewards_at_once_make_one_decision(desk: Desk, home: Place) -> None:
    one, other = desk.persons(2)
    stewards = [Steward(home.open("registries"), SECRET, Seal(SECRET)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda steward: steward.link(one, other, *WHO), stewards))
    assert len([number for number in done if number]) == 1
    assert desk.one(one, other)
    assert len(desk.steward.history(one)) == 1


def test_two_stewards_who_disagree_are_heard_in_turn(desk: Desk, home: Place) -> None:
    one, other = desk.persons(2)
    second = Steward(home.open("registries"), SECRET, Seal(SECRET))

    def tried(act: object) -> bool:
        try:
            act(one, other, *WHO)  # type: ignore[operator]
        except Declined:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(tried, (desk.steward.link, second.apart)))
    assert sorted(done) == [False, True]
    assert desk.one(one, other) == done[0]


def test_a_merge_by_a_source_and_a_steward_who_keeps_apart_never_meet(desk: Desk) -> None:
    one, other = desk.persons(2)
    desk.steward.apart(one, other, *WHO)
    desk.registry.answer(merged(patient(ipp="1"), patient(ipp="2")))
    assert desk.one(one)


def test_what_a_steward_writes_as_a_reason_stands_nowhere_in_clear(desk: Desk) -> None:
    one, other, third = desk.persons(3)
    why = "the card of ZWIKNARBI was seen"
    desk.steward.accept(desk.review(one, other), "naima", why)
    desk.steward.apart(one, third, "naima", why)
    desk.steward.choose(one, "sex", "naima", why, value="female")
    with reading(desk.engine) as connection:
        rows = [row for table in TABLES.sorted_tables for row in connection.execute(select(table))]
    assert rows
    assert "ZWIKNARBI" not in str(rows)
    assert {line.why for line in desk.steward.history(one)} == {why}
