"""Who assigned the numbers of a Patient, judged by the channel's identifier domains: OHIE-CR-01 to -05 of FHIR."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mediators.domains import AUTHORITY, BARE, Assigned, Fault, judged
from mediators.fhir import kin
from mediators.fhir.document import Entry
from mediators.fhir.parts import WRITTEN
from mediators.mediator import Context
from schemas.fhir.reading.elements import Json, parts
from schemas.message import Issue, Message


def issues(entries: Sequence[Entry], message: Message, context: Context) -> Iterator[Issue]:
    """Everything wrong with the numbers of the patients; where the channel is tolerant, only warnings."""
    domains = context.domains
    if not domains.table and not domains.strict:
        return
    for entry in (one for one in entries if one.method in WRITTEN):
        if entry.kind == "Patient":
            yield from _numbers(entry.resource, entry.path, message, context)
            for count, one in enumerate(parts(entry.resource, "contained")):
                if one.get("resourceType") == "RelatedPerson":
                    yield from _numbers(one, f"{entry.path}.contained[{count}]", message, context, mentioned=True)
        elif entry.kind == "RelatedPerson":
            yield from _numbers(entry.resource, entry.path, message, context, mentioned=True)
        if entry.kind == "Patient" and domains.strict and not _told_apart(entry, entries):
            yield issue(entry.path, BARE)


def _numbers(
    resource: Json, path: str, message: Message, context: Context, *, mentioned: bool = False
) -> Iterator[Issue]:
    for place, one in enumerate(parts(resource, "identifier")):
        number = Assigned(str(one.get("value") or ""), (str(one.get("system") or ""),))
        if number.value:
            faults = judged(number, context.domains, message.sender, context.channel, mentioned=mentioned)
            yield from (issue(f"{path}.identifier[{place}]", fault) for fault in faults)


def _told_apart(entry: Entry, entries: Sequence[Entry]) -> bool:
    """Sex, birth date, or an identifier of the mother beside the Patient."""
    resource = entry.resource
    if resource.get("gender") or resource.get("birthDate") or resource.get("active") is False:
        return True
    beside = [*parts(resource, "contained"), *(other.resource for other in entries)]
    return any(one.get("resourceType") == "RelatedPerson" and _mother(one) for one in beside)


def _mother(related: Json) -> bool:
    return kin.is_mother(related) and any(one.get("value") for one in parts(related, "identifier"))


def issue(path: str, fault: Fault) -> Issue:
    """What is wrong with the number at this path, or, of a Patient that is too bare, with the Patient."""
    of, reason, code, text, remedy, source, severity = fault
    at = path if fault is BARE else f"{path}.{'system' if of == AUTHORITY else 'value'}"
    return Issue(at, reason, text, remedy, severity, code, source=source)
