"""How two profiles compare, field by field, as levels; -1 where either says nothing, which tells nothing.

The first level of a field is full agreement, the last disagreement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from registries.client.matching import likeness
from registries.client.matching.likeness import family_level, given_level
from registries.client.matching.profile import Profile
from registries.client.matching.words import NOTHING, Word

MISSING = -1
LEVELS: Mapping[str, Sequence[str]] = {
    "given": (*likeness.LEVELS, "swapped"),
    "family": likeness.LEVELS,
    "birth": ("exact", "swap", "edit", "year", "same-year", "different"),
    "sex": ("same", "different"),
    "phone": ("same", "edit", "different"),
    "town": ("same", "alike", "different"),
    "postcode": ("same", "edit", "different"),
    "state": ("same", "edit", "different"),
    "street": ("same", "alike", "different"),
    "mother": ("same", "alike", "different"),
    "ins": ("same", "edit", "different"),
    "idcs": ("same", "edit", "different"),
    "cin": ("same", "edit", "different"),
    "cnss": ("same", "edit", "different"),
    "family-number": ("same", "different"),
    "local": ("same", "different"),
}
FIELDS = tuple(LEVELS)
(GIVEN, FAMILY, BIRTH, SEX, PHONE, TOWN, POSTCODE, STATE, STREET, MOTHER) = range(10)
(INS, IDCS, CIN, CNSS, FAMILY_NUMBER, LOCAL) = range(10, 16)
Levels = tuple[int, ...]
SWAPPED = LEVELS["given"].index("swapped")
BIRTH_EXACT, BIRTH_SWAP, BIRTH_EDIT, BIRTH_YEAR, BIRTH_SAME_YEAR, BIRTH_DIFFERENT = range(6)
SAME, EDIT = 0, 1


def birth_level(one: str, other: str) -> int:
    """Years alone agree as years: that is what 1 January and 31 December mean for who never knew the day."""
    if not one or not other:
        return MISSING
    return _birth_level(one, other) if one <= other else _birth_level(other, one)


@lru_cache(20_000)
def _birth_level(one: str, other: str) -> int:
    day, day2 = _day(one), _day(other)
    if len(day) == len(day2) == 8:
        if day == day2:
            return BIRTH_EXACT
        if day[:4] == day2[:4] and day[4:6] == day2[6:] and day[6:] == day2[4:6]:
            return BIRTH_SWAP
        if OSA.distance(day, day2, score_cutoff=1) <= 1:
            return BIRTH_EDIT
    elif one == other and len(one) == 8:
        return BIRTH_YEAR
    if day[:4] != day2[:4]:
        return BIRTH_DIFFERENT
    told = min(len(day), len(day2))
    return BIRTH_YEAR if day[:told] == day2[:told] else BIRTH_SAME_YEAR


def _day(birth: str) -> str:
    return birth[:4] if birth[4:] in ("0101", "1231") else birth


def years_apart(one: str, other: str) -> int:
    return abs(int(one[:4]) - int(other[:4])) if one and other else 0


def text_level(one: Sequence[str], other: Sequence[str]) -> int:
    """The best of several: the same, one slip of a key, or another."""
    if not one or not other:
        return MISSING
    if one[0] == other[0] or any(value in other for value in one):
        return SAME
    near = any(OSA.distance(value, value2, score_cutoff=1) <= 1 for value in one for value2 in other)
    return EDIT if near else 2


def town_level(one: Sequence[Word], other: Sequence[Word]) -> int:
    if not one or not other:
        return MISSING
    level = min(family_level(town, town2) for town in one for town2 in other)
    return SAME if level <= likeness.VARIANT else 1 if level <= likeness.ALIKE else 2


def street_level(one: Sequence[str], other: Sequence[str]) -> int:
    """By the words shared, numbers of houses and flats being words too. One house has one number: without it, a whole
    village is the same."""
    if not one or not other:
        return MISSING
    return min(_street_level(street, street2) for street in one for street2 in other)


@lru_cache(20_000)
def _street_level(one: str, other: str) -> int:
    words, words2 = set(one.split()), set(other.split())
    both = words & words2
    shared = 2 * len(both) / (len(words) + len(words2))
    if shared < 0.5:
        return 2
    return SAME if shared >= 0.8 and _numbers(both) and _numbers(words) == _numbers(words2) else 1


def _numbers(words: set[str]) -> set[str]:
    return {word for word in words if word[0].isdigit()}


def mother_level(one: Word, other: Word) -> int:
    if NOTHING in (one, other):
        return MISSING
    level = given_level(one, other)
    return SAME if level <= likeness.VARIANT else 1 if level in (likeness.NEAR, likeness.TYPO, likeness.PARTIAL) else 2


def number_levels(one: Sequence[tuple[str, str]], other: Sequence[tuple[str, str]]) -> Sequence[int]:
    """From INS to LOCAL. A local number of the same system that differs tells little: people are registered twice."""
    if not one or not other:
        return _NO_NUMBERS
    found = [MISSING] * len(_NO_NUMBERS)
    for kind, value in one:
        for kind2, value2 in other:
            if kind == kind2:
                place = _PLACES[kind if kind in _PLACES else kind[0]]
                level = SAME if value == value2 else 1 if place >= _PLACES["+"] else _slip(value, value2)
                found[place] = level if found[place] == MISSING else min(found[place], level)
    return found


_NO_NUMBERS = (MISSING,) * (LOCAL + 1 - INS)
_PLACES = {"ins": 0, "idcs": 1, "cin": 2, "cnss": 3, "+": 4, "=": 5}


def _slip(value: str, value2: str) -> int:
    return EDIT if OSA.distance(value, value2, score_cutoff=1) <= 1 else 2


class Names(NamedTuple):
    """Levels, and the words they are of: of several names told, the two that agree best."""

    given: int
    family: int
    words: tuple[Word, Word] = (NOTHING, NOTHING)
    words2: tuple[Word, Word] = (NOTHING, NOTHING)


def name_levels(one: Profile, other: Profile) -> Names:
    if len(one.names) == len(other.names) == 1:
        return Names(*_pair(*one.names[0], *other.names[0]), one.names[0], other.names[0])
    found = [Names(*_pair(*words, *words2), words, words2) for words in one.names for words2 in other.names]
    return min(found, key=_cost) if found else Names(MISSING, MISSING)


def _cost(names: Names) -> tuple[float, list[tuple[Word, Word]]]:
    return _COST[names.given] + _COST[names.family], sorted((names.words, names.words2))


# The order in which agreements are preferred; the last is that of MISSING.
_COST = (0.0, 0.1, 2.0, 2.0, 3.0, 2.5, 6.0, 7.0, 0.5, 1.5)


def _pair(given: Word, family: Word, given2: Word, family2: Word) -> tuple[int, int]:
    first = MISSING if not given.letters or not given2.letters else given_level(given, given2)
    second = MISSING if not family.letters or not family2.letters else family_level(family, family2)
    if (first >= likeness.ALIKE or first == MISSING) and (second >= likeness.ALIKE or second == MISSING):
        crossed = [family_level(x, y) for x, y in ((given, family2), (family, given2)) if x.letters and y.letters]
        if crossed and max(crossed) <= likeness.TYPO and (len(crossed) == 2 or first == second == MISSING):
            return SWAPPED, MISSING
        if len(crossed) == 2 and min(crossed) <= likeness.VARIANT and max(crossed) <= likeness.ALIKE:
            # one of them in the other's place, and the other with a slip: it tells no other name
            return likeness.PARTIAL, likeness.PARTIAL
    return first, second
