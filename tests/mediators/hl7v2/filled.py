"""Messages in which every field of every segment says something, each value another: what is not found again was lost.

Segments stand in the order of the standard's message structures (HL7 v2.5.1 to 2.8.2, their repeating groups once).
Codes that decide what a message means (status, class, control) are real ones; all other values are invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from mediators.hl7v2 import standard
from mediators.hl7v2.reader import Hl7

_PATIENT: Final = "PID PD1 ARV NK1"
_VISIT: Final = "PV1 PV2"
_INSURANCE: Final = "GT1 IN1 IN2 IN3"
_ADMISSION: Final = f"EVN {_PATIENT} {_VISIT} ROL DB1 OBX AL1 DG1 DRG PR1 ROL {_INSURANCE} ACC UB1 UB2 PDA"
_ORDER: Final = f"{_PATIENT} NTE AL1 {_VISIT} {_INSURANCE} ORC"
_DRUG: Final = f"{_PATIENT} {_VISIT} {_INSURANCE} AL1 ORC"
_BOOKED: Final = "SCH TQ1 NTE PID PD1 PV1 PV2 OBX DG1 RGS AIS NTE AIG NTE AIL NTE AIP NTE"
_DOCUMENT: Final = "EVN PID PV1 CON ORC TQ1 OBR NTE TXA OBX"
_REFERRAL: Final = f"RF1 AUT CTD PRD CTD {_PATIENT} {_INSURANCE} ACC DG1 DRG AL1 PR1 AUT OBR NTE OBX NTE PV1 PV2 NTE"
_PROBLEM: Final = f"{_PATIENT} {_VISIT} PRB NTE VAR ROL PTH OBX NTE GOL ROL OBX NTE ORC OBR NTE"

# Message type → its segments after MSH
STRUCTURES: Final[dict[str, str]] = {
    **dict.fromkeys(("ADT^A01", "ADT^A03", "ADT^A04", "ADT^A05", "ADT^A08", "ADT^A13", "ADT^A28", "ADT^A31"),
                    _ADMISSION),
    "ADT^A02": f"EVN {_PATIENT} {_VISIT} ROL DB1 OBX PDA",
    **dict.fromkeys(("ADT^A11", "ADT^A12", "ADT^A25", "ADT^A53"), f"EVN {_PATIENT} {_VISIT} DG1"),
    "ADT^A17": f"EVN {_PATIENT} {_VISIT} {_PATIENT} {_VISIT}",
    "ADT^A24": "EVN PID PD1 PV1 PID PD1 PV1",
    **dict.fromkeys(
        ("ADT^A36", "ADT^A40", "ADT^A41", "ADT^A43", "ADT^A45", "ADT^A47", "ADT^A50"), "EVN PID PD1 MRG PV1"
    ),
    "ADT^A60": "EVN PID PV1 PV2 ARV IAM NTE IAM NTE",
    "ORU^R01": f"{_PATIENT} NTE OBX {_VISIT} ORC OBR NTE PRT TQ1 TQ2 CTD OBX PRT NTE FT1 CTI SPM OBX",
    "OUL^R22": f"PID PD1 NTE NK1 OBX {_VISIT} SPM OBX SAC INV ORC OBR NTE TQ1 OBX TCD SID NTE CTI",
    "MDM^T02": _DOCUMENT,
    "ORM^O01": f"{_ORDER} OBR NTE CTD DG1 OBX NTE FT1 CTI",
    "OMG^O19": f"{_ORDER} TQ1 TQ2 OBR NTE CTD DG1 OBX NTE SPM SAC",
    "OML^O21": f"{_ORDER} TQ1 TQ2 OBR TCD NTE CTD DG1 OBX TCD NTE SPM OBX SAC OBX",
    **dict.fromkeys(("OML^O33", "OML^O35"), f"{_PATIENT} {_VISIT} SPM OBX SAC ORC TQ1 OBR NTE DG1 OBX NTE"),
    **dict.fromkeys(("ORR^O02", "ORG^O20", "ORL^O22", "ORI^O24"), "MSA NTE PID NTE ORC TQ1 TQ2 OBR NTE"),
    "ORL^O34": "MSA PID SPM SAC ORC OBR",
    "OMI^O23": f"{_ORDER} TQ1 TQ2 OBR NTE CTD DG1 OBX NTE IPC",
    "OMP^O09": f"{_DRUG} TQ1 TQ2 RXO NTE RXR RXC NTE OBX NTE FT1",
    "RDE^O11": f"{_DRUG} TQ1 TQ2 RXO NTE RXR RXC NTE RXE NTE TQ1 RXR RXC OBX NTE CTI",
    "RDS^O13": f"{_DRUG} TQ1 RXO NTE RXR RXC RXE NTE TQ1 RXR RXC RXD NTE RXR RXC OBX NTE FT1",
    "RAS^O17": f"{_DRUG} TQ1 RXO NTE RXR RXC RXE TQ1 RXR RXC RXA RXR OBX NTE CTI",
    "RGV^O15": f"{_DRUG} TQ1 RXO NTE RXR RXC RXE TQ1 RXR RXC RXG TQ1 RXR RXC OBX NTE",
    "ORP^O10": "MSA PID NTE ORC TQ1 RXO NTE RXR RXC",
    "RRE^O12": "MSA PID NTE ORC TQ1 RXE NTE RXR RXC",
    "RRD^O14": "MSA PID ORC TQ1 RXD NTE RXR RXC",
    "RRA^O18": "MSA PID ORC TQ1 RXA RXR",
    "RRG^O16": "MSA PID ORC TQ1 RXG RXR RXC",
    "VXU^V04": f"PID PD1 NK1 {_VISIT} {_INSURANCE} ORC TQ1 RXA RXR OBX NTE",
    "SIU^S12": _BOOKED,
    "DFT^P03": f"EVN PID PD1 ROL {_VISIT} DB1 ORC TQ1 OBR NTE OBX NTE FT1 NTE PR1 ROL DG1 DRG {_INSURANCE} ACC",
    "BAR^P01": f"EVN PID PD1 ROL {_VISIT} DB1 OBX AL1 DG1 DRG PR1 ROL {_INSURANCE} ACC UB1 UB2",
    "REF^I12": _REFERRAL,
    "RRI^I12": f"MSA {_REFERRAL}",
    "PPR^PC1": _PROBLEM,
}  # fmt: skip

# Fields whose code decides what the message means
REAL: Final[dict[str, str]] = {
    "PID-8": "F", "PID-24": "Y", "PID-25": "2", "PID-30": "Y", "PV1-2": "I", "ORC-1": "NW", "ORC-5": "IP",
    "OBR-24": "CH", "OBR-25": "F", "OBX-2": "ST", "OBX-11": "F", "TXA-2": "DS", "TXA-17": "AU", "TXA-19": "AV",
    "SCH-25": "Booked", "FT1-6": "CG", "RXA-9": "00^New immunization record^NIP001", "RXA-20": "CP", "RXA-21": "A",
    "IAM-6": "A", "PRB-1": "AD", "GOL-1": "AD", "PTH-1": "AD", "RF1-1": "A", "AL1-2": "DA", "AL1-4": "SV",
    "SCH-10": "min", "AIS-6": "min", "AIS-8": "min", "AIG-10": "min", "AIG-13": "min", "AIL-8": "min", "AIL-11": "min",
    "AIP-8": "min", "AIP-11": "min", "IN1-17": "SEL", "DG1-6": "A", "NK1-15": "M", "GT1-9": "M", "IN1-43": "F",
}  # fmt: skip
# Fields of the exchange itself, or told by the order of the events, and those of other formats
_EXCHANGE: Final = re.compile(r"[A-Z0-9]{3}-1|OBX-4|PID-2|MRG-[23]")


@dataclass(slots=True)
class Filled:
    """A message, and the values put into it: place ("PV2-7.1") → the value as it must be found again."""

    body: bytes
    told: dict[str, str] = field(default_factory=dict)


def filled(type_: str, version: str = "2.8", *, twice: bool = False) -> Filled:
    """A message of this type with every field filled. Values are told once each; codes of REAL are not counted.

    `twice`: every field repeats with another value, whether the standard lets it or not; those are "~PV1-3".
    """
    made = Filled(b"")
    counter = iter(range(1, 100_000))
    counts: dict[str, int] = {}
    again: dict[str, str] = {}
    lines = [rf"MSH|^~\&|LABO|CHU|WASL|HIE|20240312103000+0100||{type_}|C-17|P|{version}"]
    for name in STRUCTURES[type_].split():
        counts[name] = counts.get(name, 0) + 1
        line = _segment(name, counts[name], made.told, counter)
        lines.append(_again(line, _segment(name, counts[name], again, counter)) if twice else line)
    made.told |= {f"~{place}": value for place, value in again.items()}
    made.body = "\r".join(lines).encode()
    assert Hl7.read(made.body).type == type_
    return made


def missing(made: Filled, said: Any) -> list[str]:
    """The places whose value is nowhere in what is said. What is unmapped does not count as kept."""
    blob = "\0".join(_texts(said))
    return [place for place, value in made.told.items() if value not in blob]


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, one in node.items():
            if name != "unmapped":
                yield from _texts(one)
    elif isinstance(node, list | tuple):
        for one in node:
            yield from _texts(one)
    elif node is not None and not isinstance(node, bool | bytes):
        yield str(node)


def _segment(name: str, index: int, told: dict[str, str], counter: Iterator[int]) -> str:
    fields = [name]
    for number in range(1, 100):
        named = standard.field(name, number)
        if named is None:
            if number > 1 and all(standard.field(name, one) is None for one in range(number, number + 4)):
                break
            fields.append("")
            continue
        at = f"{name}-{number}"
        if at in REAL or (number == 1 and named.type in ("SI", "CWE", "ID") and at in REAL):
            fields.append(REAL[at])
        elif named.type == "SI" or at in ("OBX-4", "PID-2"):
            fields.append(str(index))
        else:
            place = at if index == 1 else f"{name}[{index}]-{number}"
            fields.append(_value("ST" if named.type == "varies" else named.type, place, told, counter, "^"))
    return "|".join(fields)


def _again(line: str, other: str) -> str:
    pairs = zip(line.split("|"), other.split("|"), strict=True)
    return "|".join(first if first == second else f"{first}~{second}" for first, second in pairs)


_CODED: Final = frozenset(("CE", "CWE", "CNE", "CF"))
# Components that name the type of what stands beside them, or that FHIR says in words of its own
_WORDS: Final[dict[str, dict[int, str]]] = {
    "XPN": {7: "L", 8: "A", 11: "F"},
    "XAD": {7: "H", 11: "A"},
    "XTN": {2: "PRN", 3: "PH"},
    "XCN": {10: "L", 15: "A", 18: "F"},
    "HD": {3: "L"},
    "EI": {4: "L"},
}


def _value(kind: str, place: str, told: dict[str, str], counter: Iterator[int], separator: str) -> str:
    number = next(counter)
    if kind in ("DT", "DTM", "TS"):
        year, month, day = 1900 + number % 120, 1 + number % 12, 1 + number % 28
        told[place] = f"{year}-{month:02d}-{day:02d}"
        return f"{year}{month:02d}{day:02d}"
    if kind == "TM":
        return "1015"
    if kind in ("NM", "SNM", "SI"):
        told[place] = str(70_000 + number)
        return told[place]
    components = standard.components(kind)
    if not components or not separator:
        told[place] = f"v{number}x"
        return told[place]
    below = "&" if separator == "^" else ""
    if kind in _CODED:
        shown = [f"v{number}c", f"v{number}d", f"L{number}s"]
        told[f"{place}.1"], told[f"{place}.2"], told[f"{place}.3"] = shown
        return separator.join(shown)
    parts = []
    for position, one in enumerate(components, 1):
        if one is None:
            parts.append("")
        elif (word := _WORDS.get(kind, {}).get(position)) is not None:
            parts.append(word)
        else:
            parts.append(_value(one.type, f"{place}.{position}", told, counter, below))
    return separator.join(parts)
