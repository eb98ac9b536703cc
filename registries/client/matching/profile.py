"""What can be compared of a patient, in the form it is compared in. Fillers are left out: they say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import orjson

from registries.client.keys import LOCAL, RANKS, SYSTEM, normal, placeholder, unidentified
from registries.client.matching.places import town_word
from registries.client.matching.words import NOTHING, Word, family_word, given_word
from schemas import temporary
from schemas.events import HumanName, Identifier, Patient

# A filler for "no name yet" (NN, BEBE DE HIND, NOUVEAU NE) and for "unknown".
_NAMELESS = re.compile(
    r"(?:BEBE|NOUVEAUNEE?|NN|NNE|BB|NE|NEE|ENFANT|FOETUS|JUMEAU|JUMELLE|GARCON|FILLE|MASCULIN|FEMININ|BABY|NEWBORN|مولود|رضيع)"
    r"(?:\d|DE|D|N|NN|MME|A|B|I|II|GARCON|FILLE|\b).*|X+|INCONNUE?|UNKNOWN|UNK|NA|NEANT|AUCUNE?|NULL|NONE|NR|ND|SANS|SANSNOM|SANSPRENOM|SNP"
    r"|NONRENSEIGNEE?|NONCOMMUNIQUEE?|INDEFINIE?|ANONYME|TEST|مجهول|مجهولة|بدوناسم"
)
_NEWBORN = re.compile(r"BEBE|BABY|NOUVEAUNE|NEWBORN|JUMEAU|JUMELLE|NN$|NNE$|BB|ENFANT|مولود|رضيع")
_OLD = frozenset({"nickname", "anonymous", "temp"})
_BIRTH = re.compile(r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:T.*)?)?)?")
_SHARED_TYPES = frozenset({"MB", "SN"})
KINDS = {system: system.removeprefix(SYSTEM) for system in RANKS} | {f"{SYSTEM}cnie": "cin"}
_MOST = 4
_T = TypeVar("_T", bound=str | tuple[object, ...])


@dataclass(frozen=True, slots=True)
class Profile:
    """`names`: (given, family) pairs, the official first; `birth`: YYYY, YYYYMM or YYYYMMDD; `sex`: m, f or "";
    `phones`: their last eight digits; `numbers`: (kind, value), kind one of ins, idcs, cnss, cin, `=` and a system, or
    `+` and a system for a number that a family shares; `order`: of birth, 0 when single or not told; `newborn`: called
    only baby; `temporary`: somebody without papers, of whom the rest is a guess. Temporary numbers are not among the
    numbers: one person may have had two. "" and () for what was not told."""

    names: tuple[tuple[Word, Word], ...] = ()
    birth: str = ""
    sex: str = ""
    phones: tuple[str, ...] = ()
    towns: tuple[Word, ...] = ()
    postcodes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    mother: Word = NOTHING
    order: int = 0
    multiple: bool = False
    newborn: bool = False
    temporary: bool = False

    def packed(self) -> bytes:
        """As short JSON."""
        told = [getattr(self, name) for name in self.__slots__]
        told[0] = [[tuple(given), tuple(family)] for given, family in self.names]
        told[4], told[9] = [tuple(town) for town in self.towns], tuple(self.mother)
        return orjson.dumps(told)

    @staticmethod
    def unpacked(packed: bytes) -> Profile:
        """Raises ValueError for what `packed` never wrote."""
        names, birth, sex, phones, towns, codes, states, streets, numbers, mother, *rest = orjson.loads(packed)
        return Profile(
            tuple([(Word(*given), Word(*family)) for given, family in names]),
            birth,
            sex,
            tuple(phones),
            tuple([Word(*town) for town in towns]),
            tuple(codes),
            tuple(states),
            tuple(streets),
            tuple([(kind, value) for kind, value in numbers]),
            Word(*mother),
            *rest,
        )


def profile(patient: Patient) -> Profile:
    """Of a patient as told by one source."""
    humans = [human for human in patient.get("names") or () if human]
    places = [place for place in patient.get("addresses") or () if place]
    sex = patient.get("sex")
    return Profile(
        names=_first(_name(human) for human in sorted(humans, key=lambda one: one.get("use") in _OLD)),
        birth=_birth(patient.get("birth_date")),
        sex={"male": "m", "female": "f"}.get(sex or "", ""),
        phones=_first(_phone(telecom.get("system"), telecom.get("value")) for telecom in patient.get("telecoms") or ()),
        towns=_first(town_word(place.get("city") or place.get("district")) for place in places),
        postcodes=_first(_said(place.get("postal_code")) for place in places),
        states=_first(_said(place.get("state")) for place in places),
        streets=_first(_street(place.get("lines") or ()) for place in places),
        numbers=_numbers(patient.get("identifiers") or ()),
        mother=_mother(patient.get("mother_name")),
        order=patient.get("birth_order") or 0,
        multiple=bool(patient.get("multiple_birth")),
        newborn=any(_NEWBORN.match(normal("".join(human.get("given") or ()))) for human in humans),
        temporary=unidentified(patient),
    )


def _first(found: Iterable[_T | None]) -> tuple[_T, ...]:
    """The first few that say something, each once."""
    return tuple(dict.fromkeys(one for one in found if one and any(one)))[:_MOST]


def _name(human: HumanName) -> tuple[Word, Word] | None:
    given, family = list(human.get("given") or ()), human.get("family")
    if not given and not family and (told := (human.get("text") or "").split()):
        given, family = told[:-1], told[-1]
    pair = (
        NOTHING if _says_nothing("".join(given)) else given_word(given),
        NOTHING if _says_nothing(family or "") else family_word(family),
    )
    return pair if pair != (NOTHING, NOTHING) else None


def _says_nothing(name: str) -> bool:
    return _NAMELESS.fullmatch(normal(name)) is not None


def _birth(text: str | None) -> str:
    """Digits as far as told. A day that no calendar has is kept, for a slip in it; 1900-01-01 is a filler."""
    match = _BIRTH.fullmatch(text or "")
    if not match or match[0].startswith("1900-01-01") or not "1800" <= match[1] <= "2200":
        return ""
    return "".join(part for part in match.groups() if part)


def _phone(system: str | None, value: str | None) -> str:
    """The last eight digits: +212 6, 00212 6 and 06 are one."""
    digits = re.sub(r"\D", "", value or "")
    if system not in (None, "phone", "sms", "fax", "other") or len(digits) < 8 or len(set(digits[-8:])) == 1:
        return ""
    return "" if placeholder(digits) else digits[-8:]


def _said(text: str | None) -> str:
    said = normal(text)
    return "" if placeholder(said) else said


def _street(lines: Sequence[str]) -> str:
    """The words of the address, in order of the alphabet: what is left out or turned round matters little."""
    words = (normal(word) for line in lines for word in re.split(r"\W+", line or ""))
    return " ".join(sorted({word for word in words if word and not (word.isalpha() and placeholder(word))}))


def _numbers(identifiers: Iterable[Identifier]) -> tuple[tuple[str, str], ...]:
    found = []
    for identifier in identifiers:
        system, value = identifier["system"], identifier["value"]
        if not system or not value or system == temporary.SYSTEM or placeholder(value):
            continue
        rank = RANKS.get(system, LOCAL)
        if rank != LOCAL:
            found.append((KINDS[system], normal(value)))
        else:
            shared = identifier.get("type") in _SHARED_TYPES or system == f"{SYSTEM}cnops"
            found.append((("+" if shared else "=") + system, normal(value)))
    return tuple(sorted(dict.fromkeys(found)))


def _mother(human: HumanName | None) -> Word:
    """Her own name: the child's family is the father's, and she is told by given name, family name or both."""
    return given_word(human.get("given") or ()) if human else NOTHING
