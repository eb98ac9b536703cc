"""A report (OBR with its OBX): DiagnosticReport with its ServiceRequest, Specimens, ImagingStudy and Observations.

Source: HL7 V2-to-FHIR guide, maps OBR[DiagnosticReport], OBR[ServiceRequest], ORC[ServiceRequest]. Notes after OBR
stand in ServiceRequest.note and, since R4 gives a report none, in an extension of it. A report made because of a
result of another (OBR-26) has results derived from that one.
"""

from __future__ import annotations

from typing import Any

from schemas import facts
from schemas.events import Attachment, Order, Specimen
from schemas.fhir import (
    coverage,
    elements,
    encounter,
    extensions,
    imaging,
    observation,
    order,
    people,
    specimen,
    terms,
    times,
)
from schemas.fhir.draft import Draft, Reference


def write(draft: Draft) -> None:
    """LabReportIssued and ImagingReportIssued."""
    event = draft.event
    results = event.get("results") or []
    told = status(event.get("status"), [one.get("status") for one in results])
    visit = encounter.write(draft, event.get("encounter"))
    is_imaging = event["type"] == "ImagingReportIssued"
    within: dict[str, Any] = {"category": "imaging" if is_imaging else "laboratory", "encounter": visit}
    specimens = _specimens(draft, within)
    parent = _parent(draft)
    within |= {
        "status": told,
        "specimen": specimens[0] if len(specimens) == 1 else None,
        "effective": times.date_time(event.get("started")),
        "parent": parent,
    }
    if event.get("bare"):
        _alone(draft, within)
        return
    found = [observation.write(draft, result, within) for result in results]
    laboratory = people.organization(draft, event.get("laboratory"))
    request = order.of_report(draft, told, visit)
    study = imaging.study(draft, visit, request) if is_imaging else None
    _beside(draft, visit)
    issued = times.instant(event.get("issued"))
    draft.add(
        "DiagnosticReport",
        draft.fact,
        {
            "extension": _extensions(draft),
            "identifier": _numbers(draft),
            "basedOn": [request],
            "status": told,
            "category": _categories(event, is_imaging),
            "code": elements.required(event.get("code")),
            "subject": draft.subject,
            "encounter": visit,
            **_effective(draft),
            "issued": issued,
            "_issued": times.sent(event.get("issued"), issued),
            "performer": people.each_once([laboratory, *_readers(draft, "technicians")]),
            "resultsInterpreter": _readers(draft, "interpreters"),
            "specimen": specimens,
            "result": people.each_once(found),
            "imagingStudy": [study] if study else None,
            "conclusion": event.get("conclusion"),
            "presentedForm": _forms(event),
        },
    )


def _alone(draft: Draft, within: dict[str, Any]) -> None:
    """Results that came without a report: they stay without one, and carry what else it would have said."""
    request = order.of_report(draft, within["status"], within["encounter"]) if _order(draft) else None
    issued = times.instant(draft.event.get("issued"))
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
    asked = _order(draft)
    made = (
        elements.identifier(asked.get("placer"), "PLAC"),
        elements.identifier(asked.get("filler"), "FILL"),
        elements.identifier(draft.event.get("accession"), "ACSN"),
    )
    return [one for one in made if one]


def _categories(event: dict[str, Any], is_imaging: bool) -> list[dict[str, Any]]:
    """OBR-24, and for images without a study to hold it their modality."""
    section = elements.tabled(event.get("section"), "0074", terms.SECTIONS)
    modality = imaging.modality(event) if is_imaging and not elements.text(event.get("study_uid")) else None
    return [one for one in (section, {"coding": [modality]} if modality else None) if one]


def _effective(draft: Draft) -> dict[str, Any]:
    """OBR-7 and OBR-8: a period when both are told, else the one there is."""
    start, end = draft.event.get("started"), draft.event.get("ended")
    if end and end != start:
        return {"effectivePeriod": times.period(start, end)}
    return {"effectiveDateTime": times.date_time(start)}


