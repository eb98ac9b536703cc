"""A document (TXA with its content) as a DocumentReference.

Source: HL7 V2-to-FHIR guide, map TXA[DocumentReference], concept maps for tables 0271 (docStatus), 0272 (securityLabel)
and 0273 (status). Where the guide is silent (ours): the trigger tells what became of the document (T10 replaces its
parent, T06 adds to it, T11 takes it back); a document that is not available yet is current all the same; of several
authenticators R4 takes one, the others are extensions; a notification without content says nothing of the content that
was told before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schemas import facts
from schemas.events import Attachment, Code, Identifier
from schemas.fhir import elements, encounter, extensions, imaging, observation, order, people, tables, terms, times
from schemas.fhir.draft import Draft, Reference

CONFIDENTIALITY = terms.TERMINOLOGY + "v3-Confidentiality"
# Of a document that is only told of: R4 wants a content, and nobody knows it.
NO_CONTENT: list[dict[str, Any]] = [{"attachment": extensions.absent()}]

# Table 0271, TXA-17. Guide. An edited document is amended once it is authenticated (ours).
COMPLETION = {
    "DI": "preliminary", "DO": "preliminary", "IP": "preliminary", "IN": "preliminary", "PA": "preliminary",
    "AU": "final", "LA": "final",
}  # fmt: skip
# Table 0273, TXA-19. Guide; UN is ours.
AVAILABILITY = {"AV": "current", "UN": "current", "CA": "entered-in-error", "OB": "superseded"}
# Table 0272, TXA-18. Guide.
SECURITY = {"U": "N", "UC": "N", "R": "R", "RE": "R", "V": "V", "VR": "V"}
RELATIONS = terms.words("replaces transforms signs appends")


def issued(draft: Draft) -> None:
    """DocumentIssued."""
    event = draft.event
    visit = encounter.write(draft, event.get("encounter"))
    authors = people.practitioners(draft, event.get("authors"))
    authenticators = people.practitioners(draft, event.get("authenticators"))
    date = times.instant(event.get("originated") or event.get("transcribed"))
    custodian = people.organization(draft, event.get("custodian") or event.get("facility"))
    observed = _observations(draft, visit)
    draft.add(
        "DocumentReference",
        draft.fact,
        {
            "extension": _extensions(draft, authenticators[1:]),
            "masterIdentifier": elements.identifier(event.get("document")),
            "identifier": _numbers(event),
            "status": status(event),
            "docStatus": _completion(event),
            "type": _kind(event.get("code")),
            "subject": draft.subject,
            "date": date,
            "_date": times.sent(event.get("originated"), date),
            "author": authors,
            "authenticator": authenticators[0] if authenticators else None,
            "custodian": custodian,
            "relatesTo": _relations(draft),
            "description": event.get("title"),
            "securityLabel": _security(event),
            "content": _contents(event),
            "context": _context(draft, visit, observed),
        },
    )


def _kind(code: Code | None) -> dict[str, Any] | None:
    """TXA-2: a code without a system is one of table 0270, if that has it."""
    made = elements.concept(code)
    for one in (made or {}).get("coding", ()):
        if "system" not in one and one.get("code") in tables.codes("0270"):
            one["system"] = terms.table("0270")
    return made


def status(event: dict[str, Any]) -> str:
    """DocumentReference.status: taken back or not, then TXA-19."""
    if event.get("cancelled"):
        return "entered-in-error"
    return AVAILABILITY.get((event.get("availability") or "").strip().upper(), "current")


def _completion(event: dict[str, Any]) -> str | None:
    if status(event) == "entered-in-error":
        return "entered-in-error"
    told = COMPLETION.get((event.get("status") or "").strip().upper())
    return "amended" if told == "final" and event.get("amended") else told


def _numbers(event: dict[str, Any]) -> list[dict[str, Any]]:
    """TXA-12 again, for servers that do not search masterIdentifier, and the name of its file (TXA-16)."""
    number, name = elements.identifier(event.get("document")), elements.text(event.get("file_name"))
    named = {"type": {"text": "file name"}, "value": name} if name else None
    return [one for one in (number, named) if one]


def _relations(draft: Draft) -> list[dict[str, Any]]:
    """The document that this one replaces or adds to, told in passing; a replaced one is superseded from now on."""
    event = draft.event
    number: Identifier | None = event.get("replaces")
    value = elements.text(number.get("value")) if number else None
    if number is None or value is None or event.get("relation") not in RELATIONS:
        return []
    fact = facts.name("fact", f"document|{number.get('system') or ''}|{number['value']}")
    if fact == draft.fact:
        return []
    replaced = event["relation"] == "replaces"
    target = draft.add(
        "DocumentReference",
        fact,
        {
            "masterIdentifier": elements.identifier(number),
            "status": "superseded" if replaced else "current",
            "subject": draft.subject,
            "content": [{**one} for one in NO_CONTENT],
        },
        version=None if replaced else "0",
    )
    return [{"code": event["relation"], "target": target}]


def _security(event: dict[str, Any]) -> list[dict[str, Any]]:
    sent = elements.tabled(event.get("confidentiality"), "0272", SECURITY)
    found = SECURITY.get((event.get("confidentiality") or "").strip().upper())
    if sent and found:
        sent["coding"] = [{"system": CONFIDENTIALITY, "code": found}, *sent.get("coding", ())]
    return [sent] if sent else []


def _contents(event: dict[str, Any]) -> list[dict[str, Any]]:
    sources: Iterable[Attachment] = event.get("contents") or ()
    made = [{"attachment": one} for one in map(elements.attachment, sources) if one]
    return made or [{**one} for one in NO_CONTENT]


def _observations(draft: Draft, visit: Reference | None) -> list[Reference]:
    """Observations beside the content (OBX that are none of it)."""
    within = {"encounter": visit, "alone": True}
    found = [observation.write(draft, one, within) for one in draft.event.get("results") or ()]
    return people.each_once(found)


def _context(draft: Draft, visit: Reference | None, observed: list[Reference]) -> dict[str, Any]:
    """PV1, TXA-4 (guide: the period of the service), and what it belongs to: orders (TXA-14, TXA-15, OBR), results."""
    event = draft.event
    orders = [order.mentioned(draft, one, visit) for one in event.get("orders") or ()]
    images = imaging.study(draft, visit, orders[0] if orders else None, passing=True)
    return elements.said(
        {
            "encounter": [visit] if visit else None,
            "period": times.period(event.get("activity"), None),
            "related": people.each_once([*orders, images, *observed]),
        }
    )


def _extensions(draft: Draft, authenticators: list[Reference]) -> list[dict[str, Any]]:
    event = draft.event
    moments = [
        (extensions.DOCUMENT_TRANSCRIBED, event.get("transcribed")),
        (extensions.DOCUMENT_AUTHENTICATED, event.get("authenticated")),
        *((extensions.DOCUMENT_EDITED, one) for one in event.get("edited") or ()),
    ]
    named = [
        *((extensions.TRANSCRIPTIONIST, one) for one in people.practitioners(draft, event.get("transcriptionists"))),
        *((extensions.OTHER_AUTHENTICATOR, one) for one in authenticators),
        *((extensions.DOCUMENT_COPY_TO, one) for one in people.practitioners(draft, event.get("copies_to"))),
        *((extensions.DOCUMENT_ACTED, one) for one in people.practitioners(draft, event.get("acted_by"))),
    ]
    coded = (
        (extensions.DOCUMENT_COMPLETION, elements.tabled(event.get("status"), "0271", COMPLETION)),
        (extensions.DOCUMENT_AVAILABILITY, elements.tabled(event.get("availability"), "0273", AVAILABILITY)),
        (extensions.DOCUMENT_STORAGE, elements.tabled(event.get("storage"), "0275", tables.codes("0275"))),
        (extensions.DOCUMENT_PRESENTATION, elements.tabled(event.get("content_type"), "0191", tables.codes("0191"))),
    )
    return extensions.extensions(
        *(extensions.extension(url, "DateTime", times.date_time(one)) for url, one in moments),
        *(extensions.extension(url, "CodeableConcept", one) for url, one in coded),
        *(extensions.extension(url, "Reference", one) for url, one in named),
        *(
            extensions.extension(extensions.DOCUMENT_NOTE, "Annotation", one)
            for one in elements.notes(event.get("notes"))
        ),
    )
