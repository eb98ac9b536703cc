"""What mediation puts on the bus: events about persons, and the steps that tell the journal."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import orjson

from channels.bus.bus import Record
from channels.receive import kept, now, transaction_id
from mediators.codes import worth_listing
from mediators.mediator import Part, Translation
from registries.awaited import SILENT
from registries.registry import Resolution
from schemas import catalog, codec
from schemas.events import Event, Step, StepCode, StepEvent, StepIssue
from schemas.message import Issue, Message, Refused

EVENTS = "wasl.events"
STEPS = "wasl.steps"
REGISTRY = "wasl.registry"
RECEIVED = "wasl.received."
DAY = 86_400_000_000
LONGEST_NAME = 250
MOST_CODES = 200

_NUMBERED = re.compile(r"\[\d+\]")


@dataclass(slots=True)
class Mediated:
    """One message of a batch, on its way from bytes to outputs. `refusal`: why the mediator took nothing of it."""

    record: Record
    message: Message | None = None
    translation: Translation | None = None
    resolutions: list[list[Resolution]] = field(default_factory=list)
    step: Step | None = None
    issues: list[Issue] = field(default_factory=list)
    refusal: Refused | None = None

    @property
    def outcome(self) -> str:
        """duplicate, refused or mediated; a message of which no part passed is refused, too."""
        if self.step:
            return self.step["kind"]
        if self.translation is None:
            return "refused"
        return "refused" if self.translation.refused and not self.translation.events else "mediated"


class Outputs:
    """`subjects` gives the keyed digests by which the journal finds a patient's transactions."""

    def __init__(self, subjects: Callable[[Event], list[str]]) -> None:
        self._subjects = subjects

    def of(self, work: Mediated) -> Iterator[Record]:
        """Everything one message becomes."""
        if work.step:
            yield step_record(work.step)
        if work.translation is None:
            return
        parked = [bool(waiting(work, n)) for n in range(len(work.translation.events))]
        events = [e for e, held in zip(work.translation.events, parked, strict=True) if not held]
        for event, answers in zip(work.translation.events, work.resolutions, strict=True):
            event["flags"] = [flag for answer in answers for flag in answer.flags]
        for event in events:
            yield from event_records(event)
        yield step_record(self._mediated(work, events))
        for reason, parts in _by_reason(work.translation.refused).items():
            yield step_record(_parts_refused(work, reason, parts))
        if any(parked):
            yield step_record(_parked(work, parked))

    def _mediated(self, work: Mediated, events: Sequence[Event]) -> Step:
        assert work.translation
        subjects = {digest for event in work.translation.events for digest in self._subjects(event)}
        return Step(
            transaction=work.record.headers["transaction"],
            kind="mediated",
            at=now(),
            channel=work.record.headers["channel"],
            by="mediation",
            events=[summary(event) for event in events],
            issues=[_issue(issue) for issue in work.issues],
            subjects=sorted(subjects),
            unknown_codes=unknown_codes(work.translation),
        )


def unknown_codes(translation: Translation) -> list[StepCode]:
    """The codes no table translates; what is no code but may be a sentence about somebody is left out."""
    found: list[StepCode] = []
    for one in translation.unknown_codes[:MOST_CODES]:
        system, _, code = one.partition("|")
        if worth_listing(one) and is_name(code) and len(system) <= LONGEST_NAME:
            found.append({"system": system, "code": code, "display": translation.displays.get(one)})
    return found


def waiting(work: Mediated, number: int) -> list[str]:
    """What the event at this place must wait for."""
    return [entry for answer in work.resolutions[number] for entry in answer.waiting_for]


def event_records(event: Event) -> Iterator[Record]:
    """The event under its person; one that tells of two (a merge, a link, a move) goes out under both identities."""
    value = codec.encode(event["type"], event)
    headers = {
        "transaction": event["transaction"],
        "type": event["type"],
        "id": event["id"],
        "fact": event["fact"],
        "channel": event["channel"],
        "schema": str(catalog.id_of(event["type"])),
    }
    yield Record(EVENTS, event["person"], value, headers)
    other = event.get("prior_person") or event.get("other_person")
    if isinstance(other, str) and other and other != event["person"]:
        yield Record(EVENTS, other, value, headers)


def step_record(step: Step) -> Record:
    headers = {"transaction": step["transaction"], "kind": step["kind"], "schema": str(catalog.id_of("Step"))}
    return Record(STEPS, step["transaction"], codec.encode("Step", step), headers)


