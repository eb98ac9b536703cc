"""What is surely right passes at a glance: the rules of a profile as quick tests of raw text, for the door.

A test says True only for text that breaks no rule; what it lets fall is judged with care (see judgement.py). It reads
the usual delimiters: other messages are judged with care from the start.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Sequence
from typing import Final

from mediators.hl7v2.delimiters import STANDARD
from mediators.hl7v2.rule import Rule, Said, Type

Passes = Callable[[str], object]

# a letter or digit that no escape is made of
FILLED: Final = re.compile(r"[^\w\\]*\w")
_PLAIN: Final = re.compile(r"[^~^&\\]*")
_DAY: Final = r"[12]\d{3}(?:0[1-9]|1[0-2])(?:0[1-9]|1\d|2[0-8])"
_CLOCK: Final = r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?"
_MOMENT: Final = re.compile(rf"(?:{_DAY}(?:{_CLOCK}(?:[+-]0\d[0-5]\d)?)?)?", re.ASCII)
# texts that are surely of the type; nothing at all is of every type
SHAPES: Final[dict[Type, re.Pattern[str]]] = {
    "NM": re.compile(r"(?:[+-]?(?:\d+\.?\d*|\.\d+))?", re.ASCII),
    "SI": re.compile(r"\d*", re.ASCII),
    "TM": re.compile(f"(?:{_CLOCK})?", re.ASCII),
    "DT": re.compile(rf"(?:{_DAY})?", re.ASCII),
    "DTM": _MOMENT,
    "TS": _MOMENT,
}
_REPETITION, _COMPONENT, _SUBCOMPONENT, _ESCAPE = (
    STANDARD.repetition, STANDARD.component, STANDARD.subcomponent, STANDARD.escape,
)  # fmt: skip


def sieve(rules: Sequence[Rule]) -> Passes:
    """Of the raw text of a field, which all these rules are about."""
    whole = [test for rule in rules if not rule.component for test in _tests(rule, True)]
    parts = [one for rule in rules if rule.component for one in _part(rule)]
    if parts:
        subtle = any(rule.component and (rule.said.type == "NM" or rule.said.length[1]) for rule in rules)
        whole.append(_of_parts(parts, _ESCAPE + _SUBCOMPONENT if subtle else _ESCAPE))
    return _all(whole)


def _all(tests: Sequence[Passes]) -> Passes:
    """All of them at once; one that passes everything when there are none."""
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda raw: first(raw) and second(raw)
    return lambda raw: all(test(raw) for test in tests)


def _tests(rule: Rule, field: bool) -> list[Passes]:
    """`field`: the text may hold repetitions; else it is a component."""
    said, tests = rule.said, list[Passes]()
    usages = set(said.usage) if conditional(said) else {said.usage[0]}
    needed = "R" in usages
    if "X" in usages or said.check or said.length[0] > 1 or said.cardinality[0] > 1 or rule.subcomponent:
        tests.append(operator.not_)
    if rule.codes:
        tests.append((rule.codes - {""} if needed else rule.codes | {""}).__contains__)
    elif needed:
        tests.append(FILLED.match)
    if said.type:
        tests.append(SHAPES[said.type].fullmatch)
    if said.format:
        tests.append(_shaped(said.format, field))
    if said.length[1] is not None:
        tests.append(_no_longer(said.length[1]))
    if field and said.cardinality[1] is not None:
        tests.append(_unrepeated)
    return tests


def conditional(said: Said) -> bool:
    """Whether the rule asks something else of a message in which its condition does not hold."""
    return bool(said.when.places or said.when.words)


def _shaped(pattern: re.Pattern[str], field: bool) -> Passes:
    if field:
        return lambda raw: not raw or (_PLAIN.fullmatch(raw) and pattern.fullmatch(raw))
    return lambda raw: not raw or pattern.fullmatch(raw)


def _no_longer(most: int) -> Passes:
    # an escape may stand for more than it takes
    return lambda raw: len(raw) <= most and _ESCAPE not in raw


def _unrepeated(raw: str) -> bool:
    return _REPETITION not in raw


# a component to look at (from 0), its test, and the components that must be one of these for the test to count
Part = tuple[int, Passes, Sequence[tuple[int, Collection[str]]]]


def _part(rule: Rule) -> list[Part]:
    tests = _tests(rule, False)
    return [(rule.component - 1, _all(tests), _guards(rule))] if tests else []


def _guards(rule: Rule) -> list[tuple[int, Collection[str]]]:
    """Conditions on other components of the same repetition. Any other condition is left to careful judgement."""
    if rule.said.usage[0] != rule.said.usage[1] and rule.said.usage[1] != "O":
        return []
    return [
        (place.component - 1, condition.equals)
        for place, condition in rule.said.when.places.items()
        if place[:2] == (rule.segment, rule.field) and place.component and not place.subcomponent and condition.equals
    ]


def _of_parts(tests: Sequence[Part], unread: str) -> Passes:
    """Of every repetition that was sent, its components (the first subcomponent of each).

    What has a character of `unread` is left to careful judgement.
    """
    escape, subcomponent = unread[0], unread[-1]

    def passes(raw: str) -> bool:
        if escape in raw or subcomponent in raw:
            return False
        for repetition in raw.split(_REPETITION) if _REPETITION in raw else (raw,) if raw else ():
            parts = repetition.split(_COMPONENT)
            if _SUBCOMPONENT in repetition:
                parts = [part.partition(_SUBCOMPONENT)[0] for part in parts]
            count = len(parts)
            for index, test, guards in tests:
                if not test(parts[index] if index < count else "") and all(
                    (parts[other].strip() if other < count else "") in wanted for other, wanted in guards
                ):
                    return False
        return True

    return passes
