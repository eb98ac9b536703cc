"""Problems of a patient: PPR PC1 to PC3 → one ProblemRecorded a PRB, and OrderRecorded for the orders under it.

HL7 v2.8.2 chapter 12. PC1 adds, PC2 updates, PC3 deletes; PRB-1 says it of each problem. A problem is known by its
instance (PRB-4), else by what it is. Pathways and variances (PTH, VAR) are details of the problem that they stand with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from mediators.hl7v2 import order, problems, rows
from mediators.hl7v2.around import around
from mediators.hl7v2.details import beside
from mediators.hl7v2.envelope import Head, about_patient, number_digest
from mediators.hl7v2.notes import notes
from mediators.hl7v2.patient import patient
from mediators.hl7v2.problems import Sent
from mediators.hl7v2.reader import Hl7
from mediators.hl7v2.request import name, request
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.roles import roles
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.visit import visit
from mediators.mediator import Context, Part, Translation
from schemas.events import Code, Encounter, Event, Goal
from schemas.events import Patient as Person
from schemas.message import Issue, Message, Unmapped

TYPES: Final = ("PPR^PC1", "PPR^PC2", "PPR^PC3")
_DELETES: Final = "PC3"
_DELETED: Final = "DE"  # table 0287
_PRB: Final[rows.Table] = {
    1: ("action", rows.plain), 2: ("acted", rows.moment), 4: ("number", rows.entity), 5: ("episode", rows.entity),
    6: ("priority", rows.plain), 7: ("established", rows.moment), 8: ("expected_resolution", rows.moment),
    9: ("resolved", rows.moment), 10: ("category", rows.codes), 11: ("disciplines", rows.codes),
    12: ("persistence", rows.coded), 13: ("confirmation", rows.coded), 14: ("status", rows.coded),
    15: ("state_at", rows.moment), 16: ("onset", rows.moment), 17: ("onset_text", rows.text),
    18: ("ranking", rows.plain), 19: ("certainty", rows.coded), 20: ("probability", rows.plain),
    22: ("prognosis", rows.coded), 25: ("security", rows.coded), 26: ("severity", rows.coded),
}  # fmt: skip
_GOL: Final[rows.Table] = {
    1: ("action", rows.plain), 2: ("acted", rows.moment), 3: ("code", rows.coded), 4: ("number", rows.entity),
    6: ("priority", rows.plain), 7: ("established", rows.moment), 8: ("due", rows.moment), 9: ("category", rows.coded),
    10: ("disciplines", rows.codes), 11: ("review", rows.coded), 12: ("reviewed", rows.moment),
    16: ("evaluation", rows.coded), 17: ("comment", rows.text), 18: ("status", rows.coded),
    19: ("status_at", rows.moment),
}  # fmt: skip
# PRB-14 has no table of the standard: its words as met, in English and French, and SNOMED CT's
_STATES: Final = {
    "ACTIVE": "active", "ACTIF": "active", "A": "active", "55561003": "active", "CURRENT": "active", "OPEN": "active",
    "INACTIVE": "inactive", "INACTIF": "inactive", "I": "inactive", "73425007": "inactive", "CLOSED": "inactive",
    "RESOLVED": "resolved", "RÉSOLU": "resolved", "RESOLU": "resolved", "R": "resolved", "413322009": "resolved",
    "REMISSION": "remission", "RÉMISSION": "remission", "277022003": "remission", "RECURRENCE": "recurrence",
    "RÉCIDIVE": "recurrence", "246455001": "recurrence", "RELAPSE": "relapse", "RECHUTE": "relapse",
    "263855007": "relapse",
}  # fmt: skip


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The events of a message, in its order; a patient without any problem is a refused part. The place of a problem is
    that of its PRB ("PRB 2")."""
    scope = Scope.of(hl7, context, message.channel)
    head = Head(hl7, message, scope)
    translation, left = Translation(), head.scope
    for one in problems.patients(hl7):
        own = scope.part()
        own.adopt(left)
        events = list(_events(one, hl7.trigger, head, own))
        wanted = [event for event in events if not message.places or event["place"] in message.places]
        if not events and (not message.places or "PID" in message.places):
            translation.refused.append(Part("PID", [_no_problem()]))
        if wanted:
            head.settle(wanted[0], own)
            left = scope.part()
        else:
            left = own
        translation.events.extend(cast(list[Event], wanted))
    translation.unmapped = [Unmapped(each["place"], each["value"]) for each in left.left]
    translation.unknown_codes = list(scope.unknown)
    return translation


