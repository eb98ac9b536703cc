"""Moroccan names in their usual spellings, for what no rule can tell: which spellings are one name, and which names
that look alike are two. names.txt says the format. A name that is not there is judged by letters and sound alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from registries.client.matching.words import Word, family_word, given_word


class Known(NamedTuple):
    """The names that a spelling may stand for: Taha and Taha of two origins. The first is the most usual."""

    names: frozenset[str]
    name: str


class Lexicon:
    """Spellings of one kind, by letters, else by a sound that only one name has."""

    def __init__(self) -> None:
        self._letters: dict[str, Known] = {}
        self._sounds: dict[str, Known] = {}
        self.shares: dict[str, float] = {}

    def add(self, name: str, word: Word) -> None:
        _put(self._letters, word.letters, name)
        if word.letters.isascii():
            # An e at the end is mute, written or not.
            silent = word.letters[:-1] if word.letters.endswith("E") else word.letters + "E"
            _put(self._letters, silent, name)
            _put(self._sounds, word.sound.rstrip("e"), name)

    def get(self, word: Word) -> Known | None:
        known = self._letters.get(word.letters)
        if known is None and word.letters.isascii():
            known = self._sounds.get(word.sound.rstrip("e"))
            return known if known and len(known.names) == 1 else None
        return known


def _put(table: dict[str, Known], key: str, name: str) -> None:
    before = table.get(key)
    table[key] = Known(before.names | {name}, before.name) if before else Known(frozenset({name}), name)


@cache
def givens() -> Lexicon:
    return _read("given")


@cache
def families() -> Lexicon:
    return _read("family")


def _read(kind: str) -> Lexicon:
    lexicon = Lexicon()
    for name, share, spellings in _lines(kind):
        lexicon.shares[name] = share
        for spelling in spellings:
            word = given_word([spelling]) if kind == "given" else family_word(spelling)
            if " " not in word.letters:
                lexicon.add(name, word)
    return lexicon


def _lines(kind: str) -> Iterator[tuple[str, float, list[str]]]:
    current = ""
    for line in files(__package__).joinpath("names.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        elif current == kind and line and not line.startswith("#"):
            share, *spellings = line.split()
            yield spellings[0].upper(), float(share) / 10_000, [one.replace("_", " ") for one in spellings]


@lru_cache(200_000)
def name_key(word: Word, given: bool) -> str:
    """What the frequency of a name is counted by: the known name behind its spellings, else its sound."""
    lexicon = givens() if given else families()
    keys = []
    for letters, sound in zip(word.letters.split(), word.sound.split(), strict=True):
        known = lexicon.get(Word(letters, sound))
        keys.append(known.name if known else sound)
    return " ".join(keys)
