"""The facility registry: where each event happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine

from registries.cache import Cache
from registries.care.candidates import Said
from registries.care.names import inpe
from registries.directory import Directory, day_of
from registries.registry import Policy, Resolution
from registries.tables import facilities
from schemas.events import Event, Organization, plain

KIND = "facility"
SYSTEM = "https://hie.sante.gov.ma/id/inpe-es"


class Facilities:
    """Answers "which place?". One instance belongs to one thread. `learned` is what the last call made known."""

    def __init__(self, engine: Engine, cache: Cache | None = None) -> None:
        self.directory = Directory(engine, KIND, facilities, SYSTEM, cache)
        self.learned: list[str] = []

    def resolve(self, events: Sequence[Event], policies: Sequence[Policy]) -> Sequence[Resolution]:
        """Writes `known` and `entry` into every organization of the events; the first of them decides.

        A facility is known while it is or was registered; closed on the day of the event it is flagged, and waits
        under `require`. Raises Unavailable.
        """
        self.directory.refresh()
        answers = [self._answer(event, policy) for event, policy in zip(events, policies, strict=True)]
        self.learned = self.directory.keep()
        return answers

    def _answer(self, event: Event, policy: Policy) -> Resolution:
        named = [(one, self._names(one)) for one in organizations(event)]
        names = named[0][1] if named else []
        answer = self.directory.answer(names, day_of(event), policy, lambda: _said(named[0][0]))
        self.directory.write(named, policy, answer)
        return answer

    def _names(self, organization: Organization) -> list[str]:
        return self.directory.names(organization.get("identifiers") or (), organization.get("name"))


def _said(organization: Organization) -> Said:
    told = [(one.get("system") == SYSTEM, one.get("value") or "") for one in organization.get("identifiers") or ()]
    number = next((inpe(value) for is_inpe, value in told if is_inpe), "")
    words = [value for is_inpe, value in told if not (is_inpe or value.isdigit())]
    places = [one.get("city") or one.get("state") or "" for one in organization.get("addresses") or ()]
    return Said(number, organization.get("name") or next(iter(words), ""), next(iter(places), ""))


def organizations(event: Event) -> list[Organization]:
    """The organizations of an event, the one that decides first: the pharmacy of a dispensation, else the facility
    that sent it, else the laboratory."""
    said: dict[str, Any] = plain(event)
    return [said[place] for place in ("pharmacy", "facility", "laboratory") if said.get(place)]
