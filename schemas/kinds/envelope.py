"""What every event carries."""

from __future__ import annotations

from typing import Required, TypedDict

from schemas.parts.origin import Left, Origin
from schemas.parts.people import Detail, Organization, Patient


class Envelope(TypedDict, total=False):
    """What every event carries.

    id: this saying of it (UUID). fact: what it is about (UUID), set once the person is known.
    about: the field's own key of the fact, without the person. place: where in the message ("OBR 2", "line 7").
    received: µs since the epoch. version: µs of the sender's own time; an older one never overwrites a newer.
    person: the identity of the client registry, "" until resolved. flags: what the registries could not tell.
    """

    type: Required[str]
    id: Required[str]
    about: Required[str]
    fact: str
    channel: Required[str]
    sender: Required[str]
    transaction: Required[str]
    control_id: Required[str]
    place: Required[str]
    received: Required[int]
    version: Required[int]
    occurred: str | None
    person: str
    origin: Origin | None
    facility: Organization | None
    patient: Required[Patient]
    flags: list[str]
    unmapped: list[Left]
    details: list[Detail]
