"""The rules of matching, as data: what agreement is worth, what forbids, what decides by itself. Versioned, JSON.

Weights are Fellegi and Sunter's: for each level of a field, m is how often records of one human being show it, u how
often those of two do. An agreement on a value counts by that value's own frequency where one is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import orjson

from registries.client.matching.fields import FIELDS, LEVELS

BLOCKING_PARTS = frozenset(
    {"given", "family", "both", "name", "starts", "year", "birth", "month-day", "town", "state", "postcode", "phone"}
    | {"number", "mother"}
)
Outcome = Literal["certain", "possible", "none"]
# Vetoes that rules have too which were written before there were these
_ALWAYS: Mapping[str, Outcome] = {
    "temporary": "possible",
    "year-slip": "possible",
    "twin-doubt": "possible",
    "two-doubts": "possible",
}


class Part(NamedTuple):
    """One field: what was seen, and the bits it gives for (or, below 0, against) one human being."""

    field: str
    level: str
    weight: float


@dataclass(frozen=True)
class Field:
    """`m` and `u` by level, in the order of fields.LEVELS; each sums to 1."""

    m: Sequence[float]
    u: Sequence[float]


@dataclass(frozen=True)
class Frequencies:
    """Shares of the values that several bear; `rare` stands for all others."""

    rare: float
    values: Mapping[str, float]

    def of(self, value: str) -> float:
        return self.values.get(value, self.rare)


@dataclass(frozen=True)
class Deterministic:
    """Decides by itself where every field named shows one of its levels; vetoes stand above it."""

    name: str
    needs: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Rules:
    """`prior`: the share of pairs of records that are of one human being. `certain` and `possible`: from which
    probability on. `doubt`: bits that a doubtful likeness of names must be worth, by estimation, to be no doubt.
    `vetoes`: the most that remains for a pair, by the word of vetoes.py. `passes`: parts of a name of blocking.py;
    `cap`: a block with more records finds nobody. `most`: with how many others a record that comes is compared at most,
    those that share its rarest blocks; together they must be worth one block of so many."""

    version: int
    prior: float
    certain: float
    possible: float
    doubt: float
    fields: Mapping[str, Field]
    frequencies: Mapping[str, Frequencies]
    deterministic: Sequence[Deterministic]
    vetoes: Mapping[str, Outcome]
    passes: Sequence[Sequence[str]]
    cap: int
    most: int

    def finds_as(self, other: Rules) -> bool:
        """Whether who is found by the blocks of the one is found by those of the other: they are named by the place of
        their pass."""
        return [list(one) for one in self.passes] == [list(one) for one in other.passes]

    @staticmethod
    def loads(text: str | bytes) -> Rules:
        """Raises ValueError, saying which part, for what is no rules."""
        try:
            told = orjson.loads(text)
            return _read(told)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"rules of matching: {error} is missing or of another type") from error

    def dumps(self) -> str:
        return orjson.dumps(self._told(), option=orjson.OPT_INDENT_2).decode()

    def _told(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "prior": self.prior,
            "certain": self.certain,
            "possible": self.possible,
            "doubt": self.doubt,
            "vetoes": dict(self.vetoes),
            "deterministic": [{"name": one.name, "needs": _lists(one.needs)} for one in self.deterministic],
            "passes": [list(one) for one in self.passes],
            "cap": self.cap,
            "most": self.most,
            "fields": {name: _field_told(name, one) for name, one in self.fields.items()},
            "frequencies": {
                name: {"rare": one.rare, "values": dict(one.values)} for name, one in self.frequencies.items()
            },
        }

    @cached_property
    def weights(self) -> Mapping[str, Sequence[float]]:
        """Bits for each level, by field."""
        return {
            name: [math.log2(m / u) for m, u in zip(one.m, one.u, strict=True)] for name, one in self.fields.items()
        }

    @cached_property
    def parts(self) -> Sequence[Sequence[Part]]:
        """What each level of each field says, as long as the value's own frequency does not matter."""
        return [
            [Part(name, level, weight) for level, weight in zip(levels, self.weights[name], strict=True)]
            for name, levels in LEVELS.items()
        ]

    @cached_property
    def rarities(self) -> Mapping[str, dict[Any, float]]:
        """Bits by word for each field with frequencies, as scoring meets them."""
        return {name: {} for name in self.frequencies}

    @cached_property
    def verdicts(self) -> dict[object, Any]:
        """What scoring found out under these rules, to be met again."""
        return {}

    @cached_property
    def decisive(self) -> Sequence[tuple[str, Mapping[int, frozenset[int]]]]:
        """The deterministic rules, with fields and levels by number."""
        return [
            (
                rule.name,
                {FIELDS.index(name): frozenset(map(LEVELS[name].index, levels)) for name, levels in rule.needs.items()},
            )
            for rule in self.deterministic
        ]

    @cached_property
    def prior_weight(self) -> float:
        return math.log2(self.prior / (1 - self.prior))


