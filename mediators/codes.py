"""Local code → standard code, with where it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mediators.systems import coding_system
from schemas.events import Code, Coding
from schemas.message import Issue

LOINC = "http://loinc.org"
COLUMNS = ("system", "code", "standard_system", "standard_code", "display")
_REQUIRED = ("code", "standard_system", "standard_code")


@dataclass(frozen=True, slots=True)
class Codes:
    """Translations of a channel: (system, code) → the standard coding, already carrying `mapped`."""

    table: Mapping[tuple[str, str], Coding] = field(default_factory=dict)

    @staticmethod
    def of(rows: Iterable[Mapping[str, str]], source: str) -> tuple[Codes, list[Issue]]:
        """A table from rows with the columns of COLUMNS; bad rows are left out and told, by line (1 is the header).

        Systems may be given by name (LN, SCT, HL7nnnn) or URI; an empty `system` is for codes sent without one.
        Each translation says where it came from: `mapped` is "<source> line n".
        """
        table: dict[tuple[str, str], Coding] = {}
        issues: list[Issue] = []
        for line, row in enumerate(rows, start=2):
            cell = {name: (row.get(name) or "").strip() for name in COLUMNS}
            missing = [name for name in _REQUIRED if not cell[name]]
            if missing:
                issues.extend(_missing(line, name) for name in missing)
                continue
            key = (coding_system(cell["system"]) or "", cell["code"])
            coding = _standard(cell, f"{source} line {line}")
            first = table.setdefault(key, coding)
            if (first.get("system"), first.get("code")) != (coding.get("system"), coding.get("code")):
                issues.append(_conflict(line, first.get("mapped") or ""))
        return Codes(table), issues

    def translate(self, code: Code, unknown: list[str]) -> Code:
        """Adds the standard coding beside the codes as sent; never replaces. Codes without one go to `unknown`."""
        codings = code.get("codings") or []
        for coding in codings:
            if coding.get("system") == LOINC:
                code["loinc"] = coding.get("code")
                return code
        for coding in codings:
            found = self.table.get((coding.get("system") or "", coding.get("code") or ""))
            if found:
                codings.append(found)
                if found.get("system") == LOINC:
                    code["loinc"] = found.get("code")
                return code
        unknown.extend(f"{coding.get('system') or ''}|{coding.get('code') or ''}" for coding in codings[:1])
        return code


def _standard(cell: Mapping[str, str], mapped: str) -> Coding:
    system = coding_system(cell["standard_system"])
    return {
        "system": system,
        "code": cell["standard_code"],
        "display": cell["display"] or None,
        "mapped": mapped,
    }


def _missing(line: int, column: str) -> Issue:
    return Issue(
        at=f"line {line}, {column}",
        reason="required",
        text=f"the column {column} is empty",
        remedy=f"write a value in {column}, or remove the line",
        line=line,
        column=column,
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
