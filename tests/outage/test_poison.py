"""What somebody else writes on our topics: each record is refused where an operator sees it, and the work goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from channels.bus.kafka_reader import offset_of
from channels.outputs import EVENTS, REGISTRY, STEPS
from schemas import codec
from tests.crash.test_crash import running
from tests.e2e.hl7 import code, glucose
from tests.e2e.program import Mllp, Program, until
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.surroundings import Servers

RECEIVED = "wasl.received.lab-hl7v2"
SOMEBODY = "01994c00-0000-7000-8000-000000000001"
BODY = b"\0\1\2 not ours"

Headers = Sequence[tuple[str, bytes]]
Written = dict[str, tuple[bytes | None, bytes | None, Headers]]  # name → key, value, headers


class Latin(str):
    """A name as a careless client of another language writes it."""

    def encode(self, *_: Any) -> bytes:
        return super().encode("latin-1")


def of_a_door(**said: bytes) -> Headers:
    """All the headers that a door writes, some of them another's."""
    names = ("channel", "key", "sender", "content_type", "first_received", "received", "control_id", "type", "peer")
    usual = dict.fromkeys(names, b"1") | {"channel": b"lab-hl7v2", "places": b"[]", "rerun_of": b""}
    return [*{**usual, "transaction": SOMEBODY.encode(), **said}.items()]


def of_mediation(**said: bytes) -> Headers:
    usual = {"transaction": SOMEBODY.encode(), "type": b"LabReportIssued", "id": b"e1", "channel": b"lab-hl7v2"}
    return [*{**usual, **said}.items()]


STEP = codec.encode("Step", {"transaction": SOMEBODY, "kind": "refused", "at": 1})
STRANGE_STEP = codec.encode("Step", {"transaction": "\0", "kind": "refused", "at": 1})

ANYWHERE: Written = {
    "raw bytes": (b"k", BODY, []),
    "a schema nobody knows": (b"k", b"\0\xff\xff\xff\xffabc", []),
    "a null value": (b"k", None, []),
    "a value that is not text": (b"\xff\xfe", b"\xff" * 20, [("transaction", b"\xff\xfe"), ("type", b"\xff")]),
    "a giant header": (b"k", BODY, [("transaction", b"x" * 900_000)]),
    "a header whose name is not UTF-8": (b"k", BODY, [(Latin("cl\xe9"), b"1")]),
    "a claim of nothing": (b"k", b"", [("claim", b"0" * 64), ("claim_size", b"9" * 5000)]),
    "a claim no database takes": (b"k", b"", [("claim", b"\0"), ("claim_size", b"")]),
}
KEYLESS: Written = {"a null key": (None, BODY, [])}  # a compacted topic takes none
OWN: dict[str, Written] = {
    RECEIVED: {
        **KEYLESS,
        "a step": (b"k", STEP, []),
        "a giant transaction": (b"k", BODY, of_a_door(transaction=b"t" * 500_000)),
        "a key no database takes": (b"k", BODY, of_a_door(key=b"\0")),
    },
    EVENTS: {
        **KEYLESS,
        "a step": (b"k", STEP, []),
        "a type nobody knows": (b"k", STEP, of_mediation(type=b"Gossip")),
        "a transaction no database takes": (b"k", STEP, of_mediation(transaction=b"\0")),
        "a giant id": (b"k", STEP, of_mediation(id=b"i" * 500_000)),
    },
    STEPS: {**KEYLESS, "a step of nothing": (b"k", STRANGE_STEP, [])},
    REGISTRY: {
        "a step": (b"s", STEP, []),
        "no list": (b"l", b"7", []),
        "an entry no database takes": (b"n", b'["facility|\\u0000"]', []),
    },
}


@pytest.fixture
def program(tmp_path: Path, kafka: Kafka, postgres: Postgres, redis_server: Redis) -> Iterator[Program]:
    given = Servers(kafka, postgres, redis_server).environment(tmp_path / "data")
    with Program(tmp_path / "data", **given, WASL_MEDIATION_PROCESSES="1") as running:
        yield running


