"""The head of a message (MSH) as a MessageHeader. Guide: MSH[MessageHeader]."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from schemas import facts
from schemas.events import Event, plain
from schemas.fhir import elements, terms
from schemas.fhir.draft import Resource

# Triggers of table 0003; those that begin with Z are a site's own.
_TRIGGER = re.compile(r"[A-Y][0-9A-Z]{2}")


def header(event: Event, sender: dict[str, Any] | None) -> Resource:
    """Who sent what to whom. Formats without a trigger event say the event type instead."""
    told = plain(event)
    origin = told.get("origin") or {}
    trigger = elements.text(origin.get("trigger"))
    known = trigger and _TRIGGER.fullmatch(trigger)
    to = elements.text(origin.get("receiving_application")), elements.text(origin.get("receiving_facility"))
    return elements.said(
        {
            "resourceType": "MessageHeader",
            "id": facts.name("MessageHeader", told["transaction"], told["channel"], told["control_id"]),
            "eventCoding": elements.coding(terms.table("0003"), trigger or "") if known else None,
            "eventUri": None if known else f"urn:wasl:{quote(trigger or told['type'], safe='._-')}",
            "destination": [_end(*to)] if any(to) else None,
            "sender": sender,
            "source": _end(
                elements.text(origin.get("application")) or told["sender"],
                elements.text(origin.get("facility")) or told["channel"],
            ),
        }
    )


def _end(application: str | None, facility: str | None) -> dict[str, Any]:
    """One end of the line: a name, and the endpoint that FHIR requires, made from the facility."""
    return elements.said(
        {
            "name": application,
            "endpoint": elements.uri(f"urn:id:{quote(facility or application or 'unknown', safe='._-')}"),
        }
    )
