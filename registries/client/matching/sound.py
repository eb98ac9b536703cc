"""How a name sounds, from Latin or Arabic letters, in one alphabet.

Consonants are capitals: C for sh and ch, X for kh, Q for gh, H for both kinds of h, K for k, q and hard c; vowels are
a, e, i, u (w and y are vowels too: Ouazzani and Wazzani are one), `*` any vowel or none (ayn and hamza). Emphatic and
plain consonants are one. Where Arabic writes no vowel there is none. `%` stands for Abd-, `&` for -eddine.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LATIN = {
    **dict.fromkeys(("TCH", "SCH", "CH", "SH"), "C"),
    **dict.fromkeys(("Q", "QU", "CK", "K", "C", "9"), "K"),
    **dict.fromkeys(("KH", "5"), "X"),
    **dict.fromkeys(("GH",), "Q"),
    **dict.fromkeys(("DJ", "J"), "J"),
    **dict.fromkeys(("PH", "F"), "F"),
    **dict.fromkeys(("TH", "T"), "T"),
    **dict.fromkeys(("DH", "D"), "D"),
    **dict.fromkeys(("G", "GU"), "G"),
    **dict.fromkeys(("OU", "OO", "O", "U", "W"), "u"),
    **dict.fromkeys(("EE", "I", "Y"), "i"),
    "S": "S",
    "H": "H",
    "7": "H",
    "L": "L",
    "M": "M",
    "N": "N",
    "P": "P",
    "R": "R",
    "V": "V",
    "X": "KS",
    "Z": "Z",
    "B": "B",
    "A": "a",
    "E": "e",
    "3": "*",
    "%": "%",
    "&": "&",
}
_LATIN_UNITS = re.compile(r"TCH|SCH|CH|SH|KH|GH|DJ|PH|TH|DH|OU|OO|EE|CK|QU(?=[AEIY])|GU(?=[AEIY])|.")
_SOFT_C = re.compile(r"C(?=[EIY])")
_ARABIC = {
    **dict(zip("بتثجحخدذرزسشصضطظغفقكلمنهپڤگڭچ", "BTTJHXDDRZSCSDTDQFKKLMNHPVGGC", strict=True)),
    "ا": "a",
    "و": "u",
    "ي": "i",
    "ى": "a",
    "ة": "a",
    "ع": "*",
    "ء": "*",
    "%": "%",
    "&": "&",
}
_ARABIC_LETTER = re.compile(r"[\u0621-\u06ff]")
_DOUBLED = re.compile(r"(.)\1+")


def arabic(text: str) -> bool:
    return not text.isascii() and _ARABIC_LETTER.search(text) is not None


def latin_sound(word: str) -> str:
    """Of one word in capitals A to Z."""
    if "RH" in word:
        word = re.sub("^RH", "GH", word).replace("RRH", "RGH")
    said = "".join(_LATIN.get(unit, "") for unit in _LATIN_UNITS.findall(_SOFT_C.sub("S", word)))
    said = _DOUBLED.sub(r"\1", said)
    if len(said) > 2 and said.endswith("aH"):
        said = said[:-1]
    return re.sub("a[ea]+$", "a", said)


def arabic_sound(word: str) -> str:
    """Of one word of Arabic letters without vowel signs and hamza carriers."""
    said = "".join(_ARABIC.get(letter, "") for letter in word)
    if word[:1] == "ا":
        said = "*" + said[1:]
    if word.endswith("ه") and said[-2:-1].isupper():
        said = said[:-1] + "a"
    if word.endswith(("اء", "اح", "اه")):
        said = said[:-1]
    if word.endswith("اة"):
        said = said[:-1] + "T"
    return _DOUBLED.sub(r"\1", said)


@lru_cache(100_000)
def parts(sound: str) -> tuple[str, tuple[str, ...]]:
    """(consonants, the vowels before each and after the last)."""
    consonants, vowels = [], [""]
    for sign in sound:
        if sign.isupper() or sign in "%&":
            consonants.append(sign)
            vowels.append("")
        elif sign != " ":
            vowels[-1] += sign
    return "".join(consonants), tuple(vowels)


def skeleton(sound: str) -> str:
    """The consonants that every spelling keeps, for blocking: no H, and one sign for g, j and k."""
    return parts(sound)[0].translate(_COARSE) or sound


_COARSE = str.maketrans({"H": "", "G": "K", "J": "K", "P": "B", "V": "F", "Z": "S"})
