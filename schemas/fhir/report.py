"""A report (OBR with its OBX): DiagnosticReport, ServiceRequest, Specimen, ImagingStudy, and the Observations.

Source: HL7 V2-to-FHIR guide, maps OBR[DiagnosticReport], OBR[ServiceRequest], ORC[ServiceRequest], SPM[Specimen],
OBR[Specimen]. Notes after OBR stand in ServiceRequest.note and, since R4 gives a report none, in an extension of it.
"""

from __future__ import annotations

from typing import Any

from schemas.events import Attachment, Order, Specimen
from schemas.fhir import elements, encounter, extensions, observation, people, quantity, terms, times
from schemas.fhir.draft import Draft, Reference, key_of


def write(draft: Draft) -> None:
    """LabReportIssued and ImagingReportIssued."""
    event = draft.event
    results = event.get("results") or []
    told = status(event.get("status"), [one.get("status") for one in results])
    visit = encounter.write(draft, event.get("encounter"))
    specimens = _specimens(draft)
    imaging = event["type"] == "ImagingReportIssued"
    within = {
        "status": told,
        "category": "imaging" if imaging else "laboratory",
        "encounter": visit,
        "specimen": specimens[0] if len(specimens) == 1 else None,
        "effective": times.date_time(event.get("started"), draft.zone),
    }
    if event.get("bare"):
        _alone(draft, within)
        return
    found = [observation.write(draft, result, within) for result in results]
    laboratory = people.organization(draft, event.get("laboratory"))
    request = _request(draft, _order(draft), told, visit)
    study = _study(draft, visit, request) if imaging else None
    issued = times.instant(event.get("issued"), draft.zone)
    draft.add(
        "DiagnosticReport",
        draft.fact,
        {
            "extension": _extensions(draft),
            "identifier": _numbers(draft),
            "basedOn": [request],
            "status": told,
            "category": _categories(event, imaging),
            "code": elements.required(event.get("code")),
            "subject": draft.subject,
            "encounter": visit,
            **_effective(draft),
            "issued": issued,
            "_issued": times.sent(event.get("issued"), issued),
            "performer": [laboratory] if laboratory else None,
            "resultsInterpreter": people.practitioners(draft, event.get("interpreters")),
            "specimen": specimens,
            "result": people.each_once(found),
            "imagingStudy": [study] if study else None,
            "conclusion": event.get("conclusion"),
            "presentedForm": _forms(event),
        },
    )


def _alone(draft: Draft, within: dict[str, Any]) -> None:
    """Results that came without a report: they stay without one, and carry what else it would have said."""
    order = _order(draft)
    request = _request(draft, order, within["status"], within["encounter"]) if order else None
    issued = times.instant(draft.event.get("issued"), draft.zone)
    for result in draft.event.get("results") or ():
        observation.write(draft, result, {**within, "alone": True, "issued": issued, "request": request})


def status(told: str | None, results: list[str | None]) -> str:
    """DiagnosticReport.status: OBR-25, else what the results agree on, else unknown."""
    if told:
        return terms.REPORT_STATUS.get(told.upper(), "unknown")
    each = {terms.OBSERVATION_STATUS.get((one or "").upper(), "unknown") for one in results}
    if each == {"cancelled"}:
        return "cancelled"
    each.discard("cancelled")
    if "corrected" in each and each <= {"corrected", "final"}:
        return "corrected"
    if each & {"preliminary", "registered"} and "unknown" not in each:
        return "partial" if "final" in each else "preliminary" if "preliminary" in each else "registered"
    return "final" if each == {"final"} else "unknown"


def _order(draft: Draft) -> Order:
    told: Order | None = draft.event.get("order")
    return told or {}


def _numbers(draft: Draft) -> list[dict[str, Any]]:
    order = _order(draft)
    made = (
        elements.identifier(order.get("placer"), "PLAC"),
        elements.identifier(order.get("filler"), "FILL"),
        elements.identifier(draft.event.get("accession"), "ACSN"),
    )
    return [one for one in made if one]


def _categories(event: dict[str, Any], imaging: bool) -> list[dict[str, Any]]:
    """OBR-24, and for images without a study to hold it their modality."""
    section = elements.tabled(event.get("section"), "0074", terms.SECTIONS)
    modality = _modality(event) if imaging and not elements.text(event.get("study_uid")) else None
    return [one for one in (section, {"coding": [modality]} if modality else None) if one]


def _effective(draft: Draft) -> dict[str, Any]:
    """OBR-7 and OBR-8: a period when both are told, else the one there is."""
    start, end = draft.event.get("started"), draft.event.get("ended")
    if end and end != start:
        return {"effectivePeriod": times.period(start, end, draft.zone)}
    return {"effectiveDateTime": times.date_time(start, draft.zone)}


