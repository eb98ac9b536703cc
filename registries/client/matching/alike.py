"""How far apart two sounds are: 0 for one name spelled twice, UNLIKE for names no spelling joins.

Consonants must be the same, but for the few that are written for each other. Vowels cost by what they tell: e and a
short one next to nothing, a long i or u much, an ending -a or -i everything (Samir and Samira, Said and Saidi).
"""

from __future__ import annotations

from functools import lru_cache

from registries.client.matching.sound import parts

UNLIKE = 9.0
_SWAPPED_FOR = {
    frozenset(pair): cost
    for pair, cost in {"KG": 0.3, "GJ": 0.3, "PB": 0.2, "FV": 0.2, "TD": 0.8, "TS": 0.6, "DZ": 0.6}.items()
}
_GONE = {"e": 0.15, "a": 0.3, "i": 0.7, "u": 0.7, "*": 0.0}
_INSTEAD = {
    frozenset(pair): cost for pair, cost in {"ae": 0.15, "ei": 0.3, "eu": 0.7, "ai": 1.1, "au": 1.1, "iu": 1.2}.items()
}
_END_GONE = {"e": 0.05, "a": 2.5, "i": 2.5, "u": 1.2, "*": 0.0}
# What Arabic script does not write: a short vowel, seen only from the other script.
_SHORT = {"e": 0.0, "a": 0.05, "i": 0.2, "u": 0.15, "*": 0.0}


@lru_cache(200_000)
def distance(one: str, other: str, across: bool) -> float:
    """Between two sounds, in alphabetical order; `across`: one of Arabic script before one of Latin."""
    if one == other:
        return 0.0
    bones, vowels = parts(one)
    bones2, vowels2 = parts(other)
    if bones == bones2:
        return _vowels(vowels, vowels2, across)
    if len(bones) == len(bones2):
        cost = sum(_SWAPPED_FOR.get(frozenset((x, y)), UNLIKE) for x, y in zip(bones, bones2, strict=True) if x != y)
        return cost if cost >= UNLIKE else cost + _vowels(vowels, vowels2, across)
    if abs(len(bones) - len(bones2)) > 1:
        return UNLIKE
    return _dropped(one, other, across)


def _dropped(one: str, other: str, across: bool) -> float:
    """An h that one does not write, or the L- of an article grown together with the name (Lamrani)."""
    longer, shorter = (one, other) if len(parts(one)[0]) > len(parts(other)[0]) else (other, one)
    left = [longer[:at] + longer[at + 1 :] for at, sign in enumerate(longer) if sign == "H"]
    costs = [(0.1 if across else 0.5) + _again(bare, shorter, longer is one, across) for bare in left]
    for article in ("aL", "eL", "L"):
        if longer.startswith(article) and len(longer) > len(article) + 3:
            costs.append(0.3 + _again(longer[len(article) :], shorter, longer is one, across))
    return min(costs, default=UNLIKE)


def _again(bare: str, shorter: str, first: bool, across: bool) -> float:
    bones, vowels = parts(bare)
    bones2, vowels2 = parts(shorter)
    if bones != bones2:
        return UNLIKE
    return _vowels(vowels, vowels2, across) if first else _vowels(vowels2, vowels, across)


def _vowels(one: tuple[str, ...], other: tuple[str, ...], across: bool) -> float:
    if one == other:
        return 0.0
    last = len(one) - 1
    places = dict.fromkeys(range(last), "")
    places[0] = "first"
    if last > 1 and not (one[last].strip("e") or other[last].strip("e")):
        places[last - 1] = "stressed"
    places[last] = "last"
    pairs = enumerate(zip(one, other, strict=True))
    return sum(_slot(x, y, places[place], across) for place, (x, y) in pairs if x != y)


@lru_cache(50_000)
def _slot(one: str, other: str, where: str, across: bool) -> float:
    """Between the vowels of one place, by the cheapest way from one to the other."""
    if where == "last":
        one, other = one.rstrip("e"), other.rstrip("e")
        if across and (one, other) == ("i", "a"):
            return 0.6  # a final alif maqsura, dotted like a ya
    row = [0.0]
    for vowel in other:
        row.append(row[-1] + _missing(vowel, where, across, not one))
    for vowel in one:
        above, row = row, [row[0] + _missing(vowel, where, False, not other)]
        for at, against in enumerate(other):
            row.append(
                min(
                    above[at] + _instead(vowel, against, where),
                    above[at + 1] + _missing(vowel, where, False, False),
                    row[at] + _missing(against, where, across, False),
                )
            )
    return row[-1]


def _missing(vowel: str, where: str, across: bool, alone: bool) -> float:
    if where == "last":
        return _END_GONE[vowel] if alone else min(_END_GONE[vowel], _GONE[vowel])
    if across:
        return _SHORT[vowel]
    return 0.2 if where == "first" and alone and vowel in "aei" else _GONE[vowel]


def _instead(one: str, other: str, where: str) -> float:
    if one == other or "*" in (one, other):
        return 0.0
    if where == "last" and {one, other} == {"a", "e"}:
        return 2.5
    if where == "stressed" and {one, other} == {"i", "e"}:
        return 0.6
    return _INSTEAD[frozenset((one, other))]
