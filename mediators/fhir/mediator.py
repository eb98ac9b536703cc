"""Fhir: FHIR R4 resources and Bundles in JSON and XML."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mediators.additions import add
from mediators.fhir import assigners, conformance, feed, outcome, parts, pmir
from mediators.fhir.bundle import Resources
from mediators.fhir.document import Entry, document, glance
from mediators.fhir.events import Events
from mediators.mediator import Context, Part, Translation
from schemas.message import Description, Issue, Message, Refused, Reply, Unmapped


class Fhir:
    """A Bundle is taken or refused whole, but for parts that do not say whose they are: those are refused alone."""

    def split(self, body: bytes) -> Sequence[bytes]:
        return [body]

    def describe(self, body: bytes, content_type: str) -> Description:
        type, control_id = glance(body)
        return Description(type=type, control_id=control_id)

    def check(self, message: Message, context: Context) -> Sequence[Issue]:
        """Raises Refused when a resource is not valid, a Patient has no identifier, or nothing would become an
        event. Parts without a patient are errors, types that are not read warnings."""
        read = document(message.body)
        issues = [issue for entry in read.entries for issue in conformance.issues(entry)]
        issues += assigners.issues(read.entries, message, context)
        resources = Resources(read, context.authorities, message.sender)
        issues += feed.issues(resources, message, context)
        if any(issue.severity == "error" for issue in issues):
            raise Refused(issues)
        chosen = _wanted(parts.chosen(resources), message.places)
        whom = [parts.whom(resources, entry) for entry in chosen]
        issues.extend(one.issue for one in whom if one.issue)
        if all(one.issue for one in whom):
            raise Refused(issues if chosen else [*issues, _nothing()])
        return issues

    def accept(self, message: Message, issues: Sequence[Issue]) -> Reply:
        reply = outcome.accepted(issues)
        return pmir.answered(message, issues, reply.body, taken=True) or reply if _is_message(message) else reply

    def refuse(self, message: Message, issues: Sequence[Issue], *, reject: bool = False) -> Reply:
        reply = outcome.refused(issues)
        return pmir.answered(message, issues, reply.body, taken=False) or reply if _is_message(message) else reply

    def join(self, replies: Sequence[Reply]) -> Reply:
        return replies[0]

    def mediate(self, message: Message, context: Context) -> Translation:
        read = document(message.body)
        resources = Resources(read, context.authorities, message.sender)
        events = Events(message, read, resources, context)
        translation = Translation()
        chosen = parts.chosen(resources)
        wanted = {entry.place for entry in _wanted(chosen, message.places)}
        for entry, (patient, issue) in [(entry, parts.whom(resources, entry)) for entry in chosen]:
            made = issue or (events.event(entry, patient) if patient is not None else None)
            if made is None or entry.place not in wanted:
                continue
            if isinstance(made, Issue):
                translation.refused.append(Part(made.at, [made]))
            else:
                translation.events.append(made)
        if not message.places:
            translation.unmapped.extend(Unmapped(place, value) for place, value in _rest(resources))
        return add(translation, context)


def _is_message(message: Message) -> bool:
    return message.type == "Bundle/message"


def _wanted(chosen: list[Entry], places: Collection[str]) -> list[Entry]:
    """The entries of a rerun: a place may be an entry's, or that of an element within it."""
    if not places:
        return chosen
    return [entry for entry in chosen if any(f"{place}.".startswith(f"{entry.place}.") for place in places)]


def _rest(resources: Resources) -> list[tuple[str, str]]:
    """What no event took: of the resources that one led to, and of those that none did."""
    return [*resources.left(), *resources.unmet()]


def _nothing() -> Issue:
    return Issue(
        at="Bundle.entry",
        reason="nothing-usable",
        text="nothing in this message becomes an event",
        remedy="send a Patient, DiagnosticReport, Observation, Encounter, MedicationDispense or MedicationRequest",
    )
