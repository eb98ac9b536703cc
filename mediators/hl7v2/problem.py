"""Problems of a patient: PPR PC1 to PC3 → one ProblemRecorded a PRB, and OrderRecorded for the orders under it.

HL7 v2.8.2 chapter 12. PC1 adds, PC2 updates, PC3 deletes; PRB-1 says it of each problem. A problem is known by its
instance (PRB-4), else by what it is. Pathways and variances (PTH, VAR) are details of the problem that they stand with.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from mediators.hl7v2 import order, problems, rows
from mediators.hl7v2.around import around
from mediators.hl7v2.datatypes import code, ei, one
from mediators.hl7v2.details import beside
from mediators.hl7v2.envelope import Head, Telling, about_patient, number_digest, translated
from mediators.hl7v2.notes import notes
from mediators.hl7v2.patient import patient
from mediators.hl7v2.problems import Sent
from mediators.hl7v2.reader import Hl7
from mediators.hl7v2.request import name, request
from mediators.hl7v2.requests import Request
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.roles import roles
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.visit import visit
from mediators.mediator import Context, Part, Translation
from schemas.events import Code, Goal, Identifier
from schemas.events import Patient as Person
from schemas.message import Issue, Message

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
    return translated(hl7, message, context, problems.patients(hl7), partial(_told, trigger=hl7.trigger))


def _told(told: problems.Patient, head: Head, scope: Scope, *, trigger: str) -> Iterator[Telling]:
    if not told.problems:
        yield Part("PID", [_no_problem()])
    about = patient(told.pid, told.others, scope)
    for segment in told.strays:
        scope.rest(segment)
    around_them = around(told.around, (), about_patient(about, head.digest), scope)
    stay = visit(told.visit.pv1, told.visit.others, scope) if told.visit is not None else None
    keys = _Keys(told, about, head, scope)
    for sent in told.problems:
        own = scope.part()
        event = _problem(sent, trigger, keys.problem(sent), about, head, own)
        if stay:
            event["encounter"] = {**stay}
        if sent is told.problems[0]:
            event.update(around_them)
        head.settle(event, own)
        yield event
        for asked in sent.orders:
            own = scope.part()
            event_of = request(asked, keys.order(asked), {**about}, {**stay} if stay else None, head, own)
            # the problem is why it was ordered
            if event["code"]:
                event_of["order"]["reasons"] = [*event_of["order"].get("reasons", ()), event["code"]]
            head.settle(event_of, own)
            yield event_of


class _Keys:
    """What the problems and orders of a patient are known by: their numbers; with what they are, where the message uses
    one number for several."""

    def __init__(self, told: problems.Patient, about: Person, head: Head, scope: Scope) -> None:
        self._who, self._head, self._scope = number_digest(about), head, scope.part()
        self._numberings: dict[str, Numbering] = {}
        asked = [each for sent in told.problems for each in sent.orders]
        self._problems = order.shared(map(self._named, told.problems))
        self._orders = order.shared((order.numbered(each.orc, each.obr, self._scope), name(each)) for each in asked)

    def problem(self, sent: Sent) -> Numbering:
        number, what = self._named(sent)
        if number:
            key = f"problem|{number['system']}|{number['value']}"
            return self._numbering(f"{key}|{what}" if order.known_by(number) in self._problems and what else key)
        if self._who and what:
            since = self._scope.time(sent.head, 7) or ""
            return self._numbering(f"problem|{self._who}|{what}|{since[:10]}")
        return self._numbering(self._alone("problem", f"PRB {sent.head.index}"))

    def order(self, asked: Request) -> Numbering:
        number, what = order.numbered(asked.orc, asked.obr, self._scope), name(asked)
        if not number:
            return self._numbering(self._alone("order", asked.place))
        key = order.known_by(number)
        return self._numbering(f"{key}|{what}" if key in self._orders and what else key)

    def _named(self, sent: Sent) -> tuple[Identifier | None, str]:
        number = one(sent.head, 4, lambda field: ei(field, self._scope))
        return number, order.named(one(sent.head, 3, code) or {})

    def _alone(self, kind: str, place: str) -> str:
        message = self._head.message
        return f"{kind}|{message.sender}|{message.control_id}|{self._head.digest}|{place}"

    def _numbering(self, key: str) -> Numbering:
        return self._numberings.setdefault(key, Numbering(key))


def _problem(sent: Sent, trigger: str, numbering: Numbering, about: Person, head: Head, scope: Scope) -> dict[str, Any]:
    prb = sent.head
    told = rows.read(prb, _PRB, scope)
    event = head.event("ProblemRecorded", f"PRB {prb.index}", numbering.about, {**about}, told.get("acted"))
    none: Code = {}
    event["code"] = scope.coded(rows.coded(prb, 3, scope) or none)
    told["deleted"] = True if trigger == _DELETES or (told.get("action") or "").upper() == _DELETED else None
    told["state"] = _state(told.get("status")) or ("resolved" if told.get("resolved") else None)
    told["performers"] = roles(sent.named("ROL", "PRT"), scope)
    told["notes"] = notes(sent.named("NTE"), scope)
    told["observations"] = [result(branch.head, branch.others, numbering, scope) for branch in sent.results]
    told["goals"] = [_goal(goal, numbering, scope) for goal in sent.goals]
    scope.rest(prb, {3, *_PRB})
    for segment in sent.others:
        if segment.name not in ("NTE", "ROL", "PRT"):
            scope.rest(segment)
    event.update((key, value) for key, value in told.items() if value)
    event["occurred"] = told.get("acted") or event["occurred"]
    return event


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


def _no_problem() -> Issue:
    text, remedy = "no problem follows this patient", "send a PRB after the PID"
    return Issue("PID", "segment-sequence", text, remedy, code="100", location="PID^1")
