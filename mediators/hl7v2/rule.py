"""One rule of a profile: what must stand in a place, when, how grave it is if not, why, and what the sender can do.

The words are those of HL7 v2's chapter 2.B on message profiles: usage, cardinality, length, table.
`docs/integrators.md` explains every key; `profile.py` puts rules together, `judgement.py` applies them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import Field, PlainValidator, StrictStr, ValidationError, model_validator

from mediators.hl7v2 import standard
from mediators.hl7v2.mapping import Pattern, When
from mediators.hl7v2.places import Place, place
from mediators.mapping import Strict, problems
from schemas.digits import CHECKS
from schemas.fhir import tables
from schemas.message import Severity

Usage = Literal["R", "RE", "O", "C", "X"]
Type = Literal["NM", "SI", "DT", "TM", "DTM", "TS"]

_KEY: Final = re.compile(r"([A-Z][A-Z0-9]{2}(?:-[0-9.]+)?)(?: \(([^()]+)\))?")
_USAGE: Final = re.compile(r"C\((R|RE|O|X)/(R|RE|O|X)\)|R|RE|O|C|X")
_BOUNDS: Final = re.compile(r"(\d{1,5})\.\.(\d{1,5}|\*)")


def _usage(said: object) -> tuple[Usage, Usage]:
    """Usage where the condition holds, and where it does not."""
    found = _USAGE.fullmatch(said) if isinstance(said, str) else None
    if not found:
        raise ValueError("expected R, RE, O, C, X, or C(a/b) with one of them for each case, such as C(R/X)")
    if found[1]:
        return found[1], found[2]  # type: ignore[return-value]  # the pattern gives nothing else
    return ("R" if said == "C" else said, "O")  # type: ignore[return-value]


def _bounds(said: object) -> tuple[int, int | None]:
    if isinstance(said, int) and not isinstance(said, bool) and said > 0:
        return 0, said
    found = _BOUNDS.fullmatch(str(said).strip("[]"))
    most = None if found and found[2] == "*" else int(found[2]) if found else 0
    if not found or (most is not None and most < int(found[1])):
        raise ValueError("expected the least and the most, such as 0..1, 1..20 or 1..*")
    return int(found[1]), most


def _listed(said: object) -> tuple[str, ...] | str:
    """The codes themselves, or the name of a list or table."""
    if isinstance(said, list) and said and all(isinstance(one, str) for one in said):
        return tuple(said)
    if isinstance(said, str) and said:
        return said
    raise ValueError('expected HL70001 or another table, a list of `lists:`, or the codes, such as [F, "1"]')


def _check(said: object) -> str:
    if said not in CHECKS:
        raise ValueError(f"expected one of {', '.join(CHECKS)}")
    return str(said)


def _places(said: object) -> tuple[Place, ...]:
    return tuple(place(str(one)) for one in (said if isinstance(said, list) else [said]))


class Said(Strict):
    """A rule as written. What it does not say is not asked."""

    usage: Annotated[tuple[Usage, Usage], PlainValidator(_usage)] = ("O", "O")
    cardinality: Annotated[tuple[int, int | None], PlainValidator(_bounds)] = (0, None)
    length: Annotated[tuple[int, int | None], PlainValidator(_bounds)] = (0, None)
    table: Annotated[tuple[str, ...] | str, PlainValidator(_listed)] = ()
    type: Type | None = None
    format: Pattern | None = None
    check: Annotated[str, PlainValidator(_check)] = ""
    alternatives: Annotated[tuple[Place, ...], PlainValidator(_places)] = Field((), alias="or")
    when: When = When()
    severity: Severity = "error"
    reason: StrictStr = ""
    code: Annotated[str, Field(pattern="^(10[0-4]|19[89])$")] = ""
    text: StrictStr = ""
    remedy: StrictStr = ""
    source: StrictStr = ""

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            raise ValueError("expected what the rule asks, such as {usage: R}")
        usage = str(said.get("usage", ""))
        if usage.startswith("C") and "when" not in said:
            raise ValueError("usage C needs `when:`, the condition")
        for key, needs in (("format", "remedy"), ("check", "remedy")):
            if key in said and needs not in said:
                raise ValueError(f"{key} needs `{needs}:`, in words for the sender")
        return said


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in its place. `field` is 0 for a rule about a segment; `codes` are those allowed, none said: all;
    `table` is the number of the HL7 table they come from, if one."""

    segment: str
    field: int
    component: int
    subcomponent: int
    said: Said
    codes: frozenset[str] = frozenset()
    table: str = ""

    @property
    def name(self) -> str:
        """What the standard calls the place; "" where it has none."""
        named = standard.field(self.segment, self.field) if self.field else None
        if named and self.component and (parts := standard.components(named.type)):
            named = parts[self.component - 1]
        return named.name.replace("-", " ") if named else ""


class Mistake(NamedTuple):
    """One thing wrong with a profile: the keys that lead to it, and what was expected there."""

    keys: tuple[str, ...]
    expected: str


def mistakes(error: ValidationError, above: tuple[str, ...] = ()) -> list[Mistake]:
    told = zip(error.errors(), problems(error), strict=True)
    return [Mistake((*above, *(str(part) for part in one["loc"])), said.expected) for one, said in told]


def rule(key: str, said: Mapping[str, Any], lists: Mapping[str, Collection[str]], found: list[Mistake]) -> Rule | None:
    """The rule under this key ("PID-3.4", "OBX-5 (a number)"). What is wrong is added to `found`."""
    above = ("rules", key)
    try:
        at, read = _at(key), Said.model_validate(dict(said))
    except ValidationError as error:
        found += mistakes(error, above)
        return None
    except ValueError as error:
        found.append(Mistake(above, str(error)))
        return None
    if not at.field and (beyond := sorted(read.model_fields_set - _OF_SEGMENTS)):
        found.append(Mistake(above, f"{', '.join(beyond)}: not for a whole segment"))
    elif (codes := _codes(read.table, lists)) is None:
        found.append(Mistake((*above, "table"), "expected a table that is known (HL70001), or one of `lists:`"))
    else:
        named = isinstance(read.table, str) and read.table not in lists
        return Rule(*at, read, codes, str(read.table).removeprefix("HL7") if named else "")
    return None


_OF_SEGMENTS: Final = frozenset(
    {"usage", "cardinality", "when", "severity", "reason", "code", "text", "remedy", "source"}
)


def _at(key: str) -> Place:
    found = _KEY.fullmatch(key)
    if not found:
        raise ValueError("expected a segment or a place, with a name in brackets if you like: PID-3.4, OBX-5 (dose)")
    if "-" in found[1]:
        return place(found[1])
    if not found[1].startswith("Z") and standard.field(found[1], 1) is None:
        raise ValueError(f"no version of HL7 v2 has a segment {found[1]}; segments of a site's own begin with Z")
    return Place(found[1], 0)


def _codes(table: tuple[str, ...] | str, lists: Mapping[str, Collection[str]]) -> frozenset[str] | None:
    """None where there is no such table; empty where every code is allowed."""
    if not isinstance(table, str):
        return frozenset(table)
    known = lists.get(table) or tables.codes(table.removeprefix("HL7"))
    return frozenset(known) or None
