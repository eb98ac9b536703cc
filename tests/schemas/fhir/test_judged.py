"""HAPI's instance validator on what our messages become: every family, every type of resource we write, no error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from channels.gateway.search import PARAMETERS
from mediators.hl7v2.mediator import Hl7v2
from mediators.mediator import Context
from schemas.fhir import bundle
from schemas.message import Message, Refused
from tests.fuzz.messages import message
from tests.mediators.hl7v2.filled import STRUCTURES, filled
from tests.schemas.fhir import reports, samples
from tests.servers.judge import errors

FEWEST = 1500
# Images that can be seen at an address
POINTED = (
    r"MSH|^~\&|RIS|CHU|WASL|HIE|20240312103000||ORU^R01^ORU_R01|C-18|P|2.5.1", "PID|1||0044^^^HOP",
    "OBR|1|P-8|F-8|24558-9^Echographie^LN|||20240312" + "|" * 17 + "US|F",
    "OBX|1|RP|IMG^Images^L||https://pacs.exemple.ma/7^PACS^Application^DICOM||||||F", "ZDS|1.2.840.99.7^PACS",
)  # fmt: skip
# What Bundles of messages hold beside what the record serves
BESIDE = {"MessageHeader"}


def sent() -> Iterator[bytes]:
    """Messages with every field filled, then sparse and odd ones."""
    yield from (filled(kind, version).body for kind in STRUCTURES for version in ("2.5.1", "2.8"))
    yield "\r".join(POINTED).encode()
    yield from (message(number) for number in range(700))


def told() -> list[dict[str, Any]]:
    """Distinct resources of all these messages, and of the samples of every event."""
    found: dict[bytes, dict[str, Any]] = {}
    rich: list[Any] = [
        make() for make in (*samples.ALL, reports.lab_report, reports.imaging_report, reports.culture_report)
    ]
    bundles = [bundle.collection([event]) for event in rich]
    for body in sent():
        one = Message("t-1", "lab-hl7v2", "LABO|CHU", body, "x-application/hl7-v2+er7", 1_710_500_000_000_000)
        try:
            bundles.append(bundle.collection(Hl7v2().mediate(one, Context()).events))
        except Refused:
            continue
    for entry in (entry for one in bundles for entry in one.get("entry", ())):
        resource = entry["resource"]
        found.setdefault(orjson.dumps(resource, option=orjson.OPT_SORT_KEYS), resource)
    return list(found.values())


def chosen(resources: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """So many of them, every type alike as far as there are."""
    by_type: dict[str, list[dict[str, Any]]] = {}
    for one in resources:
        by_type.setdefault(one["resourceType"], []).append(one)
    rounds = (ones[turn] for turn in range(len(resources)) for ones in by_type.values() if turn < len(ones))
    return [one for _, one in zip(range(most), rounds, strict=False)]


def test_the_judge_finds_no_error_in_resources_of_every_type_and_family() -> None:
    resources = chosen(told(), FEWEST + 300)
    assert len(resources) >= FEWEST
    assert {one["resourceType"] for one in resources} >= PARAMETERS.keys() | BESIDE
    found = Counter((one.resource, one.place, one.text) for one in errors(resources))
    assert not found, "\n".join(
        f"{count} x {kind} {place}: {text}" for (kind, place, text), count in found.most_common(40)
    )
