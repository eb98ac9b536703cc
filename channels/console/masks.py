"""Numbers that screens show only in part: all signs but the last two, until somebody asks, which is audited."""

from __future__ import annotations

from collections.abc import Collection

from registries.client.keys import SYSTEM

DOT = "•"
SHOWN = 2
ALWAYS = frozenset({f"{SYSTEM}cnie", f"{SYSTEM}cin"})


class Masks:
    """`more`: further systems to hide, by their short name ("cnss") or their URI; the CIN always is. `open` hides
    nothing."""

    def __init__(self, more: Collection[str] = (), *, open: bool = False) -> None:
        named = {one if ":" in one else f"{SYSTEM}{one}" for one in more}
        self.open = open
        self._hidden = frozenset() if open else ALWAYS | named

    def hides(self, system: str) -> bool:
        return system in self._hidden

    def shown(self, system: str, value: str) -> str:
        return masked(value) if system in self._hidden else value


def masked(value: str) -> str:
    kept = value[-SHOWN:] if len(value) > 2 * SHOWN else ""
    return DOT * (len(value) - len(kept)) + kept
