"""Queries of a person registry → what is asked: PIX (ITI-9, QBP^Q23) and PDQ (ITI-21, QBP^Q22).

QPD-3 of PIX is the number whose others are wanted, QPD-4 the domains wanted. QPD-3 of PDQ holds a repetition a
criterion ("@PID.5.1^ALAMI"), QPD-8 the domains; RCP-2 is how many are wanted at once, DSC-1 where to go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from mediators.hl7v2.datatypes import system_of
from mediators.hl7v2.query import CANCELLATION
from mediators.hl7v2.reader import Field, Hl7, Segment
from mediators.hl7v2.rows import SEX
from mediators.hl7v2.scope import Scope
from mediators.mediator import Context
from mediators.systems import authority
from schemas.message import Issue, Message, Refused
from schemas.queries import Criteria, Question

PIX: Final = "QBP^Q23"
PDQ: Final = "QBP^Q22"
ANSWERED: Final = frozenset({PIX, PDQ, CANCELLATION})
# Where each of the two says which domains it wants
DOMAINS: Final[Mapping[str, int]] = {PIX: 4, PDQ: 8}
MOST: Final = 500

_PARAMETER: Final = re.compile(r"@?PID[.-]([0-9]{1,2})(?:\.([0-9]{1,2}))?(?:\.([0-9]{1,2}))?", re.IGNORECASE)
# Identities are UUIDs, and an answer's pointer is the last that it told
_POINTER: Final = re.compile(r"[0-9a-fA-F-]{36}")
_COUNT: Final = re.compile(r"0*([1-9][0-9]*)")
_RECORDS: Final = "RD"
_NULL: Final = '""'
_BIRTH: Final = re.compile(r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})[0-9.+-]*)?)?")
# PID's field, component and subcomponent → what it asks for; a part of an authority is put together afterwards
_ASKS: Final[Mapping[tuple[int, int, int], str]] = {
    (3, 1, 0): "number", (5, 1, 0): "family", (5, 2, 0): "given", (6, 1, 0): "mother_family", (6, 2, 0): "mother_given",
    (7, 1, 0): "birth", (8, 1, 0): "sex", (11, 1, 0): "street", (11, 3, 0): "city", (11, 4, 0): "state",
    (11, 5, 0): "postal_code", (11, 6, 0): "country", (13, 1, 0): "phone", (18, 1, 0): "account",
    (21, 1, 0): "mother_number", (3, 4, 0): "system.name", (3, 4, 2): "system.oid", (3, 4, 3): "",
    (21, 4, 0): "mother_system.name", (21, 4, 2): "mother_system.oid", (21, 4, 3): "",
}  # fmt: skip


class _Asked(NamedTuple):
    """A criterion as it was sent: which, its value and the repetition it stands in."""

    what: str
    value: str
    repetition: int


def question(hl7: Hl7, message: Message, context: Context) -> Question:
    """What a PIX or PDQ query asks. Raises Refused for what can't be asked so."""
    qpd = hl7.first("QPD")
    if qpd is None:
        raise Refused([issue("QPD", "QPD^1", "required", "101", "there is no QPD", "send the query in a QPD")])
    scope = Scope.of(hl7, context, message.channel)
    domains = tuple(_systems(qpd, DOMAINS[hl7.type], context, scope))
    if hl7.type == PIX:
        return Question(of=_number(qpd, context, scope), domains=domains)
    most, after = _wanted(hl7)
    return Question(criteria=_criteria(qpd, context, scope), domains=domains, most=most, after=after)


def unknown_domain(number: int, repetition: int) -> Issue:
    """A domain that nobody here knows, in this field of QPD."""
    inner = "^1^4" if number == 3 else ""
    location = f"QPD^1^{number}" + (inner or f"^{repetition}")
    text, remedy = "this assigning authority is not known", "name one of the registry's identifier domains"
    return issue(f"QPD-{number}{'.4' if inner else ''}", location, "unknown-authority", "204", text, remedy)


def issue(at: str, location: str, reason: str, code: str, text: str, remedy: str) -> Issue:
    return Issue(at, reason, text, remedy, code=code, location=location, source="IHE ITI-9, ITI-21")


def _number(qpd: Segment, context: Context, scope: Scope) -> tuple[str, str]:
    field = qpd.field(3)
    value = field.text(1).strip()
    if not value:
        text, remedy = "no number is asked for", "send a patient's identifier in QPD-3"
        raise Refused([issue("QPD-3", "QPD^1^3", "required", "101", text, remedy)])
    system = _system(field.component(4), context, scope)
    if system is None:
        raise Refused([unknown_domain(3, 1)])
    return system, value


def _systems(qpd: Segment, number: int, context: Context, scope: Scope) -> Iterator[str]:
    for repetition, field in enumerate(qpd.repetitions(number), 1):
        if not field.component(4):
            continue
        system = _system(field.component(4), context, scope)
        if system is None:
            raise Refused([unknown_domain(number, repetition)])
        yield system


def _system(authority: Field, context: Context, scope: Scope) -> str | None:
    """The system of an authority; None where the channel is strict and the table does not know it."""
    if domain := context.domains.named(authority.text(1), authority.text(2)):
        return domain.uri
    return None if context.domains.strict else system_of(authority, None, scope)


