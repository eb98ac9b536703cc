"""An entry → its event: the envelope, the field's own key of the fact, and the translation of codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from mediators.fhir import feed
from mediators.fhir.bundle import Resources
from mediators.fhir.document import Document, Entry
from mediators.mediator import Context
from schemas import facts
from schemas.events import Event, Identifier, Organization, Origin, Patient
from schemas.fhir.reading import elements, encounter, medication, people, report
from schemas.fhir.reading.elements import Json, part, parts, said, take
from schemas.message import Issue, Message

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400_000_000

Fields = dict[str, Any]


class Events:
    """Makes the events of one message, in its order: equal sales within it are counted."""

    def __init__(self, message: Message, document: Document, resources: Resources, context: Context) -> None:
        self._message = message
        self._document = document
        self._resources = resources
        self._context = context
        self._digest = message.digest
        self._seen: Counter[str] = Counter()
        self._origin = _origin(document)

    def event(self, entry: Entry, patient: Patient) -> Event | Issue:
        """The event of an entry about this patient, or why there can be none."""
        version = self._version(entry)
        fields = _READ[entry.kind](self, entry, patient)
        if isinstance(fields, Issue):
            return fields
        left = [{"place": place, "value": value} for place, value in self._resources.left()]
        control_id = self._message.control_id or self._document.control_id
        envelope: Fields = {
            "id": facts.event_id(self._message, self._digest, entry.place, fields["type"]),
            "channel": self._message.channel,
            "sender": self._message.sender,
            "transaction": self._message.transaction,
            "control_id": control_id,
            "place": entry.place,
            "received": self._message.received,
            "version": version,
            "origin": self._origin,
            "patient": patient,
        }
        return cast(Event, {**envelope, **fields, **({"unmapped": left} if left else {})})

    def _version(self, entry: Entry) -> int:
        """The sender's own time of this saying: of the resource, else of the Bundle; else when it was received."""
        updated = take(part(entry.resource, "meta"), "lastUpdated")
        stamp = self._document.root.get("timestamp")
        for time in (updated, stamp):
            found = _microseconds(time) if isinstance(time, str) else None
            # A time of tomorrow is a wrong clock: nothing could correct what it says
            if found is not None and found <= self._message.received + _DAY:
                return found
        return self._message.received

    def _own_name(self, entry: Entry) -> str:
        """What the sender calls a resource without an identifier; it means something to this sender only."""
        own = entry.full_url or (f"{entry.kind}/{entry.id}" if entry.id else "")
        return f"{self._message.sender}|{own}" if own else ""

    def _key(self, kind: str, entry: Entry, number: Identifier | None, *rest: str) -> str:
        name = f"{number['system']}|{number['value']}" if number else self._own_name(entry)
        return "|".join((kind, name, *rest)) if name else ""

    def _times(self, about: str) -> int:
        """How often this key was met in the message, this time included."""
        self._seen[about] += 1
        return self._seen[about]

    def _registered(self, entry: Entry, patient: Patient) -> Fields:
        kind = "PatientUpdated" if entry.method == "PUT" else "PatientRegistered"
        told: Fields = {}
        if patient.get("active") is False and (survivor := feed.survivor(self._resources, entry)):
            # Known by number: a sender merges when the names differ, and may tell the survivor's already
            gone = said(identifiers=patient.get("identifiers"), active=False)
            kind, told = "PatientMerged", {"patient": survivor, "prior": gone}
        number = next(iter((told.get("patient") or patient).get("identifiers") or ()), None)
        # Hashed, for a key names nobody
        digest = facts.name("identifier", number["system"], number["value"]) if number else self._own_name(entry)
        known = {"type": kind, "about": f"patient|{digest}" if digest else "", **told}
        return known | said(facility=patient.get("managing_organization"))

    def _reported(self, entry: Entry, patient: Patient) -> Fields:
        head = report.head(self._resources, entry.resource)
        number = head.numbers.first or head.order.get("filler") or head.order.get("placer")
        about = self._key("report", entry, number, elements.key_of(head.code))
        if about and self._times(about) > 1:
            about = f"{about}|{self._seen[about]}"
        read = report.report if entry.kind == "DiagnosticReport" else report.lone
        fields = read(self._resources, entry.resource, head, about, entry.place)
        occurred = fields.get("ended") or fields.get("started")
        return fields | {"about": about} | said(facility=fields.get("laboratory"), occurred=occurred)

    def _visited(self, entry: Entry, patient: Patient) -> Fields:
        visit = self._resources.once(entry.resource, encounter.encounter)
        numbers = visit.get("identifiers") or []
        number = next((one for one in numbers if one.get("type") == "VN"), numbers[0] if numbers else None)
        provider = self._resources.once(entry.resource, _provider)
        return {"type": "EncounterRecorded", "about": self._key("encounter", entry, number), "encounter": visit} | said(
            facility=provider or (visit.get("place") or {}).get("facility"), occurred=visit.get("admitted")
        )

    def _dispensed(self, entry: Entry, patient: Patient) -> Fields | Issue:
        fields = medication.dispensed(self._resources, entry.resource)
        if "medication" not in fields:
            return _no_medication(entry)
        key = self._sale(entry, fields)
        about = f"dispensation|{'|'.join(key)}"
        occurrence = self._times(about)
        known = {"type": "MedicationDispensed", "occurrence": occurrence}
        known["about"] = f"{about}|{occurrence}" if all(key) else ""
        return fields | known | said(facility=fields.get("pharmacy"), occurred=fields.get("dispensed"))

    def _sale(self, entry: Entry, fields: Mapping[str, Any]) -> tuple[str, str, str, str]:
        """Pharmacy, ticket, article and day: the key that a row of a pharmacy's export has too."""
        pharmacy = fields.get("pharmacy") or {}
        numbers = pharmacy.get("identifiers") or []
        shop: str = numbers[0]["value"] if numbers else pharmacy.get("name") or self._message.sender
        own = self._own_name(entry)
        ticket = fields.get("ticket") or (facts.name("sale", own) if own else "")
        return shop, ticket, elements.key_of(fields["medication"]), (fields.get("dispensed") or "")[:10]

    def _prescribed(self, entry: Entry, patient: Patient) -> Fields | Issue:
        fields = self._resources.once(entry.resource, medication.prescribed)
        if "medication" not in fields:
            return _no_medication(entry)
        visit = report.visit(self._resources, entry.resource)
        about = self._key("prescription", entry, fields.get("prescription"), elements.key_of(fields["medication"]))
        known = {"type": "MedicationPrescribed", "about": about}
        return fields | known | said(encounter=visit, occurred=fields.get("prescribed"))


