"""The names that make an effect happen once: `event.id`, `event.fact`, and the ids of what is made from them.

All are UUIDv5, so that the same saying gets the same name on any machine, at any time.
"""

from __future__ import annotations

import uuid
from hashlib import sha1
from typing import Any

from schemas.events import REPORTS, Patient
from schemas.message import Message

NAMESPACE = uuid.UUID("9f0c1f3e-6a57-5d0c-8b0e-77a51a57f001")

# Keys from order numbers: placers and registries use one again for another person, so they count within a person
MEDICATION_ORDER = "medication-order"
_PERSONAL = tuple(
    f"{kind}|"
    for kind in (
        MEDICATION_ORDER, "give", "dispensing", "administration", "vaccination", "appointment", "charge", "order",
        "referral", "problem",
    )
)  # fmt: skip


_BYTES = NAMESPACE.bytes
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def name(*parts: str) -> str:
    """A UUIDv5 over the parts. Their lengths take part, so ("a", "bc") and ("ab", "c") differ."""
    told = "".join([f"{len(part)}:{part}" for part in parts]).encode("utf-8", "surrogatepass")
    # as uuid.uuid5 makes it, without the object in between: hundreds of names a message
    digest = sha1(_BYTES + told, usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{_VARIANT[digest[16]]}{digest[17:20]}-{digest[20:32]}"


def event_id(message: Message, digest: str, place: str, kind: str) -> str:
    """This saying of it: channel, sender, control ID, content (SHA-256 in hex), place in the message, event type."""
    return name("event", message.channel, message.sender, message.control_id, digest, place, kind)


def fact(event: Any) -> str:
    """What the event is about. Reports and orders are facts about a person; other keys are the field's own.

    Must be called again whenever `person` changes.
    """
    person = event.get("person") or ""
    if event["type"] in REPORTS or not event["about"] or event["about"].startswith(_PERSONAL):
        return name("fact", person, event["about"] or event["id"])
    if event["type"].startswith("Patient"):
        return name("patient", person or event["about"])
    return name("fact", event["about"])


def result_id(about: str, code: str, sub_id: str, occurrence: int) -> str:
    """An observation within its report: OBX-3, OBX-4 and, when those repeat, the occurrence (from 1)."""
    return name("observation", about, code, sub_id, str(occurrence))


def provisional_person(patient: Patient) -> str:
    """An identity for a patient nobody resolved yet (`wasl translate`): from the first identifier, else the name."""
    for identifier in patient.get("identifiers") or ():
        return name("person", identifier["system"], identifier["value"])
    human = (patient.get("names") or [{}])[0]
    given = " ".join(human.get("given") or ())
    return name("person", human.get("family") or "", given, patient.get("birth_date") or "")
