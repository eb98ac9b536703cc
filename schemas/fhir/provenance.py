"""Where an event came from: exactly one Provenance, naming everything it says.

The Patient is always among its targets: servers leave a Provenance out of `Patient/$everything` otherwise.
Guide: EVN[Provenance] and MSH[Provenance-Source]. EVN-3, which it leaves out, is an extension under its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from schemas import facts
from schemas.fhir import elements, extensions, people, terms, times
from schemas.fhir.draft import Draft

# Systems of the identifiers in Provenance.entity.
CONTROL_ID = "urn:wasl:control-id"
TRANSACTION = "urn:wasl:transaction"
CHANNEL = "urn:wasl:channel"
SENDER = "urn:wasl:sender"
PLANNED = extensions.OURS + "EVN-3-date-time-planned-event"
NUMBERS = ((CONTROL_ID, "control_id"), (TRANSACTION, "transaction"), (CHANNEL, "channel"))


def write(draft: Draft, details: Sequence[dict[str, Any]] = ()) -> None:
    """Written last, since its targets are all that was written before. `details`: extensions of what the head of the
    message told beside (MSH, SFT, EVN)."""
    event = draft.event
    origin = event.get("origin") or {}
    facility = people.organization(draft, event.get("facility"))
    operators = people.practitioners(draft, origin.get("operators"))
    where = people.location(draft, {"facility": origin["place"]}) if origin.get("place") else None
    planned = times.date_time(origin.get("planned"))
    reason = elements.concept(origin.get("reason"))
    targets = [draft.subject, *({"reference": key} for key in draft.resources if key != f"Patient/{draft.person}")]
    id = facts.name("Provenance", event["id"])
    trigger = elements.one_of(origin.get("trigger"), terms.EVENTS)
    draft.resources[f"Provenance/{id}"] = elements.said(
        {
            "resourceType": "Provenance",
            "id": id,
            "meta": {"source": draft.source},
            "extension": [*extensions.extensions(extensions.extension(PLANNED, "DateTime", planned)), *details],
            "target": targets,
            "occurredDateTime": times.date_time(event.get("occurred")),
            "_recorded": times.sent(origin.get("recorded"), times.instant(origin.get("recorded"))),
            "recorded": times.instant(origin.get("recorded")) or times.at(event["received"]),
            "location": where,
            "reason": [reason] if reason else None,
            "activity": elements.coded(terms.table("0003"), trigger) if trigger else None,
            "agent": [
                elements.said({"type": _role("author"), "who": _sender(event), "onBehalfOf": facility}),
                *({"type": _role("enterer"), "who": one} for one in operators),
            ],
            "entity": [_entity(system, number) for system, key in NUMBERS if (number := elements.text(event[key]))],
        }
    )


def _role(code: str) -> dict[str, Any]:
    return elements.coded(terms.PROVENANCE_ROLE, code)


def _sender(event: dict[str, Any]) -> dict[str, Any]:
    """The sending system, known by channel and sender only: a logical reference."""
    name = elements.text(event["sender"])
    number = f"{quote(event['channel'])}|{name or ''}"
    return elements.said({"type": "Device", "identifier": {"system": SENDER, "value": number}, "display": name})


def _entity(system: str, value: str) -> dict[str, Any]:
    return {"role": "source", "what": {"identifier": {"system": system, "value": value}}}