def learned_records(entries: Sequence[str]) -> list[Record]:
    """What a registry learned, for the messages that wait for it: one record an entry, of which only one need be kept.

    The key is opaque: an entry may hold a local name.
    """
    return [
        Record(REGISTRY, hashlib.sha256(entry.encode()).hexdigest()[:32], orjson.dumps([entry])) for entry in entries
    ]


def summary(event: Event) -> StepEvent:
    return StepEvent(
        id=event["id"],
        type=event["type"],
        fact=event["fact"],
        person=event["person"],
        place=event["place"],
        flags=event.get("flags") or [],
    )


def failed_step(record: Record, reason: str, text: str, issues: Sequence[Issue] = ()) -> Step:
    """The whole message is refused by mediation."""
    return Step(
        transaction=record.headers["transaction"],
        kind="refused",
        at=now(),
        channel=record.headers["channel"],
        by="mediation",
        reason=reason,
        text=text,
        issues=[_issue(issue) for issue in issues],
    )


def is_name(text: object) -> bool:
    """Whether something can be kept and found under this text: any store takes it."""
    return isinstance(text, str) and 0 < len(text) <= LONGEST_NAME and text.isprintable()


def dead_letter(record: Record, by: str) -> Record:
    """A record nobody of ours wrote, for the journal; the worker goes on."""
    return step_record(foreign_step(record, by))


def foreign_step(record: Record, by: str) -> Step:
    """The step that keeps a record nobody of ours wrote where an operator sees it.

    It has no transaction of its own, so one is made of its place: read again that day, it is the same.
    """
    place = f"{record.topic} at {record.offset}"
    return Step(
        transaction=transaction_id(now() // DAY * DAY, random.Random(f"{by} {place}")),
        kind="refused",
        at=now(),
        channel=record.topic.removeprefix(RECEIVED).removeprefix("wasl."),
        by=by,
        reason="foreign bytes on the bus",
        text=place,
    )


def reason_of(issues: Sequence[Issue]) -> str:
    """A reason to group by: a column, or a place without its number, says more than one line's."""
    first = next((issue for issue in issues if issue.severity == "error"), issues[0])
    place = first.column or ("line" if first.line is not None else _NUMBERED.sub("", first.at))
    return f"{place}: {first.reason}"


def _by_reason(parts: Sequence[Part]) -> dict[str, list[Part]]:
    """Parts that can be mended together."""
    found: dict[str, list[Part]] = {}
    for part in parts:
        found.setdefault(reason_of(part.issues), []).append(part)
    return found


def _parts_refused(work: Mediated, reason: str, parts: Sequence[Part]) -> Step:
    return Step(
        transaction=work.record.headers["transaction"],
        kind="refused",
        at=now(),
        channel=work.record.headers["channel"],
        by="mediation",
        reason=reason,
        text=f"{len(parts)} part(s) of the message",
        issues=[_issue(issue) for part in parts for issue in part.issues],
        places=[part.place for part in parts],
    )


def _parked(work: Mediated, parked: Sequence[bool]) -> Step:
    assert work.translation
    held = [n for n, one in enumerate(parked) if one]
    entries = sorted({entry for n in held for entry in waiting(work, n)})
    answers = [answer for n in held for answer in work.resolutions[n] if answer.waiting_for]
    candidates = dict.fromkeys(one for n in held for answer in work.resolutions[n] for one in answer.candidates)
    return Step(
        transaction=work.record.headers["transaction"],
        kind="parked",
        at=now(),
        channel=work.record.headers["channel"],
        by="mediation",
        reason=_waits(answers),
        text=f"perhaps: {'; '.join(candidates)}" if candidates else None,
        waiting_for=entries,
        places=sorted({work.translation.events[n]["place"] for n in held}),
    )


def _waits(answers: Sequence[Resolution]) -> str:
    """A reason to group by. An entry that is known was closed or suspended on the day, or had no role there."""
    silent = next((kind for kind in _kinds(answers) if kind.startswith(SILENT)), "")
    if silent:
        return f"waiting for the {silent} registry, which does not answer"
    if unknown := [answer for answer in answers if answer.verdict != "found"]:
        return f"waiting for a {_kinds(unknown)[0]} the registry does not know"
    return f"waiting for a {_kinds(answers)[0]} that is known, but not for that day"


def _kinds(answers: Sequence[Resolution]) -> list[str]:
    return sorted(entry.partition("|")[0] for answer in answers for entry in answer.waiting_for)


def _issue(issue: Issue) -> StepIssue:
    return cast(StepIssue, kept(issue))
