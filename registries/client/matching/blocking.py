"""Which records are compared at all: those that share a block of some pass.

A pass is a list of parts; a profile has a block for each combination of what it tells of them, none where it tells
nothing of one. So a field that is missing never makes a block of everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice, product

from registries.client.matching.profile import Profile
from registries.client.matching.rules import Rules
from registries.client.matching.sound import skeleton
from registries.client.matching.words import UNHEARD, Word

_MOST_PER_PASS = 12


def blocks(profile: Profile, rules: Rules) -> list[str]:
    """Each as the number of its pass and its parts; to be kept as keyed digests only."""
    told: dict[str, Sequence[str]] = {}
    found: dict[str, None] = {}
    for number, way in enumerate(rules.passes):
        for part in way:
            if part not in told:
                told[part] = list(dict.fromkeys(PARTS[part](profile)))
            if not told[part]:
                break
        else:
            for combination in islice(product(*[told[part] for part in way]), _MOST_PER_PASS):
                found[f"{number}|{'|'.join(combination)}"] = None
    return list(found)


def _given(profile: Profile) -> Iterable[str]:
    """Of the name and of each of its parts: one may be left out."""
    for given, _ in profile.names:
        yield from _keys(given)


def _family(profile: Profile) -> Iterable[str]:
    for _, family in profile.names:
        yield from _keys(family)


def _both(profile: Profile) -> Iterable[str]:
    """Given and family name in order of the alphabet: swapped, they meet."""
    for given, family in profile.names:
        if given.letters and family.letters:
            yield "+".join(sorted((_key(given), _key(family))))


def _any_name(profile: Profile) -> Iterable[str]:
    yield from _given(profile)
    yield from _family(profile)


def _starts(profile: Profile) -> Iterable[str]:
    """The first consonants of both names, in order of the alphabet."""
    for given, family in profile.names:
        if given.letters and family.letters:
            yield "+".join(sorted((_key(given)[:2], _key(family)[:2])))


def _keys(word: Word) -> Iterable[str]:
    if word.letters:
        yield _key(word)
        if " " in word.sound:
            yield from (skeleton(sound) for sound in word.sound.split() if len(sound) > 2)


@lru_cache(100_000)
def _key(word: Word) -> str:
    if UNHEARD in word.sound:
        return word.letters
    return skeleton(word.sound.replace(" ", ""))


def _year(profile: Profile) -> Iterable[str]:
    return [profile.birth[:4]] if profile.birth else []


def _birth(profile: Profile) -> Iterable[str]:
    """The day of birth, day and month in order of size: swapped, they meet."""
    if len(profile.birth) == 8 and profile.birth[4:] not in ("0101", "1231"):
        yield profile.birth[:4] + "".join(sorted((profile.birth[4:6], profile.birth[6:])))


def _month_day(profile: Profile) -> Iterable[str]:
    if len(profile.birth) == 8 and profile.birth[4:] not in ("0101", "1231"):
        yield profile.birth[4:]


def _town(profile: Profile) -> Iterable[str]:
    return (skeleton(town.sound.replace(" ", "")) for town in profile.towns)


PARTS: Mapping[str, Callable[[Profile], Iterable[str]]] = {
    "given": _given,
    "family": _family,
    "both": _both,
    "name": _any_name,
    "starts": _starts,
    "year": _year,
    "birth": _birth,
    "month-day": _month_day,
    "town": _town,
    "postcode": lambda profile: profile.postcodes,
    "state": lambda profile: profile.states,
    "phone": lambda profile: profile.phones,
    "number": lambda profile: (f"{kind}:{value}" for kind, value in profile.numbers),
    "mother": lambda profile: _keys(profile.mother),
}
