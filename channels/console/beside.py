"""Two identities side by side, field by field: the same, alike, another, or told by one only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from channels.console.masks import Masks
from channels.console.portrait import NUMBERS, Field, Value, portrait
from channels.console.words import MARK
from channels.identities import Side
from registries.client.matching.phrases import PHRASES
from registries.client.matching.scoring import Score
from registries.client.survivorship import CHOOSABLE

_ROWS: Mapping[str, str] = {
    "given": "names",
    "family": "names",
    "birth": "birth_date",
    "sex": "sex",
    "phone": "telecoms",
    "town": "addresses",
    "postcode": "addresses",
    "state": "addresses",
    "street": "addresses",
    "mother": "mother_name",
}
_MARKS: Mapping[str, str] = {
    "exact": "same",
    "same": "same",
    "variant": "sound",
    "near": "sound",
    "different": "differ",
    "apart": "differ",
    "same-year": "differ",
}
_GRAVITY = ("missing", "same", "sound", "alike", "differ")


@dataclass(frozen=True, slots=True)
class Row:
    """`mark` is a word of MARK; `says` are phrases of matching; `choices`: a steward may choose who is believed."""

    field: Field
    one: tuple[Value, ...]
    other: tuple[Value, ...]
    mark: str
    says: tuple[str, ...]
    choices: bool

    @property
    def tone(self) -> str:
        return MARK[self.mark].tone


def rows(one: Side, other: Side, score: Score | None, masks: Masks) -> list[Row]:
    """What both sides tell. `score`: of their likest two records."""
    here, there = ({_name(field): field for field in portrait(side.records, masks)} for side in (one, other))
    both = portrait([*one.records, *other.records], masks)
    marks = _marks(score)
    return [_row(field, here.get(_name(field)), there.get(_name(field)), marks) for field in both]


def _name(field: Field) -> tuple[str, str]:
    return field.name, field.system


def _marks(score: Score | None) -> dict[str, list[tuple[str, str]]]:
    """By field of a patient: (mark, phrase)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for part in score.parts if score else ():
        if part.field in _ROWS:
            said = _MARKS.get(part.level, "alike"), PHRASES[part.field, part.level]
            found.setdefault(_ROWS[part.field], []).append(said)
    return found


def _row(field: Field, one: Field | None, other: Field | None, marks: Mapping[str, Sequence[tuple[str, str]]]) -> Row:
    here, there = one.values if one else (), other.values if other else ()
    told = marks.get(field.name, ()) if here and there else ()
    mark = max((mark for mark, _ in told), key=_GRAVITY.index, default="") or _plainly(here, there)
    choices = field.name in CHOOSABLE and field.name != NUMBERS and len(field.values) > 1
    return Row(field, here, there, mark, tuple(phrase for found, phrase in told if found != "same"), choices)


def _plainly(here: Sequence[Value], there: Sequence[Value]) -> str:
    """What no rule compares."""
    if not here or not there:
        return "missing"
    return "same" if {one.key for one in here} & {one.key for one in there} else "differ"
