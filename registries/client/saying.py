"""What one event says of its patient, and under which name its source keeps that."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import orjson

from registries.client.keys import LOCAL, Subject, digest, known_number
from schemas.events import Event, Identifier, Patient

# Of the visit or the message, not of the patient
_PASSING = ("account", "updated", "updated_by")


class Saying(NamedTuple):
    """`key`: digest of source, number there, channel and sender; `said`: of the content. `version` in µs."""

    key: str
    said: str
    source: str
    channel: str
    version: int
    patient: Patient


def saying(event: Event, about: Subject, secret: bytes, said: str) -> Saying | None:
    """None where nothing is said by which a person could be met again or compared.

    The source is who gave the first local number; a patient without one is known to channel and sender by the
    strongest number, and without any by the event itself. `said`: the digest of the content.
    """
    patient, channel, sender = event["patient"], event["channel"], event["sender"]
    if not about.keys and not patient.get("names"):
        return None
    source, number = _local(patient) or (f"{channel}|{sender}", (about.keys or [about.event])[0].digest)
    key = digest(secret, "record", source, number, channel, sender)
    return Saying(key, said, source, channel, event["version"], patient)


def content(patient: Patient, secret: bytes) -> str:
    """A keyed digest of all that lasts in it."""
    lasting: Mapping[str, Any] = patient
    if any(patient.get(name) for name in _PASSING):
        lasting = {name: value for name, value in patient.items() if name not in _PASSING}
    told = orjson.dumps(lasting, option=orjson.OPT_SORT_KEYS)
    return hmac.digest(secret, told, "sha256").hex()[:32]


def overlaid(known: Patient, news: Patient) -> Patient:
    """What a source says now, over what it said before. A field that is not told stands, as in HL7 v2, unless
    the sender asks to clear it; of the identifiers, those of systems that are not told."""
    cleared = news.get("cleared") or ()
    if withdrawn(known) and not withdrawn(news):
        cleared = [*cleared, "active"]  # its source tells of it again
    kept = {name: value for name, value in known.items() if name not in cleared}
    told = {name: value for name, value in news.items() if _says(value)}
    if (known.get("birth_date") or "").startswith(news.get("birth_date") or "-"):
        told["birth_date"] = known.get("birth_date")  # it was told more precisely
    identifiers = _together(known.get("identifiers") or (), news.get("identifiers") or ())
    return cast(Patient, {**kept, **told, "identifiers": identifiers})


def withdrawn(patient: Patient) -> bool:
    """Whether its source took the record back: it is not active, and every number is old."""
    numbers = patient.get("identifiers") or ()
    return patient.get("active") is False and bool(numbers) and all(one.get("use") == "old" for one in numbers)


def _says(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_says, value.values()))
    if isinstance(value, list):
        return any(map(_says, value))
    return value not in (None, "")


def _together(known: Sequence[Identifier], news: Sequence[Identifier]) -> list[Identifier]:
    """In the order in which their systems were first told."""
    return [one for given in (_by_system(known) | _by_system(news)).values() for one in given]


def _by_system(identifiers: Sequence[Identifier]) -> dict[str, list[Identifier]]:
    found: dict[str, list[Identifier]] = {}
    for one in identifiers:
        found.setdefault(one["system"], []).append(one)
    return found


def _local(patient: Patient) -> tuple[str, str] | None:
    for identifier in patient.get("identifiers") or ():
        number = known_number(identifier)
        if number and number.rank == LOCAL and not number.shared:
            return number.system, number.value
    return None
