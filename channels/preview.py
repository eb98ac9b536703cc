"""What would become of a message, before it is ever sent: every issue, the events, the record, the care sheet.

Nothing is received, kept or landed: the same mediator, rules and writers are asked that a message meets on its way, in
this process and without registries. The person is a provisional one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from channels.channel import Channel, first_fit
from channels.consumers.cnss.billing import Line, NotBillable, billed
from channels.gateway.formats import content_type_of
from channels.loops import fault
from channels.receive import now
from mediators.mediator import Translation
from schemas import facts
from schemas.events import Envelope, Event, plain
from schemas.fhir import bundle
from schemas.message import Issue, Message, Refused

# what every event carries about its way rather than about the patient
_TECHNICAL = frozenset(Envelope.__annotations__) - {"patient", "occurred"}
_MOST = 3


class Billed(NamedTuple):
    """One event as the care sheet sees it: its line, or why there is none."""

    event: str
    place: str
    line: Line | None
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """`answer` is what the sender would be told (AA, AE, …). What is refused becomes nothing until it is mended.

    `issues` are to be mended; `advice` is what could be better, which no sender is told at the door.
    """

    answer: str
    issues: Sequence[Issue]
    advice: Sequence[Issue]
    readable: bool
    events: Sequence[Event]
    resources: Mapping[str, int]
    care_sheet: Sequence[Billed]
    unmapped: int


def apart(channels: Sequence[Channel], body: bytes, name: str = "") -> list[tuple[Channel, Message]]:
    """The messages in these bytes (a batch has several), each with the first of these channels that fits.

    The content type is told by the bytes, and by the name of the file.
    """
    content_type = content_type_of(body, name)
    first = next((one for one in channels if one.said.match.reads(content_type)), channels[-1])
    found = []
    for single in first.mediator.split(body):
        glance = first.mediator.describe(single, content_type)
        chosen = first if len(channels) == 1 else first_fit(channels, glance, content_type) or first
        message = Message(
            transaction="",
            channel=chosen.name,
            sender=f"{glance.application}|{glance.facility}",
            body=single,
            content_type=content_type,
            received=now(),
            control_id=glance.control_id,
            type=glance.type,
        )
        found.append((chosen, message))
    return found


def preview(channel: Channel, message: Message) -> Preview:
    """Never raises for what the message holds."""
    issues, answer, taken = _door(channel, message)
    translation, readable = Translation(), True
    try:
        translation = mediated(channel, message)
    except Refused as refused:
        issues, readable = [*issues, *refused.issues], False
    if taken:
        issues += [issue for part in translation.refused for issue in part.issues]
    events = [whole(event) for event in translation.events] if taken else []
    return Preview(
        answer=answer,
        issues=[issue for issue in dict.fromkeys(issues) if issue.severity != "information"],
        advice=[issue for issue in dict.fromkeys(issues) if issue.severity == "information"],
        readable=readable,
        events=events,
        resources=_resources(events),
        care_sheet=care_sheet(events),
        unmapped=len(translation.unmapped) if taken else 0,
    )


def mediated(channel: Channel, message: Message) -> Translation:
    """As mediation does: an error of the mediator itself is told, and the next message goes on. Raises Refused."""
    try:
        return channel.mediator.mediate(message, channel.context)
    except Refused:
        raise
    except Exception as error:
        text = f"the mediator failed: {fault(error)}"
        raise Refused([Issue("message", f"mediator failed: {type(error).__name__}", text, "report this")]) from error


def _door(channel: Channel, message: Message) -> tuple[list[Issue], str, bool]:
    """Everything that is told at the door and what is only advice, the answer, and whether the message is taken."""
    context, mediator = channel.context, channel.mediator
    if context.profile:
        context = replace(context, profile=context.profile.advising)
    unchecked = channel.said.acknowledge == "received"
    try:
        issues = list(mediator.check(message, context))
        return issues, mediator.accept(message, issues).code, True
    except Refused as refused:
        issues = list(refused.issues)
        reply = mediator.accept(message, ()) if unchecked else mediator.refuse(message, issues, reject=refused.reject)
        return issues, reply.code, unchecked


def whole(event: Event) -> Event:
    """The event with a person and a fact, which the registries would give it."""
    person = facts.provisional_person(event["patient"])
    told: Event = {**event, "person": event.get("person") or person}  # type: ignore[assignment]
    told["fact"] = event.get("fact") or facts.fact(told)
    return told


def _resources(events: Sequence[Event]) -> Mapping[str, int]:
    """How many resources of each type would land, each once, the most first."""
    landed = bundle.merged(one for event in events for one in bundle.resources(event))
    return dict(Counter(one["resourceType"] for one in landed).most_common())


def care_sheet(events: Iterable[Event]) -> list[Billed]:
    return [_billed(event) for event in events]


def _billed(event: Event) -> Billed:
    said = event["type"], event["place"]
    try:
        line = billed(event)
        return Billed(*said, None if line.unbilled else line, line.unbilled)
    except NotBillable as not_billable:
        return Billed(*said, None, not_billable.reason)
    except Refused as refused:
        issue = refused.issues[0]
        return Billed(*said, None, f"{issue.at}: {issue.text}; {issue.remedy}")


def key_facts(event: Event) -> dict[str, str]:
    """What an event says, a short text for each of its own fields."""
    told = {name: _text(value) for name, value in plain(event).items() if name not in _TECHNICAL}
    return {name: text for name, text in told.items() if text}


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return _of_part(value)
    if isinstance(value, list | tuple):
        shown = [text for text in map(_text, value[:_MOST]) if text]
        return ", ".join([*shown, *([f"… {len(value)} in all"] if len(value) > _MOST else [])])
    return "" if value in (None, "", False) else str(value)


def _of_part(part: Mapping[str, Any]) -> str:
    """A code by its words, a number by its value, a person or place by its name, else by what it holds first."""
    if part.get("codings") or ("text" in part and "code" not in part):
        coding: Mapping[str, Any] = next(iter(part.get("codings") or ()), {})
        words = part.get("text") or coding.get("display") or ""
        code = coding.get("code") or ""
        return f"{words} ({code})" if words and code and words != code else words or code
    if part.get("identifiers") and (names := part.get("names") or part.get("name")):
        return f"{_text(names)} ({_text(part['identifiers'])})"
    if part.get("family") or part.get("given"):
        return " ".join(filter(None, [part.get("family"), *(part.get("given") or ())]))
    if part.get("class_code"):
        said = (part.get(key) for key in ("identifiers", "class_code", "status", "admitted", "discharged"))
        return " ".join(filter(None, map(_text, said)))
    for key in ("value", "name", "names", "code", "number", "identifiers", "placer", "filler", "text", "start"):
        if part.get(key):
            return _text(part[key])
    return ""
