"""What a message tells of a patient, as digests: the keys that may find them, and what may contradict.

Ranks, strongest first: INS, IDCS, CNSS number, CIN, a number within its authority (an IPP, a passport), a temporary
number. A number that a family shares (CNSS, CNOPS, an insurer's) names nobody without birth date and given name; a CIN
without birth date may be the parent's, and that of somebody under age mostly is: it names no twin without given name.
Such numbers find nobody: they only make one incomplete identity meet itself.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from schemas import temporary
from schemas.events import HumanName, Identifier, Patient

SYSTEM = "https://hie.sante.gov.ma/id/"
INS, IDCS, CNSS, CIN, LOCAL, TEMPORARY, INCOMPLETE, MESSAGE = range(8)
RANKS: Mapping[str, int] = {f"{SYSTEM}ins": INS, f"{SYSTEM}idcs": IDCS, f"{SYSTEM}cnss": CNSS, f"{SYSTEM}cnie": CIN}
# Of which domains that holds where nobody says otherwise
PERSONAL = frozenset({f"{SYSTEM}ins", f"{SYSTEM}idcs"})
LABELS = ("INS", "IDCS", "CNSS number", "CIN", "local number", "temporary number", "incomplete identity", "message")

# HL7 table 0203: member and subscriber numbers are the insured's, carried by the whole family.
_SHARED_TYPES = frozenset({"MB", "SN"})
_SHARED_SYSTEMS = frozenset({f"{SYSTEM}cnss", f"{SYSTEM}cnops"})

_NOBODY = frozenset(
    {"INCONNU", "INCONNUE", "UNKNOWN", "UNK", "NA", "NEANT", "AUCUN", "AUCUNE", "NULL", "NONE", "NR", "ND", "SANS"}
    | {"NONRENSEIGNE", "NONCOMMUNIQUE", "INDEFINI"}
)
_NAMELESS = _NOBODY | {"NN", "NNE", "BB", "ENFANT", "GARCON", "FILLE", "MASCULIN", "FEMININ", "NOUVEAUNE", "NOUVEAUNEE"}
_NOT_NAMES_OF_NOW = frozenset({"old", "maiden", "nickname", "anonymous", "temp"})
_BIRTH = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T.*)?)?)?")


class Key(NamedTuple):
    """`personal`: it names one human being, whatever name and birth date are told with it."""

    digest: str
    rank: int
    personal: bool = False


class Number(NamedTuple):
    """An identifier that says something: `value` in its normal form, `shared` by a family."""

    system: str
    value: str
    shared: bool
    rank: int


@dataclass(slots=True)
class Subject:
    """One patient of one event. `keys` strongest first, `event` the one that always finds this very event again.

    `strong` holds the digests of INS, IDCS, CNSS number and CIN by rank; `birth` those of year, month and day as far
    as told; `sex` is male, female or "".
    """

    keys: list[Key]
    event: Key
    strong: Sequence[tuple[str, ...]]
    birth: Sequence[str]
    sex: str


def digest(secret: bytes, *parts: str) -> str:
    """128 bits of an HMAC-SHA256 over the parts, in hexadecimal. No part but a system may hold a unit separator."""
    return hmac.digest(secret, "\x1f".join(parts).encode("utf-8", "surrogatepass"), "sha256").hex()[:32]


@lru_cache(50_000)
def _born(secret: bytes, level: str) -> str:
    return digest(secret, "birth", level)


class Demographics(NamedTuple):
    """What tells relatives apart. `birth` by level: ("1980", "1980-03", "1980-03-12"), as far as told."""

    birth: tuple[str, ...]
    family: str
    given: str
    sex: str


def subject(
    patient: Patient,
    event: str,
    secret: bytes,
    known_as: Patient | None = None,
    personal: Collection[str] = PERSONAL,
) -> Subject:
    """What can be compared of a patient. `personal`: systems whose numbers name one human being. `known_as` lends birth
    date, name and sex to the keys only: a merge names the replaced number bare (MRG), and the demographics beside it
    (PID) are those of the same human being."""
    numbers = known_numbers(patient)
    told = demographics(patient)
    strong: list[tuple[str, ...]] = [()] * LOCAL
    for _, value, _, rank in numbers:
        if rank < LOCAL:
            strong[rank] += (digest(secret, LABELS[rank], value),)
    guessed = unidentified(patient)
    return Subject(
        keys=_keys(numbers, _lent(told, demographics(known_as)) if known_as else told, secret, personal),
        event=Key(digest(secret, "event", event), MESSAGE),
        strong=strong,
        birth=[] if guessed else [_born(secret, level) for level in told.birth],
        sex="" if guessed else told.sex,
    )


def unidentified(patient: Patient) -> bool:
    """Whether this is somebody under a temporary number of whom nothing else told says who it is: then birth date and
    sex are guesses, which are neither compared nor believed."""
    return any(one["system"] == temporary.SYSTEM for one in patient.get("identifiers") or ()) and not identified(
        patient
    )


def identified(patient: Patient) -> bool:
    """Whether what is told says who somebody is: INS or IDCS; with a given name a CIN, passport or residence permit;
    with given name and full birth date any other number but a temporary one. Not where the sender says otherwise
    (PID-31)."""
    if patient.get("identity_unknown"):
        return False
    told = demographics(patient)
    for number in known_numbers(patient):
        if number.rank <= IDCS or (told.given and _of_one(number)):
            return True
        if number.rank != TEMPORARY and told.given and len(told.birth) == 3:
            return True
    return False


def _of_one(number: Number) -> bool:
    """Papers that name their holder, or the parent that a child is filed under: hence the given name."""
    return number.rank == CIN or number.system in (f"{SYSTEM}passport", f"{SYSTEM}sejour")


def demographics(patient: Patient) -> Demographics:
    """Birth date, the name in use and sex; "" for each that was not told, or only with a filler ("BEBE", "X")."""
    sex = patient.get("sex") if patient.get("sex") in ("male", "female") else ""
    family, given = _name(patient.get("names") or ())
    return Demographics(birth_levels(patient.get("birth_date")), family, given, sex or "")


@lru_cache(50_000)
def birth_levels(text: str | None) -> tuple[str, ...]:
    """("1980", "1980-03", "1980-03-12"), as far as told; () for what is no birth date (1900-01-01 is a filler)."""
    match = _BIRTH.fullmatch(text or "")
    if not match or match[0].startswith("1900-01-01"):
        return ()
    year, month, day = match.groups()
    try:
        born = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return ()
    if not 1890 <= born.year <= 2200:
        return ()
    return tuple("-".join(parts) for parts in ((year,), (year, month), (year, month, day)) if parts[-1])


def normal(name: str | None) -> str:
    """A name without case, accents, spaces, hyphens: "Fatima-Zahrâ" and "FATIMA ZAHRA" are the same."""
    text = name or ""
    if text.isascii() and text.isalnum():
        return text.upper()
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if sign.isalnum()).upper()


def placeholder(value: str) -> bool:
    """Whether a number says nothing: empty, zeros, one digit repeated, X, INCONNU, and so on."""
    bare = normal(value)
    said = bare.replace("0", "")
    if not said.replace("X", "") or bare in _NOBODY:
        return True
    # a CIN of nothing but zeros; P0 or A00 may well be somebody's file number
    if said.isalpha() and len(said) <= 2 and len(bare) - len(said) >= 5:
        return True
    return len(set(bare)) == 1 and len(bare) >= (5 if bare[0] == "9" else 8)


def known_numbers(patient: Patient) -> list[Number]:
    return [number for number in map(known_number, patient.get("identifiers") or ()) if number]


def known_number(identifier: Identifier) -> Number | None:
    """None for what says nothing."""
    system, value = identifier["system"], " ".join((identifier["value"] or "").split())
    if not system or placeholder(value):
        return None
    rank = TEMPORARY if system == temporary.SYSTEM else RANKS.get(system, LOCAL)
    if INS < rank < LOCAL or rank == TEMPORARY:
        value = normal(value)
    shared = system in _SHARED_SYSTEMS or (identifier.get("type") in _SHARED_TYPES and rank != TEMPORARY)
    return Number(system, value, shared, rank)


def _keys(numbers: Sequence[Number], told: Demographics, secret: bytes, personal: Collection[str]) -> list[Key]:
    full = told.birth[2] if len(told.birth) == 3 else ""
    found: list[Key] = []
    incomplete: list[Key] = []
    for system, value, shared, rank in numbers:
        if not shared and rank != CIN:
            found.append(Key(digest(secret, "number", system, value), rank, system in personal))
        elif full and told.given and (shared or _under_age(full)):
            found.append(Key(digest(secret, "relative", system, value, full, told.given), rank))
        elif full and not (shared or _under_age(full)):
            found.append(Key(digest(secret, "holder", system, value, full), rank))
        elif told.given:
            said = (told.family, told.given, told.birth[-1] if told.birth else "", told.sex)
            incomplete.append(Key(digest(secret, "incomplete", system, value, *said), INCOMPLETE))
    return sorted(dict.fromkeys(found), key=lambda key: (not key.personal, key.rank)) or list(dict.fromkeys(incomplete))


def _under_age(birth: str) -> bool:
    """Whether no CIN is required of them (law 04-20: from 18 on)."""
    today = date.today()
    return birth > f"{today.year - 18}-{today.month:02}-{today.day:02}"


def _lent(told: Demographics, known: Demographics) -> Demographics:
    family, given = (told.family, told.given) if told.given else (known.family, known.given)
    return Demographics(told.birth or known.birth, family, given, told.sex or known.sex)


def _name(names: Sequence[HumanName]) -> tuple[str, str]:
    """(family, every given name) of the name in use. All given names: twins may both begin with Mohamed."""
    for human in sorted(names, key=lambda one: one.get("use") in _NOT_NAMES_OF_NOW):
        given = normal("".join(human.get("given") or ()))
        if given and given not in _NAMELESS and set(given) != {"X"} and not given.startswith("BEBE"):
            return normal(human.get("family")), given
    return "", ""
