"""What is asked of the directory (IHE mCSD ITI-90, ITI-91): FHIR R4 search parameters with modifiers, chains, prefixes,
includes. What is not supported is refused rather than ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from channels.gateway.search import ID, Pairs, Problem, astray, page_of, split, unescaped, unsupported
from registries.care.search import Chain, Criterion, Ids, Query, Terms, Text, Token, Tree, Updated
from registries.care.terms import PARAMETERS, target

MOST_ALTERNATIVES = 100
RESULTS = ("_count", "_format", "_after", "_include", "_revinclude")
_EVERY = {"_id": "token", "_lastUpdated": "date"}
# References that may be included, by type
INCLUDES: dict[str, tuple[str, ...]] = {
    kind: tuple(sorted(name for name, what in said.items() if what == "reference")) for kind, said in PARAMETERS.items()
}
_MODIFIERS = {"string": ("contains", "exact"), "reference": ("above", "below"), "token": (), "date": ()}
_MICROS = 1_000_000


@dataclass(slots=True)
class Asked:
    """A search, and what is shown along: (type, parameter) of references followed, and of references followed back."""

    query: Query
    includes: list[tuple[str, str]] = field(default_factory=list)
    back: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Since:
    """A page of a history: committed at or after `since` (µs), numbered below `below` and up to `to`."""

    since: int
    below: int | None
    to: int | None
    count: int


def asked(kind: str, pairs: Pairs) -> Asked:
    """Raises Problem."""
    found = Asked(Query(kind))
    criteria: list[Criterion] = []
    for name, value in pairs:
        if name in ("_include", "_revinclude"):
            _include(kind, found, name, value)
        elif name not in RESULTS:
            criteria.append(_criterion(kind, name, value))
    count, after = page_of(pairs, default=100)
    found.query = Query(kind, tuple(criteria), after, count)
    return found


def since(pairs: Pairs) -> Since:
    """What a history is asked for. Raises Problem."""
    if unknown := {name for name, _ in pairs} - {"_since", "_count", "_format", "_after"}:
        raise Problem(400, "not-supported", f"a history takes _since and _count, not {min(unknown)[:40]}")
    said = dict(pairs)
    fits = re.fullmatch(r"(\d{1,18})\.(\d{1,18})", said.pop("_after", "") or "0.0")
    if not fits:
        raise astray()
    count, _ = page_of([(name, value) for name, value in pairs if name != "_after"], default=100)
    first = _range("_since", said["_since"])[0] if said.get("_since") else 0
    below, to = int(fits[1]), int(fits[2])
    return Since(first, below or None, to or None, max(count, 1))


def _criterion(kind: str, name: str, value: str) -> Criterion:
    alternatives = split(value, ",")
    if not all(alternatives) or "\0" in value or len(alternatives) > MOST_ALTERNATIVES:
        raise Problem(400, "invalid", f"{name[:60]}: expected 1 to {MOST_ALTERNATIVES} values separated by commas")
    reference, dot, rest = name.partition(".")
    if dot:
        return _chain(kind, reference, rest, value)
    parameter, _, modifier = name.partition(":")
    what = (_EVERY | PARAMETERS[kind]).get(parameter)
    if what is None or (modifier and modifier not in _MODIFIERS[what]):
        raise _unsupported(kind, name)
    if parameter == "_id":
        return Ids(tuple(alternatives))
    if parameter == "_lastUpdated":
        if len(alternatives) > 1:
            raise Problem(400, "not-supported", "_lastUpdated: one value; give it twice for a range")
        return _updated(value)
    return Terms(parameter, tuple(_one(kind, parameter, what, modifier, one) for one in alternatives))


def _chain(kind: str, reference: str, rest: str, value: str) -> Criterion:
    parameter, _, named = reference.partition(":")
    if PARAMETERS[kind].get(parameter) != "reference" or "." in rest:
        raise _unsupported(kind, f"{reference}.{rest}")
    other = target(kind, parameter)
    if named and named != other:
        raise Problem(400, "not-supported", f"{parameter} refers to {other} here")
    return Chain(parameter, other, _criterion(other, rest, value))


def _one(kind: str, parameter: str, what: str, modifier: str, text: str) -> Token | Text | Tree:
    if what == "token":
        return _token(parameter, text)
    if what == "reference":
        path = _path(kind, parameter, text)
        return Tree(path, "above" if modifier == "above" else "below") if modifier else Token(path)
    how: dict[str, Literal["start", "contains", "exact"]] = {"": "start", "contains": "contains", "exact": "exact"}
    return Text(unescaped(text), how[modifier])


def _token(name: str, text: str) -> Token:
    """R4 token: `value` in any system, `system|value`, `|value` without a system, `system|` any value of it. Which
    system `active` and `status` are of, nobody need say."""
    system, *rest = (unescaped(one) for one in split(text, "|"))
    if not rest:
        return Token(value=system)
    if len(rest) > 1 or not (system or rest[0]):
        raise Problem(400, "invalid", f"{name}: expected value, system|value, |value or system|")
    return Token(value=rest[0] or None, system=None if name in ("active", "status") else system)


def _path(kind: str, parameter: str, text: str) -> str:
    """`Type/id` of `id`, `Type/id` or an address that ends so."""
    wanted = target(kind, parameter)
    before, _, name = text.rpartition("/")
    if before.rpartition("/")[2] not in ("", wanted) or not ID.fullmatch(name):
        raise Problem(400, "invalid", f"{parameter}: expected the id of a {wanted}, or {wanted}/id")
    return f"{wanted}/{name}"


def _updated(text: str) -> Updated:
    prefix, rest = (text[:2], text[2:]) if text[:2].isalpha() else ("eq", text)
    first, end = _range("_lastUpdated", rest)
    bounds: dict[str, Updated] = {
        "eq": Updated(first, end), "ne": Updated(first, end, outside=True), "ge": Updated(first), "gt": Updated(end),
        "sa": Updated(end), "le": Updated(None, end), "lt": Updated(None, first), "eb": Updated(None, first),
    }  # fmt: skip
    if prefix not in bounds:
        raise Problem(400, "not-supported", f"_lastUpdated: expected one of the prefixes {', '.join(bounds)}")
    return bounds[prefix]


def _range(name: str, text: str) -> tuple[int, int]:
    """From when to before when (µs) a date or instant of some precision reaches; without a zone it is UTC."""
    full = text.replace(" ", "+")  # what a + in an address becomes
    if re.fullmatch(r"\d{4}", full):
        full += "-01"
    months = re.fullmatch(r"(\d{4})-(\d{2})", full)
    try:
        begin = datetime.fromisoformat(f"{full}-01" if months else full)
        begin = begin if begin.tzinfo else begin.replace(tzinfo=UTC)
        return _micros(begin), _micros(_end(begin, text))
    except (ValueError, OverflowError):
        raise Problem(400, "invalid", f"{name}: expected a date or an instant, such as 2025-03-31T10:00:00Z") from None


def _end(begin: datetime, text: str) -> datetime:
    if len(text) == 4:
        return begin.replace(year=begin.year + 1)
    if len(text) == 7:
        return (begin + timedelta(days=31)).replace(day=1)
    if len(text) == 10:
        return begin + timedelta(days=1)
    if "." in text:
        return begin + timedelta(milliseconds=1)
    return begin + (timedelta(seconds=1) if text.count(":") > 1 else timedelta(minutes=1))


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * _MICROS)


def _include(kind: str, found: Asked, name: str, value: str) -> None:
    source, _, rest = value.partition(":")
    parameter, _, other = rest.partition(":")
    back = name == "_revinclude"
    known = INCLUDES.get(source, ())
    names = known if parameter == "*" else (parameter,)
    fits = all(one in known and other in ("", target(source, one)) for one in names)
    if not fits or (not back and source != kind):
        raise Problem(400, "not-supported", f"{name}: expected Type:parameter, such as {kind}:{_example(kind)}")
    ours = [(source, one) for one in names if not back or target(source, one) == kind]
    (found.back if back else found.includes).extend(ours)


def _example(kind: str) -> str:
    return next(iter(INCLUDES[kind]), "identifier")


def _unsupported(kind: str, name: str) -> Problem:
    return unsupported(kind, name, (*_EVERY, *PARAMETERS[kind], *RESULTS))
