"""Referrals: REF I12 to I15 and their answers (RRI) → ReferralRecorded. HL7 v2.8.2 chapter 11.

I12 refers, I13 changes, I14 takes back, I15 asks how it stands and tells what the sender knows of it. A referral is
known by the referring side's number (RF1-6), else by that of the other (RF1-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mediators.hl7v2 import rows
from mediators.hl7v2.around import SEGMENTS, around
from mediators.hl7v2.clinical import diagnosis, procedure
from mediators.hl7v2.contact import contact
from mediators.hl7v2.datatypes import code, ei, one, said
from mediators.hl7v2.details import beside
from mediators.hl7v2.envelope import Head, Telling, translated
from mediators.hl7v2.groups import Branch
from mediators.hl7v2.notes import notes
from mediators.hl7v2.patient import patient
from mediators.hl7v2.provider import provider
from mediators.hl7v2.reader import Hl7, Segment
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.visit import visit
from mediators.mediator import Context, Part, Translation
from schemas.events import Identifier, Result
from schemas.message import Issue, Message

TYPES: Final = tuple(f"{kind}^{trigger}" for kind in ("REF", "RRI") for trigger in ("I12", "I13", "I14", "I15"))
_CANCELS: Final = "I14"
_RF1: Final[rows.Table] = {
    2: ("priority", rows.coded),
    3: ("kind", rows.coded),
    4: ("disposition", rows.codes),
    5: ("category", rows.coded),
    6: ("number", rows.entity),
    7: ("effective", rows.moment),
    8: ("expires", rows.moment),
    9: ("processed", rows.moment),
    10: ("reasons", rows.codes),
    11: ("external_number", rows.entity),
    12: ("documentation", rows.coded),
    13: ("stops", rows.moment),
    14: ("reason_text", rows.text),
    24: ("comment", rows.text),
    25: ("action", rows.plain),
}
# PRD-1, table 0286: who refers, and to whom
_SIDES: Final = {"RP": "referring", "RT": "referred_to"}
_OF_PATIENT: Final = ("PD1", "NK1", "ARV")
_OF_VISIT: Final = ("PV2", "ACC", "DRG")


@dataclass(slots=True)
class _Sent:
    """The segments of a message by what they are about. `orders`: OBR with the OBX after it."""

    named: dict[str, list[Segment]] = field(default_factory=dict)
    results: list[Branch] = field(default_factory=list)
    orders: list[tuple[Segment, list[Segment], list[Branch]]] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)

    def all(self, *names: str) -> list[Segment]:
        return [segment for name in names for segment in self.named.get(name, ())]

    def first(self, name: str) -> Segment | None:
        return next(iter(self.all(name)), None)


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The event of a message; its place is that of RF1. A second patient of a message is a refused part."""
    is_reply = hl7.first("MSA") is not None

    def read(sent: _Sent, head: Head, scope: Scope) -> Sequence[Telling]:
        pids, is_told = sent.all("PID"), bool(sent.all("RF1", "PRD"))
        if len(pids) == 1 and is_told:
            return [_referral(sent, hl7.trigger, head, scope)]
        return [] if is_reply and not pids and not is_told else [Part("PID", [_nobody(len(pids))])]

    return translated(hl7, message, context, [_sent(hl7)], read)


def _sent(hl7: Hl7) -> _Sent:
    sent = _Sent()
    current: list[Segment] = sent.notes
    for segment in hl7.segments[1:]:
        name = segment.name
        if name == "OBR":
            sent.orders.append((segment, [], []))
            current = sent.orders[-1][1]
        elif name == "OBX":
            branch = Branch(segment)
            (sent.orders[-1][2] if sent.orders else sent.results).append(branch)
            current = branch.others
        elif name in ("NTE", "PRT"):
            current.append(segment)
        else:
            sent.named.setdefault(name, []).append(segment)
            current = sent.notes
    return sent


