"""Facilities and health workers of the country's own registry, before those of the local one.

The service is asked for every number with a system; the local registry answers for what it does not know, by its
aliases too. When the service is down, its last good answer counts, as old as the channel allows (`registries.stale`).
Where nothing young enough is known, the event waits alone on a channel that requires the entry; every other goes on
with what is known here, flagged. For what events wait for the service is asked again: see `registries.awaited`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from registries.awaited import Awaited, Wanted
from registries.care.names import inpe
from registries.care.spells import covers
from registries.directory import Directory, day_of
from registries.facility import organizations
from registries.health_worker import ELSEWHERE, acting, professionals
from registries.registry import Policy, Resolution
from registries.remembered import Answer, Heard, Question, Remembered, flags, unheard
from registries.remote import National
from schemas import facts
from schemas.events import Event, Identifier
from schemas.message import Unavailable


class Local(Protocol):
    """The registry of this program behind a `NationalCare`: Facilities or HealthWorkers."""

    @property
    def directory(self) -> Directory: ...

    @property
    def learned(self) -> list[str]: ...

    def resolve(self, events: Sequence[Event], policies: Sequence[Policy]) -> Sequence[Resolution]: ...


@dataclass(slots=True)
class NationalCare:
    """Answers "which place?" or "by whom?". `named` gives the organizations or professionals of an event, the one that
    decides first; `fetch` asks the service of one of their numbers. One instance belongs to one thread."""

    local: Local
    named: Callable[[Event], Sequence[Any]]
    fetch: Callable[[Identifier], Any]
    remembered: Remembered
    stale: Callable[[str], float]
    awaited: Awaited
    heard: Heard = unheard
    learned: list[str] = field(default_factory=list)

    def resolve(self, events: Sequence[Event], policies: Sequence[Policy]) -> Sequence[Resolution]:
        said = [[(one, self._number(one)) for one in self.named(event)] for event in events]
        questions = [
            self._question(number, self.stale(event["channel"]))
            for event, named in zip(events, said, strict=True)
            for _, number in named
            if number
        ]
        answers = iter(self.remembered.ask(questions))
        given = [[(one, next(answers) if number else None) for one, number in named] for named in said]
        for event, named in zip(events, given, strict=True):
            for _, answer in named:
                if answer:
                    self.heard(event["channel"], answer)
        first = [named[0][1] if named else None for named in given]
        asked: list[Policy] = [
            "flag" if _listed(answer) else policy for answer, policy in zip(first, policies, strict=True)
        ]
        found = self.local.resolve(events, asked)
        self.learned = [*self.local.learned, *self._news(given)]
        for named in given:
            self._write(named)
        resolutions = [self._resolution(*one) for one in zip(events, first, policies, found, given, strict=True)]
        for named, policy, resolution in zip(given, policies, resolutions, strict=True):
            self.local.directory.flag_another([(one, self._names(one)) for one, _ in named], policy, resolution)
        self._wait(events, said, first, resolutions)
        return resolutions

    def _wait(
        self,
        events: Sequence[Event],
        said: Sequence[Sequence[tuple[Any, Identifier | None]]],
        first: Sequence[Answer | Unavailable | None],
        resolutions: Sequence[Resolution],
    ) -> None:
        """For what is parked the service is asked again, unless it knows the entry as open then."""
        self.awaited.keep(
            [
                Wanted(number, tuple(found.waiting_for), isinstance(answer, Unavailable))
                for event, named, answer, found in zip(events, said, first, resolutions, strict=True)
                if found.waiting_for and not _was_open(answer, event) and named and (number := named[0][1])
            ]
        )

    def _number(self, one: Mapping[str, Any]) -> Identifier | None:
        """Its INPE, else the first number with a system."""
        told = [number for number in one.get("identifiers") or () if number.get("system") and number.get("value")]
        return min(told, key=lambda number: number["system"] != self.local.directory.system, default=None)

    def _question(self, number: Identifier, stale: float) -> Question:
        words = (self.local.directory.kind, number["system"], number["value"])
        return Question(words, partial(self.fetch, number), stale)

    def _resolution(
        self,
        event: Event,
        answer: Answer | Unavailable | None,
        policy: Policy,
        found: Resolution,
        named: Sequence[tuple[Any, Any]],
    ) -> Resolution:
        words = self.local.directory.kind.replace("-", " ")
        late = flags(words, answer)
        listed = _listed(answer)
        if isinstance(answer, Unavailable) and policy == "require" and (number := self._number(named[0][0])):
            return Resolution("unknown", flags=late, waiting_for=[*self.awaited.silence(number).entries])
        if listed is None:
            found.flags.extend(late)
            return found
        entry = self._entry(listed["number"])
        if listed["several"]:
            return Resolution("ambiguous", flags=[f"{words} known by a number of several", *late])
        closed = [] if _was_open(answer, event) else [f"{words} closed at the time"]
        elsewhere = [flag for flag in found.flags if flag == ELSEWHERE]  # posts are known here, not there
        waiting = [*([named[0][0]] if closed else []), *(acting(event)[1] if elsewhere else [])]
        waits = [name for one in waiting for name in self._waits(one)] if policy == "require" else []
        return Resolution("found", entry, [*closed, *elsewhere, *late], [*dict.fromkeys(waits)])

    def _write(self, named: Sequence[tuple[Any, Answer | Unavailable | None]]) -> None:
        """What the service knows goes over what was found here."""
        for one, answer in named:
            if (listed := _listed(answer)) and not listed["several"]:
                one["known"] = True
                one["entry"] = self._entry(listed["number"])

    def _news(self, given: Sequence[Sequence[tuple[Any, Answer | Unavailable | None]]]) -> list[str]:
        return [
            name
            for named in given
            for one, answer in named
            if isinstance(answer, Answer) and answer.is_news
            for name in self._waits(one)
        ]

    def _waits(self, one: Mapping[str, Any]) -> list[str]:
        return [f"{self.local.directory.kind}|{name}" for name in self._names(one)]

    def _names(self, one: Mapping[str, Any]) -> list[str]:
        return self.local.directory.names(one.get("identifiers") or (), one.get("name"))

    def _entry(self, number: str) -> str:
        """The same whether the local registry has it too or not."""
        directory = self.local.directory
        here = directory.find([inpe(number)])
        return here.id if here else facts.name(directory.kind, inpe(number))


def facilities(
    local: Local,
    service: National,
    kept: Remembered,
    stale: Callable[[str], float],
    awaited: Awaited,
    heard: Heard = unheard,
) -> NationalCare:
    return NationalCare(local, organizations, service.facility, kept, stale, awaited, heard)


def health_workers(
    local: Local,
    service: National,
    kept: Remembered,
    stale: Callable[[str], float],
    awaited: Awaited,
    heard: Heard = unheard,
) -> NationalCare:
    return NationalCare(local, professionals, service.health_worker, kept, stale, awaited, heard)


def _listed(answer: Answer | Unavailable | None) -> Any:
    return answer.value if isinstance(answer, Answer) else None


def _was_open(answer: Answer | Unavailable | None, event: Event) -> bool:
    """Whether the service knows it as active on the day of the event."""
    listed = _listed(answer)
    return listed is not None and covers(map(tuple, listed["periods"]), day_of(event))
