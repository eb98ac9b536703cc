"""Runs a channel's own tests: `NAME.test.yaml` beside `NAME.yaml`. No server, no registries, no clock.

A test sends a file and says what must come of it: the acknowledgement, the issues, the events (by dotted path).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from channels.channel import Channel
from channels.gateway.formats import content_type_of
from channels.receive import judge, now
from channels.settings import Misconfigured, Strict
from schemas.message import Issue, Message, Refused


class Trial(Strict):
    """One test as the YAML says it."""

    name: str
    send: str
    acknowledged: str | None = None
    issues: list[dict[str, Any]] | None = None
    events: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`missing` says what was expected and what came instead; empty when the test passed."""

    name: str
    missing: Sequence[str]


def trials(channel: Channel) -> list[Trial]:
    """The tests beside the channel's file. Raises Misconfigured."""
    path = channel.file.with_suffix(".test.yaml")
    if not path.is_file():
        return []
    try:
        return TypeAdapter(list[Trial]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")) or [])
    except (yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(f"{path}: {error}") from error


def run(channel: Channel) -> Iterator[Verdict]:
    """Every test of the channel, in order. Raises Misconfigured when a file it sends is not there."""
    for trial in trials(channel):
        yield Verdict(trial.name, list(_missing(channel, trial)))


def _missing(channel: Channel, trial: Trial) -> Iterator[str]:
    message = _message(channel, channel.file.parent / trial.send)
    verdict = judge(channel, message)
    if trial.acknowledged is not None and verdict.reply.code != trial.acknowledged:
        yield f"acknowledged: expected {trial.acknowledged}, got {verdict.reply.code}"
    issues: list[Issue] = list(verdict.issues)
    events: Sequence[Any] = []
    if not verdict.refused:
        try:
            translation = channel.mediator.mediate(message, channel.context)
            events = translation.events
            issues += [issue for part in translation.refused for issue in part.issues]
        except Refused as refused:
            issues += refused.issues
    for expected in trial.issues or ():
        if not any(all(getattr(issue, key, None) == value for key, value in expected.items()) for issue in issues):
            yield f"issues: expected {expected}, got {[(issue.at, issue.reason) for issue in issues]}"
    if trial.events is not None and len(events) != len(trial.events):
        yield f"events: expected {len(trial.events)}, got {[event['type'] for event in events]}"
    for number, (want, event) in enumerate(zip(trial.events or (), events, strict=False)):
        for path, value in want.items():
            if (found := at(event, path)) != value:
                yield f"events.{number}.{path}: expected {value!r}, got {found!r}"


def at(event: Any, path: str) -> Any:
    """The value at a dotted path ("results.0.code.loinc"); None when there is none."""
    for part in path.split("."):
        if isinstance(event, Mapping):
            event = event.get(part)
        elif isinstance(event, list | tuple) and part.isdecimal() and int(part) < len(event):
            event = event[int(part)]
        else:
            return None
    return event


def _message(channel: Channel, path: Path) -> Message:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{channel.file.with_suffix('.test.yaml')}: send: {path}: {error.strerror}") from error
    content_type = content_type_of(body, path.name)
    glance = channel.mediator.describe(body, content_type)
    return Message(
        transaction="00000000-0000-7000-8000-000000000000",
        channel=channel.name,
        sender=f"{glance.application}|{glance.facility}",
        body=body,
        content_type=content_type,
        received=now(),
        control_id=glance.control_id,
        type=glance.type,
    )
