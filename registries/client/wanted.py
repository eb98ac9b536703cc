"""What may be asked of the terms of records, and how it is asked of the memory they are in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import orjson

from registries.client.keys import normal
from registries.client.terms import (
    ACCOUNT,
    CITY,
    COUNTRY,
    FAMILY,
    GIVEN,
    LINE,
    MOTHER_FAMILY,
    MOTHER_GIVEN,
    MOTHER_NUMBER,
    MOTHER_SYSTEM,
    NUMBER,
    POSTAL,
    STATE,
    SYSTEM,
    days,
    reached,
)  # fmt: skip
from schemas.queries import Criteria

Way = Literal["same", "begins", "contains", "exact"]
Prefix = Literal["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]

_LAST = "\U0010ffff"
# R4 search: what was asked is a span of days, what a record says is one too
_BORN = {
    "eq": "first BETWEEN :first AND :last AND last <= :last",
    "ne": "NOT (first >= :first AND last <= :last)",
    "gt": "last > :last",
    "lt": "first < :first",
    "ge": "(last > :last OR (first >= :first AND last <= :last))",
    "le": "(first < :first OR (first >= :first AND last <= :last))",
    "sa": "first > :last",
    "eb": "last < :first",
    # about: a year more or less
    "ap": "last >= :first - 10000 AND first <= :last + 10000",
}


@dataclass(frozen=True, slots=True)
class Like:
    """A term of one of these kinds. `text` as it was asked; `said`: for a number, its system ("": any)."""

    kinds: tuple[int, ...]
    text: str
    way: Way
    said: str = ""


@dataclass(frozen=True, slots=True)
class Born:
    """Days as numbers (19840131): the first and the last that what was asked may mean."""

    prefix: Prefix
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Being:
    """What a record has of its own: sex in FHIR's words ("" for none told), or whether it is in use."""

    field: Literal["sex", "active"]
    value: str


@dataclass(frozen=True, slots=True)
class Those:
    """The record is of one of these identities."""

    persons: tuple[str, ...]


Alternative = Like | Born | Being | Those
# One of these must fit
Criterion = Sequence[Alternative]


class _Values(dict[str, object]):
    """Named parameters, numbered as they come."""

    def add(self, value: object) -> str:
        name = f"v{len(self)}"
        self[name] = value
        return f":{name}"


def question(criteria: Iterable[Criterion], systems: Mapping[str, str]) -> tuple[str, Mapping[str, object]]:
    """A statement that gives persons, and its values; over the tables of search.py, where a number's system is said by
    a code of its own (`systems`)."""
    values = _Values()
    fits = ["(" + " OR ".join(_fits(one, values, systems) for one in alternatives) + ")" for alternatives in criteria]
    return f"SELECT DISTINCT person FROM people WHERE {' AND '.join(fits) or '1'}", values


def _fits(one: Alternative, values: _Values, systems: Mapping[str, str]) -> str:
    if isinstance(one, Born):
        span = _BORN[one.prefix].replace(":first", values.add(one.first)).replace(":last", values.add(one.last))
        return f"(first IS NOT NULL AND {span})"
    if isinstance(one, Being):
        return f"{one.field} = {values.add(one.value == 'true' if one.field == 'active' else one.value)}"
    if isinstance(one, Those):
        return f"person IN (SELECT value FROM json_each({values.add(orjson.dumps(one.persons).decode())}))"
    wanted = " OR ".join(f"(kind = {kind} AND {_text(one, values)})" for kind in one.kinds)
    if one.said:
        wanted = f"({wanted}) AND said = {values.add(systems.get(one.said, '?'))}"
    return f"n IN (SELECT n FROM terms WHERE word IN (SELECT n FROM words WHERE {wanted}))"


def _text(one: Like, values: _Values) -> str:
    bare = one.text if SYSTEM in one.kinds or MOTHER_SYSTEM in one.kinds else normal(one.text)
    if not bare:  # what says nothing finds nobody
        return "0"
    if one.way == "contains":
        return f"instr(text, {values.add(bare)})"
    if one.way == "begins":
        return f"text >= {values.add(bare)} AND text < {values.add(bare + _LAST)}"
    same = f"text = {values.add(bare)}"
    if one.way == "exact":
        same += f" AND said = {values.add(one.text if one.text != bare else '')}"
    return same


def of_query(wanted: Criteria) -> Iterator[Criterion]:
    """What a query of HL7 v2 asks; `*` at an end asks for beginnings."""
    asked: tuple[tuple[tuple[int, ...], str, str], ...] = (
        ((FAMILY,), wanted.family, ""),
        ((GIVEN,), wanted.given, ""),
        ((MOTHER_FAMILY,), wanted.mother_family, ""),
        ((MOTHER_GIVEN,), wanted.mother_given, ""),
        ((LINE,), wanted.street, ""),
        ((CITY,), wanted.city, ""),
        ((STATE,), wanted.state, ""),
        ((POSTAL,), wanted.postal_code, ""),
        ((COUNTRY,), wanted.country, ""),
        ((ACCOUNT,), wanted.account, ""),
        ((NUMBER,), wanted.number, wanted.system),
        ((SYSTEM,), "" if wanted.number else wanted.system, ""),
        ((MOTHER_NUMBER,), wanted.mother_number, wanted.mother_system),
        ((MOTHER_SYSTEM,), "" if wanted.mother_number else wanted.mother_system, ""),
    )
    for kinds, text, said in asked:
        if text:
            yield [Like(kinds, text.removesuffix("*"), "begins" if text.endswith("*") else "same", said)]
    if wanted.birth:
        span = days(wanted.birth)
        yield [Born("eq", *span)] if span else [Born("eq", 1, 0)]
    if wanted.sex:
        yield [Being("sex", wanted.sex)]
    if wanted.phone:
        told = reached("phone", wanted.phone)
        yield [Like((told.kind,), told.text, "same")]
