"""How one name, date or number comes to be written differently by those who write it down.

The phenomena of Moroccan names in Latin letters: doubled consonants, ou/w/o, i/y, k/q, ch/sh, j/dj, final e, the
article kept, dropped, glued or assimilated, compounds and particles split or glued, honorifics, abbreviations, dialect
forms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

Rule = tuple[re.Pattern[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Noise:
    """How often, from 0 to 1, a record differs from the truth in each way."""

    spelling: float = 0.35
    honorific: float = 0.03
    typo: float = 0.02
    swapped_names: float = 0.02
    swapped_day: float = 0.01
    wrong_digit: float = 0.005
    first_of_january: float = 0.02
    no_birth_date: float = 0.02
    no_sex: float = 0.03
    wrong_sex: float = 0.002
    placeholder: float = 0.02
    parents_cin: float = 0.4
    moved: float = 0.08
    no_phone: float = 0.3
    no_address: float = 0.3


def _rule(pattern: str, *written: str) -> Rule:
    return re.compile(pattern, re.IGNORECASE), written


_SPELLINGS: Final[Sequence[Rule]] = (
    _rule(r"([b-df-hj-np-tv-z])\1", r"\1"),
    _rule(r"(?<=[aeiou])([bdlmnrstz])(?=[aeiou])", r"\1\1"),
    _rule(r"ou(?=[aei])", "w"),
    _rule(r"w(?=[aei])", "ou"),
    _rule(r"(?<=[^aeiou\s])ou(?=[^aeiou]|$)", "o", "u"),
    _rule(r"i(?=ne?\b)", "ee"),
    _rule(r"i\b", "y"),
    _rule(r"(?<=[aeou])y", "i"),
    _rule(r"k(?!h)", "q"),
    _rule(r"q", "k"),
    _rule(r"(?<=[aeiou])ss(?=[aeiou])", "s", "c"),
    _rule(r"c(?=[ei])", "ss", "s"),
    _rule(r"ch(?=[aeiou])", "sh"),
    _rule(r"(?<!d)j", "dj"),
    _rule(r"dj", "j"),
    _rule(r"gh", "rh", "g"),
    _rule(r"ph", "f"),
    _rule(r"(?<!t)t(?=[ao])", "th"),
    _rule(r"e\b", ""),
    _rule(r"(?<=[dnlm])\b", "e"),
    _rule(r"a\b", "ah"),
    _rule(r"ae\b", "aa", "a"),
    _rule(r"\bel (?=\w{4})", "", "el"),
    _rule(r"\bel ([dnrstz])", r"e\1\1"),
    _rule(r"\be([dnrstz])\1", r"el \1", r"\1"),
    _rule(r"\bel (?=a)", "l"),
    _rule(r"\b(ben|bel|bou)(?=\w{3})", r"\1 "),
    _rule(r"\b(ait|ou) (?=\w)", r"\1"),
    _rule(r"\bait\b", "ayt", "aït"),
    _rule(r"\babd(e?)([lrs])(?=\w{3})", r"abd e\2 ", r"abd\2"),
    _rule(r"(?<=\w)(ed|ez)dine\b", r" eddine", "ddine"),
    _rule(r"(?<=\w) (?=\w)", "-", ""),
)
_SHORT: Final[Sequence[Rule]] = (
    _rule(r"\bmohamed\b", "med", "mohammed", "mohamad"),
    _rule(r"\bfatima zahra\b", "fz", "fatima-ezzahra"),
    _rule(r"\bbrahim\b", "ibrahim"),
    _rule(r"\bdriss\b", "idriss"),
    _rule(r"\blahcen\b", "el hassan", "lahsen"),
    _rule(r"\bhoucine\b", "lhoussine", "hussein"),
    _rule(r"\brkia\b", "rokia", "roqaya"),
    _rule(r"\bmbarek\b", "embarek", "moubarak"),
    _rule(r"\byoussef\b", "yousef", "youcef"),
    _rule(r"\bzineb\b", "zaynab", "zainab"),
    _rule(r"\bmeryem\b", "mariam", "meriem"),
    _rule(r"\baicha\b", "aïcha"),
    _rule(r"\bsaid\b", "saïd"),
)
_HONORIFICS: Final = {"male": ("Moulay", "Sidi", "Haj", "Mly"), "female": ("Lalla", "Hajja")}
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_FOLDED: Final[Sequence[tuple[str, str]]] = (("أ", "ا"), ("إ", "ا"), ("آ", "ا"), ("ى", "ي"), ("ة", "ه"), ("ؤ", "و"))


def spelled(name: str, random: Random) -> str:
    """The same name as somebody else writes it: one or two of the phenomena, where it offers any."""
    for _ in range(random.choice((1, 1, 2))):
        name = _respelled(name, random)
    return " ".join(name.split()).title()


def _respelled(name: str, random: Random) -> str:
    rules = _SHORT if random.random() < 0.3 else _SPELLINGS
    offered = [(list(pattern.finditer(name)), written) for pattern, written in rules if pattern.search(name)]
    if not offered:
        return name
    places, written = random.choice(offered)
    found = random.choice(places)
    return name[: found.start()] + found.expand(random.choice(written)) + name[found.end() :]


def honoured(name: str, sex: str, random: Random) -> str:
    """With a title before it."""
    return f"{random.choice(_HONORIFICS[sex])} {name}"


def mistyped(name: str, random: Random) -> str:
    """One letter lost, doubled, replaced, or two of them changed over; a name of three letters stays."""
    if len(name) < 4:
        return name
    place = random.randrange(1, len(name) - 1)
    before, letter, after = name[:place], name[place], name[place + 1 :]
    kinds: Sequence[Callable[[], str]] = (
        lambda: before + after,
        lambda: before + letter + letter + after,
        lambda: before + random.choice(_LETTERS) + after,
        lambda: before + after[0] + letter + after[1:],
    )
    return random.choice(kinds)()


def folded(arabic: str, random: Random) -> str:
    """Arabic letters as they are typed in a hurry: hamza, final ya and ta marbuta folded, sometimes."""
    for letter, plain in _FOLDED:
        if random.random() < 0.5:
            arabic = arabic.replace(letter, plain)
    return arabic


def plain(name: str) -> str:
    """In capitals without accents, as many programs print it."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign)).upper()
