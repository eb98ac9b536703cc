"""What speaks against a pair whatever agrees, by words of which the rules say how much remains possible.

Between any two: numbers, INS, IDCS or CIN of both told and different (number-slip: by one sign); sex; birth-year, more
than two years apart; names-apart and families-apart, names that are known, or borne by so many, that they are two;
twins, born the same day in one family and place under another given name; order, of birth; multiple, told as one of
several born, and not surely of one given name; newborn, without a name of its own; relative, a number or phone that a
family shares, and another generation or given name.

Where no number and no phone tells relatives and namesakes apart, also: unnamed, without a given name; other-given;
other-family; birth-doubt, no more than the year in common; name-doubt, names that may be one or two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from registries.client.matching.fields import (
    BIRTH_EDIT,
    BIRTH_EXACT,
    BIRTH_SWAP,
    BIRTH_YEAR,
    EDIT,
    MISSING,
    SAME,
    years_apart,
)
from registries.client.matching.likeness import ALIKE, APART, DIFFERENT, EXACT, NEAR, PARTIAL, TYPO, VARIANT
from registries.client.matching.profile import Profile
from registries.client.matching.rules import Outcome, Rules

WORDS: Mapping[str, str] = {
    "numbers": "an identifier of the same kind differs",
    "number-slip": "an identifier of the same kind differs by one sign",
    "sex": "the sexes differ",
    "birth-year": "the years of birth are more than two apart",
    "names-apart": "the given names are known to be two",
    "families-apart": "the family names are known to be two",
    "twins": "the given names of one birth date and family differ, as of twins",
    "other-given": "the given names differ, and no number tells that it is one",
    "other-family": "the family names differ, and no number tells that it is one",
    "birth-doubt": "no more than the year of birth is known to be the same",
    "order": "the order of birth differs",
    "multiple": "one of several born together, and the given names are not the same",
    "unnamed": "a given name is missing",
    "newborn": "a newborn without a name of its own",
    "relative": "a number that relatives share, of somebody else in the family",
    "name-doubt": "the names may be one or two",
}
# What estimation may lift, and the field in question: a snapshot can show that it happens within one human being.
SOFT: Mapping[str, str] = {
    "birth-year": "birth",
    "birth-doubt": "birth",
    "unnamed": "given",
    "other-given": "given",
    "other-family": "family",
}
_RANKING = {"none": 0, "possible": 1, "certain": 2}
_DOUBTFUL = frozenset({NEAR, TYPO, ALIKE, PARTIAL})


def veto(one: Profile, other: Profile, levels: Mapping[str, int], rules: Rules) -> str:
    """The strictest that applies; "" when none does."""
    found, remains = "", "certain"
    for word in vetoes(one, other, levels, rules):
        outcome: Outcome = rules.vetoes.get(word, "certain")
        if _RANKING[outcome] < _RANKING[remains]:
            found, remains = word, outcome
    return found


def vetoes(one: Profile, other: Profile, levels: Mapping[str, int], rules: Rules) -> Iterator[str]:
    """All that apply."""
    given, birth = levels.get("given", MISSING), levels.get("birth", MISSING)
    apart = years_apart(one.birth, other.birth)
    if levels.get("sex") == 1:
        yield "sex"
    if apart > 2:
        yield "birth-year"
    if given == APART:
        yield "names-apart"
    if levels.get("family") == APART:
        yield "families-apart"
    if given in (DIFFERENT, APART) and birth in (BIRTH_EXACT, BIRTH_YEAR) and _one_family(levels):
        yield "twins"
    if not _named(levels):
        yield from _doubts(levels, rules)
    if one.newborn or other.newborn:
        yield "newborn"
    if (one.multiple or other.multiple) and given not in (EXACT, VARIANT):
        yield "multiple"
    if one.order and other.order and one.order != other.order:
        yield "order"
    yield from _by_number(levels, apart, given)


def _by_number(levels: Mapping[str, int], apart: int, given: int) -> Iterator[str]:
    strong = [levels[kind] for kind in ("ins", "idcs", "cin") if kind in levels]
    if any(level > EDIT for level in strong):
        yield "numbers"
    if EDIT in strong:
        yield "number-slip"
    if any(levels.get(kind) == SAME for kind in ("cin", "cnss", "family-number", "phone")) and (
        apart > 12 or given in (DIFFERENT, APART)
    ):
        yield "relative"


def _doubts(levels: Mapping[str, int], rules: Rules) -> Iterator[str]:
    """Where only names, birth and place speak, all of them have to."""
    given, family = levels.get("given", MISSING), levels.get("family", MISSING)
    if given == MISSING:
        yield "unnamed"
    if given in (DIFFERENT, APART):
        yield "other-given"
    if family in (DIFFERENT, APART):
        yield "other-family"
    if levels.get("birth", MISSING) not in (BIRTH_EXACT, BIRTH_SWAP, BIRTH_EDIT):
        yield "birth-doubt"
    names = (("given", given), ("family", family))
    if any(level in _DOUBTFUL and rules.weights[name][level] < rules.doubt for name, level in names):
        yield "name-doubt"


def _named(levels: Mapping[str, int]) -> bool:
    """Whether something but names, birth and place tells one from another."""
    return any(levels.get(kind) == SAME for kind in ("phone", "ins", "idcs", "cin", "cnss", "local"))


def _one_family(levels: Mapping[str, int]) -> bool:
    near = any(levels.get(name) == SAME for name in ("phone", "town", "street", "mother"))
    return near and levels.get("family", MISSING) <= NEAR
