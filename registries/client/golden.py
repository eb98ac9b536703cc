"""The golden record: what is believed of a person, out of what every source said.

Computed, never kept: the source records stay as they came, so a link undone gives each side its own record again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

import orjson

from registries.client.keys import INS, LOCAL, RANKS, birth_levels, demographics, normal, placeholder, unidentified
from registries.client.saying import withdrawn
from registries.client.survivorship import BESIDE, CHOOSABLE, FIELDS, GATHERED, UNANIMOUS, Trust
from schemas.events import HumanName, Identifier, Patient

_YEAR_ONLY = ("-01-01", "-12-31")
_GROUPS = {name: (name, *BESIDE.get(name, ())) for name in FIELDS}
_NOT_IN_USE = frozenset({"old", "maiden", "nickname", "anonymous", "temp"})


class Said(Protocol):
    """What one source says of a patient (`records.SourceRecord`)."""

    @property
    def id(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def at(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def patient(self) -> Patient: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """A steward's word on one field: that of `record`, or `value` as a Patient has it. Of two, the later counts."""

    field: str
    at: int
    record: int = 0
    value: Any = None


class Number(NamedTuple):
    """An identifier, and the records that carry it."""

    identifier: Identifier
    records: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Golden:
    """`sources`: field → the record it came from, 0 for a steward's own value. A field of which several may be true
    names the best one's. Names in another script or use stand as "names.arabic", "names.latin.maiden"."""

    patient: Patient
    sources: Mapping[str, int]
    numbers: tuple[Number, ...]


def golden(records: Iterable[Said], trust: Trust | None = None, choices: Iterable[Choice] = ()) -> Golden:
    """One record out of all that belong to a person, whatever their order. A choice whose record is not among them, or
    says nothing of the field any more, does not count. A record that its source took back says nothing; where all were
    taken back they say who it was, without a number."""
    every = sorted(records, key=lambda record: record.id)
    standing = [record for record in every if not withdrawn(record.patient)]
    weighed = _Weighed(standing or every, trust or Trust())
    chosen = _chosen(choices)
    mentioned = {name for record in weighed.records for name in record.patient}
    patient: dict[str, Any] = {}
    sources: dict[str, int] = {}
    for name in FIELDS:
        choice = chosen.get(name) if name in CHOOSABLE else None
        if choice and choice.value is not None:
            patient[name], sources[name] = choice.value, 0
        elif mentioned.isdisjoint(_GROUPS[name]):
            continue
        elif told := weighed.best_first(name, choice.record if choice else 0):
            _settle(patient, sources, name, told, only=bool(choice and told[0].id == choice.record))
    patient.update(weighed.unanimous())
    if not standing:
        patient.pop("identifiers", None)
    numbers = _numbers(weighed.best_first("identifiers")) if standing else ()
    return Golden(cast(Patient, patient), sources, numbers)


def said(patient: Patient, name: str) -> dict[str, Any]:
    """The field, and what only means something beside it, as far as told."""
    told = cast(Mapping[str, Any], patient)
    return {one: told[one] for one in _GROUPS[name] if told.get(one) not in (None, "", [], {})}


def _chosen(choices: Iterable[Choice]) -> dict[str, Choice]:
    return {choice.field: choice for choice in sorted(choices, key=lambda choice: choice.at)}


def _settle(patient: dict[str, Any], sources: dict[str, int], name: str, told: Sequence[Said], *, only: bool) -> None:
    sources[name] = told[0].id
    if name == "names":
        patient[name] = _names(told, sources)
    elif name in GATHERED:
        patient[name] = _gathered(name, told[:1] if only else told)
    else:
        patient.update(said(told[0].patient, name))


class _Weighed(NamedTuple):
    records: Sequence[Said]
    trust: Trust

    def best_first(self, name: str, chosen: int = 0) -> list[Said]:
        """The records that tell the field; what is only a guess or a filler last."""
        told = [record for record in self.records if said(record.patient, name)]
        return sorted(told, key=lambda record: (record.id != chosen, *self._weight(name, record))) if told[1:] else told

    def _weight(self, name: str, record: Said) -> tuple[int, ...]:
        complete = _complete(name, record.patient)
        weights = {
            "trust": (self.trust.rank(name, record.source, record.channel),),
            "newest": (-record.version, -record.at),
            "complete": (-complete,),
        }
        guessed = unidentified(record.patient)
        return (complete == 0, guessed, *(part for one in self.trust.criteria(name) for part in weights[one]))

    def unanimous(self) -> dict[str, bool]:
        told = [cast(Mapping[str, Any], record.patient) for record in self.records]
        return {
            name: value for name, value in UNANIMOUS.items() if told and all(one.get(name) is value for one in told)
        }


