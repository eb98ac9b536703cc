"""What the standard calls every field and component, of which type it is, and which fields may repeat.

From `standard.json` (HL7 v2.1 to 2.8.2): of a field that several versions have, the latest counts that did not withdraw
it. Names are the standard's own, in small letters with hyphens ("visit-user-code").
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Named(NamedTuple):
    """A field of a segment, or a component of a type. `type` is its data type ("CX"; "varies" for OBX-5)."""

    name: str
    type: str


def fields(segment: str) -> tuple[Named | None, ...]:
    """The fields of a segment, from the first; none of a site's own."""
    return _segments().get(segment, ())


def field(segment: str, number: int) -> Named | None:
    """None where the standard has no such field: a segment of a site's own, or a number beyond the last."""
    known = fields(segment)
    return known[number - 1] if 0 < number <= len(known) else None


@cache
def repeating(segment: str) -> frozenset[int]:
    """The fields of a segment that may stand there more than once."""
    return frozenset(map(int, _published()["repeats"].get(segment, "").split()))


def components(type_: str) -> tuple[Named | None, ...]:
    """What a composite type consists of; empty for a primitive one."""
    return _types().get(type_, ())


@cache
def _segments() -> dict[str, tuple[Named | None, ...]]:
    return {name: _named(row) for name, row in _published()["segments"].items()}


@cache
def _types() -> dict[str, tuple[Named | None, ...]]:
    return {name: _named(row) for name, row in _published()["types"].items()}


def _named(row: str) -> tuple[Named | None, ...]:
    return tuple(Named(*one.split(":")) if one != "-" else None for one in row.split(" "))


@cache
def _published() -> dict[str, dict[str, str]]:
    text = (Path(__file__).parent / "standard.json").read_text(encoding="utf-8")
    published: dict[str, dict[str, str]] = json.loads(text)
    return published