_READ = {
    "Patient": Events._registered,
    "DiagnosticReport": Events._reported,
    "Observation": Events._reported,
    "Encounter": Events._visited,
    "MedicationDispense": Events._dispensed,
    "MedicationRequest": Events._prescribed,
}


def _provider(source: elements.Source, resource: Json) -> Organization | None:
    return people.organization(source, part(resource, "serviceProvider"), only=True)


def _origin(document: Document) -> Origin:
    """The message as its Bundle and MessageHeader tell it."""
    header = next((entry.resource for entry in document.entries if entry.kind == "MessageHeader"), {})
    source = part(header, "source")
    destinations = parts(header, "destination")
    return cast(
        Origin,
        said(
            application=_text(source, "name") or _text(source, "endpoint"),
            receiving_application=_text(destinations[0], "name") if destinations else None,
            message_type=document.type,
            trigger=_text(part(header, "eventCoding"), "code"),
            version="4.0",
            created=_text(document.root, "timestamp"),
        ),
    )


def _text(element: Json, name: str) -> str | None:
    value = element.get(name)
    return value if isinstance(value, str) else None


def _microseconds(time: str) -> int | None:
    try:
        found = datetime.fromisoformat(time)
        return (found - _EPOCH) // _MICROSECOND if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _no_medication(entry: Entry) -> Issue:
    return Issue(
        at=f"{entry.path}.medicationCodeableConcept",
        reason="required",
        text="no medicine is named",
        remedy="give medicationCodeableConcept, or put the Medication in the Bundle and refer to it",
        code="101",
    )
