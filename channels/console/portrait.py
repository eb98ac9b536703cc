"""A patient as the stewards' pages show them: field by field, what was said, and by which source records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from channels.console.care_sheets import SYSTEMS
from channels.console.masks import DOT, Masks
from channels.console.words import N_, SEX, USE
from registries.client.keys import SYSTEM
from registries.client.survivorship import BESIDE, FIELDS
from schemas import temporary
from schemas.events import Patient

NUMBERS = "identifiers"
# The order of the eye; what is not here comes after, as the event has it.
FIRST = ("names", "birth_date", "sex", NUMBERS, "telecoms", "addresses", "mother_name", "multiple_birth", "deceased")
ORDER = (*FIRST, *(name for name in FIELDS if name not in FIRST))
LABELS: Mapping[str, str] = {
    "names": N_("Names"),
    "birth_date": N_("Birth date"),
    "sex": N_("Sex"),
    "telecoms": N_("Phones and mail"),
    "addresses": N_("Addresses"),
    "mother_name": N_("Mother’s name"),
    "multiple_birth": N_("Twin, order of birth"),
    "deceased": N_("Deceased"),
    "mother_identifiers": N_("Mother’s numbers"),
    "birth_place": N_("Birth place"),
    "marital_status": N_("Marital status"),
    "nationality": N_("Nationality"),
    "language": N_("Language"),
    "religion": N_("Religion"),
    "contacts": N_("Relatives and contacts"),
    "general_practitioners": N_("General practitioners"),
    "managing_organization": N_("Managing facility"),
    "account": N_("Account"),
    "notes": N_("Notes"),
}
_USELESS = frozenset({"system", "use", "type", "mapped", "oid", "value_set", "version", "equivalence", "id", "rank"})


class Said(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def patient(self) -> Patient: ...


@dataclass(frozen=True, slots=True)
class Told:
    """A patient whom no record told."""

    id: int
    patient: Patient


@dataclass(frozen=True, slots=True)
class Value:
    """`note` is a word to translate; `records` say so; `hidden` where only the end of a number is shown. `key` tells
    values apart that look alike."""

    text: str
    note: str = ""
    records: tuple[int, ...] = ()
    hidden: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """`system` for a kind of number, whose `label` may be one that no catalogue has."""

    name: str
    label: str
    values: tuple[Value, ...]
    system: str = ""

    @property
    def hidden(self) -> bool:
        return any(value.hidden for value in self.values)


def portrait(records: Iterable[Said], masks: Masks) -> list[Field]:
    """Every field that a record tells, each value once."""
    found: dict[tuple[str, str], dict[str, Value]] = {}
    for record in records:
        for name in ORDER:
            for system, value in _values(record.patient, name, masks):
                values = found.setdefault((name, system), {})
                known = values.get(value.key, value)
                values[value.key] = Value(known.text, known.note, (*known.records, record.id), value.hidden, value.key)
    ordered = sorted(found, key=lambda one: (ORDER.index(one[0]), _rank(one[1]), one[1]))
    return [Field(name, _label(name, system), tuple(found[name, system].values()), system) for name, system in ordered]


def plain(system: str) -> str:
    """A system or source as people call it."""
    return system.removeprefix("urn:id:").removeprefix(SYSTEM).strip("|").replace("|", " · ")


def _rank(system: str) -> int:
    known = list(SYSTEMS)
    return known.index(system) if system in known else len(known)


def _label(name: str, system: str) -> str:
    return SYSTEMS.get(system, plain(system)) if system else LABELS.get(name, name.replace("_", " "))


def _values(patient: Patient, name: str, masks: Masks) -> Iterator[tuple[str, Value]]:
    """(system, value), the system for numbers only."""
    told = cast(Mapping[str, Any], patient).get(name)
    if name == NUMBERS:
        for one in told or ():
            system, value = one["system"], str(one["value"])
            shown = masks.shown(system, value)
            note = USE.get(one.get("use") or "", "") if system == temporary.SYSTEM else ""
            yield system, Value(shown, note, hidden=shown != value, key=" ".join(value.split()).upper())
    elif name in BESIDE:
        beside = [cast(Mapping[str, Any], patient).get(one) for one in BESIDE[name]]
        if told not in (None, ""):
            word = SEX.get(str(told), str(told)) if name == "sex" else N_("yes") if told else N_("no")
            more = " ".join(str(one) for one in beside if one not in (None, "") and name != "sex")
            yield "", Value(more, word, key=f"{told}|{more}")
    else:
        for one in told if isinstance(told, list) else [told]:
            text = _SAID.get(name, _plain)(one, masks) if one not in (None, "", [], {}) else ""
            if text:
                use = USE.get(one.get("use") or "", "") if isinstance(one, Mapping) else ""
                yield "", Value(text, use, hidden=DOT in text, key=f"{text.casefold()}|{use}")


def human(name: Mapping[str, Any]) -> str:
    told = " ".join([*(name.get("given") or ()), name.get("family") or ""]).strip()
    return told or name.get("text") or ""


def _address(one: Mapping[str, Any]) -> str:
    town = " ".join(filter(None, (one.get("postal_code"), one.get("city") or one.get("district"))))
    return ", ".join(filter(None, (*(one.get("lines") or ()), town, one.get("state"), one.get("country"))))


def _plain(one: Any, masks: Masks) -> str:
    """Whatever it is, in one line: what tells something, without the codes beside it."""
    return " · ".join(dict.fromkeys(_leaves(one, masks)))


def _leaves(one: Any, masks: Masks) -> Iterator[str]:
    if isinstance(one, list):
        for part in one:
            yield from _leaves(part, masks)
    elif isinstance(one, Mapping):
        if one.get("system") and one.get("value"):
            yield masks.shown(str(one["system"]), str(one["value"]))
        elif one.get("family") or one.get("given"):
            yield human(one)
        elif one.get("codings"):
            coding = one["codings"][0]
            yield one.get("text") or coding.get("display") or coding.get("code") or ""
        else:
            for name, part in one.items():
                if name not in _USELESS:
                    yield from _leaves(part, masks)
    elif one not in (None, ""):
        yield str(one)


_SAID: Mapping[str, Callable[[Any, Masks], str]] = {
    "names": lambda one, _: human(one),
    "mother_name": lambda one, _: human(one),
    "addresses": lambda one, _: _address(one),
    "telecoms": lambda one, _: one.get("value") or "",
}
