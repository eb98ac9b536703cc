"""How much a facility of another list is like one of ours: name, type, place, coordinates, INPE. Pure.

Names are compared without the words for their kind, as written and as they sound (Oulad, Ouled); where two lists name
their kinds differently, the rest decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Literal

from rapidfuzz import fuzz

from registries.care.blocks import Blocks
from registries.care.terms import folded
from registries.client.matching.sound import latin_sound

Outcome = Literal["certain", "possible", "none"]
CERTAIN, POSSIBLE, AHEAD = 95.0, 72.0, 6.0
_EARTH = 6371.0
_NEAR, _CLOSE, _FAR = 0.3, 2.0, 25.0  # km
_KINDS = {
    "centre": "", "sante": "cs", "cs": "cs", "csu": "cs u", "csr": "cs r", "csc": "cs r", "csu1": "cs u",
    "csu2": "cs u", "csr1": "cs r", "csr2": "cs r", "urbain": "u", "rural": "r", "communal": "r",
    "dispensaire": "disp", "dr": "disp r", "hopital": "hop", "hospitalier": "hop", "hp": "hop p", "hr": "hop r",
    "hl": "hop l", "chu": "hop u", "chr": "hop r", "chp": "hop p", "provincial": "p", "regional": "r", "local": "l",
    "universitaire": "u", "prefectoral": "p", "pharmacie": "ph", "phie": "ph", "ph": "ph", "officine": "ph",
    "laboratoire": "labo", "labo": "labo", "labm": "labo", "analyses": "", "medicales": "", "medicale": "",
    "biologie": "labo", "clinique": "cl", "polyclinique": "cl", "cabinet": "cab", "cab": "cab", "radiologie": "radio",
    "imagerie": "radio", "radio": "radio", "maison": "mn", "accouchement": "mn", "niveau": "", "1": "", "2": "",
    "i": "", "ii": "",
}  # fmt: skip
_LITTLE = frozenset(
    ("de", "du", "des", "la", "le", "les", "l", "d", "el", "al", "et", "a", "au", "aux", "ad", "ed", "es")
)


@dataclass(frozen=True)
class Described:
    """`names`: the name first, then what else it is called. `place`: a province or region (ISO 3166-2:MA)."""

    id: str
    names: tuple[str, ...]
    type: str = ""
    place: str = ""
    inpe: str = ""
    at: tuple[float, float] | None = None

    @cached_property
    def cores(self) -> tuple[tuple[str, str], ...]:
        return tuple(core(one) for one in self.names if one)

    @property
    def sounds(self) -> tuple[str, ...]:
        return tuple(sound for _, sound in self.cores)

    @cached_property
    def kind(self) -> frozenset[str]:
        """The words for its kind, in its name and type."""
        said = folded(f"{self.names[0] if self.names else ''} {self.type}")
        found = " ".join(_KINDS.get(word, "") for word in re.findall(r"\w+", said)).split()
        return frozenset(one for one in found if len(one) > 1)


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score`: 0 to 100 and above. `why`: words without values. `sure`: something beside the name speaks for it, and no
    INPE or distance against it."""

    id: str
    score: float
    why: tuple[str, ...]
    sure: bool


@lru_cache(200_000)
def core(name: str) -> tuple[str, str]:
    """What is left of a name without the words for its kind: as written, and as it sounds."""
    words = [_bare(one) for one in re.findall(r"\w+", folded(name)) if one not in _LITTLE]
    left = [one for one in words if one not in _KINDS] or words
    sounds = [latin_sound(one.upper()) if one.isascii() and one.isalpha() else one for one in left]
    return " ".join(left), " ".join(filter(None, sounds)).replace("e", "a")  # a short vowel is written either way


def _bare(word: str) -> str:
    """Without an article written together with it: Alkawtar, Kawtar."""
    return word[2:] if len(word) > 5 and word[:2] in ("al", "el") else word


