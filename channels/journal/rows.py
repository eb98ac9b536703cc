"""Records of the bus as rows of the journal.

A step that is not ours becomes a refusal, under a transaction of its own; of a received record mediation tells that.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from channels.bus.bus import Record
from channels.outputs import foreign_step, is_name
from schemas import codec
from schemas.events import Step
from schemas.message import Unavailable

RECEIVED = "wasl.received."
STEPS = "wasl.steps"
OUTCOMES = frozenset({"mediated", "refused", "parked"})
# signs of a text that is searched for: PostgreSQL's indexes hold no more than 2704 bytes a row
LONGEST = 250
VERDICTS = {"delivered": "landed", "failed": "refused"}

Row = dict[str, Any]
_SILENT = {"channel": "", "heard": 0, "due": 0, "failed": False, "decisive": False}
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Rows:
    """What one batch of records says, table by table, and what steps tell of the transactions themselves.

    `touched`: `heard` and `due` are answers of consumers, come and expected; `mediated` and `at` the latest times;
    `failed` if a consumer refused; `decisive` if all that is known must be judged again.
    """

    received: dict[str, Row] = field(default_factory=dict)
    touched: dict[str, Row] = field(default_factory=dict)
    steps: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    parts: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    subjects: list[Row] = field(default_factory=list)


def rows_of(records: Sequence[Record], wanted_by: Mapping[str, str]) -> Rows:
    """`wanted_by`: event type → its consumers, with commas. Raises Unavailable while the schema registry is away."""
    rows = Rows()
    for record in records:
        try:
            if record.topic == STEPS:
                _add_step(rows, record.value, _told(record), wanted_by)
            elif record.topic.startswith(RECEIVED):
                row = _received(record)
                rows.received.setdefault(row["id"], row)
        except codec.Untold as error:
            raise Unavailable(str(error)) from error
        except (codec.Foreign, KeyError, ValueError) as error:
            log.warning("%s %d is not a record of ours: %s", record.topic, record.offset, type(error).__name__)
    return rows


def _told(record: Record) -> Step:
    """What the record says. Raises codec.Untold."""
    try:
        step: Step = codec.decode(record.value)
        if is_name(step["transaction"]) and step["kind"]:
            return step
    except codec.Untold:
        raise
    except (codec.Foreign, KeyError):
        pass
    return foreign_step(record, "journal")


def _received(record: Record) -> Row:
    said = record.headers
    places = said.get("places") or "[]"
    return {
        "id": said["transaction"],
        "channel": said["channel"],
        "sender": said.get("sender", "")[:LONGEST],
        "control_id": said.get("control_id", "")[:LONGEST],
        "type": said.get("type", "")[:LONGEST],
        "content_type": said.get("content_type", ""),
        "received": int(said["received"]),
        "peer": said.get("peer", ""),
        "size": int(said.get("size") or 0),
        "sha256": said.get("sha256", ""),
        "topic": record.topic,
        "offset": record.offset,
        "key": record.key,
        "reply": said.get("reply", ""),
        "refused": _reason(orjson.loads(said.get("issues") or "[]")) if said.get("refused") == "1" else "",
        "issues": said.get("issues"),
        "rerun_of": said.get("rerun_of") or None,
        "places": None if places == "[]" else places,
    }


def _reason(issues: Sequence[Mapping[str, Any]]) -> str:
    """The first error's place and word, to group by. A column says more than a cell."""
    errors = [issue for issue in issues if (issue.get("severity") or "error") == "error"]
    if not (first := next(iter(errors or issues), None)):
        return "refused"
    return f"{first.get('column') or first.get('at')}: {first.get('reason')}"[:LONGEST]


