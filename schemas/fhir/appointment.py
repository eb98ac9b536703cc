"""Appointments: Appointment, with the things that were booked as Devices.

Sources: HL7 V2-to-FHIR guide, maps SCH[Appointment], AIS, AIG, AIL, AIP[Appointment]; FHIR R4 Appointment. R4 wants a
start and an end wherever an appointment is more than proposed (app-2, app-3): what nobody told is said to be unknown.
A reason of cancelling needs a cancelled appointment (app-4, which misspells noshow): of others SCH-6 is an extension.
Things (AIG) are Devices, unless their type says that they are persons.
A participant's id tells where it was named: a later saying replaces those of the places it names, and no others.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.events import Booked, Practitioner, Timing
from schemas.fhir import (
    details,
    elements,
    encounter,
    extensions,
    observation,
    order,
    people,
    quantity,
    terms,
    times,
    timing,
)
from schemas.fhir.draft import Draft, Reference

STATUSES: Final = terms.words(
    "proposed pending booked arrived fulfilled cancelled noshow entered-in-error checked-in waitlist"
)
PARTICIPANT_STATUSES: Final = terms.words("accepted declined tentative needs-action")
_TIMELESS: Final = frozenset({"proposed", "cancelled", "waitlist"})
_NOT_SURE: Final = frozenset({"pending", "proposed", "waitlist"})
# AIG-4 as met, where a person is booked as a thing
_PERSONNEL: Final = terms.words("P PER PERSON PERSONNEL PROVIDER PRACTITIONER PHYSICIAN DOCTOR MEDECIN STAFF NURSE")
# Table 0276: the reasons that R4 prefers as types of an appointment
_KINDS: Final = terms.words("ROUTINE WALKIN CHECKUP FOLLOWUP EMERGENCY")
_MINUTES: Final = {"unit": "min", "system": terms.UCUM, "code": "min"}


def recorded(draft: Draft) -> None:
    """AppointmentRecorded: the appointment of one patient as it is now."""
    event = draft.event
    status = elements.one_of(event.get("status"), STATUSES) or "booked"
    visit = encounter.write(draft, event.get("encounter"))
    conditions = [encounter.condition(draft, visit, one) for one in event.get("diagnoses") or ()]
    seen = [observation.write(draft, one, within=None) for one in event.get("observations") or ()]
    reason = elements.concept(event.get("event_reason"))
    fillers = people.practitioners(draft, event.get("fillers"))
    own = draft.add(
        "Appointment",
        draft.fact,
        {
            "extension": _extensions(draft, None if status == "cancelled" else reason),
            "identifier": elements.identifiers(event.get("numbers")),
            "status": status,
            "cancelationReason": reason if status == "cancelled" else None,
            "serviceType": _services(draft),
            "appointmentType": elements.concept(event.get("kind")) or _kind(event),
            "reasonCode": elements.concepts(event.get("reasons")),
            "reasonReference": people.each_once(conditions),
            "supportingInformation": people.each_once(seen),
            **_times(draft, status),
            **_length(event.get("minutes")),
            "comment": "\n".join(elements.texts(one.get("text") for one in event.get("notes") or ())),
            "basedOn": _orders(draft, visit),
            "participant": [
                {"id": "patient", "actor": draft.subject, "status": _attends(status)},
                *({"id": f"contact.{at}", "actor": one, "status": "accepted"} for at, one in enumerate(fillers, 1)),
                *_participants(draft, status),
            ],
        },
    )
    if visit:
        draft.resources[visit["reference"]]["appointment"] = [own]


def consistent(resource: dict[str, Any]) -> dict[str, Any]:
    """An appointment that is kept after all has no reason of cancelling any more (app-4)."""
    if resource.get("status") == "cancelled":
        return resource
    return {name: one for name, one in resource.items() if name != "cancelationReason"}


def _attends(status: str) -> str:
    if status in _NOT_SURE:
        return "tentative"
    return "declined" if status in ("cancelled", "entered-in-error") else "accepted"


def _kind(event: dict[str, Any]) -> dict[str, Any] | None:
    """SCH-7 where it is a reason of table 0276 and no type was sent."""
    for one in event.get("reasons") or ():
        for coding in one.get("codings") or ():
            if (code := (coding.get("code") or "").upper()) in _KINDS:
                return elements.coded(terms.table("0276"), code)
    return None


def _times(draft: Draft, status: str) -> dict[str, Any]:
    """Both or neither; what can't be an instant stands beside as it was sent."""
    made: dict[str, Any] = {}
    sent = {name: draft.event.get(name) for name in ("start", "end")}
    said = {name: times.instant(one) for name, one in sent.items()}
    if not any(elements.text(one) for one in sent.values()) and status in _TIMELESS:
        return made
    for name, instant in said.items():
        made[name] = instant
        made[f"_{name}"] = None if instant else times.sent(sent[name], None) or extensions.absent()
    return made


