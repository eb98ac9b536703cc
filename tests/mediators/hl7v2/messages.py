"""Messages to read in these tests: invented people, invented numbers. Every event read is written as Avro once."""

from __future__ import annotations

from typing import Any

from mediators.hl7v2 import adt, oru
from mediators.hl7v2.mediator import FAMILIES
from mediators.hl7v2.reader import Hl7, Segment
from mediators.hl7v2.scope import Scope
from mediators.mediator import Context, Translation
from schemas import codec
from schemas.events import plain
from schemas.message import Message

RECEIVED = 1_710_500_000_000_000  # 2024-03-15T10:53:20Z
HEAD = r"MSH|^~\&|LABO|CHU|WASL|HIE|20240312103000+0100||{type}|C-17|P|{version}"
PID = "PID|1||0044^^^HOP^PI||BENNANI^SALMA||19870604|F"
OBR = "OBR|1|P-9|F-9|2345-7^Glucose^LN|||20240312081500|||||||||||||||20240312102000|||F"


def segment(text: str) -> Segment:
    found = Hl7.read(f"{HEAD.format(type='ORU^R01', version='2.5.1')}\r{text}".encode()).first(text[:3])
    assert found is not None
    return found


def scope(**context: Any) -> Scope:
    head = Hl7.read(HEAD.format(type="ORU^R01", version="2.5.1").encode())
    return Scope.of(head, Context(**context), "lab-hl7v2")


def body(type: str, *segments: str, version: str = "2.5.1", head: str = HEAD) -> bytes:
    return "\r".join([head.format(type=type, version=version), *segments]).encode()


def read(data: bytes, context: Context | None = None, places: tuple[str, ...] = ()) -> Translation:
    """What a message becomes. Every event must be what its schema says."""
    hl7 = Hl7.read(data)
    message = Message(
        "t-1", "lab-hl7v2", "LABO|CHU", data, "x-application/hl7-v2+er7", RECEIVED, hl7.control_id, places=places
    )
    mediate = FAMILIES.get(hl7.type) or (oru.mediate if hl7.type.startswith("ORU") else adt.mediate)
    translation = mediate(hl7, message, context or Context())
    for event in translation.events:
        decoded = codec.decode(codec.encode(event["type"], event))
        assert decoded["id"] == event["id"]
    return translation


def events(data: bytes, context: Context | None = None, places: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    translation = read(data, context, places)
    assert not translation.refused
    return [plain(event) for event in translation.events]


def reports(*segments: str, version: str = "2.5.1", **context: Any) -> list[dict[str, Any]]:
    return events(body("ORU^R01^ORU_R01", *segments, version=version), Context(**context))


def report(*segments: str, version: str = "2.5.1", **context: Any) -> dict[str, Any]:
    (found,) = reports(*segments, version=version, **context)
    return found


def result(obx: str, **context: Any) -> dict[str, Any]:
    (found,) = report(PID, OBR, obx, **context)["results"]
    assert isinstance(found, dict)
    return found


def told(trigger: str, *segments: str, **context: Any) -> list[dict[str, Any]]:
    return events(body(f"ADT^{trigger}", f"EVN|{trigger}|20240312102900", *segments), Context(**context))


def left(event: dict[str, Any]) -> dict[str, str]:
    return {one["place"]: one["value"] for one in event["unmapped"]}


def fields(name: str, told: dict[int, str]) -> str:
    """A segment with these fields."""
    return "|".join([name, *(told.get(number, "") for number in range(1, max(told) + 1))])
