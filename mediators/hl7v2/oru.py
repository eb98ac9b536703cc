"""ORU and OUL: one LabReportIssued or ImagingReportIssued an OBR, of every patient of the message.

R01 and its kin R30 to R32 (point of care) and R40 (alerts) have one structure; OUL^R21 to R24 go by containers,
specimens or orders (see groups). A report whose status says that there is no such order or patient (OBR-25 Y, Z: only
answers to a query may say so) is a refused part. A report made because of another's result (OBR-26, OBR-29: the
susceptibilities of an organism) names that result where the message holds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from mediators.hl7v2 import groups, order, report
from mediators.hl7v2.coded import code
from mediators.hl7v2.envelope import Head, Telling, about_patient, translated
from mediators.hl7v2.groups import Group, Sent
from mediators.hl7v2.patient import patient
from mediators.hl7v2.reader import Hl7
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.visit import visit
from mediators.mediator import Context, Part, Translation
from schemas.events import Patient
from schemas.message import Issue, Message

TYPES: Final = (
    *(f"ORU^{trigger}" for trigger in ("R01", "R30", "R31", "R32", "R40")),
    *(f"OUL^{trigger}" for trigger in ("R21", "R22", "R23", "R24")),
)
_NO_REPORT: Final = frozenset(("Y", "Z"))


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The events of a message, in its order. A patient without any report is a refused part, for a report is missing;
    what the message tells of the patient is a PatientUpdated all the same.

    The place of a report is that of its OBR ("OBR 2"), of results without one that of their first OBX.
    """
    found = groups.patients(hl7)
    return translated(hl7, message, context, found, partial(_told, several=len(found) > 1))


def _told(group: Group, head: Head, scope: Scope, *, several: bool) -> Iterator[Telling]:
    """What is told of one patient. What the patient's own segments leave over goes to the first event."""
    about = patient(group.pid, group.others, scope)
    for segment in group.strays:
        scope.rest(segment)
    nobody = group.pid is None and several
    if nobody or not group.reports:
        place = f"PID {group.pid.index}" if group.pid is not None else "PID"
        yield Part(place, [_nobody() if nobody and group.reports else _no_report(place)])
        if about.get("identifiers"):
            yield _known(group, place, about, head, scope)
        return
    visits = {id(one.visit): visit(one.visit.pv1, one.visit.others, scope) for one in group.reports if one.visit}
    seen: Counter[str] = Counter()
    events: list[dict[str, Any]] = []
    wanted = head.message.places
    descended = any(one.obr is not None and (one.obr.raw_field(26) or one.obr.raw_field(29)) for one in group.reports)
    for sent in group.reports:
        key = _key(sent, head, scope, seen)
        if wanted and sent.place not in wanted and not descended:
            continue
        if sent.obr is not None and sent.obr.text(25).strip().upper() in _NO_REPORT:
            yield Part(sent.place, [_nothing_reported(sent.obr.index)])
            continue
        own = scope.part()
        encounter = visits.get(id(sent.visit))
        event = report.report(sent, key, {**about}, {**encounter} if encounter else None, head, own)
        head.settle(event, own)
        events.append(event)
    _share(group, events, scope)
    for event in events:
        if any(event.get(key) for key in ("parent_result", "parent_sub_id", "parent_value")):
            _descend(event, events)
    yield from events


def _known(group: Group, place: str, about: Patient, head: Head, scope: Scope) -> dict[str, Any]:
    """What is told of a patient whose report is missing."""
    for stay in group.visits:
        for segment in (stay.pv1, *stay.others):
            scope.rest(segment)
    return head.event("PatientUpdated", place, about_patient(about, f"{head.digest}|{place}"), about)


def _share(group: Group, events: list[dict[str, Any]], scope: Scope) -> None:
    """An order's number that stands for several things asked for names them with what was asked."""
    if len(group.reports) < 2:
        return
    numbers = ((order.numbered(one.orc, one.obr, scope), one.obr) for one in group.reports)
    shared = order.shared((number, order.named(code(obr.field(4)) or {})) for number, obr in numbers if obr is not None)
    for event in events if shared else ():
        told = event["order"]
        number = told.get("placer") or told.get("filler")
        if number and (key := order.known_by(number)) in shared and (name := order.named(event["code"])):
            told["key"] = f"{key}|{name}"


def _descend(event: dict[str, Any], events: list[dict[str, Any]]) -> None:
    """Finds the result that a report comes from: in the report of its parent's number, by OBX-3, OBX-4 and value."""
    numbers = {(one["type"], one["value"]) for one in event.get("parents") or ()}
    for other in events:
        if other is event or (numbers and not numbers & _numbers(other)):
            continue
        found = [one for one in other.get("results") or () if _is_parent(one, event)]
        if found and (len(found) == 1 or event.get("parent_sub_id") or event.get("parent_value")):
            event["parent_about"], event["parent_id"] = other["about"], found[0]["id"]
            return


def _numbers(report: dict[str, Any]) -> set[tuple[str, str]]:
    order = report.get("order") or {}
    return {(kind, order[key]["value"]) for kind, key in (("PLAC", "placer"), ("FILL", "filler")) if order.get(key)}


def _is_parent(result: dict[str, Any], event: dict[str, Any]) -> bool:
    """What OBR-26 does not tell, anything may be."""
    asked = {one.get("code") for one in (event.get("parent_result") or {}).get("codings") or ()}
    codes = {one.get("code") for one in result["code"].get("codings") or ()}
    if asked and not asked & codes:
        return False
    if event.get("parent_sub_id"):
        return bool(result.get("sub_id") == event["parent_sub_id"])
    said = event.get("parent_value")
    return not said or any(said in _words(value) for value in result.get("values") or ())


def _words(value: dict[str, Any]) -> set[str | None]:
    code = value.get("code") or {}
    shown = (one.get(key) for one in code.get("codings") or () for key in ("code", "display"))
    return {value.get("text"), value.get("raw"), code.get("text"), *shown}


def _key(sent: Sent, head: Head, scope: Scope, seen: Counter[str]) -> str:
    """`about` of a report, with its occurrence from the second equal one of the same patient on."""
    key = report.about(sent, head, scope)
    seen[key] += 1
    return f"{key}|{seen[key]}" if seen[key] > 1 else key


def _no_report(place: str) -> Issue:
    text, remedy = "no report follows this patient", "send an OBR with its OBX after the PID"
    return Issue(place, "segment-sequence", text, remedy, code="100", location=place.replace(" ", "^"))


def _nothing_reported(number: int) -> Issue:
    text = "the status says that there is no such order or no such patient, so there is no report to record"
    remedy = "send a status of table 0123 other than Y and Z, which only answer queries"
    return Issue("OBR-25", "value", text, remedy, code="103", location=f"OBR^{number}^25")


def _nobody() -> Issue:
    text = "reports stand before the first of several patients: they could be of any of them"
    return Issue("PID", "segment-sequence", text, "send every OBR after its PID", code="100", location="PID")
