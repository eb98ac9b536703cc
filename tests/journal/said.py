"""Records as the door, mediation and delivery publish them, for the journal's tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from channels.bus.bus import Record
from channels.journal.projection import Journal
from channels.journal.tables import metadata
from registries.database import open_database
from schemas import codec
from schemas.events import StepEvent, StepIssue

START = 1_710_000_000_000_000
EXPECTS = {
    "smr": frozenset({"LabReportIssued", "PatientUpdated", "MedicationDispensed"}),
    "cnss": frozenset({"LabReportIssued", "MedicationDispensed"}),
}


def transaction(number: int) -> str:
    """Ids that sort as their numbers do."""
    return str(uuid.UUID(int=number))


def received(number: int, *, at: int | None = None, **headers: Any) -> Record:
    """`number` makes id, time and control ID; `places` and `issues` may be given as lists."""
    said = {
        "transaction": transaction(number),
        "channel": "lab",
        "sender": "LIS|RABAT",
        "control_id": f"C{number}",
        "type": "ORU^R01",
        "content_type": "application/hl7-v2",
        "received": str(START + number * 1000 if at is None else at),
        "sha256": "ab" * 32,
        "size": "812",
        "peer": "10.0.0.7",
        "rerun_of": "",
        "places": "[]",
        "key": "lab/19000",
        "reply": "AA",
    }
    said |= {key: value if isinstance(value, str) else orjson.dumps(value).decode() for key, value in headers.items()}
    return Record(f"wasl.received.{said['channel']}", "feed", b"locked", said, offset=number)


def step(number: int, kind: str, *, at: int | None = None, **rest: Any) -> Record:
    own = transaction(number)
    said = {"transaction": own, "kind": kind, "at": START + number * 1000 + 10 if at is None else at, "channel": "lab"}
    return Record("wasl.steps", own, codec.encode("Step", said | rest), {"transaction": own, "kind": kind})


def event(name: str, place: str = "OBR 1", kind: str = "LabReportIssued", **rest: Any) -> StepEvent:
    said: StepEvent = {"id": name, "type": kind, "fact": f"fact of {name}", "person": "person-1", "place": place}
    return said | rest  # type: ignore[return-value]  # a test's own spelling of optional fields


def issue(at: str, reason: str) -> StepIssue:
    return {"at": at, "reason": reason, "text": "told in words", "remedy": "mend it", "severity": "error"}


def delivered(number: int, by: str, *names: str, at: int | None = None, **rest: Any) -> Record:
    return step(number, "delivered", at=at, by=by, events=[event(name) for name in names], **rest)


def failed(number: int, by: str, *names: str, reason: str = "unknown-act", at: int | None = None) -> Record:
    return step(number, "failed", at=at, by=by, reason=reason, events=[event(name) for name in names])


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Engine, Journal]]:
    engine = open_database(f"sqlite:///{folder}/journal.db", metadata, durable=False)
    yield engine, Journal(engine, EXPECTS)
    engine.dispose()
