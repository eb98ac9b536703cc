"""The images of a report: ImagingStudy, and the Endpoint where they can be seen.

Source: FHIR R4 ImagingStudy, Endpoint; IHE RAD TF-2 4.128 (pointers to images in a result). A pointer (OBX-2 RP) to
something other than a document is the address of the study itself (ours); which service answers there its URL tells.
"""

from __future__ import annotations

from typing import Any

from schemas.events import Attachment
from schemas.fhir import elements, observation, terms, times
from schemas.fhir.draft import Draft, Reference

CONNECTION = terms.TERMINOLOGY + "endpoint-connection-type"
_SHOWN = frozenset((None, "text/html", "application/dicom", "application/dicom+json"))


def modality(event: dict[str, Any]) -> dict[str, Any] | None:
    told = elements.text(event.get("modality"))
    if told and told.strip().upper() in terms.MODALITIES:
        return elements.coding(terms.MODALITY_SYSTEM, told.strip().upper())
    return {"display": told} if told else None


def study(
    draft: Draft, visit: Reference | None, request: Reference | None, *, asked: bool = False, passing: bool = False
) -> Reference | None:
    """The images themselves, when their study UID is told. `asked`: they are still to be made; `passing`: the event is
    about something else."""
    event = draft.event
    uid = elements.text(event.get("study_uid"))
    if uid is None:
        return None
    device = modality(event)
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
            "status": "registered" if asked else "available",
            "modality": [device] if device else None,
            "subject": draft.subject,
            "encounter": visit,
            "started": times.date_time(event.get("started")),
            "basedOn": [request] if request else None,
            "endpoint": _endpoints(draft, number),
        },
        version="0" if asked or passing else None,
    )


def _endpoints(draft: Draft, study: str) -> list[Reference]:
    pointers = (one for result in draft.event.get("results") or () for one in observation.documents(result))
    urls = {url: None for one in pointers if (url := _address(one))}
    return [_endpoint(draft, study, url) for url in urls]


def _address(pointer: Attachment) -> str | None:
    """A web address that is no document's: of images, of a viewer, or of no kind told."""
    url, kind = elements.text(pointer.get("url")), pointer.get("content_type")
    is_shown = kind in _SHOWN or (kind or "").startswith("image/x-")
    return url.strip() if url and is_shown and url.strip().lower().startswith(("http://", "https://")) else None


def _endpoint(draft: Draft, study: str, url: str) -> Reference:
    return draft.add(
        "Endpoint",
        draft.of_person("Endpoint", study, url),
        {
            "status": "active",
            "connectionType": _connection(url.lower()),
            "payloadType": [{"text": "DICOM"}],
            "address": elements.uri(url),
        },
    )


def _connection(url: str) -> dict[str, Any]:
    if "requesttype=wado" in url:
        return elements.coding(CONNECTION, "dicom-wado-uri")
    if "/studies/" in url:
        return elements.coding(CONNECTION, "dicom-wado-rs")
    return {"display": "viewer"}