def _length(minutes: str | None) -> dict[str, Any]:
    """Whole minutes; another length stands beside."""
    if minutes and minutes.isascii() and minutes.isdecimal() and 0 < int(minutes) < 2**31:
        return {"minutesDuration": int(minutes)}
    return {"_minutesDuration": times.sent(minutes, None)}


def _orders(draft: Draft, visit: Reference | None) -> list[Reference]:
    """SCH-26 with the SCH-27 in the same place. A filler's number alone is only named: its order may have another."""
    given = draft.event.get("orders") or ()
    fillers = [one for one in given if one.get("type") == "FILL"]
    made: list[Reference] = []
    for number in (one for one in given if one.get("type") != "FILL"):
        filler = fillers.pop(0) if fillers else None
        made.append(order.mentioned(draft, {"placer": number, "filler": filler}, visit))
    named = elements.identifiers(fillers)
    return [*people.each_once(made), *({"type": "ServiceRequest", "identifier": one} for one in named)]


def _services(draft: Draft) -> list[dict[str, Any]]:
    """AIS: what is to be done, with when and for how long beside it."""
    made = []
    for one in draft.event.get("resources") or ():
        if one.get("kind") == "AIS" and (code := elements.concept(one.get("code"))):
            period = times.period(one.get("start"), one.get("end"))
            beside = extensions.extensions(
                *_beside(draft, one),
                extensions.extension(extensions.RESOURCE_PERIOD, "Period", period),
                extensions.extension(
                    extensions.RESOURCE_DURATION, "Quantity", quantity.quantity(one.get("minutes"), dict(_MINUTES))
                ),
            )
            made.append({"extension": beside, **code} if beside else code)
    return made or elements.concepts(draft.event.get("services"))


def _participants(draft: Draft, status: str) -> list[dict[str, Any]]:
    """AIG, AIL and AIP."""
    made = []
    for number, one in enumerate(draft.event.get("resources") or (), 1):
        if one.get("kind") == "AIS":
            continue
        role, actor = elements.concept(one.get("role")), _actor(draft, one)
        if actor or role:
            length = extensions.extension(
                extensions.RESOURCE_DURATION, "Quantity", quantity.quantity(one.get("minutes"), dict(_MINUTES))
            )
            takes_part = elements.one_of(one.get("status"), PARTICIPANT_STATUSES) or _attends(status)
            made.append(
                elements.said(
                    {
                        "id": f"{elements.token(one.get('kind') or '')}.{number}",
                        "extension": extensions.extensions(*_beside(draft, one), length),
                        "type": [role] if role else None,
                        "actor": actor,
                        "status": takes_part,
                        "period": times.period(one.get("start"), one.get("end")),
                    }
                )
            )
    return made


