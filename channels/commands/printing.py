"""What `wasl check` and `translate` say of a message: for a person, line by line; for a program, as one object."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from channels.channel import Channel
from channels.preview import Billed, Preview, key_facts
from channels.receive import kept
from schemas.message import Issue, Message


def as_object(
    name: str, channel: Channel, message: Message, found: Preview, standard: Sequence[Issue] | None
) -> dict[str, Any]:
    """`standard` is there only when it was asked for, and counts nowhere."""
    told = {
        "file": name,
        "channel": channel.name,
        "type": message.type,
        "control_id": message.control_id,
        "answer": found.answer,
        "issues": [told_of(issue) for issue in found.issues],
        "advice": [told_of(issue) for issue in found.advice],
        "events": found.events,
        "resources": found.resources,
        "care_sheet": [_sheet(one) for one in found.care_sheet],
        "unmapped": found.unmapped,
    }
    return told if standard is None else told | {"standard": [told_of(issue) for issue in standard]}


def as_lines(
    name: str, channel: Channel, message: Message, found: Preview, standard: Sequence[Issue] | None
) -> Iterator[str]:
    """A line an issue, as compilers write them; then what would become of the message, indented."""
    said = " ".join(filter(None, [message.type or "a message", message.control_id]))
    issues = [*found.issues, *found.advice]
    yield f"{name}: {said}, on {channel.name}: {found.answer or 'no answer'}, {_counted(issues)}"
    for issue in issues:
        yield f"{name}: {line(issue)}"
    yield from _becomes(found)
    if standard is not None:
        yield f"  by the standard's own tables, for information: {len(standard) or 'nothing'}"
        for issue in standard:
            yield f"    {issue.at}: {issue.reason}: {issue.text}"


def line(issue: Issue) -> str:
    source = f" [{issue.source}]" if issue.source else ""
    return f"{issue.at}: {issue.severity}: {issue.reason}: {issue.text}; {issue.remedy}{source}"


def told_of(issue: Issue) -> dict[str, Any]:
    return {**kept(issue), "code": issue.code, "location": issue.location, "source": issue.source}


def plain(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _counted(issues: Sequence[Issue]) -> str:
    counts = {word: sum(issue.severity == word for issue in issues) for word in ("error", "warning", "information")}
    words = {"error": "error", "warning": "warning", "information": "remark"}
    told = [f"{count} {words[word]}{'s' if count > 1 else ''}" for word, count in counts.items() if count]
    return ", ".join(told) or "nothing to mend"


def _becomes(found: Preview) -> Iterator[str]:
    if not found.events:
        yield "  becomes nothing" + (" until it is mended" if found.issues else "")
        return
    for event in found.events:
        yield f"  event       {event['type']} ({event['place']})"
        for name, text in key_facts(event).items():
            yield f"                {name}: {text}"
    if found.unmapped:
        yield f"  beside it   {found.unmapped} values that have no place in an event; they travel on"
    yield f"  record      {', '.join(f'{count} {kind}' for kind, count in found.resources.items())}"
    for one in found.care_sheet:
        yield f"  care sheet  {_lined(one)}"


def _lined(one: Billed) -> str:
    if (item := one.line) is None:
        return f"no line for {one.event} ({one.place}): {one.reason}"
    what = " ".join(filter(None, [item.code, item.designation]))
    price = f", {item.amount} MAD" if item.amount else ""
    done = "" if item.done else ", cancelled"
    return f"{what}: {item.quantity}{price}, on {item.date}, by {item.executor}{done}"


def _sheet(one: Billed) -> dict[str, Any]:
    told: dict[str, Any] = {"event": one.event, "place": one.place}
    if (item := one.line) is None:
        return told | {"line": None, "reason": one.reason}
    names = ("code", "system", "designation", "quantity", "amount", "executor", "executor_system", "date", "done")
    return told | {"line": {name: getattr(item, name) for name in names}, "reason": ""}
