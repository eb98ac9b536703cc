"""Merges: nothing is rewritten, everybody follows."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, func, select, update

from registries.client.links import Links
from registries.database import insert_or_skip, reading, writing
from registries.tables import links, next_version
from tests.home import Place
from tests.registries.people import Registry, about, hind, merged, patient


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


def recorded(registry: Registry) -> int:
    with reading(registry.engine) as connection:
        return connection.scalar(select(func.count()).select_from(links)) or 0


def test_a_merge_links_and_moves_nothing(registry: Registry) -> None:
    old, new = registry.person(ipp="7"), registry.person(ipp="8")
    event = merged(patient(ipp="7"), patient(ipp="8"))
    assert registry.answer(event).entry == new
    assert event["prior_person"] == old
    assert registry.person(ipp="7") == old
    followed = Links(registry.engine)
    assert followed.following(old) == followed.following(new) == {old, new}
    assert followed.survivor(old) == new
    assert followed.survivor(new) == new


def test_one_look_answers_for_everybody_and_knows_what_was_committed_before_it(registry: Registry) -> None:
    followed = Links(registry.engine)
    old, new, other = (registry.person(ipp=ipp) for ipp in ("7", "8", "9"))
    before = followed.look([old])
    registry.answer(merged(patient(ipp="7"), patient(ipp="8")))
    assert before.standing({old}) == old
    look = followed.look([old, other])
    assert look.following(old) == look.following(new) == {old, new}
    assert look.survivor(old) == look.standing({old, new}) == new
    assert look.standing({other}) == other


def test_an_old_number_never_seen_is_followed_when_it_comes(registry: Registry) -> None:
    survivor = registry.answer(merged(patient(ipp="7"), patient(ipp="8"))).entry
    late = registry.person(ipp="7")
    assert late != survivor
    assert Links(registry.engine).survivor(late) == survivor


def test_survivors_may_be_merged_again(registry: Registry) -> None:
    registry.answers([merged(patient(ipp="7"), patient(ipp="8")), merged(patient(ipp="8"), patient(ipp="9"))])
    followed = Links(registry.engine)
    last = registry.person(ipp="9")
    assert followed.survivor(registry.person(ipp="7")) == last
    assert len(followed.following(last)) == 3


def test_a_merge_and_its_reverse_make_no_circle(registry: Registry) -> None:
    registry.answer(merged(patient(ipp="7"), patient(ipp="8")))
    registry.answer(merged(patient(ipp="8"), patient(ipp="9")))
    registry.answer(merged(patient(ipp="9"), patient(ipp="7")))
    assert recorded(registry) == 2
    assert Links(registry.engine).survivor(registry.person(ipp="7")) == registry.person(ipp="9")


def test_a_merge_read_again_adds_nothing(registry: Registry) -> None:
    event = merged(patient(ipp="7"), patient(ipp="8"))
    registry.answers([event, event])
    registry.answer(event)
    assert recorded(registry) == 1


def test_both_sides_the_same_person_are_not_linked(registry: Registry) -> None:
    registry.person(ipp="7", ins="N1")
    event = merged(patient(ipp="7"), patient(ins="N1"))
    assert registry.answer(event).entry == event["prior_person"]
    assert recorded(registry) == 0


def test_a_replaced_family_number_is_read_with_the_demographics_beside_it(registry: Registry) -> None:
    known = registry.person(cnss="143270581", given="Rim", birth="2011-04-01")
    brother = registry.person(cnss="143270581", given="Rami", birth="2011-04-01")
    event = merged(patient(cnss="143270581"), patient(ipp="8", given="Rim", birth="2011-04-01"))
    registry.answer(event)
    assert event["prior_person"] == known != brother


def test_a_merge_parks_with_its_survivor(registry: Registry) -> None:
    event = merged(patient(ipp="7"), patient(ipp="8"))
    assert registry.answer(event, "require").waiting_for
    assert recorded(registry) == 0
    registry.person(ipp="8")
    assert registry.answer(event, "require").verdict == "found"
    assert recorded(registry) == 1


def test_a_link_made_elsewhere_is_seen_at_once(registry: Registry, home: Place) -> None:
    reader = Links(home.open("registries"))
    old, new = registry.person(ipp="7"), registry.person(ipp="8")
    assert reader.following(old) == {old}
    registry.answer(merged(patient(ipp="7"), patient(ipp="8")))
    assert reader.following(old) == {old, new}
    registry.answer(merged(patient(ipp="9"), patient(ipp="7")))
    assert len(reader.following(new)) == 3


def test_a_stranger_is_followed_by_nobody(registry: Registry) -> None:
    registry.answer(about(patient(ipp="7")))
    assert Links(registry.engine).following("nobody") == {"nobody"}


def end(registry: Registry, kind: str) -> None:
    """As a steward does."""
    with writing(registry.engine) as connection:
        number = next_version(connection, "links")
        connection.execute(update(links).where(links.c.kind == kind).values(ended=1, version=number))


def keep_apart(registry: Registry, one: str, other: str) -> None:
    first, second = sorted((one, other))
    with writing(registry.engine) as connection:
        row = {"from_person": first, "to_person": second, "kind": "apart", "event": "", "at": 1}
        insert_or_skip(connection, links, [row | {"version": next_version(connection, "links")}])


def test_a_link_that_ends_is_followed_no_more(registry: Registry) -> None:
    old, new = registry.person(ipp="7"), registry.person(ipp="8")
    followed = Links(registry.engine)
    event = merged(patient(ipp="7"), patient(ipp="8"))
    registry.answer(event)
    assert followed.following(old) == {old, new}
    end(registry, "merged")
    for reader in (followed, Links(registry.engine)):
        assert reader.following(old) == {old}
        assert reader.survivor(old) == old
    registry.answer(event)
    assert followed.following(old) == {old}, "the same event again does not undo what was decided since"
    registry.answer(merged(patient(ipp="7"), patient(ipp="8")))
    assert followed.survivor(old) == new, "the source says it once more"


def test_two_that_are_kept_apart_are_not_joined_by_that(registry: Registry) -> None:
    one, other = registry.person(ipp="7"), registry.person(ipp="8")
    keep_apart(registry, one, other)
    followed = Links(registry.engine)
    assert followed.following(one) == {one}
    assert followed.kept_apart(other) == {one}
    end(registry, "apart")
    assert followed.kept_apart(other) == set()


def test_a_merge_of_two_that_a_steward_keeps_apart_is_looked_at_instead(registry: Registry) -> None:
    one, other = registry.person(ipp="7"), registry.person(ipp="8")
    keep_apart(registry, one, other)
    registry.answer(merged(patient(ipp="7"), patient(ipp="8")))
    assert Links(registry.engine).following(one) == {one}
    assert registry.reviews() == ["merge-kept-apart"]


def test_a_merge_joins_nobody_with_whom_a_steward_keeps_apart_from_others_of_theirs(registry: Registry) -> None:
    one, beside, other, last = (registry.person(ipp=ipp) for ipp in ("7", "8", "9", "10"))
    keep_apart(registry, one, beside)
    followed = Links(registry.engine)
    steps = [merged(patient(ipp="8"), patient(ipp="9")), merged(patient(ipp="9"), patient(ipp="10"))]
    registry.answers([*steps, merged(patient(ipp="7"), patient(ipp="10"))])
    assert followed.following(last) == {beside, other, last}, "what comes first is done, in one batch too"
    assert followed.following(one) == {one}
    assert registry.reviews() == ["merge-kept-apart"]
    registry.answer(merged(patient(ipp="10"), patient(ipp="7")))
    assert followed.following(one) == {one}


def test_a_merge_into_whom_the_rules_joined_with_one_kept_apart_is_looked_at_instead(registry: Registry) -> None:
    azrou, ifrane = (registry.answer(about(hind(where))).entry for where in ("AZROU", "IFRANE"))
    followed = Links(registry.engine)
    assert followed.following(azrou) == {azrou, ifrane}
    one = registry.person(ipp="7")
    keep_apart(registry, one, ifrane)
    registry.answer(merged(patient(ipp="7"), hind("AZROU")))
    assert followed.following(one) == {one}
    assert registry.reviews() == ["merge-kept-apart"]
