"""Places within an event or a resource by a dotted path, and how what stands there differs from what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_STEP: Final = re.compile(r"(?P<name>[^.\[\]]*)(?P<chosen>(?:\[[^\]]*\])*)(?:\.|$)")
_CHOSEN: Final = re.compile(r"\[([^\]]*)\]")
_MOST: Final = 12


def at(value: Any, path: str) -> Any:
    """What stands at a path; None when nothing does.

    `results.0.code.loinc` takes the first of a list; `results[code.loinc=2345-7].unit.text` the first that fits, and
    `results.count` is how many there are.
    """
    position = 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None or step.end() == position:
            return None
        if step["name"]:
            value = _child(value, step["name"])
        for chosen in _CHOSEN.findall(step["chosen"]):
            value = _first(value, chosen)
        position = step.end()
    return value


def differences(expected: Any, found: Any, path: str) -> Iterator[str]:
    """What was expected and what is there instead, place by place. Of a mapping only the keys that are named count;
    `{matches: …}` is a regular expression for a whole text."""
    if isinstance(expected, dict) and set(expected) == {"matches"}:
        if not isinstance(found, str) or not re.fullmatch(str(expected["matches"]), found):
            yield f"{path}: expected a text that matches {expected['matches']}, got {found!r}"
    elif isinstance(expected, dict) and isinstance(found, Mapping):
        for key, value in expected.items():
            yield from differences(value, at(found, str(key)), f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list | tuple):
        if len(expected) != len(found):
            yield f"{path}: expected {len(expected)}, got {len(found)}: {list(found)!r}"
        for number, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from differences(one, other, f"{path}.{number}")
    elif expected != found and not (found is None and expected in ([], "")):
        yield f"{path}: expected {expected!r}, got {found!r}" + _quoted(expected, found)


def wanted(expected: Mapping[str, Any], found: Any, above: str) -> Iterator[str]:
    """As `differences`, of paths each with its value; where nothing stands, what there is instead."""
    for path, value in expected.items():
        there = at(found, path)
        for line in differences(value, there, f"{above}.{path}"):
            yield line + (_instead(found, path, above) if there is None and value is not None else "")


def _child(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, list | tuple):
        if name == "count":
            return len(value)
        if name.isdecimal() and name.isascii() and int(name) < len(value):
            return value[int(name)]
    return None


def _first(value: Any, chosen: str) -> Any:
    path, _, text = chosen.partition("=")
    for one in value if isinstance(value, list | tuple) else ():
        if str(at(one, path)) == text:
            return one
    return None


def _quoted(expected: Any, found: Any) -> str:
    """YAML reads a bare number where the event holds a text."""
    if isinstance(found, str) and isinstance(expected, int | float) and not isinstance(expected, bool):
        return "; it is a text: put what is expected in quotes"
    return ""


def _instead(found: Any, path: str, above: str) -> str:
    """The nearest thing on the way that is there."""
    steps = [step[0] for step in _STEP.finditer(path) if step[0]]
    while steps:
        steps.pop()
        near = "".join(steps).rstrip(".")
        there = at(found, near) if near else found
        if isinstance(there, Mapping):
            return f"; {f'{above}.{near}' if near else above} has {', '.join(sorted(map(str, there))[:_MOST])}"
        if isinstance(there, list | tuple):
            return f"; {above}.{near} has {len(there)}"
    return ""
