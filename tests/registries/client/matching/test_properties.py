"""What holds for any two records whatever."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from registries.client.matching.blocking import blocks
from registries.client.matching.profile import Profile, profile
from registries.client.matching.rules import shipped
from registries.client.matching.scoring import outcome, score
from registries.client.matching.sound import arabic_sound, latin_sound
from registries.client.matching.vetoes import hopeless
from schemas.events import Patient

RULES = shipped()
NAMES = st.sampled_from(
    [
        "Mohamed",
        "M'hamed",
        "Abd El Aziz",
        "BEBE",
        "X",
        "عبد الله",
        "الحسين",
        "Fatima-Ezzahra",
        "Fz",
        "Amina",
        "Amine",
        "",
    ]
) | st.text(max_size=12)
DATES = st.sampled_from(
    ["1980-01-01", "1980-03-04", "1980-04-03", "1980", "1986-03-04", "1997-05-06", "1992-12-31", "1900-01-01", "x"]
)
NUMBERS = st.sampled_from(["AB12345", "AB12354", "0000000", "2345678906", "K1"])
SYSTEMS = st.sampled_from([f"https://hie.sante.gov.ma/id/{kind}" for kind in ("ins", "cnie", "cnss")] + ["urn:id:HP"])
PATIENTS: st.SearchStrategy[Patient] = st.builds(
    lambda names, birth, sex, numbers, town, order: {
        "names": [{"given": list(given), "family": family} for given, family in names],
        "birth_date": birth,
        "sex": sex,
        "identifiers": [{"system": system, "value": value} for system, value in numbers],
        "addresses": [{"city": town, "lines": [town]}],
        "birth_order": order,
    },
    st.lists(st.tuples(st.lists(NAMES, max_size=2), NAMES | st.none()), max_size=3),
    DATES | st.none(),
    st.sampled_from(["male", "female", "unknown", None]),
    st.lists(st.tuples(SYSTEMS, NUMBERS), max_size=3),
    NAMES,
    st.none() | st.integers(0, 3),
)
PROFILES = PATIENTS.map(profile)


@settings(max_examples=150, deadline=None)
@given(PROFILES, PROFILES)
def test_who_is_compared_with_whom_does_not_matter(one: Profile, other: Profile) -> None:
    found, turned = score(one, other, RULES), score(other, one, RULES)
    assert found == turned
    assert found.explained() == turned.explained()
    assert outcome(found, RULES) == outcome(turned, RULES)


@settings(max_examples=300, deadline=None)
@given(PROFILES, PROFILES)
def test_who_is_hopeless_is_none_by_all_that_is_told(one: Profile, other: Profile) -> None:
    if hopeless(one, other, RULES):
        assert outcome(score(one, other, RULES), RULES) == "none"
    assert not hopeless(one, one, RULES)


@settings(max_examples=100, deadline=None)
@given(PATIENTS)
def test_a_profile_comes_back_as_it_was_packed(patient: Patient) -> None:
    made = profile(patient)
    assert Profile.unpacked(made.packed()) == made
    assert blocks(Profile.unpacked(made.packed()), RULES) == blocks(made, RULES)


@settings(max_examples=150, deadline=None)
@given(PROFILES, PROFILES, st.sampled_from(["sex", "birth", "towns", "phones", "numbers", "mother"]))
def test_missing_never_counts_below_disagreement(one: Profile, other: Profile, name: str) -> None:
    kept = {part.field: part.weight for part in score(one, other, RULES).parts}
    without = score(one, replace(other, **{name: getattr(Profile(), name)}), RULES)
    disagreed = [weight for field, weight in kept.items() if field not in {part.field for part in without.parts}]
    assert all(abs(kept[part.field] - part.weight) < 1e-9 for part in without.parts)
    if disagreed and max(disagreed) <= 0:
        assert without.weight >= sum(kept.values()) - 1e-9


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_text_has_a_sound(text: str) -> None:
    for sound in (latin_sound(text), arabic_sound(text)):
        assert set(sound) <= set("BCDFGHJKLMNPQRSTVXZaeiu*%&")
