"""The form that writes a new version of the rules of matching: what it offers, and the rules that it says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from starlette.datastructures import FormData

from channels.console.forms import text, texts
from registries.client.matching.rules import BLOCKING_PARTS, Deterministic, Rules
from registries.client.matching.vetoes import WORDS

NUMBERS = ("certain", "possible", "doubt", "prior")
COUNTS = ("cap", "most")
# Of each deterministic rule that decides; sent empty, too, so that a form without it says nothing of them
DECIDES = "decides"


def offered(rules: Rules, known: Iterable[Rules]) -> dict[str, Any]:
    """What the page shows; `known`: every version, the oldest first."""
    deciding = {one.name for one in rules.deterministic}
    return {
        "rules": orjson.loads(rules.dumps()),
        "weights": rules.weights,
        "decisive": [(one, one.name in deciding) for one in _decisive(rules, known).values()],
        "decides": DECIDES,
        "parts": sorted(BLOCKING_PARTS),
        "vetoes": WORDS,
    }


def changed(rules: Rules, known: Iterable[Rules], form: FormData) -> Rules:
    """These rules as a form says them. Raises ValueError, which says which part is wrong."""
    told: dict[str, Any] = orjson.loads(rules.dumps())
    for name in NUMBERS:
        told[name] = _fraction(form, name, told[name])
    for name in COUNTS:
        told[name] = _count(form, name, told[name])
    if DECIDES in form:
        told["deterministic"] = _deciding(_decisive(rules, known), texts(form, DECIDES))
    for word in told["vetoes"]:
        told["vetoes"][word] = text(form, f"veto.{word}") or told["vetoes"][word]
    if passes := [line.replace("+", " ").split() for line in text(form, "passes").splitlines()]:
        told["passes"] = [one for one in passes if one]
    for field, levels in told["fields"].items():
        for level, before in levels.items():
            levels[level] = [
                _fraction(form, f"{one}.{field}.{level}", of) for one, of in zip("mu", before, strict=True)
            ]
    return Rules.loads(orjson.dumps(told))


def _decisive(rules: Rules, known: Iterable[Rules]) -> dict[str, Deterministic]:
    """Every deterministic rule that any version had: one left out can be taken up again. Always in the same order."""
    found = {one.name: one for version in known for one in version.deterministic}
    return found | {one.name: one for one in rules.deterministic}


def _deciding(known: Mapping[str, Deterministic], names: Sequence[str]) -> list[dict[str, Any]]:
    for name in names:
        if name not in known:
            raise ValueError(f"deterministic: no rule is called {name!r}; choose from the list")
    return [{"name": name, "needs": dict(one.needs)} for name, one in known.items() if name in names]


def _count(form: FormData, name: str, known: int) -> int:
    said = _fraction(form, name, known)
    if said != int(said) or said < 1:
        raise ValueError(f"{name}: expected a whole number from 1 on, like {known}")
    return int(said)


def _fraction(form: FormData, name: str, known: float) -> float:
    said = text(form, name)
    if not said:
        return known
    try:
        number = float(said.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name}: expected a number, like {known}")
    return number