def _extensions(draft: Draft) -> list[dict[str, Any]]:
    event = draft.event
    said = (
        extensions.extension(extensions.REPORT_NOTE, "Annotation", one)
        for one in people.notes(draft, event.get("notes"))
    )
    copies = people.practitioners(draft, event.get("copies_to"))
    written = _readers(draft, "transcriptionists")
    return extensions.extensions(
        *said,
        *(extensions.extension(extensions.COPY_TO, "Reference", one) for one in copies),
        *(extensions.extension(extensions.TRANSCRIPTIONIST, "Reference", one) for one in written),
        *_parent_as_told(event),
    )


def _readers(draft: Draft, key: str) -> list[Reference]:
    """Who read, made or wrote the report, and when (NDL)."""
    found: list[Reference] = []
    for one in draft.event.get(key) or ():
        if who := people.practitioner(draft, one):
            when = times.period(one.get("start"), one.get("end"))
            told = extensions.extension(extensions.READ_PERIOD, "Period", when)
            found.append({**who, "extension": [told]} if told else who)
    return people.each_once(found)


def _parent_as_told(event: dict[str, Any]) -> list[dict[str, Any] | None]:
    """OBR-26, OBR-29, OBR-50."""
    result, asked = (elements.concept(event.get(key)) for key in ("parent_result", "parent_code"))
    sub_id, value = (elements.text(event.get(key)) for key in ("parent_sub_id", "parent_value"))
    return [
        extensions.extension(extensions.PARENT_RESULT, "CodeableConcept", result),
        extensions.extension(extensions.PARENT_SUB_ID, "String", sub_id),
        extensions.extension(extensions.PARENT_VALUE, "String", value),
        extensions.extension(extensions.PARENT_SERVICE, "CodeableConcept", asked),
        *(
            extensions.extension(extensions.PARENT_NUMBER, "Identifier", one)
            for one in elements.identifiers(event.get("parents"))
        ),
    ]


def _specimens(draft: Draft, within: dict[str, Any]) -> list[Reference]:
    event = draft.event
    received = event.get("specimen_received")
    collectors = (event.get("order") or {}).get("collectors")
    sources: list[Specimen] = event.get("specimens") or ([{}] if received or collectors else [])
    return specimen.specimens(draft, sources, within, received, collectors)


def _beside(draft: Draft, visit: Reference | None) -> None:
    """What the report tells of the patient: diagnoses (DG1) and insurances (IN1) that stand with the order."""
    for one in draft.event.get("diagnoses") or ():
        encounter.condition(draft, visit, one)
    for one in draft.event.get("insurances") or ():
        coverage.write(draft, one)


def _forms(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Every embedded document and pointer of the report and of its results, each once."""
    sources: list[Attachment] = [*(event.get("documents") or ())]
    for result in event.get("results") or ():
        sources += [one for one in observation.documents(result) if one not in sources]
    return [made for made in map(elements.attachment, sources) if made]


def _parent(draft: Draft) -> Reference | None:
    """The result that gave rise to this report: an organism of its susceptibilities.

    Where the message held it, its Observation, told in passing; else what it is known by.
    """
    event = draft.event
    about, id = elements.text(event.get("parent_about")), elements.text(event.get("parent_id"))
    if about and id:
        fact = facts.name("fact", event.get("person") or draft.person, about)
        told = {"status": "unknown", "code": elements.required(event.get("parent_result")), "subject": draft.subject}
        return draft.add("Observation", facts.name("Observation", fact, id), told, version="0")
    if not any(event.get(key) for key in ("parent_result", "parent_sub_id", "parent_value")):
        return None  # a parent order only, which the ServiceRequest tells
    numbers = elements.identifiers(event.get("parents"))
    words = (elements.key(elements.concept(event.get("parent_result"))), event.get("parent_sub_id"))
    shown = " ".join(elements.texts([*words, event.get("parent_value")]))
    told = elements.said({"identifier": numbers[-1] if numbers else None, "display": shown})
    return {"type": "Observation", **told} if told else None
