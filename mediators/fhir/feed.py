"""The patient identity feed: a Patient written under the number it has at its source (IHE PIXm ITI-104), and one that
another replaces (ITI-104, PMIR ITI-93). Where a channel's domains are strict, what is wrong with either is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

from mediators.domains import ACROSS, FOREIGN, MISSING, UNKNOWN, UNOWNED, Assigned, Fault, judged
from mediators.fhir.assigners import issue
from mediators.fhir.bundle import Resources
from mediators.fhir.document import Entry
from mediators.mediator import Context
from schemas.domains import Domains
from schemas.events import Patient
from schemas.fhir.reading import elements, patient
from schemas.fhir.reading.elements import Json, part, parts, take
from schemas.message import Issue, Message, Severity

_ITI_104: Final = "IHE PIXm ITI-104"
_ABOUT_WHOM: Final = frozenset({MISSING, UNKNOWN, FOREIGN})


def condition(url: str) -> Assigned | None:
    """The number under which a Patient is to be written (`Patient?identifier=system|value`); None for another url."""
    kind, _, query = url.partition("?")
    asked = parse_qsl(query, keep_blank_values=True)
    if kind != "Patient" or [name for name, _ in asked] != ["identifier"]:
        return None
    system, _, value = asked[0][1].partition("|")
    return Assigned(value, (system,)) if value and "|" not in value else None


def issues(resources: Resources, message: Message, context: Context) -> Iterator[Issue]:
    """Everything wrong with conditions and merges; where the channel is tolerant, warnings."""
    severity: Severity = "error" if context.domains.strict else "warning"
    for entry in resources.entries:
        if entry.kind == "Patient" and "?" in entry.url:
            yield from _condition(entry, message, context, severity)
        if entry.kind == "Patient" and entry.resource.get("active") is False and (link := _link(entry.resource)):
            yield from _merge(resources, entry, part(link, "other"), message, context, severity)


def survivor(resources: Resources, entry: Entry) -> Patient | None:
    """Who replaces this Patient, and takes it; None for one that nobody replaces, or where it is not said who."""
    link = _link(entry.resource)
    if link is None:
        return None
    other = part(link, "other")
    if (found := resources.follow(other, "Patient")) is not None and found is not entry.resource:
        take(link, "type")
        return resources.once(found, patient.patient)
    number = elements.identifier(resources, part(other, "identifier"))
    if number is None:
        return None
    take(link, "type")
    take(other, "type")
    return patient.by_identifier(number, take(other, "display"))


def _link(resource: Json) -> Json | None:
    return next((one for one in parts(resource, "link") if one.get("type") == "replaced-by"), None)


def _condition(entry: Entry, message: Message, context: Context, severity: Severity) -> Iterator[Issue]:
    at = f"{entry.place}.request.url"
    number = condition(entry.url)
    if number is None:
        text = "a Patient is written under one number of its source, and nothing else"
        yield Issue(at, "required", text, "write Patient?identifier=system|value", severity, "101", source=_ITI_104)
        return
    domains = context.domains
    faults = [one for one in judged(number, domains, message.sender, context.channel) if one in _ABOUT_WHOM]
    yield from (issue(at, fault) for fault in faults)
    own = {(_domain(domains, one), str(one.get("value") or "")) for one in parts(entry.resource, "identifier")}
    if not faults and (_domain(domains, {"system": number.words[0]}), number.value) not in own:
        text, remedy = "the Patient has not the number it is written under", "put that identifier into the Patient too"
        yield Issue(at, "other-number", text, remedy, severity, "204", source=_ITI_104)


def _merge(
    resources: Resources, entry: Entry, other: Json, message: Message, context: Context, severity: Severity
) -> Iterator[Issue]:
    at, domains = f"{entry.path}.link.other.identifier", context.domains
    found = resources.peek(other, "Patient")
    numbers = parts(found, "identifier") if found else [part(other, "identifier")]
    stays = [Assigned(str(one["value"]), (str(one.get("system") or ""),)) for one in numbers if one.get("value")]
    if not stays or found is entry.resource:
        text, remedy = "it is not said which Patient stays", "name one of its numbers, with the system"
        yield Issue(at, "required", text, remedy, severity, "101", source=_ITI_104)
    elif domains.strict:
        faults = [fault for one in stays for fault in judged(one, domains, message.sender, context.channel)]
        yield from (issue(at, fault) for fault in faults if fault in _ABOUT_WHOM)
        prior = condition(entry.url)
        gone = [{"system": prior.words[0]}] if prior else parts(entry.resource, "identifier")
        gone_of = {_domain(domains, one) for one in gone}
        if fault := _replaced(domains, gone_of, {_domain(domains, {"system": one.words[0]}) for one in stays}):
            yield issue(at, fault)


def _replaced(domains: Domains, gone_of: set[str], stays_of: set[str]) -> Fault | None:
    """What is wrong with a merge of numbers of these domains: a temporary number may be replaced by any, any other by
    one of the same domain, which must be somebody's."""
    if any(domain and domain.temporary for domain in map(domains.of_system, gone_of)):
        return None
    both = [domains.of_system(one) for one in gone_of & stays_of]
    if not both:
        return ACROSS
    return None if any(domain is None or domain.owned for domain in both) else UNOWNED


def _domain(domains: Domains, number: Json) -> str:
    """What tells the domain: its URI, where the table knows it."""
    system = str(number.get("system") or "")
    known = domains.named(system)
    return known.uri if known else system
