"""The health worker registry: by whom each event was ordered, done or answered for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine

from registries.cache import Cache
from registries.care.candidates import Said
from registries.care.names import inpe
from registries.directory import Directory, day_of
from registries.registry import Policy, Resolution
from registries.tables import health_workers
from schemas.events import Event, Practitioner, plain

KIND = "health-worker"
SYSTEM = "https://hie.sante.gov.ma/id/inpe-ps"

# HL7 table 0443, and FHIR's participation type: the attending physician.
ATTENDING = frozenset({"AT", "ATND", "attending"})


class HealthWorkers:
    """Answers "by whom?". One instance belongs to one thread. `learned` is what the last call made known."""

    def __init__(self, engine: Engine, cache: Cache | None = None) -> None:
        self.directory = Directory(engine, KIND, health_workers, SYSTEM, cache)
        self.learned: list[str] = []

    def resolve(self, events: Sequence[Event], policies: Sequence[Policy]) -> Sequence[Resolution]:
        """Writes `known` and `entry` into every professional of the events; the first of them decides.

        An event without any is no reason to flag or park. Raises Unavailable.
        """
        self.directory.refresh()
        answers = [self._answer(event, policy) for event, policy in zip(events, policies, strict=True)]
        self.learned = self.directory.keep()
        return answers

    def _answer(self, event: Event, policy: Policy) -> Resolution:
        named = [(one, self.directory.names(one.get("identifiers") or ())) for one in professionals(event)]
        if not named:
            return Resolution("unknown")
        answer = self.directory.answer(named[0][1], day_of(event), policy, lambda: _said(named[0][0]))
        for professional, names in named:
            entry = self.directory.find(names)
            professional["known"] = entry is not None and not entry.provisional
            professional["entry"] = entry.id if entry else None
        return answer


def _said(professional: Practitioner) -> Said:
    numbers = [one.get("value") or "" for one in professional.get("identifiers") or () if one.get("system") == SYSTEM]
    name = next(iter(professional.get("names") or ()), None)
    told = [name.get("family") or "", *(name.get("given") or ())] if name else []
    return Said(inpe(numbers[0]) if numbers else "", " ".join(told))


def professionals(event: Event) -> list[Practitioner]:
    """The professionals of an event, the one who decides first: the prescriber, who asked, the attending physician,
    other participants; then who interpreted and who handed over."""
    said: dict[str, Any] = plain(event)
    encounter: dict[str, Any] = said.get("encounter") or {}
    participants = encounter.get("participants") or ()
    found = [
        said.get("prescriber"),
        *((said.get("order") or {}).get("requesters") or ()),
        *sorted(participants, key=lambda one: one.get("role") not in ATTENDING),
        *(said.get("interpreters") or ()),
        said.get("dispenser"),
    ]
    return [one for one in found if one]
