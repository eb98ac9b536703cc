"""From the bytes of a message to the Avro bytes of its events, on one core, every fact in the event.

`python -m benchmarks.mediation`. Medians of several runs; what rendering FHIR from the same events takes stands beside.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from benchmarks.messages import large, small
from channels.channel import load_channels
from channels.loops import spare_collection
from channels.receive import taken
from channels.settings import Settings, default_config
from schemas import codec, facts
from schemas.fhir import bundle

RUNS, MESSAGES = 7, 500
CONTENT_TYPE = "x-application/hl7-v2+er7"


def rate(work: Callable[[], None]) -> float:
    """Messages a second: the median run."""
    found = []
    for _ in range(RUNS):
        started = time.process_time()
        work()
        found.append(MESSAGES / (time.process_time() - started))
    return statistics.median(found)


def measure(name: str, make: Callable[[int], bytes]) -> None:
    channel = next(c for c in load_channels(default_config(), Settings()) if c.name == "lab-hl7v2")
    mediator = channel.mediator
    messages = []
    for number in range(MESSAGES):
        body = make(number)
        glance = mediator.describe(body, CONTENT_TYPE)
        messages.append(taken(channel, glance, body, content_type=CONTENT_TYPE))
    events = [event for message in messages for event in mediator.mediate(message, channel.context).events]

    def mediated() -> None:
        for message in messages:
            for event in mediator.mediate(message, channel.context).events:
                event["person"] = "somebody"
                event["fact"] = facts.fact(event)
                codec.encode(event["type"], event)

    def rendered() -> None:
        for event in events:
            bundle.resources(event)

    print(f"{name:7} mediated to Avro: {rate(mediated):6.0f}/s   rendered as FHIR: {rate(rendered):6.0f}/s")


if __name__ == "__main__":
    spare_collection()
    measure("small", small)
    measure("18-OBX", large)