def _add_step(rows: Rows, value: bytes, step: Step, wanted_by: Mapping[str, str]) -> None:
    transaction, kind, at = step["transaction"], step["kind"], step["at"]
    touched = rows.touched.get(transaction)
    if touched is None:
        touched = rows.touched[transaction] = {**_SILENT, "at": at}
    touched["channel"] = touched["channel"] or step.get("channel") or ""
    touched["at"] = max(at, touched["at"])
    rows.steps.append(_step(value, step))
    rows.subjects += [{"digest": digest, "transaction": transaction} for digest in step.get("subjects") or ()]
    if kind in VERDICTS:
        touched["failed"] = touched["failed"] or kind == "failed"
        touched["heard"] += _add_deliveries(rows, step, wanted_by)
        return
    if kind == "mediated" and "mediated" not in touched and not step.get("places"):
        touched["mediated"] = at
        touched["due"] = _add_events(rows, step, wanted_by)
        touched["unknown_codes"] = step.get("unknown_codes") or ()
        return
    touched["decisive"] = True
    if kind == "duplicate":
        touched["first"] = step.get("first") or transaction
    elif kind in OUTCOMES:
        touched["mediated"] = max(at, touched.get("mediated", at))
        if kind == "mediated":
            _add_events(rows, step, wanted_by)
        if kind != "mediated" or step.get("places"):
            _add_parts(rows, step, "parked" if kind == "parked" else "refused")
    elif kind == "released":
        _add_parts(rows, step, kind)


def _step(value: bytes, step: Step) -> Row:
    kept = ("text", "issues", "waiting_for", "places", "first", "attempt", "subjects")
    detail: Row = {key: found for key in kept if (found := step.get(key))}
    if step["kind"] != "mediated" and (about := step.get("events")):
        detail["events"] = [event["id"] for event in about]
    return {
        "transaction": step["transaction"],
        "at": step["at"],
        "digest": int.from_bytes(hashlib.blake2b(value, digest_size=8).digest(), signed=True),
        "kind": step["kind"],
        "by": step.get("by") or "",
        "reason": step.get("reason") or "",
        "detail": orjson.dumps(detail).decode(),
    }


def _add_events(rows: Rows, step: Step, wanted_by: Mapping[str, str]) -> int:
    """How many answers of consumers are to come."""
    due = 0
    for position, event in enumerate(step.get("events") or ()):
        wanted = wanted_by.get(event["type"], "")
        due += wanted.count(",") + 1 if wanted else 0
        rows.events.append(
            {
                "transaction": step["transaction"],
                "id": event["id"],
                "position": position,
                "type": event["type"],
                "fact": event.get("fact") or "",
                "person": event.get("person") or "",
                "place": event.get("place") or "",
                "flags": orjson.dumps(event.get("flags") or []).decode(),
                "expects": wanted,
            }
        )
    return due


def _add_deliveries(rows: Rows, step: Step, wanted_by: Mapping[str, str]) -> int:
    """How many of the answers are of consumers that want the event."""
    about, consumer = step.get("events") or (), step.get("by") or ""
    reason = step.get("reason") or ""
    verdict = "unchanged" if reason == "unchanged" else VERDICTS[step["kind"]]
    for event in about:
        rows.deliveries.append(
            {
                "event": event["id"],
                "consumer": consumer,
                "transaction": step["transaction"],
                "verdict": verdict,
                "reason": reason,
                "detail": step.get("text") or "",
                "at": step["at"],
            }
        )
    return sum(consumer in wanted_by.get(event["type"], "").split(",") for event in about)


def _add_parts(rows: Rows, step: Step, kind: str) -> None:
    """The places of the step, else those of its events, else the whole message."""
    issues, waiting = step.get("issues") or [], step.get("waiting_for") or []
    reason = step.get("reason") or ""
    about = [(event.get("place") or "", event["id"]) for event in step.get("events") or ()]
    named = {place for place, _ in about}
    about += [(place, "") for place in step.get("places") or () if place not in named]
    for place, event in about or [("", "")]:
        own = [issue for issue in issues if issue.get("column") and place == f"line {issue.get('line')}"]
        rows.parts.append(
            {
                "transaction": step["transaction"],
                "kind": kind,
                "place": place,
                "event": event,
                "reason": _reason(own) if own else reason[:LONGEST] or _reason(issues),
                "at": step["at"],
                "waiting_for": orjson.dumps([entry[:LONGEST] for entry in waiting]).decode(),
            }
        )
