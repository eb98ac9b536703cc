"""What the program does with a broken message: everything the door, mediation and the record would do, and no more.

`python -m tests.fuzz.run --count 1000000` (`make fuzz`); numbers of messages that failed are printed, and
`--only 4711` runs one of them alone.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from types import FrameType
from typing import Final

from channels.channel import load_channels
from channels.settings import Settings, default_config
from mediators.hl7v2.charset import wide
from mediators.hl7v2.mediator import Hl7v2
from mediators.hl7v2.reader import Hl7, Unreadable
from schemas import codec, facts
from schemas.events import plain
from schemas.fhir import bundle
from schemas.message import Message, Refused
from tests.fuzz.messages import message

LONGEST: Final = 1.0  # seconds of CPU time a message may take
MOST: Final = 600 * 1024  # KiB of memory a process may ever have
_CHUNK: Final = 500
_MEDIATOR: Final = Hl7v2()
# As the laboratory's channel is shipped: profile and conversions have their say too
_CONTEXT: Final = next(one.context for one in load_channels(default_config(), Settings()) if one.name == "lab-hl7v2")


@dataclass(slots=True)
class Outcome:
    """How many messages became what, and what went wrong: the message's number and why."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)
    memory: int = 0


class TooLong(Exception):
    """A message took more than its second."""


def walked(body: bytes) -> str:
    """The walk of one body through the mediator, each of its messages in its own second. What became of the last."""
    became = "refused"
    with _bounded():
        messages = _MEDIATOR.split(body)
    for one in messages:
        with _bounded():
            became = _landed(one) or became
    return became


def _landed(body: bytes) -> str:
    """To bytes on the bus and to the record; "" when it was refused."""
    description = _MEDIATOR.describe(body, "x-application/hl7-v2+er7")
    sent = Message("t-1", "fuzz", "A|B", body, "x-application/hl7-v2+er7", 1_710_500_000_000_000,
                   description.control_id, description.type)  # fmt: skip
    _answered(sent)
    _written_back(body)
    try:
        translation = _MEDIATOR.mediate(sent, _CONTEXT)
    except Refused as refused:
        _MEDIATOR.refuse(sent, refused.issues, reject=refused.reject)
        return ""
    for event in translation.events:
        event["person"] = facts.provisional_person(event["patient"])
        event["fact"] = facts.fact(event)
        codec.encode(event["type"], plain(event))
    bundle.collection(translation.events)
    return "translated" if translation.events else "nothing"


def _answered(sent: Message) -> None:
    try:
        _MEDIATOR.accept(sent, _MEDIATOR.check(sent, _CONTEXT))
    except Refused as refused:
        _MEDIATOR.refuse(sent, refused.issues, reject=refused.reject)


def _written_back(body: bytes) -> None:
    try:
        hl7 = Hl7.read(body)
    except Unreadable:
        return
    if not wide(body) and hl7.written() != body.removeprefix(BOM_UTF8):
        raise AssertionError("what was read is not written back as it came")
    for segment in hl7.segments:
        fields = [segment.name, *(segment.raw_field(number) for number in range(1, segment.count() + 1))]
        if segment.name == "MSH":
            del fields[1]
        if hl7.delimiters.field.join(fields) != segment.raw:
            raise AssertionError("a segment is not what its fields are")


def tried(numbers: range) -> Outcome:
    outcome = Outcome()
    for number in numbers:
        try:
            outcome.counts[walked(message(number))] += 1
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            outcome.failures.append((number, f"{type(error).__name__} at {where.filename}:{where.lineno}"))
    outcome.memory = _most_memory()
    return outcome


def _most_memory() -> int:
    """KiB that this program had at most; what `getrusage` tells goes on counting what its parent had."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(told["VmHWM"].split()[0])


def run(
    count: int, start: int = 0, processes: int = 1, told: Callable[[Outcome], None] = lambda outcome: None
) -> Outcome:
    """Tries the messages `start` to `start + count`. `told` is called with what came so far, every now and then."""
    chunks = [range(at, min(at + _CHUNK, start + count)) for at in range(start, start + count, _CHUNK)]
    whole = Outcome()
    # processes of their own from the start: a fork would count what its parent had in memory
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for one in pool.map(tried, chunks):
            whole.counts += one.counts
            whole.failures += one.failures
            whole.memory = max(whole.memory, one.memory)
            told(whole)
    return whole


@contextmanager
def _bounded() -> Iterator[None]:
    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TooLong

    signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int)
    asked = parser.parse_args()
    if asked.only is not None:
        print(walked(message(asked.only)))
        return
    began = time.monotonic()

    def tell(outcome: Outcome) -> None:
        tried = sum(outcome.counts.values()) + len(outcome.failures)
        if tried % 50_000 == 0 or tried == asked.count:
            said = f"{dict(outcome.counts)}; {len(outcome.failures)} failed; {outcome.memory // 1024} MiB"
            print(f"{tried}: {said}; {time.monotonic() - began:.0f} s", flush=True)

    outcome = run(asked.count, asked.start, asked.processes, tell)
    for number, why in outcome.failures[:50]:
        print(f"message {number}: {why}")
    sys.exit(1 if outcome.failures or outcome.memory > MOST else 0)


if __name__ == "__main__":
    main()
