"""MDM: documents, one DocumentIssued a TXA. HL7 v2.8.2 chapter 9 (TXA, T01 to T11).

T01, T02 a new document; T03, T04 its status; T05, T06 one that adds to another (TXA-13); T07, T08 an edited one; T09,
T10 one that replaces another; T11 takes it back. What a document is about is its number with the authority (TXA-12).

Its content: ED and RP as they are; the lines of all TX and FT as one text, with line feeds between. An ST is content
where nothing else is, or where it goes on under the name of a text; other results are observations (ours).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, cast

from mediators.hl7v2 import embedded, imaging
from mediators.hl7v2.datatypes import code, ei, listed, one, people, repeats, said, xcn
from mediators.hl7v2.envelope import Head, Telling, translated
from mediators.hl7v2.groups import Branch, Group, Visit
from mediators.hl7v2.notes import notes
from mediators.hl7v2.order import OBR, among, order
from mediators.hl7v2.patient import patient
from mediators.hl7v2.reader import Hl7, Segment
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.visit import visit
from mediators.mediator import Context, Part, Translation
from schemas.events import Attachment, Order, Practitioner
from schemas.message import Issue, Message

TYPES: Final = tuple(f"MDM^T{number:02d}" for number in range(1, 12))
# What a document is to the one in TXA-13 (FHIR document-relationship-type); T03, T04 and T11 tell nothing new of it
_RELATION: Final = {
    **dict.fromkeys(("T01", "T02", "T05", "T06"), "appends"),
    **dict.fromkeys(("T07", "T08", "T09", "T10"), "replaces"),
}
_TXA: Final = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 25))
# Components of PPN that a Practitioner has no place for: name context and validity, security check and its scheme
_PPN: Final = (17, 18, 25, 26)
_TEXTS: Final = frozenset(("TX", "FT"))
_FILES: Final = frozenset(("ED", "RP"))


@dataclass(slots=True)
class Sheet:
    """One document as it was sent. `asked`: ORC and OBR with what follows them; `others`: CON and the like."""

    txa: Segment | None = None
    asked: list[list[Segment]] = field(default_factory=list)
    others: list[Segment] = field(default_factory=list)
    results: list[Branch] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"TXA {self.txa.index}" if self.txa is not None else "TXA"


def mediate(hl7: Hl7, message: Message, context: Context) -> Translation:
    """The events of a message, in its order; without a TXA it is a refused part. The place of a document is "TXA 1"."""
    return translated(hl7, message, context, [_sheets(hl7)], partial(_documents, trigger=hl7.trigger))


def _documents(sent: tuple[Group, list[Sheet]], head: Head, scope: Scope, *, trigger: str) -> Iterator[Telling]:
    group, sheets = sent
    about = patient(group.pid, group.others, scope)
    stay: Visit | None = group.visits[0] if group.visits else None
    encounter = visit(stay.pv1, stay.others, scope) if stay else None
    for segment in group.strays:
        scope.rest(segment)
    for sheet in sheets:
        if sheet.txa is None:
            yield Part("TXA", [_no_document()])
            continue
        own = scope.part()
        event = _document(sheet, sheet.txa, trigger, head, {**about}, own)
        if encounter:
            event["encounter"] = {**encounter}
        head.settle(event, own)
        yield event


def _sheets(hl7: Hl7) -> tuple[Group, list[Sheet]]:
    """The patient and visit, and the documents; what stands before the first TXA belongs to it."""
    group, sheet = Group(), Sheet()
    sheets, beside = [sheet], group.others
    for segment in hl7.segments[1:]:
        name = segment.name
        if name == "TXA":
            if sheet.txa is not None:
                sheet = Sheet()
                sheets.append(sheet)
            sheet.txa, beside = segment, sheet.others
        elif name in ("ORC", "OBR"):
            if name == "ORC" or not sheet.asked or any(one.name == "OBR" for one in sheet.asked[-1]):
                sheet.asked.append([])
            beside = sheet.asked[-1]
            beside.append(segment)
        elif name == "OBX":
            sheet.results.append(Branch(segment))
            beside = sheet.results[-1].others
        elif name in ("PID", "PD1", "NK1", "PV1", "PV2", "DG1", "PR1"):
            group.take(segment)
            beside = group.others
        elif name == "NTE":
            beside.append(segment)
        elif name in ("TQ1", "TQ2"):
            (sheet.asked[-1] if sheet.asked else sheet.others).append(segment)
        elif name == "PRT" and beside is not group.others:
            beside.append(segment)
        elif name == "PRT" and group.visits:
            group.visits[-1].others.append(segment)
        elif name != "EVN":
            sheet.others.append(segment)
    return group, sheets


def _document(sheet: Sheet, txa: Segment, trigger: str, head: Head, about: Any, scope: Scope) -> dict[str, Any]:
    number = one(txa, 12, lambda sent: ei(sent, scope))
    key = f"document|{number['system']}|{number['value']}" if number else ""
    key = key or f"document|{head.message.sender}|{head.message.control_id}|{head.digest}|{sheet.place}"
    event = head.event("DocumentIssued", sheet.place, key, about)
    told: dict[str, Any] = {"document": number, "code": one(txa, 2, code), "notes": []}
    _told(txa, told, scope)
    told["replaces"] = one(txa, 13, lambda sent: ei(sent, scope))
    told["relation"] = _RELATION.get(trigger) if told["replaces"] else None
    told["cancelled"], told["amended"] = trigger == "T11", trigger in ("T07", "T08")
    told["orders"] = _orders(sheet, txa, told["notes"], scope)
    _contents(sheet.results, Numbering(key), told, scope)
    imaging.of_results(sheet.results, told, scope)
    told["notes"] += notes([segment for segment in sheet.others if segment.name == "NTE"], scope)
    for segment in sheet.others:
        if segment.name != "NTE":
            scope.rest(segment)
    scope.rest(txa, _TXA)
    event.update((name, value) for name, value in told.items() if value)
    event["occurred"] = event["occurred"] or told.get("activity") or told.get("originated")
    return event


def _told(txa: Segment, told: dict[str, Any], scope: Scope) -> None:
    texts = {
        3: "content_type", 16: "file_name", 17: "status", 18: "confidentiality", 19: "availability", 20: "storage",
        25: "title",
    }  # fmt: skip
    for number, name in texts.items():
        told[name] = said(txa.whole(number) if number in (16, 25) else txa.text(number))
    for number, name in ((4, "activity"), (6, "originated"), (7, "transcribed")):
        told[name] = scope.time(txa, number)
    edits = (scope.time(txa, 8, repetition) for repetition in range(1, len(txa.repetitions(8)) + 1))
    told["edited"] = [moment for moment in edits if moment]
    for number, name in ((5, "acted_by"), (9, "authors"), (11, "transcriptionists"), (23, "copies_to")):
        told[name] = people(txa, number, scope, f"TXA-{number}")
    # PPN: an XCN with the time as its 15th component
    authenticators: list[Practitioner] = listed(txa, 22, lambda sent: xcn(sent.without(15), scope, "TXA-22"))
    authenticators += [who for who in people(txa, 10, scope, "TXA-10") if not among(who, authenticators)]
    told["authenticators"] = authenticators
    scope.others += [(txa, 22, number) for number in _PPN]
    told["authenticated"] = scope.time_of(txa, 22, txa.text(22, 15))


def _orders(sheet: Sheet, txa: Segment, written: list[Any], scope: Scope) -> list[Order]:
    """ORC and OBR; numbers that only TXA-14 and TXA-15 tell are orders of their own."""
    found = []
    for segments in sheet.asked:
        orc, obr = (next((one for one in segments if one.name == name), None) for name in ("ORC", "OBR"))
        asked = order(orc, obr, [one for one in segments if one.name in ("TQ1", "TQ2")], scope)
        if obr is not None and (name := one(obr, 4, code)):
            asked["code"] = scope.coded(name)
        found.append(asked)
        written += notes([one for one in segments if one.name == "NTE"], scope)
        for segment in segments:
            if segment.name not in ("ORC", "TQ1", "TQ2", "NTE"):
                scope.rest(segment, OBR | {4} if segment is obr else ())
    for number, key in ((14, "placer"), (15, "filler")):
        known = [one[key]["value"] for one in found if one.get(key)]  # type: ignore[literal-required]
        for numbered in listed(txa, number, lambda sent: ei(sent, scope)):
            if numbered["value"] not in known:
                found.append(cast(Order, {key: numbered}))
    return [one for one in found if one]


def _contents(results: Sequence[Branch], numbering: Numbering, told: dict[str, Any], scope: Scope) -> None:
    kinds = {_kind(branch.head) for branch in results}
    names = {branch.head.text(3) for branch in results if _kind(branch.head) in _TEXTS}
    lines: list[Segment] = []
    files: list[Attachment] = []
    observed = []
    for branch in results:
        obx, kind = branch.head, _kind(branch.head)
        is_text = kind in _TEXTS or (kind in ("ST", "") and (obx.text(3) in names or not kinds & (_TEXTS | _FILES)))
        if is_text and _is_written(obx):
            lines.append(obx)
            told["notes"] += notes([one for one in branch.others if one.name == "NTE"], scope)
            for segment in branch.others:
                if segment.name != "NTE":
                    scope.rest(segment)
            continue
        made = result(obx, branch.others, numbering, scope)
        values = made.get("values") or []
        attached = [file for value in values if (file := value.get("attachment"))]
        if attached and len(attached) == len(values):
            files += attached
            told["notes"] += made.get("notes") or []
            _beside(obx, {5}, set(), scope)
        elif values or kind not in _FILES:
            observed.append(made)
    text = _joined(lines, scope)
    told["contents"] = [*([text] if text else ()), *files]
    told["results"] = observed


def _kind(obx: Segment) -> str:
    return obx.text(2).strip().upper()


def _is_written(obx: Segment) -> bool:
    """Whether it is a line of text (an empty one too), and no document in disguise of one."""
    sent = obx.field(5)
    return not embedded.packed(sent.whole, {"type": ""}) and not embedded.disguised(sent, {"type": ""})


def _joined(lines: Iterable[Segment], scope: Scope) -> Attachment | None:
    """All lines as one text, called as the first is. What else their OBX tell is said once."""
    texts: list[str] = []
    title: str | None = None
    seen: set[tuple[int, str]] = set()
    for obx in lines:
        texts.append(repeats(obx, 5) or "")
        shown = one(obx, 3, code) or {}
        title = title or shown.get("text")
        _beside(obx, {1, 2, 4, 5}, seen, scope)
    text = "\n".join(texts).rstrip("\n")
    return embedded.written(text, title) if text else None


def _beside(obx: Segment, mapped: set[int], seen: set[tuple[int, str]], scope: Scope) -> None:
    """What of an OBX is no content: which it is, its status, who wrote it …; each once."""
    told = {(number, obx.raw_field(number)) for number in range(1, obx.count() + 1)}
    scope.rest(obx, {1, 2, 4, *mapped, *(number for number, _ in told & seen)})
    seen |= told


def _no_document() -> Issue:
    text, remedy = "there is no document: TXA is missing", "send a TXA with the type and number of the document"
    return Issue("TXA", "segment-sequence", text, remedy, code="100", location="TXA^1")
