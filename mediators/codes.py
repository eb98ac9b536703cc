"""Local code → standard code, with where it came from; and which codes of an event are clinical facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from mediators.systems import coding_system, is_standard
from schemas.events import Code, Coding
from schemas.message import Issue

LOINC = "http://loinc.org"
COLUMNS = ("system", "code", "standard_system", "standard_code", "display", "equivalence")
ANY: Final = "*"
_REQUIRED = ("code", "standard_system", "standard_code")
# Words of FHIR's ConceptMap: what the standard code means beside the local one
EQUIVALENCES: Final = ("equal", "equivalent", "wider", "narrower", "inexact")
_SAME: Final = frozenset({"", "equal", "equivalent"})

# What of an event is a clinical code, whose translation somebody will look for: these are on the work list …
_LISTED: Final = ("code", "medication", "prescribed", "vaccine", "reasons", "reason", "indications")
# … these are only translated where a table has them
_TRANSLATED: Final = (
    "site", "route", "method", "methods", "form", "type", "unit", "quantity_unit", "dose_unit", "rate_unit",
    "strength_unit", "services", "kind", "category", "goals", "device", "instructions", "refusals",
)  # fmt: skip
# … and these hold more of them
_PARTS: Final = (
    "results", "observations", "specimens", "order", "orders", "diagnoses", "procedures", "allergies",
    "ingredients", "dosages", "encounter", "resources",
)  # fmt: skip
_WITHOUT_TABLE: Final = {**dict.fromkeys(_LISTED, 1), **dict.fromkeys(_PARTS, 3), "values": 4}
_WALK: Final = {**_WITHOUT_TABLE, **dict.fromkeys(_TRANSLATED, 2)}


@dataclass(frozen=True, slots=True)
class Codes:
    """Translations of a channel: (system, code) → the standard coding, already carrying `mapped`."""

    table: Mapping[tuple[str, str], Coding] = field(default_factory=dict)

    @staticmethod
    def of(rows: Iterable[Mapping[str, str]], source: str) -> tuple[Codes, list[Issue]]:
        """A table from rows with the columns of COLUMNS; bad rows are left out and told, by line (1 is the header).

        Systems may be given by name (LN, SCT, HL7nnnn) or URI; an empty `system` is for codes sent without one, `*` for
        codes of any. Each translation says where it came from: `mapped` is "<source> line n". `equivalence` is what the
        standard code means beside the local one (wider, narrower, …); empty means the same.
        """
        table: dict[tuple[str, str], Coding] = {}
        issues: list[Issue] = []
        for line, row in enumerate(rows, start=2):
            cell = {name: (row.get(name) or "").strip() for name in COLUMNS}
            missing = [name for name in _REQUIRED if not cell[name]]
            if missing:
                issues.extend(_missing(line, name) for name in missing)
                continue
            if cell["equivalence"] and cell["equivalence"] not in EQUIVALENCES:
                issues.append(_unequal(line))
                continue
            system = ANY if cell["system"] == ANY else coding_system(cell["system"]) or ""
            coding = _standard(cell, f"{source} line {line}")
            first = table.setdefault((system, cell["code"]), coding)
            if (first.get("system"), first.get("code")) != (coding.get("system"), coding.get("code")):
                issues.append(_conflict(line, first.get("mapped") or ""))
        return Codes(table), issues

    def knows(self, system: str, code: str) -> Coding | None:
        """The translation of a code."""
        return self.table.get((system, code)) or self.table.get((ANY, code))

    def translate(self, code: Code, unknown: list[str]) -> Code:
        """Adds the standard coding beside the codes as sent; never replaces, and asked again changes nothing.

        A code without one goes to `unknown` as "system|code", unless its system is a standard itself.
        """
        codings = code.get("codings") or []
        for coding in codings:
            if coding.get("system") == LOINC and coding.get("equivalence") in (None, *_SAME):
                code["loinc"] = coding.get("code")
                return code
        if any(coding.get("mapped") for coding in codings):
            return code
        for coding in codings if self.table else ():
            if found := self.knows(coding.get("system") or "", coding.get("code") or ""):
                codings.append(found)
                return self.translate(code, unknown)
        if codings and not any(is_standard(coding.get("system") or "") for coding in codings):
            unknown.append(f"{codings[0].get('system') or ''}|{codings[0].get('code') or ''}")
        return code

    def complete(self, event: Mapping[str, Any]) -> dict[str, str]:
        """Translates every clinical code of an event; those without a translation, each with its display as sent."""
        unknown: dict[str, str] = {}
        found: list[tuple[bool, Code]] = []
        _gather(event, found, _WALK if self.table else _WITHOUT_TABLE)
        for listed, code in found:
            if code.get("loinc"):
                continue
            missing: list[str] = []
            self.translate(code, missing)
            if listed and missing and worth_listing(missing[0]):
                unknown.setdefault(missing[0], shown(code))
        return unknown


def _gather(part: Mapping[str, Any], found: list[tuple[bool, Code]], walk: Mapping[str, int]) -> None:
    """The clinical codes of an event or a part of one, and whether each belongs on the work list."""
    for key, value in part.items():
        kind = walk.get(key)
        if not kind or not value:
            continue
        for one in value if isinstance(value, list) else (value,):
            if not isinstance(one, dict):
                break
            if kind == 3:
                _gather(one, found, walk)
            elif kind == 4:
                _gather_answer(one, found)
            else:
                found.append((kind == 1, cast(Code, one)))


def _gather_answer(value: Mapping[str, Any], found: list[tuple[bool, Code]]) -> None:
    """A coded answer. Without a system it may be anything that was written about somebody: it is not listed."""
    if code := value.get("code"):
        found.append((any(coding.get("system") for coding in code.get("codings") or ()), code))


def worth_listing(unknown: str) -> bool:
    """Whether this is a code at all: some senders write a sentence in its place, which may be about somebody."""
    code = unknown.rpartition("|")[2]
    return 0 < len(code) <= 40 and not any(one.isspace() for one in code)


def shown(code: Code) -> str:
    """How the sender calls a code of a system; without one there is only what was written about this patient."""
    for coding in (code.get("codings") or ())[:1]:
        if coding.get("system"):
            return (coding.get("display") or "")[:100]
    return ""


def _standard(cell: Mapping[str, str], mapped: str) -> Coding:
    coding: Coding = {
        "system": coding_system(cell["standard_system"]),
        "code": cell["standard_code"],
        "display": cell["display"] or None,
        "mapped": mapped,
    }
    if cell["equivalence"] not in _SAME:
        coding["equivalence"] = cell["equivalence"]
    return coding


def _missing(line: int, column: str) -> Issue:
    return Issue(
        at=f"line {line}, {column}",
        reason="required",
        text=f"the column {column} is empty",
        remedy=f"write a value in {column}, or remove the line",
        line=line,
        column=column,
    )


def _unequal(line: int) -> Issue:
    return Issue(
        at=f"line {line}, equivalence",
        reason="unknown-code",
        text="this says nothing of how the two codes compare",
        remedy=f"write one of {', '.join(EQUIVALENCES)}, or nothing where they mean the same",
        line=line,
        column="equivalence",
    )


def _conflict(line: int, first: str) -> Issue:
    return Issue(
        at=f"line {line}, code",
        reason="conflict",
        text=f"this code is already translated otherwise by {first}",
        remedy="keep one of the two lines; until then the first counts",
        line=line,
        column="code",
    )
