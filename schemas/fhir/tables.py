"""The codes of HL7 v2 tables as FHIR R4 publishes them (`v2_tables.json`, from the R4 definitions, public domain).

A server that knows a code system refuses codes that are not in it. Tables are extended locally all the time, so a
code that its table lacks travels under the table's local name instead (`urn:id:HL70487`).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-"
LOCAL = "urn:id:HL7"


@cache
def codes(number: str) -> frozenset[str]:
    """The codes of a table; empty for one that R4 does not publish."""
    return frozenset(_published().get(number, "").split())


def lacks(system: str, code: str) -> bool:
    """Whether this is a published v2 table that has no such code."""
    known = codes(system[len(SYSTEM) :]) if system.startswith(SYSTEM) else None
    return bool(known) and code not in (known or ())


@cache
def _published() -> dict[str, str]:
    text = (Path(__file__).parent / "v2_tables.json").read_text(encoding="utf-8")
    published: dict[str, str] = json.loads(text)
    return published
