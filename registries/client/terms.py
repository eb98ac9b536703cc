"""What a source record is searched by (PDQ, PDQm): its terms.

A term is a kind, a text as names are compared (`normal`), and the text as it came, for whoever asks for it exactly.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from registries.client.keys import known_number, normal
from schemas.events import Address, HumanName, Identifier, Patient

FAMILY, GIVEN, WHOLE, MOTHER_FAMILY, MOTHER_GIVEN, MOTHER = range(6)
LINE, CITY, STATE, POSTAL, COUNTRY = range(6, 11)
PHONE, OTHER, NUMBER, SYSTEM, MOTHER_NUMBER, MOTHER_SYSTEM, ACCOUNT = range(11, 18)

# Longer texts are nobody's name
LONGEST = 200
DIGITS = 9  # that a phone number has whatever stands before them: +212, 00212, 0
_PHONES = frozenset({"phone", "fax", "sms", "pager", "other", ""})
_BIRTH = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T.*)?)?)?")


class Term(NamedTuple):
    kind: int
    text: str
    said: str


def days(text: str) -> tuple[int, int] | None:
    """The first and the last day that a date means (1984, 1984-01, 1984-01-31); None for what is no date."""
    match = _BIRTH.fullmatch(text)
    if not match or match[1] == "0000":
        return None
    year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if month > 12 or day > 31 or match[2] == "00" or match[3] == "00":
        return None
    if day:  # a day that no calendar has is kept as it was told
        return (year * 10_000 + month * 100 + day,) * 2
    months = (month, month) if month else (1, 12)
    return year * 10_000 + months[0] * 100 + 1, year * 10_000 + months[1] * 100 + monthrange(year, months[1])[1]


def terms(patient: Patient) -> set[Term]:
    """All that a record is found by, but birth date and sex."""
    return {one for one in _terms(patient) if one.text and len(one.said) <= LONGEST}


def reached(system: str, value: str) -> Term:
    """A telecom: of a phone the digits that tell, else the text."""
    digits = "".join(filter(str.isdigit, value))
    if system in _PHONES and "@" not in value and digits:
        return Term(PHONE, digits[-DIGITS:], "")
    return Term(OTHER, normal(value), value)


def _terms(patient: Patient) -> Iterator[Term]:
    for name in patient.get("names") or ():
        yield from _named(name, FAMILY, GIVEN)
        yield _term(WHOLE, name.get("text"))
    if mother := patient.get("mother_name"):
        yield from _named(mother, MOTHER_FAMILY, MOTHER_GIVEN)
        yield _term(MOTHER, mother.get("text"))
        yield _term(MOTHER, " ".join([*(mother.get("given") or ()), mother.get("family") or ""]).strip())
    for address in patient.get("addresses") or ():
        yield from _housed(address)
    for telecom in patient.get("telecoms") or ():
        yield reached(telecom.get("system") or "", telecom.get("value") or "")
    yield from _numbered(patient.get("identifiers") or (), NUMBER, SYSTEM)
    yield from _numbered(patient.get("mother_identifiers") or (), MOTHER_NUMBER, MOTHER_SYSTEM)
    if account := patient.get("account"):
        yield _term(ACCOUNT, account["value"])


def _named(name: HumanName, family: int, given: int) -> Iterator[Term]:
    """Each given name, and all of them."""
    told = [one for one in name.get("given") or () if one]
    yield _term(family, name.get("family"))
    for one in told:
        yield _term(given, one)
    if told[1:]:
        yield _term(given, " ".join(told))


def _housed(address: Address) -> Iterator[Term]:
    for line in address.get("lines") or ():
        yield _term(LINE, line)
    yield _term(CITY, address.get("city"))
    yield _term(CITY, address.get("district"))
    yield _term(STATE, address.get("state"))
    yield _term(POSTAL, address.get("postal_code"))
    yield _term(COUNTRY, address.get("country"))


def _numbered(identifiers: Iterable[Identifier], number: int, system: int) -> Iterator[Term]:
    for identifier in identifiers:
        if known_number(identifier):
            yield Term(number, normal(identifier["value"]), identifier["system"])
            yield Term(system, identifier["system"], "")


def _term(kind: int, text: str | None) -> Term:
    return Term(kind, normal(text), text or "")
