"""Towns as they are compared: by sound, in either script, and the few whose two names no sound joins."""

from __future__ import annotations

from functools import lru_cache

from registries.client.keys import placeholder
from registries.client.matching.words import NOTHING, Word, family_word

# Towns with another name in Arabic or English, by the letters of words.py.
_ALSO = {
    "CASA": "CASABLANCA",
    "DARBAIDA": "CASABLANCA",
    "DAR BAIDA": "CASABLANCA",
    "DAR BEIDA": "CASABLANCA",
    "دار بيضاء": "CASABLANCA",
    "طنجة": "TANGER",
    "طنجه": "TANGER",
    "TANGIER": "TANGER",
    "TANJA": "TANGER",
    "FEZ": "FES",
    "حسيمة": "HOCEIMA",
    "جديدة": "JADIDA",
    "MOHAMMADIA": "MOHAMMEDIA",
    "MARRAKESH": "MARRAKECH",
}


@lru_cache(20_000)
def town_word(text: str | None) -> Word:
    if not text or placeholder(text):
        return NOTHING
    word = family_word(text)
    return family_word(_ALSO[word.letters]) if word.letters in _ALSO else word
