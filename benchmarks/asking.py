"""Asks one address at a steady rate, in a process of its own, and tells how long the answers took.

`python -m benchmarks.asking URL FILE --rate 100 --user admin --password …` posts each line of FILE in turn, whether
those before were answered or not. A latency counts from when the question was due; what this process itself needed for
a question is told beside (`own`: CPU ms), to be taken off where both share the cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import uvloop

FHIR_JSON = "application/fhir+json"


@dataclass(frozen=True)
class Told:
    """Milliseconds. `late`: by how much the 99th of 100 questions went out after it was due."""

    asked: int
    p50: float
    p99: float
    longest: float
    late: float
    own: float
    statuses: dict[str, int]


async def ask(url: str, bodies: Sequence[bytes], rate: float, auth: tuple[str, str]) -> Told:
    """Every body once, at this many a second."""
    took: list[float] = []
    late: list[float] = []
    statuses: Counter[str] = Counter()
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(auth=auth, limits=limits, timeout=30, trust_env=False) as client:

        async def one(body: bytes, due: float) -> None:
            late.append(time.perf_counter() - due)
            answer = await client.post(url, content=body, headers={"Content-Type": FHIR_JSON})
            took.append(time.perf_counter() - due)
            statuses[str(answer.status_code)] += 1

        began, used = time.perf_counter() + 0.05, time.process_time()
        async with asyncio.TaskGroup() as group:
            for turn, body in enumerate(bodies):
                due = began + turn / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(one(body, due))
    own = (time.process_time() - used) / len(bodies)
    p50, p99, longest = (at(took, part) for part in (0.5, 0.99, 1.0))
    return Told(len(took), p50, p99, longest, at(late, 0.99), own * 1e3, dict(statuses))


def at(values: Sequence[float], part: float) -> float:
    """The value below which this part of them lies, in milliseconds of seconds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1e3


def gateway_seconds(program: subprocess.Popen[bytes] | None) -> float:
    """CPU that the gateway of a running program used until now; 0 where there is no /proc."""
    for stat in Path("/proc").glob("[0-9]*/stat") if program else ():
        try:
            fields, command = stat.read_text().rpartition(")")[2].split(), (stat.parent / "cmdline").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if program and int(fields[1]) == program.pid and b"--role\0gateway" in command:
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("url")
    words.add_argument("file", type=Path)
    words.add_argument("--rate", type=float, default=100)
    words.add_argument("--user", default="admin")
    words.add_argument("--password", default="")
    said = words.parse_args()
    bodies = said.file.read_bytes().splitlines()
    told = uvloop.run(ask(said.url, bodies, said.rate, (said.user, said.password)))
    print(json.dumps(asdict(told)))


if __name__ == "__main__":
    main()
