"""What a person registry found → RSP^K23 (ITI-9) or RSP^K22 (ITI-21), in the asker's own terms.

| found | MSA-1 | QAK-2 |
|---|---|---|
| somebody | AA | OK |
| nobody, or no number in the domains wanted | AA | NF |
| a number or a domain nobody knows, or more than anybody reads | AE | AE, and an ERR |
| a number nobody here has, while the country's registry does not answer | AE | AE, and an ERR |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mediators.hl7v2 import acknowledgement, query
from mediators.hl7v2.asking import DOMAINS, PIX, issue, unknown_domain
from mediators.hl7v2.pid import Pid
from mediators.hl7v2.reader import Hl7
from mediators.mediator import Context
from schemas.message import Issue, Message, Reply
from schemas.queries import MOST_FOUND, Missing, Queried, Question

_MANY: Final = f"more than {MOST_FOUND:,} persons fit"
_WHY: Final[Mapping[Missing, Issue]] = {
    "domain": unknown_domain(3, 1),
    "number": issue(
        *("QPD-3.1", "QPD^1^3^1^1", "unknown-number", "204"),
        *("nobody has this number", "ask by another number, or by name and birth date"),
    ),
    "several": issue(
        *("QPD-3.1", "QPD^1^3^1^1", "several", "204"),
        *("several persons carry this number", "ask by a number that is one person's alone"),
    ),
    "silent": issue(
        *("QPD-3.1", "QPD^1^3^1^1", "not-known-now", "207"),
        *("nobody here has this number, and the national client registry does not answer", "ask again in a minute"),
    ),
    "many": issue("QPD-3", "QPD^1^3", "too-costly", "207", _MANY, "say more of the person: names, birth date, place"),
}


def answer(hl7: Hl7, message: Message, asked: Question, told: Queried, context: Context) -> Reply:
    """The reply to a query that was asked so."""
    issues = _issues(hl7, asked, told)
    status = "AE" if issues else "OK" if told.found else "NF"
    found = [] if issues else _found(hl7, told, context)
    code = "AE" if issues else "AA"
    counts = [str(told.total), str(len(told.found)), str(told.left)] if status == "OK" and hl7.type != PIX else []
    segments = [*query.echoed(hl7, status, counts), *found]
    return acknowledgement.reply(hl7, message, issues, code, query.reply_type(hl7), segments)


def _issues(hl7: Hl7, asked: Question, told: Queried) -> list[Issue]:
    if told.missing:
        return [_WHY[told.missing]]
    return [unknown_domain(DOMAINS[hl7.type], asked.domains.index(system) + 1) for system in told.unknown]


def _found(hl7: Hl7, told: Queried, context: Context) -> list[Sequence[str]]:
    pid = Pid(hl7.delimiters, context.domains)
    if hl7.type == PIX:
        return [pid.numbers(one.patient) for one in told.found]
    found: list[Sequence[str]] = [pid.whole(one.patient, number) for number, one in enumerate(told.found, 1)]
    return [*found, ["DSC", told.after, "I"]] if told.after else found