def _actor(draft: Draft, source: Booked) -> Reference | None:
    if who := people.practitioner(draft, source.get("person")):
        return who
    if where := people.location(draft, source.get("place")):
        return where
    code = elements.concept(source.get("code"))
    if code is None:
        return None
    coding: dict[str, str] = next(iter(code.get("coding", ())), {})
    name = coding.get("display") or code.get("text")
    role = source.get("role") or {}
    kinds = {(one.get("code") or "").upper() for one in role.get("codings") or ()} | {(role.get("text") or "").upper()}
    if kinds & _PERSONNEL:
        person: Practitioner = {"names": [{"text": name}] if name else []}
        if coding.get("code"):
            person["identifiers"] = [{"system": coding.get("system") or draft.scope, "value": coding["code"]}]
        return people.practitioner(draft, person)
    number = elements.said({"system": coding.get("system"), "value": coding.get("code")})
    return draft.add(
        "Device",
        draft.of_person("Device", elements.key(code)),
        {
            "identifier": [number] if "value" in number else None,
            "deviceName": [{"name": name, "type": "user-friendly-name"}] if name else None,
            "type": elements.concept(source.get("role")),
            "patient": draft.subject,
            **({"note": [{"text": made}]} if (made := _second(code)) else {}),
        },
    )


def _second(code: dict[str, Any]) -> str:
    """Further codings of a thing, in words: R4's Device has one name and its numbers have no display."""
    rest = code.get("coding", [])[1:]
    return "; ".join(" ".join(elements.texts([one.get("code"), one.get("display")])) for one in rest)


def _beside(draft: Draft, source: Booked) -> list[dict[str, Any]]:
    notes = people.notes(draft, source.get("notes"))
    return extensions.extensions(
        *details.written(draft, source.get("details")),
        *(extensions.extension(extensions.RESOURCE_NOTE, "Annotation", one) for one in notes),
        extensions.extension(
            extensions.RESOURCE_STATUS, "CodeableConcept", elements.concept(source.get("sent_status"))
        ),
        extensions.extension(extensions.RESOURCE_GROUP, "CodeableConcept", elements.concept(source.get("group"))),
        extensions.extension(extensions.RESOURCE_ACTION, "String", elements.text(source.get("action"))),
    )


def _extensions(draft: Draft, reason: dict[str, Any] | None) -> list[dict[str, Any]]:
    event, one = draft.event, extensions.extension
    told, notes = event.get("timings") or [], people.notes(draft, event.get("notes"))
    placers, enterers = (people.practitioners(draft, event.get(name)) for name in ("placers", "entered_by"))
    return extensions.extensions(
        one(extensions.APPOINTMENT_STATUS, "CodeableConcept", elements.concept(event.get("sent_status"))),
        one(extensions.APPOINTMENT_EVENT, "CodeableConcept", reason),
        one(extensions.APPOINTMENT_SCHEDULE, "CodeableConcept", elements.concept(event.get("schedule"))),
        one(extensions.APPOINTMENT_OCCURRENCE, "String", elements.text(event.get("occurrence"))),
        *(one(extensions.APPOINTMENT_GROUP, "Identifier", made) for made in elements.identifiers(event.get("groups"))),
        *(
            one(extensions.APPOINTMENT_PARENT, "Identifier", made)
            for made in elements.identifiers(event.get("parents"))
        ),
        *(one(extensions.APPOINTMENT_PLACER, "Reference", who) for who in placers),
        *(one(extensions.APPOINTMENT_ENTERER, "Reference", who) for who in enterers),
        *(one(extensions.APPOINTMENT_TIMING, "Timing", timing.timing(each)) for each in told),
        *(made for each in told for made in _timed(each)),
        *(one(extensions.APPOINTMENT_NOTE, "Annotation", made) for made in notes if made.keys() != {"text"}),
        *(made for each in told for made in details.written(draft, each.get("details"))),
    )


def _timed(source: Timing) -> list[dict[str, Any] | None]:
    """What of a timing R4's Timing has no element for: priority, quantity, and a period in no unit of time."""
    urgency = elements.concept(source.get("urgency")) or {"text": elements.text(source.get("priority"))}
    amounts = [
        ("quantity", "quantity_unit"),
        *([] if timing.duration(source.get("period"), source.get("period_unit")) else [("period", "period_unit")]),
    ]
    told: Any = source
    return [
        extensions.extension(extensions.APPOINTMENT_PRIORITY, "CodeableConcept", elements.said(urgency)),
        *(
            extensions.extension(
                extensions.APPOINTMENT_QUANTITY,
                "Quantity",
                quantity.quantity(told.get(name), quantity.measured(told.get(unit))),
            )
            for name, unit in amounts
        ),
    ]
