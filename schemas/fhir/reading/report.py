"""DiagnosticReport with its Observations → a report. The way back from `schemas.fhir.report`."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple, cast

from schemas.events import Attachment, Code, Encounter, Identifier, Note, Order, Practitioner, Result, Specimen
from schemas.fhir import extensions, terms
from schemas.fhir.reading import elements, encounter, observation, people, quantity
from schemas.fhir.reading.elements import Json, Source, part, parts, said, take

# Sections of table 0074 that make images; and how observation-category and LOINC call radiology.
IMAGING = frozenset({"RAD", "IMG", "RX", "CT", "CTH", "NMR", "NMS", "RUS", "CUS", "OUS", "VUS", "XRC"})
_IMAGING_WORDS = frozenset({"imaging", "LP29684-5", "18748-4"})
# Words of report statuses beside those that table 0123 is written as
_STATUS = terms.inverse(terms.REPORT_STATUS) | {"amended": "C", "appended": "C", "entered-in-error": "X"}


class Numbers(NamedTuple):
    """What a report is known by: the filler's number, the placer's, and the accession number of its images."""

    filler: Identifier | None
    placer: Identifier | None
    accession: Identifier | None

    @property
    def first(self) -> Identifier | None:
        return self.filler or self.placer


def numbers(identifiers: list[Identifier]) -> Numbers:
    """By type (table 0203: FILL, PLAC, ACSN); the first number without such a type is the filler's."""
    typed = {one.get("type"): one for one in reversed(identifiers)}
    plain = [one for one in identifiers if one.get("type") not in ("FILL", "PLAC", "ACSN")]
    return Numbers(typed.get("FILL") or (plain[0] if plain else None), typed.get("PLAC"), typed.get("ACSN"))


class Head(NamedTuple):
    """What must be known of a report before its results can be named."""

    code: Code
    numbers: Numbers
    order: Order


def head(source: Source, resource: Json) -> Head:
    """The code, numbers and order of a DiagnosticReport or of an Observation without one."""
    own = numbers(elements.identifiers(source, resource))
    order = _order(source, resource, own)
    # A copy is read: the code is also that of the only result of an Observation without a report
    return Head(elements.code(deepcopy(part(resource, "code"))) or {}, own, order)


def report(source: Source, resource: Json, head: Head, about: str, place: str) -> dict[str, Any]:
    """The fields of LabReportIssued or ImagingReportIssued (`type` says which) without the envelope."""
    section, imaging = _section(resource)
    start, end = elements.period(resource, "effectivePeriod")
    performers, laboratory = people.performers(source, parts(resource, "performer"))
    specimens = [made for one in parts(resource, "specimen") if (made := _specimen(source, one))]
    code = elements.code(part(resource, "code")) or {}
    return {"type": "ImagingReportIssued" if imaging else "LabReportIssued", "code": code} | said(
        status=status(take(resource, "status")),
        section=section,
        order=head.order,
        encounter=visit(source, resource),
        started=take(resource, "effectiveDateTime") or start,
        ended=end,
        issued=take(resource, "issued"),
        results=_results(source, resource, about, place),
        specimens=specimens,
        interpreters=[
            *people.practitioners(source, parts(resource, "resultsInterpreter")),
            *performers,
        ],
        copies_to=_others(source, resource, extensions.COPY_TO),
        laboratory=laboratory,
        notes=_notes(resource),
        conclusion=take(resource, "conclusion"),
        documents=_documents(resource),
        **(_images(source, resource, head.numbers) if imaging else {}),
    )


def lone(source: Source, resource: Json, head: Head, about: str, place: str) -> dict[str, Any]:
    """An Observation that no report holds, as a report of its own."""
    imaging = any(_is_imaging(one) for one in parts(resource, "category"))
    specimen = _specimen(source, part(resource, "specimen"))
    issued = take(resource, "issued")
    found = observation.results(source, resource, observation.Numbering(about), place)
    first = found[0] if found else cast(Result, {})
    return {"type": "ImagingReportIssued" if imaging else "LabReportIssued", "code": head.code} | said(
        status=_status_of_lone(first),
        order=head.order,
        encounter=visit(source, resource),
        started=first.get("observed"),
        issued=issued,
        results=found,
        specimens=[specimen] if specimen else None,
        laboratory=first.get("laboratory"),
        accession=head.numbers.accession if imaging else None,
        bare=True,
    )


def status(word: str | None) -> str | None:
    """A code of HL7 table 0123; an unknown status is none."""
    return _STATUS.get(word or "")


def _status_of_lone(result: Result) -> str | None:
    # Tables 0085 and 0123 write the same words alike, but for "deleted" and "amended"
    told = result.get("status")
    return {"D": "X", "A": "C", "I": "O"}.get(told or "", told)


def _section(resource: Json) -> tuple[str | None, bool]:
    """The diagnostic section (table 0074) and whether the report is about images."""
    imaging = any(_is_imaging(one) for one in parts(resource, "category"))
    for one in parts(resource, "category"):
        for coding in parts(one, "coding"):
            if coding.get("code") in terms.SECTIONS:
                take(coding, "system")
                take(coding, "display")
                return take(coding, "code"), imaging
    text = next((text for one in parts(resource, "category") if (text := take(one, "text"))), None)
    return text, imaging


def _is_imaging(category: Json) -> bool:
    systems = (terms.MODALITY_SYSTEM,)
    return any(
        one.get("code") in IMAGING or one.get("code") in _IMAGING_WORDS or one.get("system") in systems
        for one in parts(category, "coding")
    )


