"""Runs a channel's own tests: `NAME.test.yaml` beside `NAME.yaml`. No server, no registries, no clock.

A test sends a message and says what must come of it: the acknowledgement, the issues, the events and resources (by
dotted path), what has no place, codes without a translation, lines of the care sheet. What is not named is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError, field_validator

from channels.channel import Channel
from channels.paths import wanted
from channels.preview import apart, care_sheet, mediated, whole
from channels.receive import judge
from channels.settings import Misconfigured, Strict, explained, parsed_yaml
from mediators.mediator import Translation
from schemas.events import Event, plain
from schemas.fhir import bundle
from schemas.message import Issue, Message, Refused

Paths = Mapping[str, Any]


class Trial(Strict):
    """One test as the YAML says it.

    `send`: a file beside the test, or the message itself, when it has more than one line. `events` are all events in
    order; `issues`, `resources` and `care_sheet` must be among those found, an empty list means that there are none.
    `unmapped`: the places of all values without one, or the share of values they may be ("5%"). `unknown_codes`: all
    codes without a translation, as "system|code".
    """

    name: str
    send: str
    acknowledged: str | None = None
    issues: list[dict[str, Any]] | None = None
    events: list[dict[str, Any]] | None = None
    resources: list[dict[str, Any]] | None = None
    unmapped: list[str] | str | None = None
    unknown_codes: list[str] | None = None
    care_sheet: list[dict[str, Any]] | None = None

    @field_validator("unmapped", mode="before")
    @classmethod
    def _share(cls, value: Any) -> Any:
        if isinstance(value, list) or value is None:
            return value
        if not (isinstance(value, str) and value.endswith("%") and value[:-1].strip().replace(".", "", 1).isdecimal()):
            raise ValueError("expected a list of places, or a share such as 5%")
        return value


@dataclass(frozen=True, slots=True)
class Verdict:
    """`missing` says what was expected and what came instead; empty when the test passed."""

    name: str
    missing: Sequence[str]


@dataclass(slots=True)
class Outcome:
    """What came of the messages that were sent."""

    acknowledged: str = ""
    issues: list[Issue] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    unknown_codes: list[str] = field(default_factory=list)


def trials(channel: Channel) -> list[Trial]:
    """The tests beside the channel's file. Raises Misconfigured."""
    path = channel.file.with_suffix(".test.yaml")
    if not path.is_file():
        return []
    parsed, lines = parsed_yaml(path)
    try:
        return TypeAdapter(list[Trial]).validate_python(parsed or [])
    except ValidationError as error:
        raise Misconfigured(explained(error, path, lines)) from error


def run(channel: Channel) -> Iterator[Verdict]:
    """Every test of the channel, in order. Raises Misconfigured when a file it sends is not there."""
    for trial in trials(channel):
        outcome = _sent(channel, trial)
        yield Verdict(trial.name, [line for asked in _ASKED for line in asked(channel, trial, outcome)])


def _sent(channel: Channel, trial: Trial) -> Outcome:
    outcome = Outcome()
    for message in _messages(channel, trial.send):
        verdict = judge(channel, message)
        outcome.acknowledged = f"{outcome.acknowledged} {verdict.reply.code}".strip()
        outcome.issues += verdict.issues
        if verdict.refused:
            continue
        try:
            translation = mediated(channel, message)
        except Refused as refused:
            outcome.issues += refused.issues
            continue
        _take(outcome, translation)
    return outcome


def _take(outcome: Outcome, translation: Translation) -> None:
    outcome.events += translation.events
    outcome.issues += [issue for part in translation.refused for issue in part.issues]
    outcome.unmapped += [one.place for one in translation.unmapped]
    outcome.unmapped += [one["place"] for event in translation.events for one in event.get("unmapped") or ()]
    outcome.unknown_codes += [code for code in translation.unknown_codes if code not in outcome.unknown_codes]


def _acknowledged(channel: Channel, trial: Trial, outcome: Outcome) -> Iterator[str]:
    if trial.acknowledged is not None and outcome.acknowledged != trial.acknowledged:
        told = "; ".join(f"{one.at}: {one.reason}" for one in outcome.issues if one.severity == "error")
        because = f" ({told})" if told else ""
        yield f"acknowledged: expected {trial.acknowledged}, got {outcome.acknowledged}{because}"


