"""The head of a message (MSH) as a MessageHeader. Guide: MSH[MessageHeader]."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from schemas import facts
from schemas.events import Event, plain
from schemas.fhir import elements, extensions, terms
from schemas.fhir.draft import Resource

# MessageHeader: valueIdentifier, MSH-21
PROFILE = extensions.OURS + "MSH-21-message-profile-identifier"
# Triggers of table 0003; those that begin with Z are a site's own.
_TRIGGER = re.compile(r"[A-Y][0-9A-Z]{2}")


def header(event: Event, sender: dict[str, Any] | None) -> Resource:
    """Who sent what to whom. Formats without a trigger event say the event type instead."""
    told = plain(event)
    origin = told.get("origin") or {}
    trigger = elements.text(origin.get("trigger"))
    known = trigger and _TRIGGER.fullmatch(trigger)
    to = elements.text(origin.get("receiving_application")), elements.text(origin.get("receiving_facility"))
    profiles = [one for one in map(elements.identifier, origin.get("profiles") or ()) if one]
    return elements.said(
        {
            "resourceType": "MessageHeader",
            "id": facts.name("MessageHeader", told["transaction"], told["channel"], told["control_id"]),
            "eventCoding": elements.coding(terms.table("0003"), trigger or "") if known else None,
            "eventUri": None if known else f"urn:wasl:{quote(trigger or told['type'], safe='._-')}",
            "extension": [{"url": PROFILE, "valueIdentifier": one} for one in profiles],
            "destination": [_destination(*to, origin)] if any(to) else None,
            "sender": sender,
            "source": _end(
                elements.text(origin.get("application")) or told["sender"],
                elements.text(origin.get("facility")) or told["channel"],
                _address(origin),
            ),
        }
    )


def _destination(application: str | None, facility: str | None, origin: Any) -> dict[str, Any]:
    """MSH-5 and MSH-6, the facility by its name: nobody else in the message is told of it."""
    number = elements.identifier(origin.get("receiving_facility_id"))
    receiver = elements.said({"type": "Organization", "identifier": number, "display": facility})
    end = _end(application, facility, _address(origin, "receiving_"))
    return {**end, "receiver": receiver} if facility else end


def _address(origin: Any, side: str = "") -> str | None:
    """The universal id of the application, else of the facility (guide: MSH-3.2, MSH-5.2)."""
    ids = (origin.get(f"{side}application_id"), origin.get(f"{side}facility_id"))
    return next((found for one in ids if one and (found := elements.text(one.get("value")))), None)


def _end(application: str | None, facility: str | None, address: str | None) -> dict[str, Any]:
    """One end of the line: a name, and the endpoint that FHIR requires: a universal id, else made from the facility."""
    named = f"urn:id:{quote(facility or application or 'unknown', safe='._-')}"
    return elements.said({"name": application, "endpoint": elements.uri(address or named)})