def _events(one: problems.Patient, trigger: str, head: Head, scope: Scope) -> Iterator[dict[str, Any]]:
    about = patient(one.pid, one.others, scope)
    for segment in one.strays:
        scope.rest(segment)
    shared = around(one.around, (), about_patient(about, head.digest), scope)
    stay = visit(one.visit.pv1, one.visit.others, scope) if one.visit is not None else None
    for sent in one.problems:
        own = scope.part()
        event = _problem(sent, trigger, about, stay, head, own)
        if sent is one.problems[0]:
            event.update(shared)
        head.settle(event, own)
        yield event
        yield from _ordered(sent, event["code"], about, stay, head, scope)


def _problem(
    sent: Sent, trigger: str, about: Person, stay: Encounter | None, head: Head, scope: Scope
) -> dict[str, Any]:
    prb = sent.head
    told = rows.read(prb, _PRB, scope)
    none: Code = {}
    coded: Code = rows.coded(prb, 3, scope) or none
    key = _key(told, coded, about, head, f"PRB {prb.index}")
    event = head.event("ProblemRecorded", f"PRB {prb.index}", key, {**about}, told.get("acted"))
    event["code"] = scope.coded(coded)
    told["deleted"] = True if trigger == _DELETES or (told.get("action") or "").upper() == _DELETED else None
    told["state"] = _state(told.get("status")) or ("resolved" if told.get("resolved") else None)
    told["performers"] = roles(sent.named("ROL", "PRT"), scope)
    told["notes"] = notes(sent.named("NTE"), scope)
    numbering = Numbering(key)
    told["observations"] = [result(branch.head, branch.others, numbering, scope) for branch in sent.results]
    told["goals"] = [_goal(goal, numbering, scope) for goal in sent.goals]
    told["encounter"] = {**stay} if stay else None
    scope.rest(prb, {3, *_PRB})
    for segment in sent.others:
        if segment.name not in ("NTE", "ROL", "PRT"):
            scope.rest(segment)
    event.update((name, value) for name, value in told.items() if value)
    event["occurred"] = told.get("acted") or event["occurred"]
    return event


def _key(told: dict[str, Any], coded: Code, about: Person, head: Head, place: str) -> str:
    if number := told.get("number"):
        return f"problem|{number['system']}|{number['value']}"
    who, what = number_digest(about), order.named(coded)
    if who and what:
        return f"problem|{who}|{what}|{(told.get('established') or '')[:10]}"
    return f"problem|{head.message.sender}|{head.message.control_id}|{head.digest}|{place}"


def _state(status: Code | None) -> str | None:
    """PRB-14 in FHIR's words, by its code or any of its names."""
    if not status:
        return None
    codings = status.get("codings") or []
    words = [status.get("text"), *(word for one in codings for word in (one.get("code"), one.get("display")))]
    return next((_STATES[word.strip().upper()] for word in words if word and word.strip().upper() in _STATES), None)


def _goal(sent: Sent, numbering: Numbering, scope: Scope) -> Goal:
    told = rows.read(sent.head, _GOL, scope)
    told["performers"] = roles(sent.named("ROL", "PRT"), scope)
    told["notes"] = notes(sent.named("NTE"), scope)
    told["observations"] = [result(branch.head, branch.others, numbering, scope) for branch in sent.results]
    told["details"] = beside(sent.head, scope, _GOL)
    for segment in sent.others:
        if segment.name not in ("NTE", "ROL", "PRT"):
            told["details"] += beside(segment, scope)
    found: Any = {key: value for key, value in told.items() if value}
    return found  # type: ignore[no-any-return]  # the keys are those of Goal


def _ordered(
    sent: Sent, problem: Code, about: Person, stay: Encounter | None, head: Head, scope: Scope
) -> Iterable[dict[str, Any]]:
    """The orders under a problem: it is a reason for each."""
    for asked in sent.orders:
        own = scope.part()
        number = order.numbered(asked.orc, asked.obr, own)
        message = head.message
        alone = f"order|{message.sender}|{message.control_id}|{head.digest}|{asked.place}|{name(asked)}"
        event = request(
            asked, order.known_by(number) if number else alone, {**about}, {**stay} if stay else None, head, own
        )
        if problem:
            event["order"]["reasons"] = [*event["order"].get("reasons", ()), problem]
        head.settle(event, own)
        yield event


def _no_problem() -> Issue:
    text, remedy = "no problem follows this patient", "send a PRB after the PID"
    return Issue("PID", "segment-sequence", text, remedy, code="100", location="PID^1")