def likeness(one: Described, other: Described) -> Likeness:
    """Symmetric but for `id`, which is the other's."""
    if one.inpe and one.inpe == other.inpe:
        return Likeness(other.id, 200.0, ("the same INPE",), True)
    named = max((_named(mine, theirs) for mine in one.cores for theirs in other.cores), default=0.0)
    why = ["the same name" if named >= 99 else "a similar name" if named >= 80 else "another name"]
    score, sure = named, False
    for points, word, speaks in (_placed(one, other), _distant(one, other), _kinds(one, other), _numbers(one, other)):
        score += points
        sure = sure or speaks
        why += [word] if word else []
    return Likeness(other.id, score, tuple(why), sure and not (one.inpe and other.inpe) and not _apart(one, other))


class Listed:
    """Our side, ready to be compared with many."""

    def __init__(self, entries: Iterable[Described]) -> None:
        self._entries = list(entries)
        self._blocks = Blocks()
        for one in self._entries:
            self._blocks.add(one.sounds, one.place, one.inpe, one.at)

    def best(self, one: Described, apart: Sequence[str] = ()) -> tuple[Outcome, list[Likeness]]:
        """The likeliest, best first, without those it is kept apart from; and what may be made of the first."""
        near = self._blocks.near(one.sounds, one.place, one.inpe, one.at)
        found = [likeness(one, self._entries[n]) for n in near if self._entries[n].id not in apart]
        found.sort(key=lambda each: (-each.score, each.id))
        return outcome(found), found[:3]


def outcome(found: Sequence[Likeness]) -> Outcome:
    """Of candidates, best first: certain is well ahead of the next, and more than a name."""
    if not found or found[0].score < POSSIBLE:
        return "none"
    ahead = len(found) == 1 or found[0].score - found[1].score >= AHEAD
    return "certain" if found[0].score >= CERTAIN and found[0].sure and ahead else "possible"


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along the earth, between two (latitude, longitude)."""
    (a, b), (c, d) = ((radians(lat), radians(lon)) for lat, lon in (one, other))
    half = sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2
    return 2 * _EARTH * asin(min(1.0, sqrt(half)))


def _named(mine: tuple[str, str], theirs: tuple[str, str]) -> float:
    written = max(
        fuzz.token_sort_ratio(mine[0], theirs[0]),
        fuzz.ratio(mine[0].replace(" ", ""), theirs[0].replace(" ", "")),
        fuzz.token_set_ratio(mine[0], theirs[0]) * 0.9,
    )
    return max(written, fuzz.token_sort_ratio(mine[1], theirs[1]) * 0.97 if mine[1] and theirs[1] else 0.0)


def _placed(one: Described, other: Described) -> tuple[float, str, bool]:
    if not one.place or not other.place:
        return 0.0, "", False
    return (5.0, "the same place", True) if one.place == other.place else (-25.0, "another place", False)


def _distant(one: Described, other: Described) -> tuple[float, str, bool]:
    if one.at is None or other.at is None:
        return 0.0, "", False
    apart = kilometres(one.at, other.at)
    if apart <= _CLOSE:
        return (10.0 if apart <= _NEAR else 5.0), "close to each other", True
    if apart > _FAR:
        return -30.0, "far from each other", False
    return -5.0 * (apart > 5), "some kilometres from each other", False


def _apart(one: Described, other: Described) -> bool:
    """Whether their coordinates say that these are two places: then a person decides, whatever else is the same."""
    return one.at is not None and other.at is not None and kilometres(one.at, other.at) > _CLOSE


def _kinds(one: Described, other: Described) -> tuple[float, str, bool]:
    if not one.kind or not other.kind:
        return 0.0, "", False
    return (0.0, "", False) if one.kind & other.kind else (-25.0, "another type", False)


def _numbers(one: Described, other: Described) -> tuple[float, str, bool]:
    return (-10.0, "another INPE", False) if one.inpe and other.inpe else (0.0, "", False)