def _issues(channel: Channel, trial: Trial, outcome: Outcome) -> Iterator[str]:
    came = [(issue.at, issue.reason) for issue in outcome.issues]
    if trial.issues == [] and came:
        yield f"issues: expected none, got {came}"
    for expected in trial.issues or ():
        if not any(all(getattr(one, key, None) == value for key, value in expected.items()) for one in outcome.issues):
            yield f"issues: expected {expected}, got {came}"


def _events(channel: Channel, trial: Trial, outcome: Outcome) -> Iterator[str]:
    if trial.events is None:
        return
    if len(outcome.events) != len(trial.events):
        yield f"events: expected {len(trial.events)}, got {[event['type'] for event in outcome.events]}"
    for number, (expected, event) in enumerate(zip(trial.events, outcome.events, strict=False)):
        yield from wanted(expected, event, f"events.{number}")


def _resources(channel: Channel, trial: Trial, outcome: Outcome) -> Iterator[str]:
    if trial.resources is None:
        return
    found = [entry["resource"] for entry in bundle.collection(outcome.events)["entry"]] if outcome.events else []
    yield from _among(trial.resources, found, "resources", "resourceType")


def _care_sheet(channel: Channel, trial: Trial, outcome: Outcome) -> Iterator[str]:
    if trial.care_sheet is None:
        return
    lines = [one.line._asdict() for one in care_sheet(map(whole, outcome.events)) if one.line]
    yield from _among(trial.care_sheet, lines, "care_sheet", "code")


def _among(expected: Sequence[Paths], found: Sequence[Paths], what: str, kind: str) -> Iterator[str]:
    """Each must be found; of one that is not, how the most similar differs."""
    if not expected and found:
        yield f"{what}: expected none, got {[one.get(kind) for one in found]}"
    for number, one in enumerate(expected):
        alike = [other for other in found if one.get(kind) in (None, other.get(kind))]
        told = [list(wanted(one, other, f"{what}.{number}")) for other in alike]
        if not told:
            kinds = sorted({str(other.get(kind)) for other in found})
            yield f"{what}.{number}: expected a {one.get(kind)}, got {kinds}"
        elif nearest := min(told, key=len):
            yield from nearest


def _unmapped(channel: Channel, trial: Trial, outcome: Outcome) -> Iterator[str]:
    if isinstance(trial.unmapped, list):
        if sorted(trial.unmapped) != sorted(outcome.unmapped):
            yield f"unmapped: expected {sorted(trial.unmapped)}, got {sorted(outcome.unmapped)}"
    elif trial.unmapped is not None:
        kept = sum(_leaves({**plain(event), "unmapped": None}) for event in outcome.events)
        share = 100 * len(outcome.unmapped) / max(len(outcome.unmapped) + kept, 1)
        if share > float(trial.unmapped[:-1]):
            yield f"unmapped: expected at most {trial.unmapped}, got {share:.1f}%: {sorted(outcome.unmapped)}"


def _leaves(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(map(_leaves, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_leaves, value))
    return value not in (None, "")


def _unknown_codes(channel: Channel, trial: Trial, outcome: Outcome) -> Iterator[str]:
    if trial.unknown_codes is not None and sorted(trial.unknown_codes) != sorted(outcome.unknown_codes):
        yield f"unknown_codes: expected {sorted(trial.unknown_codes)}, got {sorted(outcome.unknown_codes)}"


_ASKED = (_acknowledged, _issues, _events, _resources, _unmapped, _unknown_codes, _care_sheet)


def _messages(channel: Channel, send: str) -> list[Message]:
    """The messages of a file beside the test, or those in the text itself."""
    inline = "\n" in send.strip()
    body = send.encode() if inline else _read(channel, channel.file.parent / send)
    return [message for _, message in apart([channel], body, "" if inline else Path(send).name)]


def _read(channel: Channel, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{channel.file.with_suffix('.test.yaml')}: send: {path}: {error.strerror}") from error
