"""Feeds patients to a client registry over FHIR (ITI-104), so many at once, in a process of its own.

`python -m benchmarks.feeding URL FILE --at-once 64 --user … --password …` puts each line of FILE, a Patient, under its
first identifier, and tells how many a second were answered and how long an answer took.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import uvloop

from benchmarks.asking import FHIR_JSON, at


@dataclass(frozen=True)
class Fed:
    """`rate`: answers a second; milliseconds for one."""

    rate: float
    p50: float
    p99: float
    statuses: dict[str, int]


async def feed(url: str, patients: Sequence[bytes], at_once: int, auth: tuple[str, str]) -> Fed:
    waiting, took, statuses = iter(patients), list[float](), Counter[str]()

    async def one_after_the_other(patients: Iterator[bytes]) -> None:
        # a client each: one for all looks through every connection at every question
        async with httpx.AsyncClient(auth=auth, timeout=60, trust_env=False) as client:
            for patient in patients:
                number = json.loads(patient)["identifier"][0]
                asked = {"identifier": f"{number['system']}|{number['value']}"}
                began = time.perf_counter()
                answer = await client.put(url, params=asked, content=patient, headers={"Content-Type": FHIR_JSON})
                took.append(time.perf_counter() - began)
                statuses[str(answer.status_code)] += 1

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(one_after_the_other(waiting))
    return Fed(len(took) / (time.perf_counter() - began), at(took, 0.5), at(took, 0.99), dict(statuses))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("url")
    words.add_argument("file", type=Path)
    words.add_argument("--at-once", type=int, default=64)
    words.add_argument("--user", default="admin")
    words.add_argument("--password", default="")
    said = words.parse_args()
    patients = said.file.read_bytes().splitlines()
    print(json.dumps(asdict(uvloop.run(feed(said.url, patients, said.at_once, (said.user, said.password))))))


if __name__ == "__main__":
    main()