def _criteria(qpd: Segment, context: Context, scope: Scope) -> Criteria:
    told: dict[str, str] = {}
    for one in _asked(qpd):
        if one.what in told:
            raise Refused([_parameter(one.repetition, "twice", "this was asked before in another way")])
        told[one.what] = _CONVERSIONS[one.what](one) if one.what in _CONVERSIONS else one.value
    for name in ("system", "mother_system"):
        words = told.pop(f"{name}.name", ""), told.pop(f"{name}.oid", "")
        if any(words):
            told[name] = _named(words, context, scope)
    if not told:
        text, remedy = "nothing is asked for", "send a criterion in QPD-3, such as @PID.5.1^ALAMI"
        raise Refused([issue("QPD-3", "QPD^1^3", "required", "101", text, remedy)])
    return Criteria(**told)


def _asked(qpd: Segment) -> Iterator[_Asked]:
    for repetition, field in enumerate(qpd.repetitions(3), 1):
        found = _PARAMETER.fullmatch(field.text(1).strip())
        if not field:
            continue
        place = tuple(int(part or 0) for part in found.groups()) if found else (0, 0, 0)
        what = next((_ASKS[key] for key in _keys(place) if key in _ASKS), None)
        if what is None:
            raise Refused([_parameter(repetition, "unsupported", "this can't be asked for")])
        if what and (value := field.text(2).strip()):
            yield _Asked(what, value, repetition)


def _keys(place: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """A field stands for its first component, a component for its first subcomponent."""
    field, component, subcomponent = place
    if subcomponent > 1:
        yield field, component, subcomponent
    else:
        yield field, component or 1, 0


def _named(words: tuple[str, str], context: Context, scope: Scope) -> str:
    if domain := context.domains.named(*words):
        return domain.uri
    if context.domains.strict:
        raise Refused([unknown_domain(3, 1)])
    name, oid = words
    return authority(context.authorities, name) or (f"urn:oid:{oid}" if oid else f"urn:id:{name}")


def _birth(asked: _Asked) -> str:
    found = _BIRTH.fullmatch(asked.value)
    try:
        if found is None:
            raise ValueError
        year, month, day = found.groups()
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise Refused(
            [
                _value(
                    asked,
                    "data-type",
                    "102",
                    "this is not a date",
                    "send a year, a month or a day: 1984, 198401, 19840125",
                )
            ]
        ) from None
    return "-".join(part for part in (year, month, day) if part)


def _sex(asked: _Asked) -> str:
    if asked.value.upper() not in SEX:
        raise Refused(
            [
                _value(
                    asked,
                    "unknown-code",
                    "103",
                    "this code is not in HL7 table 0001",
                    "send one of F, M, O, U, A, N",
                )
            ]
        )
    return SEX[asked.value.upper()]


_CONVERSIONS: Final[Mapping[str, Callable[[_Asked], str]]] = {"birth": _birth, "sex": _sex}


def _value(asked: _Asked, reason: str, code: str, text: str, remedy: str) -> Issue:
    return issue("QPD-3", f"QPD^1^3^{asked.repetition}", reason, code, text, remedy)


def _parameter(repetition: int, reason: str, text: str) -> Issue:
    known = ", ".join(f"@PID.{field}.{part}" for field, part, inner in _ASKS if not inner)
    return issue("QPD-3", f"QPD^1^3^{repetition}", reason, "204", text, f"ask by one or more of {known}, each once")


def _wanted(hl7: Hl7) -> tuple[int, str]:
    """How many at once (RCP-2, in records), and after whom (DSC-1)."""
    rcp, dsc = hl7.first("RCP"), hl7.first("DSC")
    most = _limit(rcp.field(2)) if rcp else MOST
    after = dsc.text(1).strip() if dsc else ""
    if after and not _POINTER.fullmatch(after):  # read as one, it would say that nobody is left
        text, remedy = "no answer here gave this pointer", "send DSC-1 as the answer before had it, or ask without DSC"
        raise Refused([issue("DSC-1", "DSC^1^1", "unknown-pointer", "204", text, remedy)])
    return most, after


def _limit(quantity: Field) -> int:
    """How many records are wanted at once (RCP-2, a CQ of records); MOST where it is not said, and at most."""
    said, unit = quantity.text(1).strip(), quantity.text(2).strip()
    if unit not in ("", _NULL, _RECORDS):
        text, remedy = "answers are counted in records only", "send RD (HL7 table 0126) or nothing in RCP-2.2"
        raise Refused([issue("RCP-2.2", "RCP^1^2^1^2", "unsupported", "103", text, remedy)])
    if said in ("", _NULL):
        return MOST
    count = _COUNT.fullmatch(said)
    if count is None:
        text, remedy = "this is not a number of records", "send a whole number from 1 on, such as 10^RD, or no RCP-2"
        raise Refused([issue("RCP-2.1", "RCP^1^2^1^1", "data-type", "102", text, remedy)])
    return min(int(count[1][:9]), MOST)
