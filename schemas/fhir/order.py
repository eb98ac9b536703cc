"""What was asked for: ServiceRequest, of an order itself (OrderRecorded) or told in passing by the report of it.

Sources: HL7 V2-to-FHIR guide, maps ORC[ServiceRequest], OBR[ServiceRequest], TQ1[ServiceRequest], DG1[Condition]. An
order and its report name the same ServiceRequest: that of the placer's number, else of the filler's. Ours: OBR-13 is an
Observation (LOINC 55752-0) among supportingInfo, where the guide points to; ORC-1 CA is revoked (see `terms`); a
replaced order is revoked by the one that replaces it. What R4 has no element for is an extension (see `beside`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from schemas import facts
from schemas.events import Code, Event, Identifier, Order, Practitioner, Result, Timing, plain
from schemas.fhir import (
    clinical,
    contacts,
    coverage,
    details,
    elements,
    encounter,
    extensions,
    imaging,
    observation,
    participants,
    people,
    quantity,
    specimen,
    tables,
    terms,
    times,
    timing,
)
from schemas.fhir.draft import Draft, Reference, key_of

CLINICAL_INFORMATION: Code = {
    "text": "Clinical information",
    "codings": [{"system": terms.LOINC, "code": "55752-0", "display": "Clinical information"}],
}
# Of an order's states those that nothing later of the same report takes back
SETTLED = frozenset(("completed", "revoked", "entered-in-error"))
# ORC-1 of what is new: only its ORC-9 is the time of the order, of others that of the change
_NEW = frozenset(("", "NW", "SN", "RO", "CH", "PA", "RE"))
# Elements of the order that are people, codes and times in extensions of ours: key → name in the url
_PEOPLE = {"entered_by": "entered-by", "verified_by": "verified-by", "acted_by": "acted-by"}
_CODES = {
    "control_reason": "control-reason", "entering_device": "entering-device", "modifier": "status-modifier",
    "danger": "danger", "confidentiality": "confidentiality",
}  # fmt: skip
_TIMES = {"effective": "effective", "available": "expected-availability", "scheduled": "scheduled"}


def recorded(draft: Draft) -> None:
    """OrderRecorded: the order with everything that came with it."""
    event, order = draft.event, _order(draft)
    visit = encounter.write(draft, event.get("encounter"))
    own = {"reference": f"ServiceRequest/{draft.fact}"}
    within = {"status": "final", "encounter": visit, "alone": True}
    specimens = specimen.specimens(draft, event.get("specimens") or (), within, None, order.get("collectors"))
    supporting = [*_information(draft, order, visit), *_supporting(draft, within)]
    if images := imaging.study(draft, visit, own, asked=True):
        supporting.append(images)
    reasons = [clinical.condition(draft, visit, one) for one in event.get("diagnoses") or ()]
    times_told = order.get("timings") or []
    draft.add(
        "ServiceRequest",
        draft.fact,
        {
            "extension": [*beside(draft, order), *_of_event(draft)],
            **_common(draft, order, visit),
            **_when(order, times_told),
            "status": status(order) or "unknown",
            "replaces": [_replaced(draft, one) for one in order.get("replaces") or ()],
            "performer": people.each_once(_performers(draft)),
            "reasonReference": people.each_once(reasons),
            "insurance": [coverage.write(draft, one) for one in event.get("insurances") or ()],
            "supportingInfo": people.each_once(supporting),
            "specimen": specimens,
            "note": people.notes(draft, event.get("notes")),
        },
    )


def of_report(draft: Draft, told: str, visit: Reference | None) -> Reference:
    """The order that a report answers, told in passing: it fills in what nobody told of the order itself.

    `told` is the report's status, from which that of the order follows where neither ORC-5 nor ORC-1 says it.
    """
    order = _order(draft)
    information = elements.text(order.get("clinical_information"))
    state = status(order) or terms.ORDER_OF_REPORT.get(told) or "unknown"
    return draft.add(
        "ServiceRequest",
        _id(draft, order),
        {
            "extension": beside(draft, order),
            **_common(draft, order, visit),
            **_when(order, order.get("timings") or []),
            "status": state,
            "note": [
                *people.notes(draft, draft.event.get("notes")),
                *([{"text": information}] if information else ()),
            ],
        },
        version=None if state in SETTLED else "0",
    )


def mentioned(draft: Draft, order: Order, visit: Reference | None) -> Reference:
    """An order that an event about something else names (a document of it), told in passing."""
    information = elements.text(order.get("clinical_information"))
    collectors = (_own("collector", "Reference", one) for one in people.practitioners(draft, order.get("collectors")))
    body = {
        "extension": [*beside(draft, order), *extensions.extensions(*collectors)],
        **_common(draft, order, visit),
        **_when(order, order.get("timings") or []),
        "status": status(order) or "unknown",
        "code": elements.concept(order.get("code")),
        "note": [{"text": information}] if information else None,
    }
    body["orderDetail"] = body["orderDetail"] if body["code"] else None
    return draft.add("ServiceRequest", _id(draft, order), body, version="0")


def status(order: Order) -> str | None:
    """ServiceRequest.status; None where nothing tells (a change, an inquiry), and then it stays what it was.

    An end told by ORC-5 holds; then what ORC-1 stops, holds or releases; then the rest of ORC-5 and of ORC-1.
    """
    control = (order.get("control") or "").strip().upper()
    now, wanted = terms.ORDER_STATUS.get((order.get("status") or "").strip().upper()), terms.ORDER_CONTROL.get(control)
    if now in SETTLED:
        return now
    return wanted if control in terms.DECISIVE_CONTROLS else now or wanted


def decides(order: Order) -> bool:
    """Whether it tells in which state the order is, and not only what was done to it."""
    control = (order.get("control") or "").strip().upper()
    if (order.get("status") or "").strip().upper() in terms.ORDER_STATUS:
        return True
    return status(order) is not None and control not in terms.UNDECIDED_CONTROLS


def only_changes(event: Event, id: str) -> bool:
    """Whether the event tells of this order what was done to it, but not in which state it is."""
    order: Any = plain(event).get("order") or {}
    return event["type"] == "OrderRecorded" and id == event.get("fact") and not decides(order)


def known_by(order: Order) -> str | None:
    """The key of an order, as its own event has it: `about`."""
    if key := elements.text(order.get("key")):
        return key
    number = key_of([one for one in (order.get("placer"), order.get("filler")) if one])
    return f"order|{number[0]}|{number[1]}" if number else None


def _order(draft: Draft) -> Order:
    told: Order | None = draft.event.get("order")
    return told or {}


def _id(draft: Draft, order: Order) -> str:
    key = known_by(order)
    return facts.name("fact", draft.person, key) if key else draft.name("ServiceRequest")


def _common(draft: Draft, order: Order, visit: Reference | None) -> dict[str, Any]:
    """What an order and its report both tell. The first requester is the requester; R4 takes one."""
    who = people.practitioners(draft, order.get("requesters"))
    where = people.organization(draft, order.get("organization"))
    if who and where:
        people.employed(draft, who[0], where)
    code = elements.concept(draft.event.get("code"))
    control = (order.get("control") or "").strip().upper()
    section = elements.tabled(draft.event.get("section"), "0074", terms.SECTIONS)
    supplements = [*(order.get("procedures") or ()), *(order.get("supplements") or ())]
    return {
        "identifier": _numbers(draft, order),
        "requisition": elements.identifier(order.get("group")),
        "basedOn": _parents(draft, order),
        "intent": "reflex-order" if (order.get("action") or "").strip().upper() == "G" else "order",
        "priority": _priority(order),
        "category": [section] if section else None,
        "code": code,
        # Only of a code (prr-1)
        "orderDetail": elements.concepts(supplements) if code else None,
        "subject": draft.subject,
        "encounter": visit,
        "authoredOn": times.date_time(order.get("ordered")) if control in _NEW else None,
        "requester": who[0] if who else where,
        "locationCode": [one for one in [elements.concept(order.get("kind"))] if one],
        "reasonCode": elements.concepts([*(order.get("reasons") or ()), *_reason(order, control)]),
    }


def _numbers(draft: Draft, order: Order) -> list[dict[str, Any]]:
    event = draft.event
    made = (
        elements.identifier(order.get("placer"), "PLAC"),
        elements.identifier(order.get("filler"), "FILL"),
        elements.identifier(event.get("accession"), "ACSN"),
        elements.identifier(order.get("alternate")),
        *elements.identifiers(event.get("related")),
    )
    return [one for one in made if one]


def _reason(order: Order, control: str) -> list[Code]:
    """ORC-16 is why it was ordered where ORC-1 is NW (guide), else why it was changed: an extension."""
    reason = order.get("control_reason")
    return [reason] if reason and control == "NW" else []


def _priority(order: Order) -> str | None:
    told = (order.get("priority") or "").strip().upper()
    return terms.PRIORITY.get(told) or ("urgent" if terms.TIMED.fullmatch(told) else None)


def _parents(draft: Draft, order: Order) -> list[Reference]:
    """The order that this is a part of, told in passing."""
    numbers = _parent_numbers(order)
    own = {known_by({"placer": number}) for number in (order.get("placer"), order.get("filler")) if number}
    if not numbers or known_by({"placer": numbers[0]}) in own:
        return []
    return [_stub(draft, numbers, "unknown", "0")]


def _replaced(draft: Draft, number: Identifier) -> Reference:
    return _stub(draft, [number], "revoked", None)


def _stub(draft: Draft, numbers: list[Identifier], state: str, version: str | None) -> Reference:
    id = facts.name("fact", draft.person, known_by({"placer": numbers[0]}) or "")
    body = {"identifier": elements.identifiers(numbers), "status": state, "intent": "order", "subject": draft.subject}
    return draft.add("ServiceRequest", id, body, version=version)


def _when(order: Order, told: list[Timing]) -> dict[str, Any]:
    """occurrence[x] (TQ1, OBR-6), asNeeded, quantity, and the instruction in words."""
    made: dict[str, Any] = {"occurrenceDateTime": times.date_time(order.get("requested"))}
    if not told:
        return made
    first = told[0]
    if found := timing.timing(first):
        made = _occurrence(first, found) or made
    made["asNeededBoolean"] = True if any(map(timing.as_needed, told)) else None
    made["quantityQuantity"] = quantity.quantity(first.get("quantity"), quantity.measured(first.get("quantity_unit")))
    made["patientInstruction"] = "\n".join(elements.texts(one.get("text") for one in told))
    return made


def _occurrence(source: Timing, made: dict[str, Any]) -> dict[str, Any]:
    """A start alone is a dateTime, with an end a Period; more than that is a Timing."""
    bounds = made.get("repeat", {}).get("boundsPeriod")
    if made.keys() != {"repeat"} or made["repeat"].keys() != {"boundsPeriod"}:
        return {"occurrenceTiming": made}
    if bounds.keys() == {"start"}:
        return {"occurrenceDateTime": times.date_time(source.get("start"))}
    return {"occurrencePeriod": bounds}


def _information(draft: Draft, order: Order, visit: Reference | None) -> list[Reference]:
    """OBR-13, as text and as codes."""
    text, codes = elements.text(order.get("clinical_information")), elements.concepts(order.get("information"))
    if not text and not codes:
        return []
    code = elements.required(CLINICAL_INFORMATION)
    value: dict[str, Any] = {"valueString": text}
    if len(codes) == 1:
        value = {"valueCodeableConcept": codes[0]}
    elif codes:
        value = {"component": [{"code": code, "valueCodeableConcept": one} for one in codes]}
    body = {"status": "final", "code": code, "subject": draft.subject, "encounter": visit, **value}
    return [draft.add("Observation", draft.name("clinical-information"), body)]


def _supporting(draft: Draft, within: dict[str, Any]) -> list[Reference]:
    """The results that came with the order; one that OBX-11 calls an order detail is one of them."""
    found = []
    for result in draft.event.get("results") or ():
        told: dict[str, Any] = {**result, "status": None} if result.get("status") == terms.NO_RESULT else result
        if made := observation.write(draft, cast(Result, told), within):
            found.append(made)
    return found


def _performers(draft: Draft) -> list[Reference | None]:
    """Who is to do it: a person, or a body where nobody of it is named."""
    event = draft.event
    named: list[Practitioner] = event.get("performers") or []
    who = [participants.reference(draft, one) for one in named]
    return [*who, people.organization(draft, event.get("laboratory"))]


def _of_event(draft: Draft) -> list[dict[str, Any]]:
    copies = people.practitioners(draft, draft.event.get("copies_to"))
    made = extensions.extensions(*(extensions.extension(extensions.COPY_TO, "Reference", one) for one in copies))
    observed = times.period(draft.event.get("started"), draft.event.get("ended"))
    made += extensions.extensions(_own("observation", "Period", observed))
    made += participants.written(draft, f"{extensions.OURS}order-performer", draft.event.get("performers"))
    return [*made, *contacts.written(draft, draft.event.get("contacts"))]


def beside(draft: Draft, order: Order) -> list[dict[str, Any]]:
    """Extensions …/order-<name>: what R4's ServiceRequest has no element for."""
    told: Any = order
    others = people.practitioners(draft, order.get("requesters"))[1:]
    made = [extensions.extension(extensions.OTHER_REQUESTER, "Reference", one) for one in others]
    made.append(_own("control", "CodeableConcept", elements.tabled(order.get("control"), "0119", terms.CONTROLS)))
    made.append(_own("status", "CodeableConcept", elements.tabled(order.get("status"), "0038", terms.ORDER_STATES)))
    if _priority(order) not in ("routine", "asap", "stat"):
        made.append(
            _own("priority", "CodeableConcept", elements.tabled(order.get("priority"), "0485", tables.codes("0485")))
        )
    for key, name in _PEOPLE.items():
        made += [_own(name, "Reference", one) for one in people.practitioners(draft, told.get(key))]
    for key, name in _CODES.items():
        made.append(_own(name, "CodeableConcept", elements.concept(told.get(key))))
    for key, name in _TIMES.items():
        made.append(_own(name, "DateTime", times.date_time(told.get(key))))
    if (order.get("control") or "").strip().upper() not in _NEW:
        made.append(_own("changed", "DateTime", times.date_time(order.get("ordered"))))
    made.append(_own("entered-at", "Reference", people.location(draft, order.get("entered_at"))))
    made.append(_own("entered-for", "Reference", people.organization(draft, order.get("entering_organization"))))
    made.append(_own("action", "CodeableConcept", elements.tabled(order.get("action"), "0065", tables.codes("0065"))))
    for one in order.get("timings") or ():
        if urgency := elements.concept(one.get("urgency")):
            made.append(_own("priority", "CodeableConcept", urgency))
        made += details.written(draft, one.get("details"))
    further = (order.get("timings") or [])[1:]
    made += [_own("timing", "Timing", timing.timing(one, whole=True)) for one in further]
    if (order.get("timings") or [{}])[0].get("start"):
        made.append(_own("requested", "DateTime", times.date_time(order.get("requested"))))
    made.append(_own("filler-group", "Identifier", elements.identifier(order.get("filler_group"))))
    return [*extensions.extensions(*made), *details.written(draft, order.get("details"))]


