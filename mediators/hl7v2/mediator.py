"""The mediator of HL7 v2: which messages it reads, what it lets in, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mediators.additions import add
from mediators.hl7v2 import (
    account,
    acknowledgement,
    adt,
    answering,
    appointment,
    asking,
    assigners,
    batch,
    changes,
    charges,
    conformance,
    fragment,
    mdm,
    orders,
    oru,
    pharmacy,
    problem,
    query,
    reader,
    referral,
)
from mediators.hl7v2.acknowledgement import Verdict
from mediators.hl7v2.delimiters import Unreadable
from mediators.hl7v2.reader import Hl7
from mediators.hl7v2.triggers import TRIGGERS
from mediators.mapping import BadMapping, bad_mapping
from mediators.mediator import Context, Translation
from schemas.message import Description, Issue, Message, Refused, Reply
from schemas.queries import Queried, Question

Family = Callable[[Hl7, Message, Context], Translation]

# Every message type that can be read, with what reads it
FAMILIES: Final[Mapping[str, Family]] = {
    **dict.fromkeys(oru.TYPES, oru.mediate),
    **dict.fromkeys(mdm.TYPES, mdm.mediate),
    **dict.fromkeys(orders.TYPES, orders.mediate),
    **dict.fromkeys(referral.TYPES, referral.mediate),
    **dict.fromkeys(problem.TYPES, problem.mediate),
    **dict.fromkeys(pharmacy.TYPES, pharmacy.mediate),
    **{f"SIU^{trigger}": appointment.mediate for trigger in appointment.TRIGGERS},
    **{f"DFT^{trigger}": charges.mediate for trigger in charges.TRIGGERS},
    **{f"BAR^{trigger}": account.mediate for trigger in account.TRIGGERS},
    **{f"ADT^{trigger}": adt.mediate for trigger in TRIGGERS},
}


class Hl7v2:
    """HL7 v2.1 to v2.8 in their ER7 encoding. The setting `charset` (HL7 table 0211) holds where MSH-18 is empty."""

    def split(self, body: bytes) -> Sequence[bytes]:
        return batch.split(body)

    def describe(self, body: bytes, content_type: str) -> Description:
        return reader.peek(body)

    def check(self, message: Message, context: Context) -> Sequence[Issue]:
        hl7 = _read(message, context)
        answered = _answered(hl7, context)
        if not answered:
            _whole(hl7, context)
        found = conformance.issues(hl7, asking.ANSWERED if answered else FAMILIES, context.profile)
        assigned = _assigned(hl7, message, context, found)
        refused = {issue.location for issue in assigned if issue.severity == "error"}
        # What is refused of a number is not excused at the same place
        found = [issue for issue in found if issue.severity == "error" or issue.location not in refused]
        if any(issue.severity == "error" for issue in (*found, *assigned)):
            raise Refused([*found, *assigned], reject=conformance.rejects(found))
        return [*found, *assigned]

    def accept(self, message: Message, issues: Sequence[Issue]) -> Reply:
        return _answer(message, issues, "A")

    def refuse(self, message: Message, issues: Sequence[Issue], *, reject: bool = False) -> Reply:
        return _answer(message, issues, "R" if reject else "E")

    def question(self, message: Message, context: Context) -> Question | None:
        hl7 = _read(message, context)
        asks = _answered(hl7, context) and hl7.type != query.CANCELLATION
        return asking.question(hl7, message, context) if asks else None

    def tell(self, message: Message, context: Context, question: Question, found: Queried) -> Reply:
        return answering.answer(_read(message, context), message, question, found, context)

    def judge(self, mapping: Mapping[str, Any]) -> None:
        changes.read(mapping)

    def join(self, replies: Sequence[Reply]) -> Reply:
        return batch.join(replies)

    def mediate(self, message: Message, context: Context) -> Translation:
        """Acknowledgements and queries say nothing about a patient: they become no events."""
        hl7 = _read(message, context)
        if acknowledgement.is_acknowledgement(hl7) or _answered(hl7, context):
            return Translation()
        _whole(hl7, context)
        if refused := conformance.unsupported(hl7, FAMILIES):
            raise Refused(refused, reject=True)
        return add(FAMILIES[hl7.type](hl7, message, context), context)


def _answer(message: Message, issues: Sequence[Issue], verdict: Verdict) -> Reply:
    """A query is answered as such, even where nothing of it was checked."""
    hl7 = query.asked(message)
    return query.answer(message, hl7, issues, verdict) if hl7 else acknowledgement.answer(message, issues, verdict)


def _answered(hl7: Hl7, context: Context) -> bool:
    """Whether this is a query that the channel's registry answers."""
    return context.answers and hl7.type in asking.ANSWERED and hl7.first("MSA") is None


def _assigned(hl7: Hl7, message: Message, context: Context, found: Sequence[Issue]) -> list[Issue]:
    """What the identifier domains ask; what a profile said of a number already is not said again."""
    if acknowledgement.is_acknowledgement(hl7):
        return []
    told = {issue.location for issue in found}
    return [
        one for one in assigners.issues(hl7, message, context) if one.severity == "error" or one.location not in told
    ]


def _whole(hl7: Hl7, context: Context) -> None:
    """Refuses what can't be mediated whatever it holds: a query, the answer to one, a piece of a message."""
    if acknowledgement.is_acknowledgement(hl7):
        return
    if found := [*query.unanswered(hl7, others=context.answers), *fragment.issues(hl7)]:
        raise Refused(found)


def _read(message: Message, context: Context) -> Hl7:
    try:
        hl7 = Hl7.read(message.body, str(context.settings.get("charset") or ""))
    except Unreadable as error:
        place, _, text = str(error).partition(": ")
        location = "^".join(["MSH", "1", *place.split("-")[1:]])
        remedy = r"send an HL7 v2 message that begins with MSH|^~\& and the rest of its header"
        issue = Issue(place, "unreadable", text, remedy, code="100", location=location)
        raise Refused([issue], reject=True) from error
    if context.mapping:
        _change(hl7, context)
    return hl7


def _change(hl7: Hl7, context: Context) -> None:
    """What is checked and mediated is the message as the channel's mapping shows it."""
    try:
        changes.apply(hl7, context.mapping, context.mapping_file)
    except BadMapping as error:
        raise Refused(bad_mapping(error)) from error
