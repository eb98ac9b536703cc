"""Searches of the directory in its database: tokens, texts, references, trees, chains and times (IHE mCSD ITI-90)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, Select, and_, false, func, literal, or_, select

from registries.care.store import Kept, kept
from registries.care.tables import care_resources, care_terms
from registries.care.terms import EXACT, LONGEST, folded
from registries.database import reading

_ESCAPE = "\\"
# Beyond every sign a text may begin with, so that a beginning is a range
_END = chr(0x10FFFF)


@dataclass(frozen=True, slots=True)
class Token:
    """None is any; an empty system is none at all."""

    value: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text that begins so, holds so, or is exactly so."""

    text: str
    how: Literal["start", "contains", "exact"] = "start"


@dataclass(frozen=True, slots=True)
class Tree:
    """Whatever refers to this resource ("Type/id") or to one above or below it in the hierarchy."""

    root: str
    way: Literal["above", "below"]


@dataclass(frozen=True, slots=True)
class Terms:
    """One of the alternatives must fit a term of this parameter."""

    parameter: str
    alternatives: tuple[Token | Text | Tree, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """What the parameter refers to (of this type) must fit."""

    parameter: str
    target: str
    criterion: Criterion


@dataclass(frozen=True, slots=True)
class Ids:
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    """µs: from `first` until before `end`, None for an open side. `outside`: everything but that."""

    first: int | None = None
    end: int | None = None
    outside: bool = False


Criterion = Terms | Chain | Ids | Updated


@dataclass(frozen=True, slots=True)
class Query:
    """Every criterion must fit. `after`: id of the last one on the page before."""

    type: str
    criteria: tuple[Criterion, ...] = ()
    after: str = ""
    count: int = 100


@dataclass(frozen=True, slots=True)
class Found:
    """One page, in the order of ids; `total` counts all pages."""

    total: int
    page: tuple[Kept, ...]
    more: bool


def search(engine: Engine, query: Query) -> Found:
    """Raises Unavailable."""
    matching = _matching(query.type, query.criteria)
    with reading(engine) as connection:
        total = connection.scalar(select(func.count()).select_from(care_resources).where(matching)) or 0
        page = select(care_resources).where(matching, care_resources.c.id > query.after).order_by(care_resources.c.id)
        rows = connection.execute(page.limit(query.count + 1)).mappings().all() if query.count else []
    found = [kept(row) for row in rows]
    return Found(total, tuple(found[: query.count]), len(found) > query.count)


def included(engine: Engine, paths: Iterable[str]) -> list[Kept]:
    """The resources at these paths ("Type/id") that stand, in the order of type and id."""
    by_type: dict[str, set[str]] = {}
    for path in paths:
        kind, _, name = path.partition("/")
        by_type.setdefault(kind, set()).add(name)
    with reading(engine) as connection:
        return [
            kept(row)
            for kind, names in sorted(by_type.items())
            for row in connection.execute(
                select(care_resources).where(_matching(kind, [Ids(tuple(names))])).order_by(care_resources.c.id)
            ).mappings()
        ]


def referring(engine: Engine, kind: str, parameter: str, paths: Sequence[str]) -> list[Kept]:
    """The resources of this type whose reference parameter names one of these paths."""
    wanted = Terms(parameter, tuple(Token(path) for path in paths))
    with reading(engine) as connection:
        query = select(care_resources).where(_matching(kind, [wanted])).order_by(care_resources.c.id)
        return [kept(row) for row in connection.execute(query).mappings()] if paths else []


def _matching(kind: str, criteria: Iterable[Criterion]) -> ColumnElement[bool]:
    standing = care_resources.c.type == kind, care_resources.c.current, ~care_resources.c.deleted
    return and_(*standing, *(_fits(kind, one, care_resources.c) for one in criteria))


def _fits(kind: str, one: Criterion, row: Any) -> ColumnElement[bool]:
    """Whether the row of a resource of this type fits."""
    if isinstance(one, Ids):
        return _among(row, one.ids)
    if isinstance(one, Updated):
        return _updated(one, row)
    if isinstance(one, Chain):
        other = care_resources.alias()
        standing = other.c.type == one.target, other.c.current, ~other.c.deleted
        inner = select(literal(f"{one.target}/") + other.c.id).where(
            *standing, _fits(one.target, one.criterion, other.c)
        )
        referring = select(care_terms.c.id).where(*_of(kind, one.parameter), care_terms.c.value.in_(inner))
        return _among(row, referring)
    return _among(row, _termed(kind, one))


def _among(row: Any, ids: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = row.id.in_(ids)
    return found


def _termed(kind: str, one: Terms) -> Select[tuple[str]]:
    """Exact texts stand under a name of their own, so alternatives are asked apart."""
    asked: dict[str, list[ColumnElement[bool]]] = {}
    for each in one.alternatives:
        exact = isinstance(each, Text) and each.how == "exact"
        asked.setdefault(one.parameter + EXACT * exact, []).append(_term(one.parameter, each))
    either = [and_(*_of(kind, name), or_(*fits)) for name, fits in asked.items()]
    return select(care_terms.c.id).where(or_(false(), *either))


def _of(kind: str, parameter: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return care_terms.c.type == kind, care_terms.c.parameter == parameter


def _term(parameter: str, one: Token | Text | Tree) -> ColumnElement[bool]:
    value = care_terms.c.value
    if isinstance(one, Tree):
        return value.in_(_tree(parameter, one))
    if isinstance(one, Token):
        said = [value == one.value[:LONGEST]] if one.value is not None else []
        return and_(*said, *([care_terms.c.system == one.system] if one.system is not None else []))
    if one.how == "exact":
        return value == one.text[:LONGEST]
    text = folded(one.text)
    if one.how == "contains":
        return value.contains(text, autoescape=True, escape=_ESCAPE)
    return and_(value >= text, value < text + _END)


def _tree(parameter: str, one: Tree) -> Select[tuple[str]]:
    """The paths of the root and of all above or below it. A circle ends it."""
    kind, _, root = one.root.partition("/")
    partof = parameter if parameter.endswith("hierarchy-partof") else "partof"
    first = select(care_resources.c.id).where(care_resources.c.type == kind, care_resources.c.id == root)
    tree = first.cte(recursive=True)
    prefix = literal(f"{kind}/")
    if one.way == "below":
        step = select(care_terms.c.id).where(*_of(kind, partof), care_terms.c.value == prefix + tree.c.id)
    else:
        above = func.substr(care_terms.c.value, len(kind) + 2)
        mine = care_terms.c.id == tree.c.id, care_terms.c.value.startswith(f"{kind}/", autoescape=True)
        step = select(above).where(*_of(kind, partof), *mine)
    walked = tree.union(step)
    return select(prefix + walked.c.id)


def _updated(one: Updated, row: Any) -> ColumnElement[bool]:
    bounds = [row.at >= one.first] if one.first is not None else []
    bounds += [row.at < one.end] if one.end is not None else []
    within: ColumnElement[bool] = and_(*bounds)
    return ~within if one.outside else within
