"""Readers' questions by a number that nobody here has, put to the country's client registry: who else's numbers these
are (PIXm), who has it (PDQm). Nobody is registered by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from queue import Empty, LifoQueue
from typing import Final, cast

from registries import remembered
from registries.client.keys import known_number, placeholder
from registries.remembered import Answer, Heard, Remembered, unheard
from registries.remote import National
from schemas import temporary
from schemas.domains import Domains
from schemas.events import Identifier, Patient
from schemas.message import Unavailable
from schemas.queries import Found, Queried, Question

PATIENCE: Final = 3.0  # seconds that a question waits while others are being asked
# What people are told apart by; others whom a Patient names are not told with it
_SHOWN: Final = (
    "names", "birth_date", "sex", "sex_code", "addresses", "telecoms", "language", "marital_status", "nationality",
    "mother_name", "birth_place", "multiple_birth", "birth_order", "deceased", "deceased_at", "active",
)  # fmt: skip


class NationalNumbers:
    """Of any thread; blocks. `askers`: as many questions are asked at once, each by one of these. `stale`: for a
    channel's name, how many seconds old an answer may be while the service is down."""

    def __init__(
        self,
        service: National,
        askers: Iterable[Remembered],
        stale: Callable[[str], float],
        heard: Heard = unheard,
    ) -> None:
        self._service, self._stale, self._heard = service, stale, heard
        # The last one back is the first to know that the service is down
        self._free: LifoQueue[Remembered] = LifoQueue()
        for one in askers:
            self._free.put(one)

    def __call__(self, question: Question, domains: Domains, channel: str) -> Queried | None:
        """None for a question that is not by a number alone, or whom the country does not know either. `missing` is
        "silent" where the service does not answer and nothing young enough is remembered."""
        if question.number is None or (number := _number(*question.number, domains)) is None:
            return None
        answer = self._asked(question, number, channel)
        self._heard(channel, answer)
        if isinstance(answer, Unavailable):
            return Queried(missing="silent")
        if answer.value is None:
            return None
        if question.of:
            patients: list[Patient] = [{"identifiers": [number, *answer.value]}]
        else:
            patients = [one for one in answer.value if _has(one, number, domains)]
        if not patients:
            return None
        told = [Found("", one) for one in _told(patients, question.domains, domains)]
        return Queried(tuple(told), total=len(told), age=answer.age)

    def _asked(self, question: Question, number: Identifier, channel: str) -> Answer | Unavailable:
        what, fetch = ("client", self._service.cross_references) if question.of else ("who", self._service.carriers)
        words = (what, number["system"], number["value"])
        try:
            asker = self._free.get(timeout=PATIENCE)
        except Empty:
            return Unavailable("too many questions wait for the national registry")
        try:
            (answer,) = asker.ask([remembered.Question(words, partial(fetch, number), self._stale(channel))])
            return answer
        finally:
            self._free.put(asker)


def _number(system: str, value: str, domains: Domains) -> Identifier | None:
    """As it is asked for; None for one that says nothing, or that only we can have given."""
    ours = {temporary.SYSTEM, *([domains.own.uri] if domains.own else [])}
    return None if system in ours or placeholder(value) else {"system": system, "value": value}


def _has(patient: Patient, number: Identifier, domains: Domains) -> bool:
    """A service that passes over what it is asked by would show other people."""
    told = [found for one in patient.get("identifiers") or () if (found := _named(one, domains))]
    return known_number(number) in map(known_number, told)


def _told(patients: Sequence[Patient], wanted: Sequence[str], domains: Domains) -> Iterable[Patient]:
    """Each with its numbers as the table names their domains, those of the wanted ones; who has none there is not."""
    for one in patients:
        numbers = [found for number in one.get("identifiers") or () if (found := _named(number, domains))]
        if wanted:
            numbers = [number for number in numbers if number["system"] in wanted]
        if numbers:
            yield cast(Patient, {"identifiers": numbers, **{name: one[name] for name in _SHOWN if name in one}})


def _named(number: Identifier, domains: Domains) -> Identifier | None:
    """None for a number of the domain that is our own: whoever else gives one means somebody else by it."""
    known = domains.of_system(number["system"] or "")
    if known and known.own:
        return None
    return {**number, "system": known.uri if known else number["system"]}
