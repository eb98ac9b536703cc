"""The client registry of this program in front of the country's own (PIXm): the national service is asked first, the
local registry keeps what it says.

When the service is down, its last good answer counts, as old as the channel allows (`registries.stale`). Where nothing
young enough is known, the event waits alone on a channel that requires patients to be known; every other goes on with
who is known here, flagged. For whom events wait the service is asked again: see `registries.awaited`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from registries.awaited import Awaited, Wanted
from registries.client.keys import RANKS, SYSTEM, placeholder
from registries.client.resolve import Clients, News
from registries.registry import Policy, Resolution
from registries.remembered import Answer, Heard, Question, Remembered, flags, unheard
from registries.remote import National
from schemas import facts
from schemas.events import Event, Identifier, Patient, PatientRegistered
from schemas.message import Unavailable

# The event, the number it is asked for by, what is known of that, and what to do about strangers
_Said = tuple[Event, Identifier | None, Answer | Unavailable | None, Policy]

NATIONAL: Final = "national"  # the channel and sender of what the service says
_MOST_TOLD: Final = 100_000
# A number that a whole family may carry would give a child its parent's other numbers
_SURE: Final = (f"{SYSTEM}ins", f"{SYSTEM}idcs")
_SHARED_TYPES: Final = frozenset({"MB", "SN"})


@dataclass(slots=True)
class NationalClients:
    """Answers "who?". What the service tells of a number becomes a registration of its own, before the event in which
    the number stands: the source's words stay as they came. One instance belongs to one thread."""

    local: Clients
    service: National
    remembered: Remembered
    stale: Callable[[str], float]
    awaited: Awaited
    heard: Heard = unheard
    _told: set[str] = field(default_factory=set)

    @property
    def news(self) -> News:
        return self.local.news

    def resolve(self, events: Sequence[Event], policies: Sequence[Policy]) -> Sequence[Resolution]:
        numbers = [_number(event["patient"]) for event in events]
        questions = [
            Question(
                ("client", number["system"], number["value"]),
                partial(self.service.cross_references, number),
                self.stale(event["channel"]),
            )
            for event, number in zip(events, numbers, strict=True)
            if number
        ]
        answers = iter(self.remembered.ask(questions))
        given = [next(answers) if number else None for number in numbers]
        for event, answer in zip(events, given, strict=True):
            if answer:
                self.heard(event["channel"], answer)
        resolutions = self._resolved([*zip(events, numbers, given, policies, strict=True)])
        self.awaited.keep(
            [
                Wanted(number, tuple(found.waiting_for), isinstance(answer, Unavailable))
                for number, answer, found in zip(numbers, given, resolutions, strict=True)
                if number and found.waiting_for
            ]
        )
        return resolutions

    def _resolved(self, said: Sequence[_Said]) -> list[Resolution]:
        asked: list[tuple[Event, Policy]] = []
        places: list[int | None] = []
        for event, number, answer, policy in said:
            known = number is not None and isinstance(answer, Answer) and answer.value is not None
            if number and isinstance(answer, Answer) and known:
                asked += [(told, "create") for told in self._registration(number, answer)]
            waits = isinstance(answer, Unavailable) and policy == "require"
            places.append(None if waits else len(asked))
            if not waits:
                asked.append((event, "create" if known and policy == "require" else policy))
        found = self.local.resolve([event for event, _ in asked], [policy for _, policy in asked])
        self._told |= {event["id"] for event, _ in asked if event["channel"] == NATIONAL}
        return [
            self._silent(number, answer) if place is None else _flagged(found[place], answer)
            for place, (_, number, answer, _) in zip(places, said, strict=True)
        ]

    def _silent(self, number: Identifier | None, answer: Answer | Unavailable | None) -> Resolution:
        waits = self.awaited.silence(number).entries if number else ()
        return Resolution("unknown", flags=flags("client", answer), waiting_for=[*waits])

    def _registration(self, number: Identifier, answer: Answer) -> list[PatientRegistered]:
        """What the service says, unless this process has registered just that before."""
        numbers = [number, *(one for one in answer.value if _is_sure(one) and not placeholder(one["value"]))]
        id = facts.name(NATIONAL, *(text for one in numbers for text in (one["system"], one["value"])))
        if id in self._told:
            return []
        if len(self._told) > _MOST_TOLD:
            self._told.clear()
        at = int(answer.at * 1e6)
        patient: Patient = {"identifiers": [{"system": one["system"], "value": one["value"]} for one in numbers]}
        told: PatientRegistered = {
            "type": "PatientRegistered",
            "id": id,
            "about": "",
            "channel": NATIONAL,
            "sender": NATIONAL,
            "transaction": NATIONAL,
            "control_id": "",
            "place": "",
            "received": at,
            "version": at,
            "patient": patient,
        }
        return [told]


def _flagged(resolution: Resolution, answer: Answer | Unavailable | None) -> Resolution:
    resolution.flags.extend(flags("client", answer))
    return resolution


def _number(patient: Patient) -> Identifier | None:
    """The number to ask by: INS, else IDCS, else a local one. Never one that a family or a child's parent carries."""
    told = [one for one in patient.get("identifiers") or () if _is_sure(one) and not placeholder(one["value"])]
    return min(told, key=lambda one: RANKS.get(one["system"], len(RANKS)), default=None)


def _is_sure(one: Identifier) -> bool:
    system = one["system"]
    if one.get("type") in _SHARED_TYPES:
        return False
    return system in _SURE or bool(system and not system.startswith(SYSTEM))