def _lists(needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(levels) for name, levels in needs.items()}


def _field_told(name: str, one: Field) -> dict[str, list[float]]:
    return {level: [m, u] for level, m, u in zip(LEVELS[name], one.m, one.u, strict=True)}


def _read(told: Mapping[str, Any]) -> Rules:
    fields: dict[str, Field] = {}
    for name in LEVELS:
        pairs = [told["fields"][name][level] for level in LEVELS[name]]
        if not all(0 < m <= 1 and 0 < u <= 1 for m, u in pairs):
            raise ValueError(f"rules of matching: fields.{name}: m and u lie above 0 and up to 1")
        fields[name] = Field(tuple(m for m, _ in pairs), tuple(u for _, u in pairs))
    _check_words(told)
    if not 0 < told["prior"] < 1 or not 0 <= told["possible"] <= told["certain"] <= 1:
        raise ValueError("rules of matching: prior, possible and certain are probabilities, possible up to certain")
    return Rules(
        version=int(told["version"]),
        prior=told["prior"],
        certain=told["certain"],
        possible=told["possible"],
        doubt=told["doubt"],
        fields=fields,
        frequencies={name: Frequencies(one["rare"], one["values"]) for name, one in told["frequencies"].items()},
        deterministic=tuple(_deterministic(one) for one in told["deterministic"]),
        vetoes={**_ALWAYS, **told["vetoes"]},
        passes=tuple(tuple(one) for one in told["passes"]),
        cap=told["cap"],
        most=told.get("most", told["cap"]),
    )


def _check_words(told: Mapping[str, Any]) -> None:
    for word, outcome in told["vetoes"].items():
        if outcome not in ("certain", "possible", "none"):
            raise ValueError(f"rules of matching: vetoes.{word}: {outcome!r} is not certain, possible or none")
    for part in {part for way in told["passes"] for part in way} - BLOCKING_PARTS:
        raise ValueError(f"rules of matching: passes: {part!r} is none of {', '.join(sorted(BLOCKING_PARTS))}")
    for name in {"given", "family", "town"} - set(told["frequencies"]):
        raise ValueError(f"rules of matching: frequencies.{name} is missing")
    for name, one in told["frequencies"].items():
        if not all(0 < share <= 1 for share in (one["rare"], *one["values"].values())):
            raise ValueError(f"rules of matching: frequencies.{name}: shares lie above 0 and up to 1")


def _deterministic(told: Mapping[str, Any]) -> Deterministic:
    for name, levels in told["needs"].items():
        if not set(levels) <= set(LEVELS[name]):
            raise ValueError(f"rules of matching: deterministic {told['name']}: {name} knows {', '.join(LEVELS[name])}")
    return Deterministic(told["name"], {name: tuple(levels) for name, levels in told["needs"].items()})


@cache
def shipped() -> Rules:
    """Those in the package: shipped.json."""
    return Rules.loads(files(__package__).joinpath("shipped.json").read_bytes())
