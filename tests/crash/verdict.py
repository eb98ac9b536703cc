"""The checks of the crash test: what the senders know, beside what stands in the program's files afterwards."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from schemas import codec
from schemas.events import plain
from tests.crash.load import followed, own

SETTLED = frozenset({"delivered", "duplicate"})


@dataclass(frozen=True)
class Sent:
    """feed → the person of each message, numbered from 1; and the numbers that were acknowledged."""

    persons: Mapping[str, Sequence[int]]
    acknowledged: Mapping[str, Sequence[int]]

    def effects(self) -> dict[str, list[int]]:
        """Code of an order → the numbers its result must have said, one after the other."""
        said: dict[str, list[int]] = defaultdict(list)
        for feed, persons in self.persons.items():
            for number, person in enumerate(persons, 1):
                said[own(feed, number)].append(number)
                said[followed(feed, person)].append(number)
        return dict(said)


@dataclass
class Found:
    """What the program made of it.

    transactions: (feed, number, status). events: (feed, number, code of the order) as they stand on the bus.
    results: (code of the order, what each version of its observation said). lines, accepted: the code of every line
    of a care sheet, and of every line the payer accepted.
    """

    transactions: list[tuple[str, int, str]] = field(default_factory=list)
    events: list[tuple[str, int, str]] = field(default_factory=list)
    results: list[tuple[str, list[int]]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    patients: int = 0
    provenances: int = 0


def faults(sent: Sent, found: Found) -> list[str]:
    """Everything that is not as it must be; nothing when all is well."""
    return [
        *lost(sent, found),
        *dead_letters(found),
        *disordered_feeds(found),
        *results_amiss(sent, found),
        *bills_amiss(sent, found),
        *identities_amiss(sent, found),
    ]


def lost(sent: Sent, found: Found) -> Iterator[str]:
    """Acknowledged numbers without a transaction that was delivered, or without their events."""
    delivered = {(feed, number) for feed, number, status in found.transactions if status == "delivered"}
    told = {(feed, number) for feed, number, _ in found.events}
    for feed, numbers in sent.acknowledged.items():
        for number in numbers:
            if (feed, number) not in delivered:
                yield f"{feed} {number} was acknowledged and not delivered"
            if (feed, number) not in told:
                yield f"{feed} {number} was acknowledged and has no event"


def dead_letters(found: Found) -> Iterator[str]:
    for feed, number, status in found.transactions:
        if status not in SETTLED:
            yield f"{feed} {number} ended as {status}"


def disordered_feeds(found: Found) -> Iterator[str]:
    """A number after a later one of its feed. The same number may come again: it was sent again."""
    latest: dict[str, int] = defaultdict(int)
    for feed, number, code in found.events:
        if number < latest[feed]:
            yield f"{feed} {number} ({code}) came after {latest[feed]}"
        latest[feed] = max(number, latest[feed])


def results_amiss(sent: Sent, found: Found) -> Iterator[str]:
    """One observation an order, whose versions say each number once, in the order they were sent."""
    expected = sent.effects()
    seen = Counter(code for code, _ in found.results)
    for code, said in found.results:
        if seen[code] > 1:
            yield f"{code} has {seen[code]} observations"
        elif said != expected.get(code):
            yield f"{code} said {said}, sent were {expected.get(code)}"
    for code in expected.keys() - seen.keys():
        yield f"{code} has no observation"


def bills_amiss(sent: Sent, found: Found) -> Iterator[str]:
    """One line an order, accepted by the payer once, however often it was corrected."""
    expected = Counter(sent.effects().keys())
    for name, codes in (("on care sheets", found.lines), ("accepted by the payer", found.accepted)):
        there = Counter(codes)
        for code in sorted(expected.keys() | there.keys()):
            if there[code] != expected[code]:
                yield f"{code} is {there[code]} times {name}"


def identities_amiss(sent: Sent, found: Found) -> Iterator[str]:
    people = len({person for persons in sent.persons.values() for person in persons})
    if found.patients != people:
        yield f"{people} people became {found.patients} patients"
    sayings = 2 * sum(map(len, sent.persons.values()))
    if found.provenances != sayings:
        yield f"{sayings} sayings have {found.provenances} provenances"


def found_in(data: Path) -> Found:
    """Reads the files of a program that drained and stopped."""
    found = Found(transactions=list(_transactions(data)), events=list(_events(data)), results=list(_results(data)))
    with _open(data / "record.db") as record:
        kinds = dict(record.execute("SELECT type, count(*) FROM resources GROUP BY type"))
    found.patients, found.provenances = kinds.get("Patient", 0), kinds.get("Provenance", 0)
    with _open(data / "ledger.db") as ledger:
        facts = dict(ledger.execute("SELECT fact, code FROM care_sheet_lines"))
    found.lines = list(facts.values())
    with _open(data / "payer.db") as payer:
        found.accepted = [facts.get(line, line) for (line,) in payer.execute("SELECT line FROM payer_accepted_lines")]
    return found


def _transactions(data: Path) -> Iterator[tuple[str, int, str]]:
    with _open(data / "journal.db") as journal:
        for sender, control_id, status in journal.execute("SELECT sender, control_id, status FROM transactions"):
            yield sender.partition("|")[0], int(control_id), status


def _events(data: Path) -> Iterator[tuple[str, int, str]]:
    with _open(data / "bus" / "mediated.db") as bus:
        wanted = "SELECT value FROM records WHERE topic = (SELECT id FROM topics WHERE name = ?) ORDER BY place"
        for (value,) in bus.execute(wanted, ("wasl.events",)):
            event = plain(codec.decode(value))
            yield event["sender"].partition("|")[0], int(event["control_id"]), event["code"]["codings"][0]["code"]


def _results(data: Path) -> Iterator[tuple[str, list[int]]]:
    """By observation; the order's code is that of the report which holds it."""
    said: dict[str, list[int]] = defaultdict(list)
    orders: dict[str, str] = {}
    with _open(data / "record.db") as record:
        every = (
            "SELECT id, version, body FROM versions WHERE type = 'Observation' UNION ALL"
            " SELECT id, version, body FROM resources WHERE type = 'Observation' ORDER BY id, version"
        )
        for name, _, body in record.execute(every):
            said[name].append(int(orjson.loads(body)["valueString"]))
        for (body,) in record.execute("SELECT body FROM resources WHERE type = 'DiagnosticReport'"):
            report = orjson.loads(body)
            for result in report["result"]:
                orders[result["reference"].removeprefix("Observation/")] = report["code"]["coding"][0]["code"]
    for name, numbers in said.items():
        yield orders.get(name, name), numbers


def _open(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30))
