"""A name as it is compared: its letters in a normal form, and its sound.

Titles (Moulay, Haj), the article in all its forms (El, En- in Ennaciri, L-) and the seams of compounds (Abd El Aziz,
Nour Eddine, Ben Ali, Ait Lahcen, Fatima-Ezzahra) are taken out, so that what remains is what spellings share.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from registries.client.matching.sound import arabic, arabic_sound, latin_sound

_TITLES = frozenset(
    {
        "MOULAY",
        "MOULEY",
        "MULAY",
        "MLY",
        "SIDI",
        "SIDY",
        "SI",
        "LALLA",
        "LALA",
        "LLA",
        "مولاي",
        "مولايه",
        "سيدي",
        "للا",
        "لالا",
        "لالة",
        "لاله",
    }
)
_PILGRIMS = frozenset(
    {"HAJ", "HADJ", "HAJJ", "HAJJA", "HAJA", "HADJA", "ELHAJ", "ELHAJJ", "LHAJ", "HJ"}
    | {"الحاج", "الحاجة", "الحاجه", "حاج", "حاجة", "لحاج"}
    | {"MR", "MME", "MLLE", "DR", "PR", "PROF"}
)
_SHORT = {
    **dict.fromkeys(("MED", "MD", "MHD", "MOHD", "MOH"), ("MOHAMED",)),
    **dict.fromkeys(("FZ", "FATIZ"), ("FATIMA", "ZAHRA")),
    **dict.fromkeys(("ABDELAH", "ABDALAH", "ABDLAH", "ABDELLA"), ("%LAH",)),
}
_ARTICLES = frozenset({"EL", "AL", "L", "UL", "OUL"})
_SUN = frozenset(f"{vowel}{letter}{again}" for vowel in "EA" for letter in "DRSZNT" for again in ("", letter)) | {
    *("ECH", "ACH", "ESH", "ASH")
}
_SONS = frozenset({"BEN", "BIN", "IBN", "BENT", "BINT", "BN", "BENI", "BANI", "BNI", "BNOU", "بن", "ابن", "بنت", "بني"})
_FATHERS = frozenset({"ABOU", "ABU", "ABO", "BOU", "BU", "ابو", "بو"})
_HOUSES = frozenset(
    {
        "BEL",
        "BENEL",
        "BOUL",
        "ABOUL",
        "AIT",
        "AYT",
        "AITE",
        "OULD",
        "WLD",
        "OU",
        "OUL",
        "OULED",
        "OULAD",
        "AGH",
        "ID",
        "ايت",
        "ولد",
        "اولاد",
        "او",
    }
)
_ABD_GLUED = re.compile(
    r"ABD(?:L(?=L?[A-Z]{3})|([DRSZNT])(?=\1[A-Z]{2})|(?=[B-DF-HJ-KM-NP-TV-XZ][A-Z]{3})|(?:OU|[EAIUY])(?:L(?=[A-Z]{2})|([DRSZNT])(?=\2)|(?=CHCH|SHSH)|(?=CHA|CHE))(?=[A-Z]{3}))"
)
_DINE_GLUED = re.compile(r"(?<=[A-Z]{2})(?:[EAIOU]*D?(?<=[EIUD])|(?<=[B-DF-HJ-NP-TV-Z]))D(?:I|EE)?Y?NE?$")
_NO_ARTICLE = frozenset({"الهام", "الياس", "الاء", "الفت", "الينا", "اليسا", "الين", "الما", "السا", "اليزا"})
_ELISION = re.compile(r"\bL['’‘`´](?=\w)")
_QUOTES = re.compile(r"['’‘`´ʿʾ]")


# Letters that are written for each other; the sound is taken before.
_FOLDED = str.maketrans("ىةگڭ", "يهكك")


class Word(NamedTuple):
    """`letters` in capitals, tokens apart by a space; `sound` in the alphabet of sound.py. Both "" when not told."""

    letters: str
    sound: str


NOTHING = Word("", "")
# Letters of a name that are compared: no name has more, and what runs on for pages takes time by its square
_LONGEST = 500
# The sound of letters that are neither Latin nor Arabic: they are compared as letters only.
UNHEARD = "?"


def given_word(texts: Iterable[str]) -> Word:
    """Of all given names together: twins may both begin with Mohamed."""
    return _word(" ".join(texts)[:_LONGEST], True)


def family_word(text: str | None) -> Word:
    return _word((text or "")[:_LONGEST], False)


@lru_cache(100_000)
def _word(text: str, given: bool) -> Word:
    tokens = _plain(text)
    tokens = [full for token in tokens for full in _SHORT.get(token, (token,))] if given else tokens
    if given and tokens == ["F", "Z"]:
        tokens = ["FATIMA", "ZAHRA"]
    titles = _TITLES | _PILGRIMS if given else _TITLES
    named = [token for token in tokens if token not in titles] or tokens
    bare = [stem for token in _joined(named) if (stem := _stem(token, given))]
    sound = " ".join(_sound(token) for token in bare)
    return Word(" ".join(bare).translate(_FOLDED), sound) if bare else NOTHING


def _plain(text: str) -> list[str]:
    """Tokens in capitals, without accents, vowel signs and hyphens."""
    text = _ELISION.sub("", text.upper()).replace("Ç", "SS").replace("ـ", "")
    text = _QUOTES.sub("", text)
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return [token for token in re.findall(r"\w+", text.replace("_", " ")) if not token.isdigit()]


def _joined(tokens: list[str]) -> list[str]:
    """Tokens with their particles: ["ABD", "EL", "AZIZ"] is ["%AZIZ"], ["BEN", "ALI"] is ["BENALI"]."""
    found: list[str] = []
    before = ""
    for place, token in enumerate(tokens):
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        if after and _article(token, after):
            before = _before_article(before)
        elif after and token in _SONS | _FATHERS | _HOUSES:
            before += token
        elif after and re.fullmatch("ABD(?:EL|AL|OUL|UL|E[DRSZNT]{1,2}|A[DRSZNT]{1,2}|ECH)?|عبد", token):
            before += "%"
        elif found and re.fullmatch("E?D{0,2}I?Y?NE?|ED?DI+NE?|ADDINE?|UDDIN|الدين|دين", token) and len(token) > 2:
            found[-1] += "&"
        else:
            found.append(_together(before, token))
            before = ""
    return [*found, before] if before else found


def _together(before: str, token: str) -> str:
    if before == "%" and token[:2] in ("EL", "AL") and len(token) > 4:
        return before + token[2:]
    if before and token.startswith("ال"):
        return before + ("ل" if before in _FATHERS | _SONS else "") + token[2:]
    return before + token


def _article(token: str, after: str) -> bool:
    return token in _ARTICLES or (token in _SUN and after[0] in token) or (token in _SUN and after[:2] in ("DI", "CH"))


def _before_article(before: str) -> str:
    if before in _SONS:
        return "BEL"
    return before + "L" if before in _FATHERS else before


def _stem(token: str, given: bool) -> str:
    if arabic(token):
        return _arabic_stem(token)
    if glued := _ABD_GLUED.match(token):
        token = "%" + token[glued.end() :]
    if len(token) > 5 and (dine := _DINE_GLUED.search(token)):
        token = token[: dine.start()] + "&"
    body = token[1:] if token.startswith("%") else token
    return ("%" if token.startswith("%") else "") + _without_article(body, given)


def _without_article(token: str, given: bool) -> str:
    if len(token) > 5 and token.startswith(("EL", "AL")):
        consonant = token[2] not in "AEIOUY"
        if (consonant and token[2] != "L") or (token[0] == "E" and not given):
            return token[2:]
    if len(token) > 4 and token[0] == "E" and token[1] == token[2] and token[1] in "DRSZNT":
        return token[2:]
    if len(token) > 5 and token.startswith(("ECH", "ESH")):
        return token[3:] if token[3:5] in ("CH", "SH") else token[1:]
    if len(token) > 3 and token[0] == "L" and token[1] not in "AEIOUYL":
        return token[1:]
    return token


def _bare_arabic(token: str) -> str:
    return token[2:] if token.startswith("ال") and len(token) > 3 and token not in _NO_ARTICLE else token


def _arabic_stem(token: str) -> str:
    if token in ("عبدالله", "%الله", "%لله"):
        return "%له"
    if token.startswith("عبدال") and len(token) > 6:
        token = "%" + token[5:]
    if token.endswith("الدين") and len(token) > 6:
        token = token[:-5] + "&"
    body = token.lstrip("%")
    particle = "%" * (len(token) - len(body))
    return particle + _bare_arabic(body)


def _sound(token: str) -> str:
    if token == "%له":
        return "%La"
    return (arabic_sound(token) if arabic(token) else latin_sound(token)) or UNHEARD