def _referral(sent: _Sent, trigger: str, head: Head, scope: Scope) -> dict[str, Any]:
    pid, rf1 = sent.first("PID"), sent.first("RF1")
    about = patient(pid, [*sent.all(*_OF_PATIENT), *_of_patient(sent)], scope)
    told: dict[str, Any] = rows.read(rf1, _RF1, scope) if rf1 is not None else {}
    key = _key(told, head)
    place = f"RF1 {rf1.index}" if rf1 is not None else "PRD 1"
    event = head.event("ReferralRecorded", place, key, about)
    if rf1 is not None:
        told["status"] = said(rf1.text(1))
        told["state"] = one(rf1, 1, code)
        scope.rest(rf1, {1, *_RF1})
    told["cancelled"] = True if trigger == _CANCELS else None
    _providers(sent, told, scope)
    told |= around(sent.all(*SEGMENTS), (), key, scope)
    told["observations"] = _results(sent, key, scope)
    told["diagnoses"] = [found for dg1 in sent.all("DG1") if (found := diagnosis(dg1, scope))]
    told["procedures"] = [done for pr1 in sent.all("PR1") if (done := procedure(pr1, scope))]
    told["encounter"] = visit(sent.first("PV1"), sent.all(*_OF_VISIT), scope)
    told["notes"] = notes([one for one in sent.notes if one.name == "NTE"], scope)
    _rest(sent, told, scope)
    event.update((name, value) for name, value in told.items() if value)
    event["occurred"] = told.get("processed") or event["occurred"]
    return event


def _of_patient(sent: _Sent) -> list[Segment]:
    """Participants that stand with no result: of the patient."""
    return [one for one in sent.notes if one.name == "PRT"]


def _key(told: dict[str, Any], head: Head) -> str:
    number: Identifier | None = told.get("number") or told.get("external_number")
    if number:
        return f"referral|{number['system']}|{number['value']}"
    message = head.message
    return f"referral|{message.sender}|{message.control_id}|{head.digest}"


def _providers(sent: _Sent, told: dict[str, Any], scope: Scope) -> None:
    """PRD by its role; who has no name, number or address is only the body."""
    for prd in sent.all("PRD"):
        who = provider(prd, scope)
        side = _SIDES.get((who.get("role") or "").upper(), "providers")
        if side != "providers" and not who.keys() & {"names", "identifiers"} and "organization" in who:
            told.setdefault(f"{side}_organization", who["organization"])
        else:
            told[side] = [*told.get(side, ()), who]
    told["contacts"] = [found for ctd in sent.all("CTD") if (found := contact(ctd, scope))]


def _results(sent: _Sent, key: str, scope: Scope) -> list[Result]:
    """Results that support the referral; what they answered (OBR) is a detail of the first of each."""
    numbering = Numbering(key)
    found = [result(branch.head, branch.others, numbering, scope) for branch in sent.results]
    for obr, others, branches in sent.orders:
        own = [result(branch.head, branch.others, numbering, scope) for branch in branches]
        at = scope.time(obr, 7)
        for each in own:
            if at:
                each.setdefault("observed", at)
        if own:
            left = [one for segment in (obr, *others) for one in beside(segment, scope)]
            own[0]["details"] = [*own[0].get("details", ()), *left]
        else:
            for segment in (obr, *others):
                scope.rest(segment)
        found += own
    return found


def _rest(sent: _Sent, told: dict[str, Any], scope: Scope) -> None:
    """AUT-6 has a place; of what nothing reads every field becomes a detail."""
    read = {"PID", "RF1", "PRD", "CTD", "DG1", "PR1", *SEGMENTS, *_OF_PATIENT, *_OF_VISIT}
    for segment in sent.all("AUT"):
        number = one(segment, 6, lambda field: ei(field, scope))
        first = number is not None and "authorization" not in told
        if first:
            told["authorization"] = number
        scope.rest(segment, (6,) if first else ())
    for name in sent.named.keys() - read - {"AUT"}:
        others = sent.all(name)[1:] if name == "PV1" else sent.all(name)
        for segment in others:
            scope.rest(segment)


def _nobody(patients: int) -> Issue:
    if patients > 1:
        text, remedy = "a referral is of one patient, and there are several", "send a message a patient"
    else:
        text, remedy = "the message does not say who is referred, or how", "send RF1, PRD and PID, in a reply too"
    return Issue("PID", "segment-sequence", text, remedy, code="100", location="PID^1")
