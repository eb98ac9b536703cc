"""Queries (QBP, QRY and their like): answered in the same exchange, never mediated. Where nobody answers them, the
reply says so: RSP with MSA, ERR, QAK and the query as it came (HL7 v2.8.2 chapter 5; before 2.4 chapter 2).

`asked` tells a query from what only looks like one; `answer` writes the reply in the sender's own terms. PIX and PDQ,
on a channel whose queries are answered, are read in `asking` and answered in `answering`.

The type of the reply is that of the standard's message pair: the trigger of a QBP with K for Q. Its structure is the
one of table 0354, but for K22 the one that IHE's PDQ uses (ITI-21: RSP_K21), as the askers of it do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from mediators.hl7v2 import acknowledgement
from mediators.hl7v2.acknowledgement import Verdict
from mediators.hl7v2.delimiters import Unreadable
from mediators.hl7v2.reader import Hl7, glance
from schemas.message import Issue, Message, Reply

# Table 0076: what asks, in the enhanced and in the original mode
QUERIES: Final = frozenset(
    ("QBP", "QRY", "QSB", "QVR", "QCN", "QSX", "EQQ", "VQQ", "SPQ", "RQQ", "VXQ", "SQM", "OSQ", "MFQ")
)
# What answers such messages
ANSWERS: Final = frozenset(
    ("RSP", "RTB", "RDY", "ADR", "DSR", "EDR", "ERP", "TBR", "VXX", "VXR", "SQR", "OSR", "MFR", "ORF", "ROR")
)
CANCELLATION: Final = "QCN^J01"
_STRUCTURES: Final = {"K22": "RSP_K21"}
_BY_PARAMETER: Final = re.compile(r"Q([0-9]{2})")
# Replies to queries in the original mode: type and trigger
_ORIGINAL: Final = {
    "A19": ("ADR", "A19"), "Q01": ("DSR", "Q01"), "Q02": ("QCK", "Q02"), "R02": ("ORF", "R04"), "T12": ("DOC", "T12"),
    "Q26": ("ROR", "ROR"), "Q27": ("RAR", "RAR"), "Q28": ("RDR", "RDR"), "Q29": ("RER", "RER"), "Q30": ("RGR", "RGR"),
}  # fmt: skip


def asked(message: Message) -> Hl7 | None:
    """The message if it is a query; None for all others. What holds an MSA is an answer, whatever its type."""
    if message.type and not _may_ask(message.type):
        return None
    try:
        hl7 = glance(message.body)
        if hl7.first("MSA") or not _may_ask(hl7.type):
            return None
        hl7 = Hl7.read(message.body)
    except Unreadable:
        return None
    return hl7 if hl7.type[:3] in QUERIES or hl7.first("QPD") or hl7.first("QRD") else None


def _may_ask(type_: str) -> bool:
    return type_[:3] in QUERIES or type_.startswith("Z")


def unanswered(hl7: Hl7, *, others: bool = False) -> list[Issue]:
    """Why a query, or an answer to one, comes to nothing here; nothing for all other messages. `others`: there is a
    registry that answers queries, of other kinds."""
    code = hl7.type.partition("^")[0]
    if code in ANSWERS:
        text = "this answers a query that nobody here has asked: whose data it is and what it is for can't be told"
        remedy = "send the answer to whoever asked; news of a patient in a message of its own, such as ADT or ORU"
        return [Issue("MSH-9", "unasked", text, remedy, code="207", location="MSH^1^9")]
    definition = hl7.first("QPD") or hl7.first("QRD")
    if hl7.first("MSA") or not _may_ask(code) or not (definition or code in QUERIES):
        return []
    at = definition.name if definition else "MSH"
    text = "no registry answers queries on this channel"
    remedy = "ask the registry at its own address; here messages are only taken"
    if others:
        text = "the registry here does not answer this kind of query"
        remedy = "ask for the numbers of a patient with QBP^Q23 (PIX), for patients with QBP^Q22 (PDQ)"
    return [Issue(at, "unanswered", text, remedy, code="207", location=f"{at}^1")]


def answer(message: Message, hl7: Hl7, issues: Sequence[Issue], verdict: Verdict) -> Reply:
    """The reply to a query that finds nobody to answer it (E), or that is no good (R); to the cancellation of one, that
    it is done, for nothing was kept that would go on."""
    if verdict == "A" and hl7.type == CANCELLATION:
        return acknowledgement.reply(hl7, message, issues, "AA", ["ACK", hl7.trigger, "ACK"])
    verdict = "R" if verdict == "R" else "E"
    code = f"A{verdict}"
    return acknowledgement.reply(hl7, message, issues or unanswered(hl7), code, reply_type(hl7), echoed(hl7, code))


def reply_type(hl7: Hl7) -> list[str]:
    """MSH-9 of the reply: RSP^K22^RSP_K21, ADR^A19; before 2.4 without the structure."""
    code, _, trigger = hl7.type.partition("^")
    if code == "QRY" and trigger in _ORIGINAL:
        parts = [*_ORIGINAL[trigger]]
        return [*parts, "_".join(parts)] if hl7.version >= "2.4" and parts[0] != parts[1] else parts
    if not hl7.first("QPD"):
        return ["ACK", trigger] if trigger else ["ACK"]
    by_parameter = _BY_PARAMETER.fullmatch(trigger)
    answering = f"K{by_parameter[1]}" if by_parameter else trigger
    return ["RSP", answering, _STRUCTURES.get(answering, f"RSP_{answering}" if by_parameter else "RSP_K11")]


def echoed(hl7: Hl7, status: str, counts: Sequence[str] = ()) -> list[list[str]]:
    """QAK (tag, status, name of the query, how many: in all, here, still to come), then the query as it came."""
    qpd, qrd = hl7.first("QPD"), hl7.first("QRD")
    if qpd is not None:
        return [["QAK", qpd.raw_field(2), status, qpd.raw_field(1), *counts], [qpd.raw]]
    if qrd is None:
        return []
    qak = [["QAK", qrd.raw_field(4), status]] if hl7.version >= "2.4" else []
    return [*qak, [qrd.raw], *([qrf.raw] for qrf in hl7.all("QRF"))]
