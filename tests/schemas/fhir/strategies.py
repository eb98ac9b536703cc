"""Events built from their own types: any field may be absent, None, empty, sensible or nonsense.

A field-by-field strategy over types this deep takes seconds an example, so hypothesis chooses type, seed and how
much is said, and the event is grown from the seed. A failing example shrinks towards an event that says little.
"""

from __future__ import annotations

import random
import types
import typing
import uuid
from functools import cache
from typing import Any, Required, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from schemas.events import EVENTS

WORDS = [
    "",
    " ",
    "a",
    "É b",
    "ت",
    "0",
    "^&",
    " x ",
    "l1\nl2",
    "\t",
    "p\u00a0q",
    "7.40",
    "\x0c",
    "r\x07",
    "Alaoui",
    "12",
]
DATES = [
    "1980",
    "1980-03",
    "2024-03-12",
    "2024-03-12T10",
    "2024-03-12T10:30:15.5+01:00",
    "2024-02-31",
    "2024-03-12T10:30",
]
NUMBERS = ["0", "5.0", "7.40", "-1", "5,2", "1,234", "none", "12345678901234567890", "1e999", "3"]
CODES = ["F", "C", "X", "N", "O", "P", "W", "I", "R", "H", "AT", "DA", "SV", "M", "ZZ", "final", "m", "BLD", "FR"]
V2 = "http://terminology.hl7.org/CodeSystem/v2-"
SYSTEMS = [
    "http://loinc.org",
    "http://unitsofmeasure.org",
    "urn:id:L",
    "urn:oid:2.16.840.1.99",
    "urn:oid:1.x",
    "bare name",
]
UNITS = ["g/L", "G/L", "mmol/L", "cp"]
NAMED: dict[str, list[str]] = {
    **{key: [*SYSTEMS, f"{V2}0487", f"{V2}0078", *WORDS] for key in ("system", "url")},
    **dict.fromkeys(("number", "high", "range_low", "range_high", "quantity", "unit_price", "amount"), NUMBERS),
    **dict.fromkeys(("status", "severity", "role", "sex", "sex_code", "type", "priority", "control"), CODES + WORDS),
    **dict.fromkeys(("code", "class_code", "use", "loinc"), CODES + UNITS + WORDS),
    **{key: ["-", ":", "/", "+", "<", ">=", "=", "<>"] for key in ("separator", "comparator")},
    **dict.fromkeys(("occurred", "created", "recorded", "time", "start", "end", "started", "ended"), DATES),
    **dict.fromkeys(("observed", "analysed", "birth_date", "deceased_at", "admitted", "discharged"), DATES + WORDS),
}  # fmt: skip


@cache
def fields(kind: Any) -> list[tuple[str, Any, bool]]:
    """Name, type and whether it is required, of every field of a TypedDict."""
    hints = get_type_hints(kind, include_extras=True)
    plain = get_type_hints(kind)
    return [(name, plain[name], get_origin(hint) is Required) for name, hint in hints.items()]


class Grower:
    def __init__(self, seed: int, density: float) -> None:
        self.dice = random.Random(seed)
        self.density = density

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.dice.getrandbits(128)))

    def record(self, kind: Any, depth: int = 0) -> dict[str, Any]:
        share = self.density / (1 + depth / 2)
        return {
            name: self.value(hint, name, depth)
            for name, hint, needed in fields(kind)
            if needed or self.dice.random() < share
        }

    def value(self, hint: Any, name: str, depth: int) -> Any:
        origin = get_origin(hint)
        if origin in (typing.Union, types.UnionType):
            one = next(one for one in get_args(hint) if one is not type(None))
            return None if self.dice.random() < 0.15 else self.value(one, name, depth)
        if origin is list:
            return [self.value(get_args(hint)[0], name, depth) for _ in range(self.dice.choice((0, 1, 1, 2)))]
        if origin is dict:
            return {self.dice.choice(WORDS): self.dice.choice(WORDS)}
        if hint is str:
            return self.dice.choice(NAMED.get(name, WORDS))
        if hint is int:
            return self.dice.randint(0, 10**15) if name in ("received", "version") else self.dice.randint(-5, 50)
        if hint is bool:
            return self.dice.random() < 0.5
        if hint is bytes:
            return self.dice.randbytes(self.dice.randint(0, 8))
        return self.record(hint, depth + 1)

    def event(self, kind: Any) -> Any:
        person = self.dice.choice([self.uuid(), self.uuid(), "", "not an id"])
        ids = {"type": kind.__name__, "id": self.uuid(), "transaction": self.uuid(), "person": person}
        return {**self.record(kind), **ids}


def events() -> st.SearchStrategy[Any]:
    return st.builds(
        lambda kind, seed, density: Grower(seed, density).event(kind),
        st.sampled_from(EVENTS),
        st.integers(0, 2**32),
        st.floats(0, 1),
    )
