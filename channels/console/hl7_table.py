"""An HL7 v2 message as tables: every segment, every field with its name in the standard, every component."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from mediators.hl7v2 import standard
from mediators.hl7v2.reader import HEADERS, Hl7, Segment

MOST_SEGMENTS = 400
_SMALL = frozenset(["and", "at", "by", "e.g.", "for", "from", "in", "of", "on", "or", "per", "the", "to", "with"])
_CAPITALS = frozenset(["dea", "drg", "hl7", "id", "iii", "md", "ssn", "vip"])
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class ComponentRow:
    path: str
    name: str
    raw: str
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One repetition of a field, as sent. `path` is "PID-3", or "PID-3[2]" for the second of several."""

    path: str
    name: str
    raw: str
    components: Sequence[ComponentRow]
    issues: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """`local` segments (Z…) are the sender's own; `title` is empty where the standard knows none."""

    name: str
    index: int
    title: str
    local: bool
    fields: Sequence[FieldRow]
    issues: Sequence[Mapping[str, Any]] = field(default=())


@dataclass(frozen=True, slots=True)
class Hl7Table:
    """`charset` is what the bytes were read in, `declared` MSH-18; `left_out` segments are past MOST_SEGMENTS."""

    charset: str
    declared: str
    contradicted: bool
    version: str
    escape: str
    segments: Sequence[SegmentRow]
    left_out: int


def hl7_table(body: bytes, issues: Sequence[Mapping[str, Any]] = ()) -> Hl7Table:
    """Raises Unreadable when these bytes are no HL7 v2 message."""
    hl7, placed = Hl7.read(body), _placed(issues)
    return Hl7Table(
        hl7.charset,
        hl7.msh.whole(18),
        hl7.contradicted,
        hl7.msh.whole(12),
        hl7.delimiters.escape,
        [_segment(segment, hl7, placed) for segment in hl7.segments[:MOST_SEGMENTS]],
        max(0, len(hl7.segments) - MOST_SEGMENTS),
    )


def _segment(segment: Segment, hl7: Hl7, placed: Mapping[tuple[str, int, int], list[Mapping[str, Any]]]) -> SegmentRow:
    rows: list[FieldRow] = []
    for number in range(1, segment.count() + 1):
        issues = placed.get((segment.name, segment.index, number), [])
        if segment.raw_field(number) or issues:
            rows += _fields(segment, number, hl7, issues)
    for (name, index, number), issues in placed.items():
        if (name, index) == (segment.name, segment.index) and number > segment.count():
            rows += _fields(segment, number, hl7, issues)
    return SegmentRow(
        segment.name,
        segment.index,
        _titles().get(segment.name, ""),
        segment.name.startswith("Z"),
        rows,
        placed.get((segment.name, segment.index, 0), ()),
    )


def _fields(segment: Segment, number: int, hl7: Hl7, issues: Sequence[Mapping[str, Any]]) -> Iterator[FieldRow]:
    named = standard.field(segment.name, number)
    name, kind = (_shown(named.name, segment.name), named.type) if named else ("", "")
    if (segment.name, number) == ("OBX", 5):
        kind = segment.text(2)
    declares = segment.name in HEADERS and number < 3
    raws = [one.raw for one in segment.repetitions(number)] or [""]
    for place, raw in enumerate(raws, 1):
        path = f"{segment.name}-{number}" + (f"[{place}]" if len(raws) > 1 else "")
        told = [issue for issue in issues if _part(issue, 3, 1) == place]
        wrong = {_part(issue, 4, 0) for issue in told}
        components = [] if declares else list(_components(path, raw, kind, hl7, wrong))
        yield FieldRow(path, name, raw, components, told)


def _part(issue: Mapping[str, Any], place: int, otherwise: int) -> int:
    """The repetition (3) or component (4) an issue is about, by its location ("PID^1^3^2^4")."""
    parts = str(issue.get("location") or "").split("^")
    return int(parts[place]) if len(parts) > place and parts[place].isdecimal() else otherwise


def _components(path: str, raw: str, kind: str, hl7: Hl7, wrong: Collection[int]) -> Iterator[ComponentRow]:
    if hl7.delimiters.component in raw:
        names = standard.components(kind)
        for number, part in enumerate(raw.split(hl7.delimiters.component), 1):
            if part or number in wrong:
                named = names[number - 1] if number <= len(names) else None
                yield ComponentRow(f"{path}.{number}", _shown(named.name) if named else "", part, number in wrong)


def _placed(issues: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int, int], list[Mapping[str, Any]]]:
    """(segment, its index, field or 0) → what was said of it."""
    found: dict[tuple[str, int, int], list[Mapping[str, Any]]] = {}
    for issue in issues:
        if place := _PLACE.match(str(issue.get("at") or "")):
            found.setdefault((place[1], int(place[2] or 1), int(place[3] or 0)), []).append(issue)
    return found


def _shown(name: str, segment: str = "") -> str:
    """A name of the standard as it writes it on paper: "set-id-pid" is "Set ID", "date-time-of-death" "Date/Time of
    Death"."""
    said = f" {name.removesuffix(f'-{segment.lower()}').replace('-', ' ')} "
    for written, meant in ((" date time ", " date/time "), (" s ", "'s "), (" e g ", " e.g. ")):
        said = said.replace(written, meant)
    first, *others = said.split()
    return " ".join([_capital(first), *(one if one in _SMALL else _capital(one) for one in others)])


def _capital(word: str) -> str:
    return word.upper() if word in _CAPITALS else "/".join(part[:1].upper() + part[1:] for part in word.split("/"))


@cache
def _titles() -> dict[str, str]:
    """What the standard calls each segment."""
    titles: dict[str, str] = json.loads(files("channels.console").joinpath("hl7_segments.json").read_bytes())
    return titles
