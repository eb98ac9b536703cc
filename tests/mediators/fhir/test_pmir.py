"""A patient identity feed that comes as a message (IHE PMIR ITI-93), and what is answered entry by entry."""

from __future__ import annotations

import json
from typing import Any

from mediators.fhir.mediator import Fhir
from mediators.mediator import Context
from schemas.domains import Domain, Domains
from schemas.message import Message, Refused, Reply

EVENT = "urn:ihe:iti:pmir:2019:patient-feed"
IPP = "https://clinic.example/ipp"
DOMAINS = Domains.of([Domain(IPP, ("CLINIC",))], strict=True)
CONTEXT = Context(domains=DOMAINS, authorities=DOMAINS.authorities)


def patient(value: str, system: str = IPP, **more: Any) -> dict[str, Any]:
    told = {"identifier": [{"system": system, "value": value}], "gender": "female"}
    return {"resourceType": "Patient", **told, **more}


def entry(method: str, resource: dict[str, Any] | None, url: str = "Patient/1") -> dict[str, Any]:
    shown = {"resource": resource} if resource else {}
    return {"fullUrl": url, **shown, "request": {"method": method, "url": url}, "response": {"status": "200"}}


def feed(*entries: dict[str, Any], event: str = EVENT) -> bytes:
    header = {"resourceType": "MessageHeader", "id": "m1", "eventUri": event, "source": {"endpoint": "urn:x"}}
    history = {"resourceType": "Bundle", "type": "history", "entry": list(entries)}
    every = [{"fullUrl": "urn:uuid:1", "resource": header}, {"fullUrl": "urn:uuid:2", "resource": history}]
    return json.dumps({"resourceType": "Bundle", "type": "message", "entry": every}).encode()


def sent(body: bytes) -> tuple[Message, Reply]:
    fhir = Fhir()
    told = fhir.describe(body, "application/fhir+json")
    message = Message("t-1", "cr", "clinic", body, "application/fhir+json", 1_760_000_000_000_000, type=told.type)
    try:
        return message, fhir.accept(message, fhir.check(message, CONTEXT))
    except Refused as refused:
        return message, fhir.refuse(message, refused.issues)


def statuses(reply: Reply) -> list[str]:
    header, history, outcome = (one["resource"] for one in json.loads(reply.body)["entry"])
    assert (header["eventUri"], header["response"]["identifier"]) == (EVENT, "m1")
    assert header["response"]["code"] == ("ok" if reply.accepted else "fatal-error")
    assert outcome["resourceType"] == "OperationOutcome"
    return [one["response"]["status"] for one in history["entry"]]


def test_creates_updates_and_merges_are_events_and_answered_one_by_one() -> None:
    link = [{"type": "replaced-by", "other": {"reference": "Patient/2"}}]
    gone = patient("1", active=False, link=link)
    changes = [entry("POST", patient("3"), "Patient/3"), entry("PUT", patient("2"), "Patient/2"), entry("PUT", gone)]
    message, reply = sent(feed(*changes))
    assert (reply.status, statuses(reply)) == (200, ["201", "200", "200"])
    translation = Fhir().mediate(message, CONTEXT)
    assert [one["type"] for one in translation.events] == ["PatientRegistered", "PatientUpdated", "PatientMerged"]
    assert translation.events[0]["place"] == "entry[1].resource.entry[0]"


def test_a_deletion_is_told_that_it_is_not_carried_out() -> None:
    _, reply = sent(feed(entry("POST", patient("3")), entry("DELETE", None, "Patient/4")))
    assert (reply.status, statuses(reply)) == (200, ["201", "405"])


def test_a_message_is_taken_or_refused_whole_and_says_which_entry_is_to_blame() -> None:
    _, reply = sent(feed(entry("POST", patient("3")), entry("POST", patient("4", "https://nowhere.example"))))
    assert (reply.status, statuses(reply)) == (422, ["424", "422"])


def test_other_messages_are_answered_with_an_outcome() -> None:
    _, reply = sent(feed(entry("POST", patient("3")), event="urn:other"))
    assert json.loads(reply.body)["resourceType"] == "OperationOutcome"
