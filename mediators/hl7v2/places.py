"""Places of a message by name ("PID-3.4"), and what stands there in the raw text of a field."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from mediators.hl7v2 import standard
from mediators.hl7v2.delimiters import Delimiters, escaped

_WRITTEN: Final = re.compile(r"([A-Z][A-Z0-9]{2})-([1-9][0-9]{0,2})(?:\.([1-9][0-9]?)(?:\.([1-9][0-9]?))?)?")
EXPECTED: Final = "expected a place such as PID-3, PID-3.4 or PID-3.4.1"


class Place(NamedTuple):
    """A field of every segment of a name, or a component or subcomponent (0: the whole) of each repetition of it."""

    segment: str
    field: int
    component: int = 0
    subcomponent: int = 0

    def __str__(self) -> str:
        return f"{self.segment}-{self.field}" + "".join(f".{number}" for number in self[2:] if number)

    @property
    def whole(self) -> Place:
        """The field it is in."""
        return Place(self.segment, self.field)

    @property
    def own(self) -> bool:
        """Whether it is the sender's own: in a Z segment, or in a field that the standard does not have."""
        return standard.field(self.segment, self.field) is None

    @property
    def type(self) -> str:
        """The data type of the field; "" where the standard has no such field."""
        named = standard.field(self.segment, self.field)
        return named.type if named else ""


def place(text: str) -> Place:
    """The place of this name. Raises ValueError, saying what was expected."""
    found = _WRITTEN.fullmatch(text)
    if not found:
        raise ValueError(EXPECTED)
    at = Place(found[1], int(found[2]), int(found[3] or 0), int(found[4] or 0))
    if wrong := _unknown(at):
        raise ValueError(wrong)
    return at


def _unknown(at: Place) -> str:
    """What was expected instead of a place that no version of the standard has; "" when it has."""
    if at.segment.startswith("Z"):
        return ""
    if standard.field(at.segment, 1) is None:
        return f"no version of HL7 v2 has a segment {at.segment}; segments of a site's own begin with Z"
    if at.own:
        last = next(number for number in range(at.field, 0, -1) if standard.field(at.segment, number))
        return f"the last field of {at.segment} is {at.segment}-{last}"
    if at.type == "varies" or not at.component:
        return ""
    return _beyond(at)


def _beyond(at: Place) -> str:
    """A primitive field has one component, which holds the whole."""
    parts = standard.components(at.type)
    if at.component > max(len(parts), 1):
        return f"{at.whole} ({at.type}) has {len(parts) or 'no'} components"
    inner = parts[at.component - 1] if parts else None
    most = len(standard.components(inner.type)) if inner else 0
    if at.subcomponent > max(most, 1):
        return f"{at.whole}.{at.component} has {most or 'no'} subcomponents"
    return ""


def located(name: str, index: int, number: int = 0, repetition: int = 1, *parts: int) -> tuple[str, str]:
    """A place of a message as an issue names it: for people ("PID[2]-3.4"), and for ERR-2 ("PID^2^3^1^4").

    `index` is the segment's among those of its name, `number` its field (0: the whole), `parts` the component and
    subcomponent (0: none).
    """
    inner = [part for part in parts if part]
    at, location = name if index == 1 else f"{name}[{index}]", [name, index]
    if number:
        at += f"-{number}" + "".join(f".{part}" for part in inner)
        location += [number, *([repetition, *inner] if inner or repetition > 1 else [])]
    return at, "^".join(map(str, location))


def taken(raw: str, at: Place, delimiters: Delimiters) -> str:
    """What stands at a place in one repetition of its field, as sent."""
    for separator, number in ((delimiters.component, at.component), (delimiters.subcomponent, at.subcomponent)):
        if number:
            parts = raw.split(separator, number)
            raw = parts[number - 1] if number <= len(parts) else ""
    return raw


def put(raw: str, at: Place, value: str, delimiters: Delimiters) -> str:
    """One repetition with `value` (as it is sent) in this place; empty components at its end go."""
    if not at.component:
        return value
    parts = raw.split(delimiters.component)
    parts += [""] * (at.component - len(parts))
    old = parts[at.component - 1]
    if at.subcomponent:
        inner = old.split(delimiters.subcomponent)
        inner += [""] * (at.subcomponent - len(inner))
        inner[at.subcomponent - 1] = value
        value = delimiters.subcomponent.join(inner).rstrip(delimiters.subcomponent)
    parts[at.component - 1] = value
    return delimiters.component.join(parts).rstrip(delimiters.component)


def written(text: str, delimiters: Delimiters) -> str:
    """A text of a mapping as the message would write it: its ^, ~ and & part it, other delimiters are escaped."""
    means = {"~": delimiters.repetition, "^": delimiters.component, "&": delimiters.subcomponent}
    return "".join(means.get(one) or escaped(one, delimiters) for one in re.split(r"([~^&])", text))
