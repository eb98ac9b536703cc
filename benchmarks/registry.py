"""The client registry at a size: loading, registering, finding candidates, how right its clusters are, `$match`.

`python -m benchmarks.registry --size 20000 [--database sqlite|postgresql] [--only load register …]`
invents so many people (`benchmarks.population`), with one to five records each, in a fresh data folder and database;
both go away at the end. With `--keep FOLDER` they stay there, and a later run without `load` measures them again.

load        rows a second of `wasl registry load clients`, with matching; memory of the process after it
register    events a second of people not known before, each in a commit of its own, and 64 in one
candidates  milliseconds to find and score the candidates of a record, in this process
truth       precision, recall and F1 of pairs of records, and how many records went to review
feed        answers a second of `PUT /fhir/Patient?identifier=…` (ITI-104), each once the registry knows the patient
match       milliseconds of `POST /fhir/Patient/$match` at a steady rate, asked by another process
search      seconds from the start until the search in memory answers, and how much memory the program has then
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

from sqlalchemy import func, select

from benchmarks.asking import at, gateway_seconds
from benchmarks.population import records, write
from channels.demo.patients import resource
from channels.loops import spare_collection
from channels.population.writing import SOURCE, whose
from channels.runtime import House
from channels.settings import default_config
from registries.client.links import Links
from registries.client.matching.profile import profile
from registries.client.records import Records, SourceRecord
from registries.client.resolve import Clients
from registries.database import reading
from registries.load import load
from registries.tables import reviews
from schemas.events import Event, Patient, PatientRegistered
from tests.e2e.program import PASSWORD, Program
from tests.servers.postgres import Postgres

PARTS = ("load", "register", "candidates", "truth", "feed", "match", "search")
AT_ONCE = 50_000  # rows loaded in one call
SAMPLE = 2_000
BATCH = 64
MOST = 10
NAME = "registry"
# As docs/deploy.md has them for a registry; nothing here makes it less durable
SIZED = {"shared_buffers": "4GB", "max_wal_size": "16GB", "checkpoint_timeout": "15min", "wal_compression": "lz4"}
HOSPITAL = "https://hospital.example/patients"
STRANGERS = 1_000_003  # added to a seed: people who were not loaded


@contextmanager
def place(database: str, keep: Path | None) -> Iterator[Path]:
    """A data folder; the environment says which database goes with it."""
    with tempfile.TemporaryDirectory(prefix="wasl-registry-") as made:
        folder = keep or Path(made)
        stands = (folder / "postgres").exists()
        server = Postgres(folder / "postgres", settings=SIZED) if database == "postgresql" else None
        try:
            if server:
                os.environ["WASL_DATABASE"] = server.address_of(NAME) if stands else server.database(NAME)
            yield folder / "data"
        finally:
            if server:
                (server.stop if keep else server.close)()


def loaded(house: House, size: int, seed: int) -> None:
    said, count, seconds = records(size, seed), 0, 0.0
    with house.hands() as hands:
        while part := list(islice(said, AT_ONCE)):
            sheet = io.StringIO()
            write(part, "csv", sheet)
            body = sheet.getvalue().encode()
            began = time.perf_counter()
            report = load("clients", body, house.registries, house.registry_secret, hands=hands)
            took = time.perf_counter() - began
            seconds += took
            count += len(part)
            assert not report.issues, report.issues[0]
            print(f"load        … {count}: {len(part) / took:.0f}/s", file=sys.stderr, flush=True)
    print(f"load        {count} records of {size} people: {count / seconds:.0f}/s, {memory():.0f} MB", flush=True)


def registered(house: House, seed: int) -> None:
    said = records(2 * SAMPLE, seed + STRANGERS, width=1)
    for together in (1, BATCH):
        events = [registration(patient) for _, patient in islice(said, SAMPLE)]
        took = []
        clients = Clients(house.registries, house.registry_secret)
        for start in range(0, len(events), together):
            part = events[start : start + together]
            began = time.perf_counter()
            clients.resolve(part, ["create"] * len(part))
            took.append(time.perf_counter() - began)
        rate = len(events) / sum(took)
        print(f"register    {together:2} a commit: {rate:.0f}/s, {told(took)}", flush=True)


def registration(patient: Patient) -> Event:
    """As a hospital or laboratory tells it."""
    id = str(uuid.uuid4())
    sender = patient["identifiers"][0]["system"]
    at = time.time_ns() // 1000
    told: PatientRegistered = {
        "type": "PatientRegistered",
        "id": id,
        "about": "",
        "channel": "benchmark",
        "sender": sender,
        "transaction": id,
        "control_id": id,
        "place": "",
        "received": at,
        "version": at,
        "patient": patient,
    }
    return told


def searched(house: House, size: int, seed: int) -> None:
    """Half of those who are looked for were loaded."""
    asked = sample(size, seed) + sample(size, seed + STRANGERS)
    took, found = [], 0
    matcher = Clients(house.registries, house.registry_secret).matcher
    for patient in asked:
        began = time.perf_counter()
        found += len(matcher.candidates(profile(patient), MOST))
        took.append(time.perf_counter() - began)
    print(f"candidates  {told(took)}, {found / len(asked):.1f} a record", flush=True)


def sample(size: int, seed: int) -> list[Patient]:
    return [patient for _, patient in islice(records(min(size, SAMPLE), seed, width=1), SAMPLE)]


def judged(house: House, size: int, seed: int) -> None:
    """Pairs of records of which one is of the sample: together in truth, together in the registry."""
    kept, links = Records(house.registries, house.registry_secret), Links(house.registries)
    true = both = together = 0
    everybody: dict[str, list[Patient]] = {}
    for who, patient in records(min(size, SAMPLE), seed, width=1):
        everybody.setdefault(who, []).append(patient)
    for who, patients in everybody.items():
        clusters = [cluster(kept, links, patient) for patient in patients]
        true += len(patients) * (len(patients) - 1)
        for members in clusters:
            others = [one for record in members if (one := truth(record))]
            together += len(others) - 1
            both += others.count(who) - 1
    precision, recall = both / max(together, 1), both / max(true, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    with reading(house.registries) as connection:
        open_ = connection.scalar(select(func.count()).where(reviews.c.state == "open")) or 0
    print(f"truth       precision {precision:.5f}, recall {recall:.5f}, F1 {f1:.5f}, {open_} reviews wait", flush=True)


def cluster(kept: Records, links: Links, patient: Patient) -> Sequence[SourceRecord]:
    """Every source record that the registry holds to be of the same person as this one."""
    file = patient["identifiers"][0]
    persons = {one for person in kept.persons_with(file["system"], file["value"]) for one in links.following(person)}
    return kept.of_persons(persons)


def truth(record: SourceRecord) -> str:
    """Whose it is; "" for a record that names no number of an invented source."""
    numbers = record.patient.get("identifiers") or ()
    return next((whose(one["system"], one["value"]) for one in numbers if one["system"].startswith(SOURCE)), "")


def asked(data: Path, size: int, seed: int, rate: float, only: Sequence[str]) -> None:
    """Of the program, as a client sees it."""
    given = {name: value for name, value in os.environ.items() if name == "WASL_DATABASE"}
    with Program(data, "--config", str(configured(data.parent / "config")), **given) as program:
        began = time.perf_counter()
        patients = sample(size, seed) + sample(size, seed + STRANGERS) if "match" in only else []
        if patients:
            matched(program, "while the search fills", patients, rate)
        if "search" in only:
            while program.admin.post("/fhir/Patient/_search", data={"family": "Alaoui"}).status_code == 503:
                time.sleep(0.5)
            took = time.perf_counter() - began
            print(f"search      filled in {took:.1f} s; the program holds {held(program):.0f} MB", flush=True)
        if "feed" in only:
            fed(program, seed)
        if patients:
            matched(program, "later", patients, rate)


def configured(folder: Path) -> Path:
    """The shipped configuration, and a hospital that may give numbers to those whom it tells of."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(default_config().parent, folder)
    with (folder / "domains.yaml").open("a", encoding="utf-8") as domains:
        domains.write(f"hospital: {{names: HOSPITAL, uri: {HOSPITAL}, senders: hospital}}\n")
    return folder / "wasl.yaml"


