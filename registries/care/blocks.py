"""Which facilities may be like one at all: those that share pieces of a name's sound, an INPE, or a spot. Pure.

Only these are compared in full, so that a row costs about the same however long the lists are.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from math import log

_PIECE = 3
_NEAR, _THERE = 40, 20
_LOOKED_AT = 4000  # with as many the rare pieces have said who is like it
_LENGTH = 4  # pieces, added to each name's, so that the shortest names are not like everything

Spot = tuple[float, float]


class Blocks:
    """Entries are known by the order they were added in, from 0."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[int]] = {}
        self._sizes: list[int] = []
        self._places: list[str] = []
        self._numbers: dict[str, int] = {}
        self._cells: dict[tuple[int, int], list[int]] = {}

    def add(self, sounds: Iterable[str], place: str, number: str, at: Spot | None) -> None:
        """`sounds`: of each of its names."""
        n, found = len(self._sizes), _pieces(sounds)
        for one in found:
            self._pieces.setdefault(one, []).append(n)
        self._sizes.append(len(found) + _LENGTH)
        self._places.append(place)
        if number:
            self._numbers[number] = n
        if at:
            self._cells.setdefault(_cell(at), []).append(n)

    def near(self, sounds: Iterable[str], place: str, number: str, at: Spot | None) -> set[int]:
        """Those to be compared with it."""
        shared = self._shared(_pieces(sounds))
        found = set(heapq.nlargest(_NEAR, shared, key=shared.__getitem__))
        there = [n for n in shared if self._places[n] == place] if place else []
        found.update(heapq.nlargest(_THERE, there, key=shared.__getitem__))
        found.update(n for cell in _around(at) for n in self._cells.get(cell, ()))
        return found | ({self._numbers[number]} if number in self._numbers else set())

    def _shared(self, wanted: Iterable[str]) -> dict[int, float]:
        """How much of its name each entry shares; what few have weighs more."""
        sought = sorted((len(having), one) for one in wanted if (having := self._pieces.get(one)))
        shared: dict[int, float] = {}
        looked = 0
        for size, one in sought:
            looked += size
            if shared and looked > _LOOKED_AT:
                break
            weight = log(1 + len(self._sizes) / size)
            for n in self._pieces[one]:
                shared[n] = shared.get(n, 0.0) + weight
        return {n: weight / self._sizes[n] for n, weight in shared.items()}


def _pieces(sounds: Iterable[str]) -> set[str]:
    words = {f" {word} " for sound in sounds for word in sound.split()}
    return {word[start : start + _PIECE] for word in words for start in range(len(word) - _PIECE + 1)}


def _cell(at: Spot) -> tuple[int, int]:
    """About two kilometres wide."""
    return round(at[0] * 50), round(at[1] * 50)


def _around(at: Spot | None) -> Iterable[tuple[int, int]]:
    if at is None:
        return ()
    row, column = _cell(at)
    return ((row + up, column + across) for up in (-1, 0, 1) for across in (-1, 0, 1))
