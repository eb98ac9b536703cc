"""The answer to a patient identity feed as a message (IHE PMIR ITI-93): a message Bundle that says of every entry of
the history it carried what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from mediators.fhir.document import Document, Entry, document
from schemas.fhir.reading.elements import Json, part
from schemas.message import Issue, Message, Refused, Reply

EVENT: Final = "urn:ihe:iti:pmir:2019:patient-feed"
CONTENT_TYPE: Final = "application/fhir+json"
_DONE: Final = {"POST": "201", "PUT": "200", "DELETE": "405"}


def header(read: Document) -> Json | None:
    """The MessageHeader of a patient identity feed; None of any other document."""
    for entry in read.entries if read.type == "Bundle/message" else ():
        named = entry.resource.get("eventUri") or part(entry.resource, "eventCoding").get("code")
        if entry.kind == "MessageHeader" and named == EVENT:
            return entry.resource
    return None


def entries(read: Document) -> list[Entry]:
    """Those of the history."""
    return [entry for entry in read.entries if ".resource." in entry.place]


def answered(message: Message, issues: Sequence[Issue], outcome: bytes, *, taken: bool) -> Reply | None:
    """None where the message is no patient identity feed. `outcome`: the OperationOutcome that tells the issues."""
    try:
        read = document(message.body)
    except Refused:
        return None
    asked = header(read)
    if asked is None:
        return None
    history = {
        "resourceType": "Bundle",
        "type": "history",
        "entry": [_told(one, issues, taken) for one in entries(read)],
    }
    at = _named(message, "history")
    reply = {
        "resourceType": "MessageHeader",
        "id": _named(message, "header"),
        "eventUri": EVENT,
        "source": {"name": "Wasl", "endpoint": f"urn:uuid:{_named(message, 'source')}"},
        "response": {
            "identifier": str(asked.get("id") or message.transaction),
            "code": "ok" if taken else "fatal-error",
            "details": {"reference": f"urn:uuid:{_named(message, 'outcome')}"},
        },
        "focus": [{"reference": f"urn:uuid:{at}"}],
    }
    told = [("header", reply), ("history", history), ("outcome", orjson.Fragment(outcome))]
    answer = {
        "resourceType": "Bundle",
        "id": _named(message, "answer"),
        "type": "message",
        "timestamp": datetime.fromtimestamp(message.received / 1e6, UTC).isoformat(timespec="milliseconds"),
        "entry": [{"fullUrl": f"urn:uuid:{_named(message, name)}", "resource": one} for name, one in told],
    }
    return Reply(
        orjson.dumps(answer), CONTENT_TYPE, "OK" if taken else "Unprocessable Entity", 200 if taken else 422, taken
    )


def _told(entry: Entry, issues: Sequence[Issue], taken: bool) -> dict[str, Any]:
    wrong = any(f"{issue.at}.".startswith(f"{entry.place}.") and issue.severity == "error" for issue in issues)
    done = _DONE.get(entry.method, "405")
    status = done if done == "405" else "422" if wrong else done if taken else "424"
    request = {"method": entry.method or "POST", "url": entry.url or entry.kind}
    return {
        **({"fullUrl": entry.full_url} if entry.full_url else {}),
        "request": request,
        "response": {"status": status},
    }


def _named(message: Message, what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{message.transaction} {what}"))
