"""A value that a steward types for a golden record, from texts to what a Patient has.

It must say what the doors take from a source: a date that was, a code that is known, no filler for a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from registries.client.decision import Declined
from registries.client.keys import birth_levels, placeholder
from schemas.events import Address, HumanName, Telecom

LONGEST: Final = 250
SEXES: Final = ("female", "male", "other", "unknown")
_PHONE: Final = re.compile(r"\+?[0-9]{8,15}")
_BETWEEN: Final = re.compile(r"[ .()/-]")


def value(field: str, told: Mapping[str, str]) -> Any:
    """Of one of TYPED; `told`: the texts by their names. Raises Declined, which never repeats what was typed."""
    if field not in TYPED:
        raise Declined(f"no value can be typed for {field}; there are {', '.join(sorted(TYPED))}")
    texts = {name: " ".join(text.split()) for name, text in told.items() if text.strip()}
    for name, text in texts.items():
        if not text.isprintable() or len(text) > LONGEST:
            raise Declined(f"{name}: give at most {LONGEST} signs, all of them printable")
    return TYPED[field](texts)


def _names(told: Mapping[str, str]) -> list[HumanName]:
    family, given = told.get("family", ""), told.get("given", "")
    if not family or not given:
        raise Declined("family, given: a person's name has both; leave the sources' name where you know one only")
    if placeholder(family) or placeholder(given):
        raise Declined("family, given: this stands for a name that nobody knows; leave what the sources say")
    if any(sign.isdigit() for sign in family + given):
        raise Declined("family, given: a name has no digits")
    return [{"family": family, "given": [given], "use": "official"}]


def _birth_date(told: Mapping[str, str]) -> str:
    levels = birth_levels(told.get("birth_date", ""))
    if not levels:
        raise Declined("birth_date: give a year, a month or a day that was, as 1984, 1984-03 or 1984-03-17")
    if levels[-1] > date.today().isoformat():
        raise Declined("birth_date: this day is still to come")
    return levels[-1]


def _sex(told: Mapping[str, str]) -> str:
    said = told.get("sex", "")
    if said not in SEXES:
        raise Declined(f"sex: choose one of {', '.join(SEXES)}")
    return said


def _addresses(told: Mapping[str, str]) -> list[Address]:
    line, code, city = (told.get(name, "") for name in ("line", "postal_code", "city"))
    if not city:
        raise Declined("city: an address has a town at least")
    return [{"lines": [line] if line else [], "postal_code": code or None, "city": city}]


def _telecoms(told: Mapping[str, str]) -> list[Telecom]:
    number = _BETWEEN.sub("", told.get("phone", ""))
    if not _PHONE.fullmatch(number) or placeholder(number):
        raise Declined("phone: give 8 to 15 digits, with a + before those of another country")
    return [{"value": number, "system": "phone"}]


TYPED: Final[Mapping[str, Callable[[Mapping[str, str]], Any]]] = {
    "names": _names,
    "birth_date": _birth_date,
    "sex": _sex,
    "telecoms": _telecoms,
    "addresses": _addresses,
}