def carried(draft: Draft, order: Order, known: Sequence[Timing] = ()) -> list[dict[str, Any]]:
    """As `beside`, for what an order is carried out or written down as elsewhere (a prescription, a dispensation), and
    what only a ServiceRequest has an element for. `known` timings have a place there."""
    if not order:
        return []
    timings = [one for one in order.get("timings") or () if one not in known]
    who = people.organization(draft, order.get("organization"))
    told: Order = {**order, "timings": []}
    made = [
        *(_own("timing", "Timing", timing.timing(one, whole=True)) for one in timings),
        *(_own("part-of", "Identifier", elements.identifier(one)) for one in _parent_numbers(order)),
        _own("group", "Identifier", elements.identifier(order.get("group"))),
        _own("facility", "Reference", who),
        _own("kind", "CodeableConcept", elements.concept(order.get("kind"))),
    ]
    if (order.get("control") or "").strip().upper() in _NEW:
        made.append(_own("ordered", "DateTime", times.date_time(order.get("ordered"))))
    left = [one for each in timings for one in details.written(draft, each.get("details"))]
    return [*beside(draft, told), *extensions.extensions(*made), *left]


def _parent_numbers(order: Order) -> list[Identifier]:
    return [one for one in (order.get("parent"), order.get("parent_filler")) if one]


def _own(name: str, kind: str, value: Any) -> dict[str, Any] | None:
    return extensions.extension(f"{extensions.OURS}order-{name}", kind, value)