def _extensions(draft: Draft) -> list[dict[str, Any]]:
    event = draft.event
    notes = (
        extensions.extension(extensions.REPORT_NOTE, "Annotation", one) for one in elements.notes(event.get("notes"))
    )
    copies = people.practitioners(draft, event.get("copies_to"))
    return extensions.extensions(
        *notes, *(extensions.extension(extensions.COPY_TO, "Reference", one) for one in copies)
    )


def _forms(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Every embedded document and pointer of the report and of its results, each once."""
    sources: list[Attachment] = [*(event.get("documents") or ())]
    for result in event.get("results") or ():
        sources += [one for one in observation.documents(result) if one not in sources]
    return [made for made in map(elements.attachment, sources) if made]


def _request(draft: Draft, order: Order, told: str, visit: Reference | None) -> Reference:
    """What was asked for (ORC, OBR). The first requester is the requester; R4 takes one."""
    event = draft.event
    asked = (order.get("status") or "").upper()
    control = (order.get("control") or "").upper()
    state = terms.ORDER_STATUS.get(asked) or terms.ORDER_CONTROL.get(control) or terms.ORDER_OF_REPORT.get(told)
    who = people.practitioners(draft, order.get("requesters"))
    where = people.organization(draft, order.get("organization"))
    if who and where:
        people.employed(draft, who[0], where)
    others = (extensions.extension(extensions.OTHER_REQUESTER, "Reference", one) for one in who[1:])
    information = elements.text(order.get("clinical_information"))
    return draft.add(
        "ServiceRequest",
        draft.name("ServiceRequest"),
        {
            "extension": extensions.extensions(*others),
            "identifier": _numbers(draft),
            "requisition": elements.identifier(order.get("group")),
            "status": state or "unknown",
            "intent": "order",
            "priority": terms.PRIORITY.get((order.get("priority") or "").upper()),
            "code": elements.concept(event.get("code")),
            "subject": draft.subject,
            "encounter": visit,
            "authoredOn": times.date_time(order.get("ordered"), draft.zone),
            "requester": who[0] if who else where,
            "reasonCode": elements.concepts(order.get("reasons")),
            "note": [*elements.notes(event.get("notes")), *([{"text": information}] if information else ())],
        },
    )


def _specimens(draft: Draft) -> list[Reference]:
    """SPM or OBR-15. OBR-14 is the time of receipt of a specimen that does not tell its own."""
    event = draft.event
    received = event.get("specimen_received")
    sources: list[Specimen] = event.get("specimens") or ([{}] if received else [])
    return [_specimen(draft, one, str(place), received) for place, one in enumerate(sources)]


def _specimen(draft: Draft, source: Specimen, place: str, received: str | None) -> Reference:
    key = key_of(source.get("identifiers"))
    collection = elements.said(
        {
            **_collected(source, draft.zone),
            "quantity": quantity.quantity(source.get("quantity"), quantity.measured(source.get("quantity_unit"))),
            "method": elements.concept(source.get("method")),
            "bodySite": elements.concept(source.get("site")),
        }
    )
    return draft.add(
        "Specimen",
        draft.of_person("Specimen", *key) if key else draft.name("Specimen", place),
        {
            "identifier": elements.identifiers(source.get("identifiers")),
            "type": elements.concept(source.get("type")),
            "subject": draft.subject,
            "receivedTime": times.date_time(source.get("received") or received, draft.zone),
            "collection": collection,
            "condition": elements.concepts(source.get("conditions")),
            "note": elements.notes(source.get("notes")),
        },
    )


def _collected(source: Specimen, zone: str | None) -> dict[str, Any]:
    start, end = source.get("collected"), source.get("collected_end")
    if end and end != start:
        return {"collectedPeriod": times.period(start, end, zone)}
    return {"collectedDateTime": times.date_time(start, zone)}


def _modality(event: dict[str, Any]) -> dict[str, Any] | None:
    told = elements.text(event.get("modality"))
    if told and told.strip().upper() in terms.MODALITIES:
        return elements.coding(terms.MODALITY_SYSTEM, told.strip().upper())
    return {"display": told} if told else None


def _study(draft: Draft, visit: Reference | None, request: Reference) -> Reference | None:
    """The images themselves, when their study UID is told."""
    event = draft.event
    uid = elements.text(event.get("study_uid"))
    if uid is None:
        return None
    modality = _modality(event)
    accession = elements.identifier(event.get("accession"), "ACSN")
    number = uid.strip().removeprefix("urn:oid:")
    return draft.add(
        "ImagingStudy",
        draft.of_person("ImagingStudy", number),
        {
            "identifier": [
                {"system": "urn:dicom:uid", "value": f"urn:oid:{number}"},
                *([accession] if accession else ()),
            ],
            "status": "available",
            "modality": [modality] if modality else None,
            "subject": draft.subject,
            "encounter": visit,
            "started": times.date_time(event.get("started"), draft.zone),
            "basedOn": [request],
        },
    )