@pytest.fixture
def somebody(kafka: Kafka) -> Iterator[KafkaProducer]:
    producer = KafkaProducer(bootstrap_servers=kafka.internal, max_request_size=2_000_000)
    yield producer
    producer.close()


def test_foreign_records_are_refused_in_sight_and_stop_nobody(program: Program, somebody: KafkaProducer) -> None:
    namespace = program.environment["WASL_NAMESPACE"]
    delivered(program, "BEFORE")
    workers = dict(running(program))
    written: dict[str, str] = {}
    for topic, own in OWN.items():
        for name, (key, value, headers) in (ANYWHERE | own).items():
            at = somebody.send(namespace + topic, value, key, list(headers)).get(10)
            written[f"{topic} at {offset_of(at.partition, at.offset)}"] = f"{name} on {topic}"
    delivered(program, "AFTER")
    until(lambda: not missing(program, written), what="a refusal of each")
    delivered(program, "LATER")
    assert dict(running(program)) == workers
    kinds = {(one["channel"], one["reason"]) for one in program.get("/api/failures")["items"]}
    assert kinds == {(channel, "foreign bytes on the bus") for channel in ("lab-hl7v2", "events", "steps", "registry")}


def test_a_message_that_looks_like_ours_is_refused_under_its_own_transaction(
    program: Program, somebody: KafkaProducer
) -> None:
    """Every header is there, but no door locked the body, or mediation wrote another event."""
    namespace = program.environment["WASL_NAMESPACE"]
    delivered(program, "BEFORE")
    workers = dict(running(program))
    known = program.get("/api/transactions", control_id="BEFORE")["items"][0]
    key = f"lab-hl7v2/{int(known['id'].replace('-', '')[:12], 16) // 86_400_000}".encode()
    pairs = {
        "01994c00-0000-7000-8000-00000000000a": (RECEIVED, BODY, {"key": key}, "body can't be unlocked"),
        "01994c00-0000-7000-8000-00000000000b": (RECEIVED, b"\0" * 60, {"key": key}, "body can't be unlocked"),
        "01994c00-0000-7000-8000-00000000000c": (RECEIVED, b"", {"key": key}, "body no longer kept"),
        "01994c00-0000-7000-8000-00000000000d": (RECEIVED, BODY, {"key": b"none"}, "body no longer kept"),
        "01994c00-0000-7000-8000-00000000000e": (EVENTS, BODY, {}, "foreign bytes on the bus"),
        "01994c00-0000-7000-8000-00000000000f": (EVENTS, STEP, {}, "foreign bytes on the bus"),
    }
    for transaction, (topic, value, said, _) in pairs.items():
        headers = (of_a_door if topic == RECEIVED else of_mediation)(transaction=transaction.encode(), **said)
        somebody.send(namespace + topic, value, b"k", list(headers)).get(10)
    for transaction, (*_, reason) in pairs.items():
        until(lambda: reason in reasons(program, transaction), what=f"{transaction}: {reason}")  # noqa: B023
    delivered(program, "AFTER")
    assert dict(running(program)) == workers


def delivered(program: Program, control_id: str) -> None:
    with Mllp(program.mllp_port) as line:
        assert code(line.send(glucose(control_id, "P1", f"F-{control_id}", "1"))) == "AA"
    program.transaction(control_id, "delivered")


def missing(program: Program, written: Mapping[str, str]) -> list[str]:
    """What no operator sees."""
    seen: set[str] = set()
    for one in program.get("/api/transactions", status="refused", limit=500)["items"]:
        seen |= {step["text"] for step in program.get(f"/api/transactions/{one['id']}")["steps"] if "text" in step}
    return [name for place, name in written.items() if place not in seen]


def reasons(program: Program, transaction: str) -> set[str]:
    answer = program.admin.get(f"/api/transactions/{transaction}")
    return {step["reason"] for step in answer.json()["steps"]} if answer.status_code == 200 else set()
