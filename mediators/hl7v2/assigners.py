"""Who assigned the numbers of a message, judged by the channel's identifier domains: OHIE-CR-01, -03 to -05, -16, -17.

Numbers that the patient gets are PID-2, -3, -4 and what a merge replaces (MRG-1, -2, -4); of those the sender must be
allowed to assign. The mother's (PID-21) and a social number (PID-19, where it names its authority) are only mentioned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from mediators.domains import ACROSS, AUTHORITY, BARE, UNOWNED, Assigned, Fault, judged
from mediators.hl7v2.places import located
from mediators.hl7v2.reader import Field, Hl7, Segment
from mediators.hl7v2.scope import NULL
from mediators.hl7v2.triggers import MERGES, TRIGGERS
from mediators.mediator import Context
from schemas.domains import Domain, Domains
from schemas.message import Issue, Message

_ASSIGNED: Final = {"PID": (2, 3, 4), "MRG": (1, 2, 4)}
_MENTIONED: Final = {"PID": (19, 21)}
# Messages that say who somebody is, and so must say enough
_FEEDS: Final = frozenset((*(name for name, one in TRIGGERS.items() if one.registers), "A08", "A31"))


class _Number(NamedTuple):
    segment: Segment
    place: int
    repetition: int
    field: Field

    @property
    def assigned(self) -> Assigned:
        authority = self.field.component(4)
        return Assigned(self.field.text(1).strip(), (authority.text(1), authority.text(2)))

    def issue(self, fault: Fault) -> Issue:
        part = 4 if fault.of == AUTHORITY else 1
        at, location = located(self.segment.name, self.segment.index, self.place, self.repetition, part)
        reason, code, text, remedy, source, severity = fault[1:]
        return Issue(at, reason, text, remedy, severity, code, location, source=source)


def issues(hl7: Hl7, message: Message, context: Context) -> Iterator[Issue]:
    """Everything wrong with the numbers of a message; where the channel is tolerant, only warnings."""
    domains = context.domains
    if not domains.table and not domains.strict:
        return
    for segment in hl7.segments:
        if segment.name not in _ASSIGNED:  # nor mentioned
            continue
        for places, mentioned in ((_ASSIGNED, False), (_MENTIONED, True)):
            for number in _numbers(segment, places.get(segment.name, ())):
                if number.place == 19 and number.assigned.anonymous:
                    continue
                for fault in judged(number.assigned, domains, message.sender, context.channel, mentioned=mentioned):
                    yield number.issue(fault)
    if domains.strict and hl7.type.startswith("ADT"):
        yield from _merges(hl7, domains) if hl7.trigger in MERGES else _minimal(hl7, domains)


def _minimal(hl7: Hl7, domains: Domains) -> Iterator[Issue]:
    """An identifier, and one of sex, birth date and the mother's identifier (OHIE-CR-05), unless nobody can know."""
    for pid in hl7.all("PID") if hl7.trigger in _FEEDS else ():
        if not any(_valued(pid.text(place)) for place in (7, 8, 21)) and not _without_papers(pid, domains):
            at, location = located("PID", pid.index, 7)
            yield Issue(at, BARE.reason, BARE.text, BARE.remedy, code=BARE.code, location=location, source=BARE.source)


def _without_papers(pid: Segment, domains: Domains) -> bool:
    found = (_domain(number, domains) for number in _numbers(pid, (2, 3)))
    return any(domain is not None and domain.temporary for domain in found)


def _merges(hl7: Hl7, domains: Domains) -> Iterator[Issue]:
    """OHIE-CR-17: what is replaced is of a domain in which the patient has a number that stays."""
    stays: set[Domain | None] = set()
    for segment in hl7.segments:
        if segment.name == "PID":
            stays = {_domain(number, domains) for number in _numbers(segment, _ASSIGNED["PID"])}
        elif segment.name == "MRG":
            yield from _replaced(segment, stays, domains)


def _replaced(mrg: Segment, stays: Collection[Domain | None], domains: Domains) -> Iterator[Issue]:
    """Numbers that everybody names may stand beside one whose domain has an owner, or a temporary one."""
    told = [(number, _domain(number, domains)) for number in _numbers(mrg, _ASSIGNED["MRG"])]
    alone = not any(domain and (domain.owned or domain.temporary) for _, domain in told)
    for number, domain in told:
        if domain and not domain.temporary and (domain not in stays or alone):
            yield number.issue(UNOWNED if domain in stays else ACROSS)


def _domain(number: _Number, domains: Domains) -> Domain | None:
    return domains.named(*number.assigned.words)


def _numbers(segment: Segment, places: tuple[int, ...]) -> Iterator[_Number]:
    for place in places:
        for repetition, field in enumerate(segment.repetitions(place), 1):
            if _valued(field.text(1)):
                yield _Number(segment, place, repetition, field)


def _valued(text: str) -> bool:
    return bool(text.strip()) and text.strip() != NULL
