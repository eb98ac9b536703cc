"""From the bytes of a message to its events, to their Avro bytes, and to FHIR as JSON: on one core, every fact kept.

`python -m benchmarks.mediation [--peers]`. Medians of several runs, in CPU time. `--peers` runs HAPI's parser (parsing
only) and LinuxForHealth's hl7v2-fhir-converter beside it, on the same message and one thread, after a warm-up; needs
Java 17 and Maven.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import orjson

from benchmarks.messages import large, small
from channels.channel import load_channels
from channels.commands.printing import plain
from channels.loops import spare_collection
from channels.receive import taken
from channels.settings import Settings, default_config
from schemas import codec, facts
from schemas.fhir import bundle
from schemas.message import Message

RUNS, MESSAGES = 7, 500
SECONDS: Final = 3
CONTENT_TYPE = "x-application/hl7-v2+er7"
FOLDER: Final = Path(__file__).parent / "readers"
CHANNEL: Final = next(c for c in load_channels(default_config(), Settings()) if c.name == "lab-hl7v2")


def rate(work: Callable[[Message], None], messages: list[Message]) -> float:
    """Messages a second: the median run."""
    found = []
    for _ in range(RUNS):
        started = time.process_time()
        for message in messages:
            work(message)
        found.append(len(messages) / (time.process_time() - started))
    return statistics.median(found)


def mediated(message: Message) -> None:
    CHANNEL.mediator.mediate(message, CHANNEL.context)


def to_avro(message: Message) -> None:
    for event in CHANNEL.mediator.mediate(message, CHANNEL.context).events:
        event["person"] = "somebody"
        event["fact"] = facts.fact(event)
        codec.encode(event["type"], event)


def to_fhir(message: Message) -> None:
    orjson.dumps(bundle.collection(CHANNEL.mediator.mediate(message, CHANNEL.context).events), default=plain)


def messages_of(make: Callable[[int], bytes]) -> list[Message]:
    bodies = [make(number) for number in range(MESSAGES)]
    glances = [CHANNEL.mediator.describe(body, CONTENT_TYPE) for body in bodies]
    return [
        taken(CHANNEL, glance, body, content_type=CONTENT_TYPE) for glance, body in zip(glances, bodies, strict=True)
    ]


def peers(body: bytes) -> None:
    """Java's readers on the same message."""
    subprocess.run(["mvn", "--quiet", "--batch-mode", "compile", "dependency:build-classpath"], cwd=FOLDER, check=True)
    jars = f"{FOLDER / 'target/classes'}:{(FOLDER / 'target/classpath.txt').read_text().strip()}"
    with tempfile.NamedTemporaryFile(suffix=".hl7") as file:
        file.write(body)
        file.flush()
        for name, said in (("hapi", "HAPI, parsed only"), ("converter", "hl7v2-fhir-converter, to FHIR JSON")):
            command = ["java", "-XX:+UseSerialGC", "-cp", jars, "Readers", name, file.name, str(SECONDS), "3"]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            print(f"        {said}: {statistics.median(map(float, told)):.0f}/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true")
    asked = parser.parse_args()
    spare_collection()
    for name, make in (("small", small), ("18-OBX", large)):
        sent = messages_of(make)
        rates = [rate(work, sent) for work in (mediated, to_avro, to_fhir)]
        print(f"{name:7} mediated {rates[0]:6.0f}/s   to Avro {rates[1]:6.0f}/s   to FHIR JSON {rates[2]:6.0f}/s")
        if asked.peers:
            peers(make(1))


if __name__ == "__main__":
    main()