def fed(program: Program, seed: int) -> None:
    said = records(2 * SAMPLE, seed + 2 * STRANGERS, width=1)
    patients = [resource(patient) for _, patient in islice(said, SAMPLE)]
    for number, patient in enumerate(patients):
        patient["identifier"] = [{"system": HOSPITAL, "value": str(number)}, *patient["identifier"][1:]]
    name, secret = program.client("hospital", "client-registry-fhir")
    for together in (1, BATCH):
        some = patients[: SAMPLE // 4] if together == 1 else patients[SAMPLE // 4 :]
        told = elsewhere(program, "feeding", "Patient", some, "--at-once", together, "--user", name, password=secret)
        print(f"feed        {together:2} at once: {told}", flush=True)


def matched(program: Program, when: str, patients: Sequence[Patient], rate: float) -> None:
    bodies = [question(one) for one in patients]
    used = gateway_seconds(program.process)
    told = elsewhere(program, "asking", "Patient/$match", bodies, "--rate", rate, password=PASSWORD)
    each = (gateway_seconds(program.process) - used) / len(bodies) * 1e3
    print(f"match       {when}, {rate:.0f}/s: {told}; {each:.2f} ms of CPU each in the gateway; "
          f"the program holds {held(program):.0f} MB", flush=True)  # fmt: skip


def elsewhere(
    program: Program, what: str, path: str, bodies: Sequence[dict[str, Any]], *said: object, password: str
) -> str:
    """What another process of the benchmarks says."""
    file = program.data.parent / f"{what}.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in bodies))
    url = f"http://127.0.0.1:{program.http_port}/fhir/{path}"
    command = [sys.executable, "-m", f"benchmarks.{what}", url, str(file), *map(str, said), "--password", password]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode().strip()


def held(program: Program) -> float:
    """Memory of every process of the program, in MB."""
    assert program.process
    rows = subprocess.run(["ps", "-o", "rss=", "-g", str(program.process.pid)], stdout=subprocess.PIPE, check=True)
    return sum(map(int, rows.stdout.split())) / 1024


def question(patient: Patient) -> dict[str, Any]:
    """ITI-119's Parameters."""
    return {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": resource(patient)}]}


def told(seconds: Sequence[float]) -> str:
    return f"p50 {at(seconds, 0.5):.2f} ms, p99 {at(seconds, 0.99):.2f} ms"


def memory() -> float:
    """The most that this process, or the greatest of those that it started, ever held, in MB."""
    return max(getrusage(who).ru_maxrss for who in (RUSAGE_SELF, RUSAGE_CHILDREN)) / 1024


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--size", type=int, default=20_000, help="people")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    words.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    words.add_argument("--rate", type=float, default=100, help="questions a second")
    words.add_argument("--keep", type=Path)
    said = words.parse_args()
    spare_collection()  # as the program does
    with place(said.database, said.keep) as data:
        house = House.open(None, data)
        house.migrate()
        if "load" in said.only:
            loaded(house, said.size, said.seed)
        if "register" in said.only:
            registered(house, said.seed)
        if "candidates" in said.only:
            searched(house, said.size, said.seed)
        if "truth" in said.only:
            judged(house, said.size, said.seed)
        house.registries.dispose()
        if {"feed", "match", "search"}.intersection(said.only):
            asked(data, said.size, said.seed, said.rate, said.only)


if __name__ == "__main__":
    main()
