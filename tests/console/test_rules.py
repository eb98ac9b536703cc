"""The rules of matching on a page: edited, tried on everybody, put in force, taken back."""

from __future__ import annotations

import re

import pytest

from channels.identities import Identities
from tests.console.identities import certain
from tests.console.place import NAME, Browser, Place
from tests.console.test_transactions import words

STRICT = {"certain": "0.99999999999999", "why": "fewer by themselves"}


@pytest.fixture
def identities(place: Place) -> Identities:
    certain(place)
    return Identities.of(place.house)


def kept(admin: Browser, **said: str | list[str]) -> str:
    """The page of a new version."""
    answer = admin.submit("/rules", **said)
    assert answer.status_code == 303, words(answer)
    return answer.headers["location"]


def joined(identities: Identities) -> bool:
    (person,) = identities.records.persons_with("urn:id:130310623", "N-R5")
    return len(identities.links.following(person)) > 1


def test_the_page_says_what_is_in_force(admin: Browser) -> None:
    page = admin.get("/rules")
    assert "version 1 is in force" in words(page)
    assert 'name="certain" value="0.9"' in page.text
    assert 'name="m.given.exact"' in page.text
    assert "both year" in page.text


def test_an_edited_version_is_kept_with_what_it_says_otherwise(
    identities: Identities, admin: Browser, place: Place
) -> None:
    there = kept(admin, **STRICT, **{"m.sex.same": "0,98", "passes": "both year\nphone\nnumber"})
    page = words(admin.get(there))
    assert "certain: 0.9 → 0.99999999999999" in page
    assert "fields.sex.same" in page
    assert "In force for who comes" not in page
    assert identities.versions.active().version == 1
    assert (NAME, "propose rules", "Rules") in place.audited()


def test_deterministic_rules_are_left_out_and_taken_up_again(
    identities: Identities, admin: Browser, place: Place
) -> None:
    page = admin.get("/rules").text
    names = re.findall(r'name="decides" value="([^"]+)" checked', page)
    assert "rule: same INS" in words(admin.get("/rules"))
    assert names == [one.name for one in identities.versions.active().deterministic]
    fewer = [name for name in names if name != "same INS"]
    there = kept(admin, decides=["", *fewer], most="12", why="INS are mistyped here")
    assert words(admin.get(there)).count("deterministic.same INS") == 1
    assert "most: 8 → 12" in words(admin.get(there))
    assert (NAME, "propose rules", "Rules") in place.audited()
    admin.submit(f"{there}/dry-run")
    admin.submit(f"{there}/activate", why="seen")
    rules = identities.versions.active()
    assert ([one.name for one in rules.deterministic], rules.most) == (fewer, 12)
    page = admin.get("/rules").text
    assert 'name="decides" value="same INS">' in page
    assert 'name="most" value="12"' in page
    assert kept(admin, decides=["", *names], most="8", why="they are checked now") == "/rules/1"
    assert kept(admin, decides=[""], why="weights alone") == "/rules/3"
    assert identities.versions.rules(3).deterministic == ()


def test_what_is_no_rule_is_refused_with_its_place(admin: Browser) -> None:
    for said, why in (
        ({"certain": "much"}, "certain: expected a number"),
        ({"possible": "0.99"}, "possible up to certain"),
        ({"passes": "shoes"}, "passes: &#39;shoes&#39;"),
        ({"doubt": "nan"}, "doubt: expected a number"),
        ({"cap": "inf"}, "cap: expected a number"),
        ({"most": "0"}, "most: expected a whole number"),
        ({"decides": "same shoes"}, "no rule is called &#39;same shoes&#39;"),
    ):
        answer = admin.submit("/rules", why="a try", **said)
        assert answer.status_code == 422
        assert why in answer.text


def test_nothing_is_put_in_force_before_a_dry_run_was_seen(identities: Identities, admin: Browser) -> None:
    there = kept(admin, **STRICT)
    for act in ("activate", "apply"):
        assert admin.submit(f"{there}/{act}", why="now").status_code == 409
    assert identities.versions.active().version == 1
    assert admin.submit(f"{there}/burn", why="now").status_code == 404
    assert admin.get("/rules/99").status_code == 404


def test_a_dry_run_shows_what_would_change_and_changes_nothing(identities: Identities, admin: Browser) -> None:
    there = kept(admin, **STRICT)
    page = words(admin.get(admin.submit(f"{there}/dry-run", sample="").headers["location"]))
    assert "of 2 records compared" in page
    assert "links ended 1" in page
    assert "reviews opened 1" in page
    assert joined(identities)


def test_a_version_is_applied_to_everybody_and_taken_back(identities: Identities, admin: Browser, place: Place) -> None:
    there = kept(admin, **STRICT)
    admin.submit(f"{there}/dry-run")
    assert "Everybody was compared again" in words(
        admin.get(admin.submit(f"{there}/apply", why="seen").headers["location"])
    )
    assert identities.versions.active().version == 2
    assert not joined(identities)
    assert (NAME, "apply rules", "Rules") in place.audited()
    entry = re.search(r'name="entry" value="(\d+)"', admin.get("/rules").text)
    assert entry
    admin.submit("/rules/undo", entry=entry[1], why="too strict")
    assert identities.versions.active().version == 1
    assert joined(identities)


def test_a_version_may_count_only_from_now_on(identities: Identities, admin: Browser) -> None:
    there = kept(admin, **STRICT)
    admin.submit(f"{there}/dry-run", sample="1")
    assert admin.submit(f"{there}/activate", why="").status_code == 409
    admin.submit(f"{there}/activate", why="seen")
    assert identities.versions.active().version == 2
    assert joined(identities)


def test_other_passes_come_into_force_only_by_comparing_everybody(identities: Identities, admin: Browser) -> None:
    there = kept(admin, **STRICT)
    admin.submit(f"{there}/dry-run")
    assert f'formaction="{there}/activate"' in admin.get(there).text
    there = kept(admin, passes="both year\nphone\nnumber", why="fewer passes")
    admin.submit(f"{there}/dry-run")
    page = admin.get(there)
    assert f'formaction="{there}/activate"' not in page.text
    assert "Its blocking passes are others" in words(page)
    answer = admin.submit(f"{there}/activate", why="seen")
    assert answer.status_code == 409
    assert "comparing everybody again" in words(answer)
    assert identities.versions.active().version == 1
    admin.submit(f"{there}/apply", why="seen")
    assert identities.versions.active().version == 3
