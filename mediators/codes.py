"""Local code → standard code, with where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.events import Code, Coding

LOINC = "http://loinc.org"


@dataclass(frozen=True, slots=True)
class Codes:
    """Translations of a channel: (system, code) → the standard coding, already carrying `mapped`."""

    table: Mapping[tuple[str, str], Coding] = field(default_factory=dict)

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