def _complete(name: str, patient: Patient) -> int:
    """How much a field says; 0 for a filler ("BEBE", 1900-01-01, an unknown sex)."""
    if name == "names":
        return max(map(_named, patient.get("names") or ()), default=0)
    if name == "mother_name":
        return _named(patient.get("mother_name") or HumanName())
    if name == "birth_date":
        levels = birth_levels(patient.get("birth_date"))
        # most who do not know their day of birth were given one of these two
        return 1 if len(levels) == 3 and levels[-1].endswith(_YEAR_ONLY) else len(levels)
    if name == "sex":
        return int(patient.get("sex") in ("male", "female", "other"))
    return _leaves(list(said(patient, name).values())) + (name == "multiple_birth" or name == "deceased")


def _named(name: HumanName) -> int:
    if not name.get("given"):
        return not placeholder(name.get("family") or name.get("text") or "")
    told = demographics(Patient(names=[name]))
    return bool(told.given) + bool(told.given and told.family)


def _leaves(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(map(_leaves, value.values()))
    if isinstance(value, list):
        return sum(map(_leaves, value))
    return bool(value)


def _names(told: Sequence[Said], sources: dict[str, int]) -> list[HumanName]:
    """The best record's names, and of each other script and use those of the best record that has some."""
    groups: dict[tuple[str, str], tuple[int, list[HumanName]]] = {}
    for record in told:
        own: dict[tuple[str, str], list[HumanName]] = {}
        for name in record.patient.get("names") or ():
            if _named(name) or not groups:
                own.setdefault(_kind(name), []).append(name)
        for kind, names in own.items():
            groups.setdefault(kind, (record.id, names))
    ordered = sorted(groups.items(), key=lambda group: bool(group[0][1]))
    for (script, use), (record_id, _) in ordered[1:]:
        sources[".".join(filter(None, ("names", script, use)))] = record_id
    return [name for _, (_, names) in ordered for name in names]


def _kind(name: HumanName) -> tuple[str, str]:
    """(script, use); "" is the use of today."""
    told = "".join((name.get("family") or "", *(name.get("given") or ()), name.get("text") or ""))
    sign = next((sign for sign in told if sign.isalpha()), "A")
    use = name.get("use") or ""
    return unicodedata.name(sign, "LATIN").split()[0].lower(), use if use in _NOT_IN_USE else ""


def _gathered(name: str, told: Sequence[Said]) -> list[Any]:
    """Every value once; what the best record leaves out of it is filled in from the next."""
    found: dict[Any, dict[str, Any]] = {}
    key: Callable[[Any], Any] = _KEYS.get(name, _whole)
    for record in told:
        for value in said(record.patient, name)[name]:
            if (one := key(value)) is not None:
                found[one] = {**value, **_told(found.get(one) or {})}
    return list(found.values())


def _told(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if one not in (None, "", [], {})}


def _number(identifier: Identifier) -> tuple[str, str] | None:
    system, value = identifier["system"], " ".join((identifier["value"] or "").split())
    if placeholder(value):
        return None
    return system, normal(value) if RANKS.get(system, LOCAL) not in (LOCAL, INS) else value


def _telecom(telecom: Mapping[str, Any]) -> tuple[str, str] | None:
    value = telecom.get("value") or ""
    digits = "".join(filter(str.isdigit, value))
    if "@" in value or len(digits) < 8:
        return (telecom.get("system") or "", value.casefold().strip()) if value.strip() else None
    return "", digits[-9:]  # +212 6…, 00212 6… and 06… are one number


def _contact(contact: Mapping[str, Any]) -> Any:
    who = [demographics(Patient(names=[name])) for name in contact.get("names") or ()]
    relationship = contact.get("relationship") or {}
    what = [coding.get("code") for coding in relationship.get("codings") or ()] or [relationship.get("text")]
    return (tuple(who), tuple(what)) if who else _whole(contact)


def _whole(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


_KEYS: Mapping[str, Callable[[Any], Any]] = {"identifiers": _number, "telecoms": _telecom, "contacts": _contact}


def _numbers(told: Sequence[Said]) -> tuple[Number, ...]:
    carriers: dict[tuple[str, str], list[int]] = {}
    for record in told:
        for identifier in record.patient.get("identifiers") or ():
            if (key := _number(identifier)) is not None:
                carriers.setdefault(key, []).append(record.id)
    identifiers = _gathered("identifiers", told)
    records = (tuple(dict.fromkeys(carriers[cast(Any, _number(one))])) for one in identifiers)
    return tuple(Number(one, its) for one, its in zip(identifiers, records, strict=True))
