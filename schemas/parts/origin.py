"""The message that an event came in, and what of it has no place."""

from __future__ import annotations

from typing import TypedDict

from schemas.parts.people import Code, Identifier, Organization, Practitioner


class Origin(TypedDict, total=False):
    """The message the event came in, as its header tells it (MSH, EVN; Bundle).

    `application_id` and its like are universal ids (HD.2), as URIs; `type` tells which kind. `place` is EVN-7.
    """

    application: str | None
    facility: str | None
    receiving_application: str | None
    receiving_facility: str | None
    message_type: str | None
    trigger: str | None
    version: str | None
    created: str | None
    recorded: str | None
    operators: list[Practitioner]
    reason: Code | None
    planned: str | None
    profiles: list[Identifier]
    application_id: Identifier | None
    facility_id: Identifier | None
    receiving_application_id: Identifier | None
    receiving_facility_id: Identifier | None
    place: Organization | None


class Left(TypedDict):
    """A value without a place in the event, with where it stood. It travels on; it does not count as kept."""

    place: str
    value: str
