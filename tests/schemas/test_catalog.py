"""The id of a record: in its bytes, on its header, and under which subject a registry keeps its schema."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, cast

import pytest

from channels.outputs import EVENTS, STEPS, event_records, step_record
from schemas import catalog
from schemas.events import Event

EVENT: dict[str, Any] = {
    "type": "PatientRegistered", "id": "1", "about": "", "channel": "c", "sender": "s", "transaction": "t",
    "control_id": "9", "place": "1", "received": 1, "version": 2, "patient": {}, "fact": "f", "person": "p",
}  # fmt: skip


def test_the_header_schema_is_the_id_in_the_bytes() -> None:
    (event,) = event_records(cast(Event, EVENT))
    step = step_record({"transaction": "t", "kind": "k", "at": 1})
    for record in (event, step):
        assert record.headers["schema"] == str(int.from_bytes(record.value[1:5], "big"))


def test_our_own_id_is_the_schemas_fingerprint() -> None:
    for name in catalog.written():
        assert catalog.id_of(name) == catalog.schema_id(catalog.schema(name))
        assert catalog.by_id(catalog.id_of(name)) is catalog.schema(name)


def test_a_subject_is_the_topic_and_the_record() -> None:
    assert catalog.subject("LabReportIssued") == f"{EVENTS}-wasl.LabReportIssued"
    assert catalog.subject("Step", "north.") == f"north.{STEPS}-wasl.Step"


def test_what_was_never_published_has_no_id() -> None:
    with pytest.raises(catalog.UnknownSchema, match=r"schemas\.publication"):
        catalog.id_of("Patient")
    with pytest.raises(catalog.UnknownSchema):
        catalog.by_id(0)


def test_without_a_schema_registry_its_client_is_not_loaded() -> None:
    code = "import sys, schemas.codec; schemas.codec.catalog.id_of('Step'); sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
