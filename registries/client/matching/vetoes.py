"""What speaks against a pair whatever agrees, by words of which the rules say how much remains possible.

Between any two: numbers, INS, IDCS or CIN of both told and different (number-slip: by one sign); two-numbers, of one
source or insurance and no number the same, for a domain answers for its own doubles (IHE PIX); sex; birth-year, more
than two years apart (year-slip: by one digit only, or under one number of their own); names-apart and families-apart,
names that are known, or borne by so many, that they are two; twins, born the same day in one family and place under
another given name; order, of birth; multiple, told as one of several born, and not surely of one given name; newborn,
without a name of its own; relative, a number or phone that a family shares, and another generation or given name.

Where no number of their own tells relatives and namesakes apart, also: temporary, somebody without papers; unnamed,
without a given name; other-given; other-family; birth-doubt, no more than the year in common; name-doubt, names that
may be one or two; twin-doubt, born the same day in one family and place under a given name that may be another;
two-doubts, of a name and the birth date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from registries.client.matching.fields import (
    BIRTH,
    BIRTH_EDIT,
    BIRTH_EXACT,
    BIRTH_SAME_YEAR,
    BIRTH_SWAP,
    BIRTH_YEAR,
    CIN,
    CNSS,
    EDIT,
    FAMILY,
    FAMILY_NUMBER,
    GIVEN,
    IDCS,
    INS,
    LOCAL,
    MISSING,
    MOTHER,
    PHONE,
    SAME,
    SEX,
    STREET,
    TOWN,
    Levels,
    birth_level,
    number_levels,
    years_apart,
)
from registries.client.matching.likeness import ALIKE, APART, DIFFERENT, EXACT, NEAR, PARTIAL, TYPO, VARIANT
from registries.client.matching.profile import Profile
from registries.client.matching.rules import Outcome, Rules

WORDS: Mapping[str, str] = {
    "numbers": "an identifier of the same kind differs",
    "number-slip": "an identifier of the same kind differs by one sign",
    "two-numbers": "one source, or the same insurance, numbers them as two",
    "sex": "the sexes differ",
    "birth-year": "the years of birth are more than two apart",
    "year-slip": "the years of birth are more than two apart, perhaps by a slip",
    "names-apart": "the given names are known to be two",
    "families-apart": "the family names are known to be two",
    "twins": "the given names of one birth date and family differ, as of twins",
    "other-given": "the given names differ, and no number tells that it is one",
    "other-family": "the family names differ, and no number tells that it is one",
    "birth-doubt": "no more than the year of birth is known to be the same",
    "order": "the order of birth differs",
    "multiple": "one of several born together, and the given names are not the same",
    "temporary": "one has no papers: what is told of them is a guess",
    "unnamed": "a given name is missing",
    "newborn": "a newborn without a name of its own",
    "relative": "a number that relatives share, of somebody else in the family",
    "name-doubt": "the names may be one or two",
    "twin-doubt": "the given names of one birth date and family may be two, as of twins",
    "two-doubts": "neither the names nor the birth dates tell that it is one",
}
# What contradicts, where a doubt only misses something: such a pair is asked about when all the rest is certain.
CONTRADICTIONS = frozenset({"sex", "year-slip", "number-slip", "two-numbers", "multiple"})
# What estimation may lift, and the field in question: a snapshot can show that it happens within one human being.
SOFT: Mapping[str, int] = {
    "birth-year": BIRTH,
    "birth-doubt": BIRTH,
    "unnamed": GIVEN,
    "other-given": GIVEN,
    "other-family": FAMILY,
}
# These go with another one.
LIFTED_WITH: Mapping[str, str] = {"year-slip": "birth-year", "two-doubts": "birth-doubt"}
_RANKING = {"none": 0, "possible": 1, "certain": 2}
_BORN = frozenset({BIRTH_EXACT, BIRTH_SWAP, BIRTH_EDIT})
_DOUBTFUL = frozenset({NEAR, TYPO, ALIKE, PARTIAL})


class Circumstances(NamedTuple):
    """What no level tells: years of birth this far apart (2 up to two, 3 up to twelve, 13 beyond), a newborn, one of
    several born, another place in the order of birth, somebody without papers."""

    apart: int
    newborn: bool
    multiple: bool
    order: bool
    temporary: bool = False


def circumstances(one: Profile, other: Profile) -> Circumstances:
    apart = years_apart(one.birth, other.birth)
    return Circumstances(
        2 if apart <= 2 else 3 if apart <= 12 else 13,
        one.newborn or other.newborn,
        one.multiple or other.multiple,
        0 < one.order != other.order > 0,
        one.temporary or other.temporary,
    )


def hopeless(one: Profile, other: Profile, rules: Rules) -> bool:
    """Whether "birth-year" applies and leaves nothing: told without a look at the names, which takes longest."""
    if rules.vetoes.get("birth-year") != "none" or years_apart(one.birth, other.birth) <= 2:
        return False
    numbers = number_levels(one.numbers, other.numbers)
    same = SAME in [numbers[kind - INS] for kind in (INS, IDCS, CIN, LOCAL)]
    return not same and birth_level(one.birth, other.birth) != BIRTH_EDIT


def veto(levels: Levels, around: Circumstances, rules: Rules) -> str:
    """The strictest that applies; "" when none does."""
    found, remains = "", "certain"
    for word in vetoes(levels, around, rules):
        outcome: Outcome = rules.vetoes.get(word, "certain")
        if _RANKING[outcome] < _RANKING[remains]:
            found, remains = word, outcome
    return found


def vetoes(levels: Levels, around: Circumstances, rules: Rules) -> Iterator[str]:
    """All that apply."""
    given = levels[GIVEN]
    if levels[SEX] > SAME:
        yield "sex"
    if around.apart > 2:
        slip = levels[BIRTH] == BIRTH_EDIT or SAME in (levels[INS], levels[IDCS], levels[CIN], levels[LOCAL])
        yield "year-slip" if slip else "birth-year"
    if given == APART:
        yield "names-apart"
    if levels[FAMILY] == APART:
        yield "families-apart"
    if given in (DIFFERENT, APART) and levels[BIRTH] in (BIRTH_EXACT, BIRTH_YEAR) and _one_family(levels):
        yield "twins"
    if around.newborn:
        yield "newborn"
    if around.multiple and given not in (EXACT, VARIANT):
        yield "multiple"
    if around.order:
        yield "order"
    yield from _by_number(levels, around)
    yield from _doubts(levels, around, rules)


def _by_number(levels: Levels, around: Circumstances) -> Iterator[str]:
    strong = [levels[kind] for kind in (INS, IDCS, CIN)]
    if max(strong) > EDIT:
        yield "numbers"
    if EDIT in strong:
        yield "number-slip"
    others = [levels[kind] for kind in (CNSS, FAMILY_NUMBER, LOCAL)]
    if SAME not in (*strong, *others) and max(others) > SAME:
        yield "two-numbers"
    shared = any(levels[kind] == SAME for kind in (CIN, CNSS, FAMILY_NUMBER, PHONE))
    if shared and (around.apart > 12 or levels[GIVEN] in (DIFFERENT, APART)):
        yield "relative"


def _doubts(levels: Levels, around: Circumstances, rules: Rules) -> Iterator[str]:
    """Where only names, birth and place speak, all of them have to.

    A phone is a family's, and so is a CIN, which children are filed under: they tell no given name, no birth date.
    """
    if any(levels[kind] == SAME for kind in (INS, IDCS, LOCAL)):
        return
    if around.temporary:
        yield "temporary"
    given, family, born = levels[GIVEN], levels[FAMILY], levels[BIRTH] in _BORN
    reached = SAME in (levels[PHONE], levels[CNSS], levels[CIN])
    sure = reached or levels[STREET] == SAME
    near = sure or levels[MOTHER] == SAME
    if given == MISSING:
        yield "unnamed"
    if given in (DIFFERENT, APART) or (given == ALIKE and not near):
        yield "other-given"
    if family == DIFFERENT and not near:
        yield "other-family"
    if not born and not _of_one_year(levels, reached):
        yield "birth-doubt"
    if not born and (given == MISSING or family == DIFFERENT):
        yield "two-doubts"
    if (near and not reached and family in (DIFFERENT, APART)) or _doubtful(levels, rules, born and sure):
        yield "name-doubt"
    if given in _DOUBTFUL and levels[BIRTH] in (BIRTH_EXACT, BIRTH_YEAR) and (near or _one_family(levels)):
        yield "twin-doubt"


def _doubtful(levels: Levels, rules: Rules, sure: bool) -> bool:
    """Whether the names leave open that they are two; `sure`: all else tells the same."""
    given, family = levels[GIVEN], levels[FAMILY]
    if sure and PARTIAL not in (given, family):
        return False
    names = (("given", given), ("family", family))
    return any(level in _DOUBTFUL and rules.weights[name][level] < rules.doubt for name, level in names)


def _of_one_year(levels: Levels, reached: bool) -> bool:
    """Born in one year, and living in one house or reached by one number: namesakes hardly are."""
    if reached:
        return levels[BIRTH] in (BIRTH_YEAR, BIRTH_SAME_YEAR)
    return levels[BIRTH] == BIRTH_YEAR and levels[STREET] == SAME and levels[PHONE] == MISSING


def _one_family(levels: Levels) -> bool:
    near = any(levels[field] == SAME for field in (PHONE, TOWN, STREET, MOTHER))
    return near and levels[FAMILY] <= NEAR