def visit(source: Source, resource: Json) -> Encounter | None:
    """The visit that a resource belongs to."""
    reference = part(resource, "encounter")
    found = source.follow(reference, "Encounter")
    if found is not None:
        return source.once(found, encounter.encounter)
    number = elements.identifier(source, part(reference, "identifier"))
    return {"identifiers": [number]} if number else None


def _results(source: Source, resource: Json, about: str, place: str) -> list[Result]:
    numbering = observation.Numbering(about)
    found: list[Result] = []
    for reference in parts(resource, "result"):
        if below := source.follow(reference, "Observation"):
            found += observation.results(source, below, numbering, place)
    return found


def _order(source: Source, resource: Json, own: Numbers) -> Order:
    """The order of the report (ServiceRequest), with the report's own numbers going first."""
    made: dict[str, Any] = {}
    noted = {part(one, "valueAnnotation").get("text") for one in parts(resource, "extension")}
    for reference in parts(resource, "basedOn"):
        if found := source.follow(reference, "ServiceRequest"):
            made = source.once(found, _request)
            # Notes of the report may stand on its order too; the rest is what the requester wanted known
            lines = [one["text"] for one in made.pop("notes", ()) if one["text"] not in noted]
            made |= said(clinical_information="\n".join(lines))
        elif number := elements.identifier(source, part(reference, "identifier")):
            made.setdefault("placer", number)
    return cast(Order, made | said(filler=own.filler, placer=own.placer))


def _request(source: Source, resource: Json) -> dict[str, Any]:
    own = elements.identifiers(source, resource)
    found = numbers(own)
    requester = part(resource, "requester")
    who = people.practitioner(source, requester)
    # Without a type, the number of an order is its placer's
    typed = found.placer is None and found.filler is not None and found.filler.get("type") != "FILL"
    return said(
        placer=found.filler if typed else found.placer,
        filler=None if typed else found.filler,
        group=elements.identifier(source, part(resource, "requisition")),
        status=elements.inverted(terms.ORDER_STATUS, take(resource, "status")),
        priority=elements.inverted(terms.PRIORITY, take(resource, "priority")),
        ordered=take(resource, "authoredOn"),
        requesters=[*([who] if who else ()), *_others(source, resource, extensions.OTHER_REQUESTER)],
        organization=people.organization(source, requester) if who is None else who.get("organization"),
        reasons=elements.codes(resource, "reasonCode"),
        notes=elements.notes(resource),
    )


def _others(source: Source, resource: Json, url: str) -> list[Practitioner]:
    found: list[Practitioner] = []
    for one in parts(resource, "extension"):
        if one.get("url") == url and (who := people.practitioner(source, part(one, "valueReference"))):
            del one["url"]
            found.append(who)
    return found


def _notes(resource: Json) -> list[Note]:
    found: list[Note] = []
    for one in parts(resource, "extension"):
        if one.get("url") == extensions.REPORT_NOTE and (note := elements.note(part(one, "valueAnnotation"))):
            del one["url"]
            found.append(note)
    return found


def _documents(resource: Json) -> list[Attachment]:
    return [made for one in parts(resource, "presentedForm") if (made := elements.attachment(one))]


def _images(source: Source, resource: Json, own: Numbers) -> dict[str, Any]:
    """The study UID, accession number and modality of an imaging report, from its first ImagingStudy."""
    modality = None
    for category in parts(resource, "category"):
        for coding in parts(category, "coding"):
            if coding.get("system") == terms.MODALITY_SYSTEM:
                modality = take(coding, "code")
                take(coding, "system")
    for reference in parts(resource, "imagingStudy"):
        if study := source.follow(reference, "ImagingStudy"):
            return {"accession": own.accession, "modality": modality} | source.once(study, _study)
    return {"accession": own.accession, "modality": modality}


def _study(source: Source, resource: Json) -> dict[str, Any]:
    found = elements.identifiers(source, resource)
    uid = next((one["value"] for one in found if one["system"] == "urn:dicom:uid"), None)
    modality = next((take(one, "code") for one in parts(resource, "modality")), None)
    return said(
        study_uid=uid.removeprefix("urn:oid:") if uid else None,
        accession=next((one for one in found if one.get("type") == "ACSN"), None),
        modality=modality,
    )


def _specimen(source: Source, reference: Json) -> Specimen | None:
    found = source.follow(reference, "Specimen")
    if found is not None:
        return source.once(found, _sample)
    number = elements.identifier(source, part(reference, "identifier"))
    display = take(reference, "display")
    return cast(Specimen, said(identifiers=[number] if number else None, type={"text": display} if display else None))


def _sample(source: Source, resource: Json) -> Specimen:
    taken = part(resource, "collection")
    start, end = elements.period(taken, "collectedPeriod")
    measure = quantity.measure(part(taken, "quantity"))
    return cast(
        Specimen,
        said(
            identifiers=elements.identifiers(source, resource),
            type=elements.code(part(resource, "type")),
            site=elements.code(part(taken, "bodySite")),
            method=elements.code(part(taken, "method")),
            collected=take(taken, "collectedDateTime") or start,
            collected_end=end,
            received=take(resource, "receivedTime"),
            conditions=elements.codes(resource, "condition"),
            quantity=measure.number,
            quantity_unit=measure.unit,
            notes=elements.notes(resource),
        ),
    )
