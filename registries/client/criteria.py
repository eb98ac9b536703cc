"""Whether what one source says of a patient fits what was asked (PDQ), and a search that looks at every record.

Pure but for the search. Texts are compared as the registry compares names: without case, accents, spaces and hyphens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from registries.client.keys import normal
from schemas.events import Address, HumanName, Identifier, Patient
from schemas.queries import Criteria

_PHONE = 9  # digits that a number has whatever stands before them: +212, 00212, 0


class Source(Protocol):
    """A record, the identity it is of, and the number of its last change."""

    @property
    def id(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def person(self) -> str: ...
    @property
    def patient(self) -> Patient: ...


def fits(patient: Patient, wanted: Criteria) -> bool:
    """Whether one record meets every criterion."""
    mother = patient.get("mother_name")
    return (
        _numbered(patient.get("identifiers"), wanted.system, wanted.number)
        and _numbered(patient.get("mother_identifiers"), wanted.mother_system, wanted.mother_number)
        and _named(patient.get("names") or (), wanted.family, wanted.given)
        and _named((mother,) if mother else (), wanted.mother_family, wanted.mother_given)
        and (patient.get("birth_date") or "").startswith(wanted.birth)
        and wanted.sex in ("", patient.get("sex"))
        and _housed(patient.get("addresses") or (), wanted)
        and _reached(patient, wanted.phone)
        and _like(account["value"] if (account := patient.get("account")) else None, wanted.account)
    )


def _numbered(identifiers: Iterable[Identifier] | None, system: str, number: str) -> bool:
    if not (system or number):
        return True
    return any(system in ("", one["system"]) and _like(one["value"], number) for one in identifiers or ())


def _named(names: Iterable[HumanName], family: str, given: str) -> bool:
    if not (family or given):
        return True
    return any(_like(name.get("family"), family) and _given(name.get("given") or (), given) for name in names)


def _given(given: Sequence[str], wanted: str) -> bool:
    """One of the given names, or all of them."""
    return not wanted or any(_like(one, wanted) for one in (*given, "".join(given)))


def _housed(addresses: Iterable[Address], wanted: Criteria) -> bool:
    asked: tuple[tuple[Callable[[Address], Sequence[str | None]], str], ...] = (
        (lambda one: one.get("lines") or [], wanted.street),
        (lambda one: [one.get("city"), one.get("district")], wanted.city),
        (lambda one: [one.get("state")], wanted.state),
        (lambda one: [one.get("postal_code")], wanted.postal_code),
        (lambda one: [one.get("country")], wanted.country),
    )
    asked = tuple((told, value) for told, value in asked if value)
    return not asked or any(
        all(any(_like(text, value) for text in told(address)) for told, value in asked) for address in addresses
    )


def _reached(patient: Patient, phone: str) -> bool:
    wanted = _digits(phone)
    return not wanted or any(_digits(one.get("value") or "") == wanted for one in patient.get("telecoms") or ())


def _digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))[-_PHONE:]


def _like(text: str | None, wanted: str) -> bool:
    """The same, or, where what is wanted ends in `*`, beginning with it."""
    begins = wanted.endswith("*")
    sought = normal(wanted.removesuffix("*"))
    if not wanted:
        return True
    said = normal(text)
    return bool(said) and (said.startswith(sought) if begins else said == sought)


class Changing(Protocol):
    """Records as they change (records.py)."""

    def since(self, number: int, most: int = 1000) -> Sequence[Source]: ...


class EveryRecord:
    """Looks at every record, held in memory as they change. For small registries, and for tests."""

    def __init__(self, records: Changing) -> None:
        self._records, self._number = records, 0
        self._held: dict[int, Source] = {}
        self._lock = threading.Lock()

    def __call__(self, wanted: Criteria, most: int) -> Sequence[str]:
        with self._lock:
            while news := self._records.since(self._number):
                self._held.update((record.id, record) for record in news)
                self._number = news[-1].number
            every = list(self._held.values())
        found = dict.fromkeys(one.person for one in every if fits(one.patient, wanted))
        return list(found)[:most]
