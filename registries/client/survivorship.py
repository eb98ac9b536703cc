"""Which source is believed, field by field: the rules of the golden record, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from schemas.events import Patient

Criterion = Literal["trust", "newest", "complete"]
EVERY = "*"

# Several of each may be true at once, so every source's stand, the best first.
GATHERED = frozenset(
    {"identifiers", "telecoms", "contacts", "general_practitioners", "participants", "citizenships", "race"}
    | {"ethnicity", "disabilities", "restrictions", "other_facilities", "notes"}
)
# What only means something beside its field comes from the same source.
BESIDE: Mapping[str, tuple[str, ...]] = {
    "sex": ("sex_code",),
    "deceased": ("deceased_at",),
    "multiple_birth": ("birth_order",),
}
# True of the person only where every source says so: of one in two it is the source's own bookkeeping.
UNANIMOUS: Mapping[str, bool] = {"active": False, "identity_unknown": True}
# Tells of the saying, not of the patient; stays with the source record.
LEFT = frozenset({"cleared", "details", "updated", "updated_by", "identity_reliability"})
FIELDS = tuple(
    name
    for name in Patient.__annotations__
    if name not in LEFT | UNANIMOUS.keys() | {beside for group in BESIDE.values() for beside in group}
)
CHOOSABLE = frozenset(FIELDS) - {"identifiers"}

# Whoever knows the day of birth knows more than whoever heard of the patient last; an address is another matter.
ORDER: Mapping[str, tuple[Criterion, ...]] = {
    EVERY: ("trust", "newest", "complete"),
    "names": ("trust", "complete", "newest"),
    "birth_date": ("trust", "complete", "newest"),
    "multiple_birth": ("trust", "complete", "newest"),
    "mother_name": ("trust", "complete", "newest"),
}


@dataclass(frozen=True, slots=True)
class Trust:
    """`sources` names, by field or "*", patterns of sources or channels, the most trusted first ("urn:id:CHU*",
    "hospital-adt"); what none of them fits comes last, all alike. `order`, by field or "*", is what counts first."""

    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    order: Mapping[str, Sequence[Criterion]] = field(default_factory=lambda: ORDER)

    def rank(self, name: str, source: str, channel: str) -> int:
        """0 is the most trusted."""
        patterns = self.sources.get(name, self.sources.get(EVERY, ()))
        for place, pattern in enumerate(patterns):
            if fnmatchcase(source, pattern) or fnmatchcase(channel, pattern):
                return place
        return len(patterns)

    def criteria(self, name: str) -> Sequence[Criterion]:
        return self.order.get(name) or self.order.get(EVERY) or ORDER[EVERY]


def read_trust(told: Mapping[str, Any]) -> Trust:
    """Trust as settings say it: `sources` and `order`, both by field. Raises ValueError, which says what to mend."""
    if unknown := told.keys() - {"sources", "order"}:
        raise ValueError(f"trust: unknown setting {', '.join(sorted(unknown))}; known are sources and order")
    sources = {name: _texts("sources", name, value) for name, value in (told.get("sources") or {}).items()}
    order = {name: _texts("order", name, value) for name, value in (told.get("order") or {}).items()}
    for name, criteria in order.items():
        if wrong := set(criteria) - set(get_args(Criterion)):
            raise ValueError(f"trust.order.{name}: {', '.join(sorted(wrong))}; say trust, newest or complete")
    return Trust(sources, {**ORDER, **order})  # type: ignore[dict-item]


def _texts(setting: str, name: str, value: Any) -> tuple[str, ...]:
    if name != EVERY and name not in FIELDS:
        raise ValueError(f"trust.{setting}.{name}: no field of a patient; the fields are {', '.join(FIELDS)}")
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"trust.{setting}.{name}: expected a list of texts")
    return tuple(value)
