"""ORU^R01: one LabReportIssued or ImagingReportIssued an OBR, of every patient of the message."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

from mediators.hl7v2 import groups, report
from mediators.hl7v2.envelope import Head
from mediators.hl7v2.groups import Group, Sent
from mediators.hl7v2.patient import patient
from mediators.hl7v2.reader import Hl7
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.visit import visit
from mediators.mediator import Context, Part, Translation
from schemas.events import Event
from schemas.message import Issue, Message, Unmapped


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The events of a message, in its order; patients without any report are refused parts.

    The place of a report is that of its OBR ("OBR 2"), of results without one that of their first OBX.
    """
    scope = Scope.of(hl7, context, message.channel)
    head = Head(hl7, message, scope)
    translation = Translation()
    left = head.scope
    found = groups.patients(hl7)
    for group in found:
        own = scope.part()
        own.adopt(left)
        events = _reports(group, head, own, len(found) > 1, translation)
        if events:
            head.settle(events[0], own)
            left = scope.part()
        else:
            left = own
        translation.events.extend(cast(list[Event], events))
    translation.unmapped = [Unmapped(one["place"], one["value"]) for one in left.left]
    translation.unknown_codes = list(scope.unknown)
    return translation


def _reports(group: Group, head: Head, scope: Scope, several: bool, translation: Translation) -> list[dict[str, Any]]:
    """The events of one patient. What the patient's own segments leave over goes to the first of them."""
    wanted = head.message.places
    about = patient(group.pid, group.others, scope)
    for segment in group.strays:
        scope.rest(segment)
    nobody = group.pid is None and several
    if nobody or not group.reports:
        place = f"PID {group.pid.index}" if group.pid is not None else "PID"
        if not wanted or place in wanted:
            translation.refused.append(Part(place, [_nobody() if nobody and group.reports else _no_report(place)]))
        return []
    visits = {id(one.visit): visit(one.visit.pv1, one.visit.others, scope) for one in group.reports if one.visit}
    seen: Counter[str] = Counter()
    events: list[dict[str, Any]] = []
    for sent in group.reports:
        key = _key(sent, head, scope, seen)
        if wanted and sent.place not in wanted:
            continue
        own = scope.part()
        encounter = visits.get(id(sent.visit))
        event = report.report(sent, key, {**about}, {**encounter} if encounter else None, head, own)
        head.settle(event, own)
        events.append(event)
    return events


def _key(sent: Sent, head: Head, scope: Scope, seen: Counter[str]) -> str:
    """`about` of a report, with its occurrence from the second equal one of the same patient on."""
    key = report.about(sent, head, scope)
    seen[key] += 1
    return f"{key}|{seen[key]}" if seen[key] > 1 else key


def _no_report(place: str) -> Issue:
    text, remedy = "no report follows this patient", "send an OBR with its OBX after the PID"
    return Issue(place, "segment-sequence", text, remedy, code="100", location=place.replace(" ", "^"))


def _nobody() -> Issue:
    text = "reports stand before the first of several patients: they could be of any of them"
    return Issue("PID", "segment-sequence", text, "send every OBR after its PID", code="100", location="PID")
