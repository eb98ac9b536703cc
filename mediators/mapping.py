"""What every mapping file has in common: how a mistake in one is told, and that it is read once.

A mapping is data, written by whoever knows the sender; each mediator says what it may hold (`csv/mapping.py`,
`hl7v2/mapping.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.message import Issue

Read = TypeVar("Read")

_PLAIN = {
    "missing": "this key is required",
    "extra_forbidden": "no such key",
    "string_type": "expected a text; put it in quotes, else YAML reads a number, a date or yes and no",
}
# parts of a key that stand in no file
_OURS = ("", "[key]", "places", "words")
_MOST = 64


class Problem(NamedTuple):
    """One thing wrong with a mapping: its key ("columns.quantite.type") and what was expected there."""

    key: str
    expected: str


class BadMapping(ValueError):
    """The mapping cannot be used; `problems` says why, key by key."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{key}: {expected}" for key, expected in problems))
        self.problems = tuple(problems)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


@runtime_checkable
class Mapped(Protocol):
    """A mediator whose channels may name a mapping."""

    def judge(self, mapping: Mapping[str, Any]) -> None:
        """Reads a parsed mapping file. Raises BadMapping."""


def bad_mapping(error: BadMapping) -> list[Issue]:
    """What a sender is told whose channel has a mapping that can't be used."""
    remedy = "tell whoever runs this channel; the message itself may be right"
    return [
        Issue(f"mapping {key}".strip(), "mapping", f"the channel's mapping cannot be used: {expected}", remedy)
        for key, expected in error.problems
    ]


def problems(error: ValidationError, above: str = "") -> list[Problem]:
    """What pydantic found, in our words; `above` is the key of what it read."""
    found = []
    for one in error.errors():
        key = ".".join(str(part) for part in (above, *one["loc"]) if part not in _OURS)
        found.append(Problem(key, _PLAIN.get(one["type"]) or one["msg"].removeprefix("Value error, ")))
    return found


class Once(Generic[Read]):
    """Reads a mapping when it is first met. A channel hands over the same object with every message."""

    def __init__(self, read: Callable[[Mapping[str, Any]], Read]) -> None:
        self._read = read
        self._known: dict[int, tuple[Mapping[str, Any], Read]] = {}

    def __call__(self, parsed: Mapping[str, Any]) -> Read:
        known = self._known.get(id(parsed))
        if known is None or known[0] is not parsed:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[id(parsed)] = (parsed, self._read(parsed))
        return known[1]
