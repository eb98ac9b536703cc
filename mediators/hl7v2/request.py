"""One request of an order message → OrderRecorded. HL7 v2.8.2 chapter 4 (ORM, OMG, OML, OMI and their replies)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from mediators.hl7v2 import imaging, order, specimen
from mediators.hl7v2.around import SEGMENTS, around
from mediators.hl7v2.clinical import diagnosis
from mediators.hl7v2.contact import contact
from mediators.hl7v2.datatypes import cnn, code, listed, one, people, said
from mediators.hl7v2.details import beside
from mediators.hl7v2.envelope import Head
from mediators.hl7v2.notes import notes
from mediators.hl7v2.order import among
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.requests import Request
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.roles import role, role_of
from mediators.hl7v2.scope import NULL, Scope
from schemas.events import Code, Encounter, Patient, Practitioner, Result, Specimen

# Where a segment tells what is asked for, the first that says something counting: diet, supply, blood, pharmacy
_ASKED: Final = {
    "OBR": (4,), "RQD": (3, 2, 4), "ODS": (3, 1), "ODT": (1,), "BPO": (2,), "RXO": (1,), "RXE": (2,), "RXD": (2,),
    "RXG": (4,), "RXA": (5,),
}  # fmt: skip
# OBR-32 to -35: who is to read and do it (table 0912)
_PERFORMERS: Final = {32: "PI", 33: "AI", 34: "TN", 35: "TR"}
_OBR: Final = order.OBR | {4, 7, 8, 24, 28, *_PERFORMERS}
_READ: Final = frozenset(("NTE", "TQ1", "TQ2", "DG1", "CTD", *SEGMENTS))
# Participants (PRT-4, table 0912) that the order itself has a place for
_OF_ORDER: Final = {"OP": "requesters", "EP": "entered_by", "VP": "verified_by"}


def request(
    sent: Request, numbering: Numbering, patient: Patient, encounter: Encounter | None, head: Head, scope: Scope
) -> dict[str, Any]:
    """The event of a request. `numbering` is that of all requests with its key in the message. A time of the order
    itself (ORC-9) orders what is told of it."""
    key = numbering.about
    asked, orc = sent.asked, sent.orc
    moment = scope.part().time(orc, 9) if orc is not None else None
    event = head.event("OrderRecorded", sent.place, key, patient, moment)
    event["code"] = scope.coded(_code(asked))
    told: dict[str, Any] = {"encounter": encounter}
    timings = [segment for segment in sent.others if segment.name in ("TQ1", "TQ2")]
    told["order"] = order.order(orc, sent.obr, timings, scope)
    if sent.obr is not None:
        _asked(sent.obr, told, scope)
    told["results"] = [result(branch.head, branch.others, numbering, scope) for branch in sent.results]
    told["results"] += [one for prior in sent.priors for one in _earlier(prior, numbering, patient, scope)]
    told["specimens"] = _specimens(sent, key, told, scope)
    imaging.images(sent, told.get("section") or "", told, scope)
    told["diagnoses"] = [one for one in (diagnosis(dg1, scope) for dg1 in _named(sent, "DG1")) if one]
    told["notes"] = notes(_named(sent, "NTE"), scope)
    told["contacts"] = [one for one in (contact(ctd, scope) for ctd in _named(sent, "CTD")) if one]
    told |= around(sent.others, (), key, scope)
    _others(sent, told, scope)
    if asked is not None:
        scope.rest(asked, _mapped(asked, sent, told))
    event.update((name, value) for name, value in told.items() if value or name == "order")
    event["occurred"] = told["order"].get("ordered") or event["occurred"]
    return event


def name(sent: Request) -> str:
    """What is asked for in one word, to tell orders apart that share a number."""
    return order.named(_code(sent.asked))


def _code(asked: Segment | None) -> Code:
    if asked is None:
        return {}
    none: Code = {}
    return next((told for at in _ASKED[asked.name] if (told := one(asked, at, code))), none)


def _mapped(asked: Segment, sent: Request, told: dict[str, Any]) -> frozenset[int]:
    if asked.name != "OBR":
        used = next((at for at in _ASKED[asked.name] if one(asked, at, code)), 0)
        return frozenset({used})
    mapped = _OBR
    if told.get("specimens") and not sent.specimens:
        mapped |= {9, 14, 15}
    number = (told.get("accession") or {}).get("value")
    return mapped | {18} if number == asked.text(18).strip() else mapped


def _asked(obr: Segment, told: dict[str, Any], scope: Scope) -> None:
    told["section"] = said(obr.text(24)) or said(str(scope.context.settings.get("section") or ""))
    told["started"], told["ended"] = scope.time(obr, 7), scope.time(obr, 8)
    told["copies_to"] = people(obr, 28, scope, "RCT")
    told["performers"] = [who for at, role in _PERFORMERS.items() for who in _named_in(obr, at, role, scope)]


def _named_in(obr: Segment, at: int, role: str, scope: Scope) -> list[Practitioner]:
    """NDL: who; when and where are details of the order."""
    if any(field.component(1).components > 1 for field in obr.repetitions(at)):
        scope.others += [(obr, at, component) for component in range(2, 12)]
    return listed(obr, at, lambda field: cnn(field, scope, role))


def _specimens(sent: Request, key: str, told: dict[str, Any], scope: Scope) -> list[Specimen]:
    """Of SPM, else of OBR-15."""
    obr = sent.obr
    if sent.specimens or obr is None:
        return [specimen.specimen(sample, scope, key) for sample in sent.specimens]
    when = {"started": told["started"], "ended": told["ended"], "specimen_received": scope.time(obr, 14)}
    source = specimen.from_request(obr, when, scope)
    return [source] if source else []


def _earlier(prior: Request, numbering: Numbering, patient: Patient, scope: Scope) -> list[Result]:
    """Earlier results that came with the order, if they are of the same patient. What they answered is a detail of the
    first; results of another number could be anybody's: they are left as sent."""
    head = [segment for segment in (prior.before, prior.orc, prior.asked) if segment is not None]
    others = [*head, *prior.others, *(_visit_of(prior))]
    if prior.before is not None and not _same(prior.before, patient):
        for segment in [*others, *(branch.head for branch in prior.results)]:
            _leave(segment, scope)
        return []
    found = [result(branch.head, branch.others, numbering, scope) for branch in prior.results]
    at = scope.time(prior.obr, 7) if prior.obr is not None else None
    for one_of_them in found:
        if at:
            one_of_them.setdefault("observed", at)
    if found:
        found[0]["details"] = [*found[0].get("details", ()), *(one for each in others for one in beside(each, scope))]
    else:
        for segment in others:
            scope.rest(segment)
    return found


