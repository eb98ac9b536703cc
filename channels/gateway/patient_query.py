"""What is asked for a Patient by demographics (IHE PDQm ITI-78): FHIR R4 search parameters with modifiers, prefixes,
alternatives. What is not supported is refused rather than ignored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from channels.consumers.reading import Token
from channels.gateway.search import (
    ID,
    MOST_ALTERNATIVES,
    RESULT_PARAMETERS,
    Pairs,
    Problem,
    astray,
    page_of,
    split,
    unescaped,
    unsupported,
)
from registries.client import terms
from registries.client.wanted import Alternative, Being, Born, Criterion, Like, Prefix, Way
from schemas.domains import Domains

_TEXTS: dict[str, tuple[int, ...]] = {
    "family": (terms.FAMILY,),
    "given": (terms.GIVEN,),
    "name": (terms.FAMILY, terms.GIVEN, terms.WHOLE),
    "mothersMaidenName": (terms.MOTHER, terms.MOTHER_FAMILY),
    "address": (terms.LINE, terms.CITY, terms.STATE, terms.POSTAL, terms.COUNTRY),
    "address-city": (terms.CITY,),
    "address-state": (terms.STATE,),
    "address-postalcode": (terms.POSTAL,),
    "address-country": (terms.COUNTRY,),
}
_TOKENS = ("_id", "identifier", "active", "gender", "telecom", "phone", "email")
# The R4 type of each
PARAMETERS = {
    **dict.fromkeys(_TOKENS, "token"),
    **dict.fromkeys(_TEXTS, "string"),
    "birthdate": "date",
}
_WAYS: dict[str, Way] = {"": "begins", "exact": "exact", "contains": "contains"}
_PREFIXED = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\d{4}(?:-\d\d(?:-\d\d)?)?)")
# As the registry makes them
_IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CODES = {
    "gender": ("male", "female", "other", "unknown"),
    "active": ("true", "false"),
}


@dataclass(slots=True)
class Asked:
    """A search. `numbers` and `ids`: of each list one must be the person's. `domains`: systems of the identifiers that
    are shown, and of which a person has one; none is all."""

    criteria: list[Criterion] = field(default_factory=list)
    numbers: list[Sequence[Token]] = field(default_factory=list)
    ids: list[Sequence[str]] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    count: int = 0
    after: str = ""

    @property
    def empty(self) -> bool:
        return not (self.criteria or self.numbers or self.ids or self.domains)


def asked(pairs: Pairs, domains: Domains) -> Asked:
    """Systems as the table of domains writes them. Raises Problem."""
    found = Asked()
    found.count, found.after = page_of(pairs)
    if found.after and not _IDENTITY.fullmatch(found.after):
        raise astray()
    for name, value in pairs:
        if name not in RESULT_PARAMETERS:
            _take(found, name, value, domains)
    return found


def token(text: str, domains: Domains, name: str = "identifier") -> Token:
    """R4 token: `value` in any system, `system|value`, `|value` without a system, `system|` any value of it."""
    system, *rest = (unescaped(one) for one in split(text, "|"))
    if not rest:
        return Token(value=system)
    if len(rest) > 1 or not (system or rest[0]):
        raise Problem(400, "invalid", f"{name}: expected value, system|value, |value or system|")
    known = domains.of_system(system)
    return Token(value=rest[0] or None, system=known.uri if known else system)


def _take(found: Asked, parameter: str, value: str, domains: Domains) -> None:
    name, _, modifier = parameter.partition(":")
    alternatives = _alternatives(name, modifier, value)
    if name == "_id":
        if not all(map(ID.fullmatch, alternatives)):
            raise Problem(400, "invalid", "_id: expected ids of Patients")
        found.ids.append(alternatives)
    elif name == "identifier":
        tokens = [token(one, domains) for one in alternatives]
        if all(one.value is None and one.system for one in tokens):
            found.domains += [one.system or "" for one in tokens]
        else:
            found.numbers.append(tokens)
    else:
        found.criteria.append([_alternative(name, modifier, one) for one in alternatives])


def _alternatives(name: str, modifier: str, value: str) -> list[str]:
    if name not in PARAMETERS:
        raise unsupported("Patient", name, (*PARAMETERS, *RESULT_PARAMETERS))
    if modifier and (name not in _TEXTS or modifier not in _WAYS):
        raise Problem(400, "not-supported", f"{name}: no such modifier; names and addresses take :exact and :contains")
    alternatives = split(value, ",")
    if not all(alternatives) or "\0" in value or len(alternatives) > MOST_ALTERNATIVES:
        raise Problem(400, "invalid", f"{name}: expected 1 to {MOST_ALTERNATIVES} values separated by commas")
    return alternatives


def _alternative(name: str, modifier: str, text: str) -> Alternative:
    if name in _TEXTS:
        return Like(_TEXTS[name], unescaped(text), _WAYS[modifier])
    if name == "birthdate":
        return _born(text)
    if name in _CODES:
        return _coded(name, text)
    return _reached(name, text)


def _born(text: str) -> Born:
    match = _PREFIXED.fullmatch(text)
    span = terms.days(match[2]) if match else None
    if match is None or span is None:
        raise Problem(400, "invalid", "birthdate: expected YYYY, YYYY-MM or YYYY-MM-DD, with eq, ne, gt, lt, ge, le, …")
    prefix: Prefix = match[1] or "eq"  # type: ignore[assignment]
    return Born(prefix, *span)


def _coded(name: str, text: str) -> Being:
    code = unescaped(split(text, "|")[-1])
    if code not in _CODES[name]:
        raise Problem(400, "invalid", f"{name}: expected one of {', '.join(_CODES[name])}")
    return Being("sex" if name == "gender" else "active", code)


def _reached(name: str, text: str) -> Like:
    """A phone by its digits, whatever stands before them; `phone|…` and `email|…` of telecom too."""
    *system, value = (unescaped(one) for one in split(text, "|"))
    kind = {"phone": "phone", "email": "email"}.get(name, system[0] if system else "")
    term = terms.reached(kind, value)
    return Like((term.kind,), term.text, "same")
