"""Who assigned the numbers of a Patient, judged by the channel's identifier domains: OHIE-CR-01 to -05 of FHIR."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mediators.domains import AUTHORITY, BARE, Assigned, Fault, judged
from mediators.fhir.document import Entry
from mediators.mediator import Context
from schemas.fhir.reading.elements import Json, parts
from schemas.message import Issue, Message

# HL7 v3 RoleCode: whose child somebody is
_MOTHERS: Final = frozenset({"MTH", "NMTH", "GESTM", "ADOPTM"})


def issues(entries: Sequence[Entry], message: Message, context: Context) -> Iterator[Issue]:
    """Everything wrong with the numbers of the patients; where the channel is tolerant, only warnings."""
    domains = context.domains
    if not domains.table and not domains.strict:
        return
    for entry in entries:
        if entry.kind != "Patient":
            continue
        for place, one in enumerate(parts(entry.resource, "identifier")):
            number = Assigned(str(one.get("value") or ""), (str(one.get("system") or ""),))
            path = f"{entry.path}.identifier[{place}]"
            faults = judged(number, domains, message.sender, context.channel) if number.value else ()
            yield from (_issue(path, fault) for fault in faults)
        if domains.strict and not _told_apart(entry, entries):
            yield _issue(entry.path, BARE)


def _told_apart(entry: Entry, entries: Sequence[Entry]) -> bool:
    """Sex, birth date, or an identifier of the mother beside the Patient."""
    resource = entry.resource
    if resource.get("gender") or resource.get("birthDate") or resource.get("active") is False:
        return True
    beside = [*parts(resource, "contained"), *(other.resource for other in entries)]
    return any(one.get("resourceType") == "RelatedPerson" and _mother(one) for one in beside)


def _mother(related: Json) -> bool:
    codes = {coding.get("code") for kind in parts(related, "relationship") for coding in parts(kind, "coding")}
    return bool(codes & _MOTHERS) and any(one.get("value") for one in parts(related, "identifier"))


def _issue(path: str, fault: Fault) -> Issue:
    of, reason, code, text, remedy, source, severity = fault
    at = path if fault is BARE else f"{path}.{'system' if of == AUTHORITY else 'value'}"
    return Issue(at, reason, text, remedy, severity, code, source=source)