def _visit_of(prior: Request) -> Sequence[Segment]:
    own = prior.visit
    return [own.pv1, *own.others] if own is not None and prior.before is not None else []


def _same(pid: Segment, patient: Patient) -> bool:
    """Whether a PID names one of the patient's own numbers, or none at all."""
    numbers = {field.text().strip() for at in (3, 2, 4) for field in pid.repetitions(at)} - {"", NULL}
    known = {one["value"] for one in patient.get("identifiers") or ()}
    return not numbers or bool(numbers & known)


def _leave(segment: Segment, scope: Scope) -> None:
    for at in range(1, segment.count() + 1):
        scope.leave(segment, at)


def _named(sent: Request, wanted: str) -> list[Segment]:
    return [segment for segment in sent.others if segment.name == wanted]


def _others(sent: Request, told: dict[str, Any], scope: Scope) -> None:
    """Participants by their role; of whatever else stands with the order every field."""
    for segment in sent.others:
        if segment.name == "PRT":
            _takes_part(segment, told, scope)
        elif segment.name in imaging.MAPPED:
            # a study and a device are kept as their code alone
            scope.rest(segment, [at for at in imaging.MAPPED[segment.name] if at == 1 or _is_bare(segment, at)])
        elif segment.name not in _READ:
            scope.rest(segment)


def _is_bare(segment: Segment, at: int) -> bool:
    return segment.field(at).components < 2


def _takes_part(prt: Segment, told: dict[str, Any], scope: Scope) -> None:
    """PRT (2.7 on; table 0912), which takes the place of OBR-10, -16, -28 and -32 to -35."""
    kind = role_of(prt)
    holder, key = (told["order"], _OF_ORDER[kind]) if kind in _OF_ORDER else (told, "performers")
    _add(holder, "copies_to" if kind == "RCT" else key, role(prt, scope))


def _add(holder: dict[str, Any], key: str, who: Iterable[Practitioner]) -> None:
    known = holder.get(key) or []
    if found := [*known, *(person for person in who if not among(person, known))]:
        holder[key] = found
