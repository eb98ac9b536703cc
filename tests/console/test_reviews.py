"""The steward's queue: what is asked, side by side, decided in one click and taken back."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from channels.console import phrases
from channels.identities import Identities
from registries.client.matching.fields import LEVELS
from registries.client.matching.phrases import PHRASES
from registries.client.matching.rules import shipped
from registries.client.matching.vetoes import WORDS
from tests.console.identities import CIN, doubtful
from tests.console.place import NAME, Browser, Place
from tests.console.test_transactions import words


@pytest.fixture
def identities(place: Place) -> Identities:
    doubtful(place)
    return Identities.of(place.house)


def ids(identities: Identities) -> list[str]:
    return [one.id for one in identities.queue.page()]


def about(identities: Identities, name: str) -> str:
    """The open review about somebody of this name."""
    for one in identities.queue.page():
        if name in str([record.patient for record in identities.records.of_persons([one.person, one.other])]):
            return one.id
    raise AssertionError(name)


def next_to(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_an_empty_queue_is_said(admin: Browser) -> None:
    assert "Nothing waits for a decision" in admin.get("/reviews").text


def test_the_queue_counts_by_reason_and_puts_the_likeliest_first(identities: Identities, admin: Browser) -> None:
    page = words(admin.get("/reviews?order=likeliest"))
    assert "All open 2" in page
    assert "perhaps one person twice 2" in page
    asked = re.findall(r'<th scope="row"><a href="/reviews/([\w-]+)', admin.get("/reviews?order=likeliest").text)
    scores = [found.score or 0 for one in asked if (found := identities.queue.one(one))]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 2
    assert "None of this kind is open" in words(admin.get("/reviews?reason=claimed-twice"))


def test_both_sides_are_shown_with_what_differs(identities: Identities, admin: Browser, place: Place) -> None:
    review = about(identities, "Khadija")
    page = words(admin.get(f"/reviews/{review}"))
    for said in ("Khadija BENNANI", "Khadja BENANI", "130310623", "130310624", "1984-03-17", "12 RUE ATLAS"):
        assert said in page
    for mark in ("same", "nearly the same", "differs", "missing"):
        assert mark in page
    assert "the family names are one name spelled twice" in page
    assert "the phone numbers differ by one sign" in page
    asked = identities.queue.one(review)
    assert asked
    read = {target for actor, action, target in place.audited() if (actor, action) == (NAME, "read")}
    assert {f"Patient/{asked.person}", f"Patient/{asked.other}"} <= read


def test_a_card_number_is_masked_until_somebody_asks_and_that_is_noted(
    identities: Identities, admin: Browser, place: Place
) -> None:
    review = about(identities, "Khadija")
    page = admin.get(f"/reviews/{review}").text
    assert CIN not in page
    assert "••••••56" in page
    assert (NAME, "show numbers", f"Review/{review}") not in place.audited()
    assert CIN in admin.submit(f"/reviews/{review}").text
    assert (NAME, "show numbers", f"Review/{review}") in place.audited()
    assert admin.post(f"/reviews/{review}", {}).status_code == 403


def test_one_click_joins_the_two_and_shows_the_next(identities: Identities, admin: Browser, place: Place) -> None:
    review, later = ids(identities)
    asked = identities.queue.one(review)
    assert asked
    there = next_to(admin.submit(f"/reviews/{review}/accept"))
    assert there.startswith(f"/reviews/{later}?")
    assert "The two before are one person now" in words(admin.get(there))
    assert identities.links.following(asked.person) >= {asked.person, asked.other}
    assert (NAME, "accept", f"Review/{review}") in place.audited()
    assert ids(identities) == [later]


def test_rejected_ones_are_kept_apart_and_the_reason_stays(identities: Identities, admin: Browser) -> None:
    review = ids(identities)[0]
    asked = identities.queue.one(review)
    assert asked
    admin.submit(f"/reviews/{review}/reject", why="two cards seen")
    assert asked.other in identities.links.kept_apart(asked.person)
    assert [(line.by, line.why) for line in identities.steward.history(asked.person)] == [(NAME, "two cards seen")]


def test_the_last_decision_can_be_taken_back_from_the_next_page(identities: Identities, admin: Browser) -> None:
    review = ids(identities)[0]
    page = admin.get(next_to(admin.submit(f"/reviews/{review}/accept"))).text
    entry = re.search(r'name="entry" value="(\d+)"', page)
    assert entry
    there = next_to(admin.submit("/reviews/undo", entry=entry[1], review=review))
    assert "The decision is taken back" in words(admin.get(there))
    assert review in ids(identities)


def test_the_last_of_a_kind_leads_back_to_the_queue(identities: Identities, admin: Browser) -> None:
    for review in ids(identities):
        there = next_to(admin.submit(f"/reviews/{review}/reject", reason="possible-match", order="likeliest"))
    assert there.startswith("/reviews?reason=possible-match&order=likeliest&done=")
    assert "Nothing waits for a decision" in admin.get(there).text


def test_later_walks_through_the_queue_and_round(identities: Identities, admin: Browser) -> None:
    first, second = ids(identities)
    for here, there in ((first, second), (second, first)):
        page = html.unescape(admin.get(f"/reviews/{here}?order=oldest").text)
        assert re.search(rf'data-key="l" href="/reviews/{there}"', page)


def test_every_phrase_of_matching_can_be_said_in_every_language() -> None:
    said = {PHRASES[field, level] for field, levels in LEVELS.items() for level in levels} | set(WORDS.values())
    said |= {f"rule: {rule.name}" for rule in shipped().deterministic}
    assert said - phrases.PHRASES == set()


def test_what_a_steward_chooses_is_believed(identities: Identities, admin: Browser) -> None:
    review = about(identities, "Mohammed")
    asked = identities.queue.one(review)
    assert asked
    records = identities.records.of_persons([asked.person, asked.other])
    for believed in ("1970-01-01", "1970-06-12"):
        chosen = next(one for one in records if one.patient["birth_date"] == believed)
        admin.submit(f"/reviews/{review}/accept", **{"choose.birth_date": str(chosen.id), "choose.names": ""})
        found = identities.golden([asked.person, asked.other], records)
        assert (found.patient["birth_date"], found.sources["birth_date"]) == (believed, chosen.id)


def test_a_choice_that_is_no_longer_there_decides_nothing(identities: Identities, admin: Browser) -> None:
    review = ids(identities)[0]
    assert admin.submit(f"/reviews/{review}/accept", **{"choose.birth_date": "1"}).status_code == 409
    assert review in ids(identities)


def test_what_cannot_be_decided_is_said_and_nothing_is_changed(identities: Identities, admin: Browser) -> None:
    review = ids(identities)[0]
    admin.submit(f"/reviews/{review}/accept")
    answer = admin.submit(f"/reviews/{review}/reject")
    assert answer.status_code == 409
    assert "Nothing was changed" in answer.text
    asked = identities.queue.one(review)
    assert asked
    assert asked.decision == "accepted"


def test_a_review_that_is_not_there(admin: Browser) -> None:
    assert admin.get("/reviews/nothing").status_code == 404
    assert admin.submit("/reviews/4711").status_code == 404
    assert admin.submit("/reviews/nothing/accept").status_code == 404
    assert admin.submit("/reviews/nothing/burn").status_code == 404


def test_a_decision_needs_the_form_of_this_session(identities: Identities, admin: Browser) -> None:
    review = ids(identities)[0]
    assert admin.post(f"/reviews/{review}/accept", {}).status_code == 403
    assert review in ids(identities)
