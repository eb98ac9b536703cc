"""What type a message is: MSH-9 in whatever spelling, else what its segments leave no doubt of (HL7 tables 0076, 0003).

Ours, for the standard knows no message without a type: EVN-1 tells before the segments do; a trigger event alone tells
its type; a type alone the trigger event that its segments fit. Where that would be a guess that can harm, nothing is
told: an ADT without an event may be a cancellation, one with an MRG may join two persons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Protocol


class _Segment(Protocol):
    name: str

    def text(self, number: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str: ...


_CODE: Final = re.compile(r"[A-Z][A-Z0-9]{2,}")
_TRIGGER: Final = re.compile(r"[A-Z][0-9]{2}|PC[1-9A-L]")
_SHORT: Final = re.compile(r"[A-Z][0-9]")
_TIME: Final = re.compile(r"[0-9]{8}")
_TOGETHER: Final = re.compile(r"([A-Z]{3})([A-Z][0-9]{2})")

# Trigger events that only one message type is sent for
_OF: Final[Mapping[str, str]] = MappingProxyType(
    {f"A{number:02}": "ADT" for number in range(1, 63)}
    | {f"T{number:02}": "MDM" for number in range(1, 12)}
    | {f"S{number}": "SIU" for number in range(12, 27)}
    | {f"PC{number}": "PPR" for number in (1, 2, 3)}
    | dict.fromkeys(("P03", "P11"), "DFT")
    | dict.fromkeys(("P01", "P02", "P05", "P06", "P10", "P12"), "BAR")
    | dict.fromkeys(("R01", "R30", "R31", "R32", "R40"), "ORU")
    | dict.fromkeys(("R21", "R22", "R23", "R24"), "OUL")
    | dict.fromkeys(("O11", "O25"), "RDE")
    | dict.fromkeys(("O21", "O33", "O35"), "OML")
    | {"V04": "VXU", "O09": "OMP", "O13": "RDS", "O15": "RGV", "O17": "RAS", "O19": "OMG", "O23": "OMI"}
)
# The trigger event of a type that has but one for what is told anew
_ONLY: Final = {
    "ORU": "R01", "ORM": "O01", "OMG": "O19", "OMI": "O23", "OMP": "O09", "RDE": "O11", "RDS": "O13", "RGV": "O15",
    "RAS": "O17", "VXU": "V04", "DFT": "P03", "REF": "I12",
}  # fmt: skip
# Segments that only one type begins with, in the order they are asked for; table 0278 of SCH-25, actions of PRB-1
_TELLING: Final = {"TXA": "MDM", "SCH": "SIU", "RF1": "REF", "PRB": "PPR", "RXD": "RDS", "RXG": "RGV"}
_STATUS: Final = {"CANCELLED": "S15", "CANCELED": "S15", "DELETED": "S17", "NOSHOW": "S26"}
_ACTION: Final = {"AD": "PC1", "UP": "PC2", "UC": "PC2", "CO": "PC2", "DE": "PC3"}


def kind(said: str, segments: Sequence[_Segment]) -> str:
    """ "ORU^R01" of a field MSH-9 and the segments of its message; the type alone, or "", where no more is told."""
    code, trigger, structure = spelled(said)
    if code and trigger:
        return f"{code}^{trigger}"
    event = _event(segments)
    code = code or _OF.get(event, "") or _inferred(segments)
    if event and _OF.get(event) == code:
        return f"{code}^{event}"
    told = structure or (_FITTING[code](segments) if code in _FITTING else _ONLY.get(code, ""))
    return f"{code}^{told}".rstrip("^")


@lru_cache(maxsize=256)
def spelled(said: str) -> tuple[str, str, str]:
    """Code, trigger and the structure's trigger in whatever spelling: ORU^R01, ORU~R01, oru_r01, ORU^^ORU_R01, R01."""
    parts = re.split(r"[^A-Z0-9]", said.strip().upper())
    if together := _TOGETHER.fullmatch(parts[0]):
        parts[:1] = together.groups()
    structure = parts[-1] if _TRIGGER.fullmatch(parts[-1]) else ""
    told = [part for part in parts if part]
    if told and told[0] in _OF:
        return _OF[told[0]], told[0], structure
    if not parts[0] and len(told) == 2:
        return told[0], "", structure
    if not _CODE.fullmatch(parts[0]):
        return "", "", ""
    trigger = parts[1] if len(parts) > 1 else ""
    if _SHORT.fullmatch(trigger):
        trigger = f"{trigger[0]}0{trigger[1]}"
    if not _CODE.fullmatch(trigger) or trigger == parts[0]:
        trigger = ""
    return parts[0], trigger, structure


def put_right(fields: list[str], separator: str) -> int:
    """Moves the fields of an MSH back to their places when a message type, known by its form, shows that one or two are
    missing before it, or that there is one too many. How many were missing; -1 for one too many."""
    if len(fields) < 9 or (len(fields) > 9 and _is_whole(fields[9], separator)):
        return 0
    at = next((number for number in (8, 10, 7) if number < len(fields) and _is_whole(fields[number], separator)), 9)
    if at < 9:
        # of the names before the time the receiver's is the one left out most often
        gap = next((number for number in range(3, at - 1) if _TIME.match(fields[number])), at)
        fields[gap:gap] = [""] * (9 - at)
    elif at > 9:
        surplus = 7 if _TIME.match(fields[8]) else next((number for number in range(9, 2, -1) if not fields[number]), 9)
        if extra := fields.pop(surplus):
            if fields[8]:
                fields.append(extra)
            else:
                fields[8] = extra
    return 9 - at


def _is_whole(said: str, separator: str) -> bool:
    code, _, rest = said.partition(separator)
    return len(code) == 3 and code.isalpha() and _TRIGGER.fullmatch(rest.partition(separator)[0].upper()) is not None


def _event(segments: Sequence[_Segment]) -> str:
    """EVN-1, the trigger event of a message with an EVN."""
    evn = next((segment for segment in segments if segment.name == "EVN"), None)
    event = evn.text(1).strip().upper() if evn is not None else ""
    return event if _TRIGGER.fullmatch(event) else ""


def _inferred(segments: Sequence[_Segment]) -> str:
    first: dict[str, _Segment] = {}
    for segment in segments:
        first.setdefault(segment.name, segment)
    for name, code in _TELLING.items():
        if name in first:
            return code
    if "RXA" in first:
        return _given(first)
    if "RXE" in first or "RXO" in first:
        return "RDE" if "RXE" in first else "OMP"
    ordered = "ORC" in first and first["ORC"].text(1).strip().upper() not in ("", "RE")
    if "FT1" in first:
        return "" if "ORC" in first or "OBR" in first else "DFT"
    if ordered and "OBR" in first:
        return "OML" if "SPM" in first else "ORM"
    if {"SPM", "OBR"} <= first.keys() and _before("SPM", "OBR", first):
        return "OUL"
    reported = "OBX" in first or ("OBR" in first and first["OBR"].text(25).strip())
    return "ORU" if reported and "EVN" not in first and not ordered else ""


def _before(name: str, other: str, first: Mapping[str, _Segment]) -> bool:
    names = list(first)
    return names.index(name) < names.index(other)


def _given(first: Mapping[str, _Segment]) -> str:
    """A vaccine is told with its own codes, or without any order; a medicine with what was ordered."""
    if "RXE" in first or "RXO" in first:
        return "RAS"
    vaccine = any(first["RXA"].text(5, system).strip().upper() in ("CVX", "HL70292", "292") for system in (3, 6))
    return "VXU" if vaccine or "ORC" not in first else ""


def _of_document(segments: Sequence[_Segment]) -> str:
    return "T02" if any(segment.name == "OBX" for segment in segments) else "T01"


def _of_appointment(segments: Sequence[_Segment]) -> str:
    sch = next((segment for segment in segments if segment.name == "SCH"), None)
    return _STATUS.get(sch.text(25).strip().upper() if sch is not None else "", "S12")


def _of_problem(segments: Sequence[_Segment]) -> str:
    prb = next((segment for segment in segments if segment.name == "PRB"), None)
    return _ACTION.get(prb.text(1).strip().upper() if prb is not None else "", "")


def _of_specimens(segments: Sequence[_Segment]) -> str:
    """By order, by specimen or by container: which of ORC, SPM and SAC comes first."""
    names = [segment.name for segment in segments if segment.name in ("ORC", "OBR", "SPM", "SAC")]
    return "O21" if names[:1] != ["SPM"] else "O35" if names[1:2] == ["SAC"] else "O33"


def _of_results(segments: Sequence[_Segment]) -> str:
    names = [segment.name for segment in segments if segment.name in ("OBR", "SPM", "SAC")]
    return "R22" if names[:1] == ["SPM"] else ""


_FITTING: Final[dict[str, Callable[[Sequence[_Segment]], str]]] = {
    "MDM": _of_document,
    "SIU": _of_appointment,
    "PPR": _of_problem,
    "OML": _of_specimens,
    "OUL": _of_results,
}
