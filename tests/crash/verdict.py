"""The checks of the crash test: what the senders know, beside what stands in the program's stores afterwards."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from channels.outputs import EVENTS
from channels.runtime import House
from schemas import codec
from schemas.events import plain
from tests.crash.load import followed, own
from tests.e2e.program import until
from tests.stores import resource, rows

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

    transactions: (feed, number, status). events: (feed, number, code of the order, lane) as they stand on the bus; the
    order is promised within a lane, which on Kafka is the person.
    results: (code of the order, what each version of its observation said). lines, accepted: the code of every line
    of a care sheet, and of every line the payer accepted.
    """

    transactions: list[tuple[str, int, str]] = field(default_factory=list)
    events: list[tuple[str, int, str, str]] = field(default_factory=list)
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
    told = {(feed, number) for feed, number, *_ in found.events}
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
    """A number that first comes after a later one of its feed. It may come again: sent, or put out, again."""
    latest: dict[tuple[str, str], int] = defaultdict(int)
    seen: set[tuple[str, int, str, str]] = set()
    for event in found.events:
        feed, number, code, lane = event
        if event not in seen and number < latest[feed, lane]:
            yield f"{feed} {number} ({code}) came after {latest[feed, lane]}"
        seen.add(event)
        latest[feed, lane] = max(number, latest[feed, lane])


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


def found_in(house: House) -> Found:
    """Reads the stores of a program that drained and stopped."""
    found = Found(transactions=list(_transactions(house)), events=list(_events(house)), results=list(_results(house)))
    kinds = dict(rows(house, "record", "SELECT type, count(*) FROM resources GROUP BY type"))
    found.patients, found.provenances = kinds.get("Patient", 0), kinds.get("Provenance", 0)
    facts = dict(rows(house, "ledger", "SELECT fact, code FROM care_sheet_lines"))
    found.lines = list(facts.values())
    accepted = rows(house, "payer", "SELECT line FROM payer_accepted_lines")
    found.accepted = [facts.get(line, line) for (line,) in accepted]
    return found


def _transactions(house: House) -> Iterator[tuple[str, int, str]]:
    for sender, control_id, status in rows(house, "journal", "SELECT sender, control_id, status FROM transactions"):
        yield sender.partition("|")[0], int(control_id), status


def _events(house: House) -> Iterator[tuple[str, int, str, str]]:
    bus = house.bus("received")
    until(bus.ready, what="the bus")
    for batch in bus.read(f"verdict-{uuid.uuid4()}", [EVENTS]):
        if not len(batch):
            break
        for record in batch:
            event = plain(codec.decode(record.value))
            lane = record.key if house.settings.bus.brokers else ""
            code = event["code"]["codings"][0]["code"]
            yield event["sender"].partition("|")[0], int(event["control_id"]), code, lane
        batch.done()
    bus.close()


def _results(house: House) -> Iterator[tuple[str, list[int]]]:
    """By observation; the order's code is that of the report which holds it."""
    said: dict[str, list[int]] = defaultdict(list)
    orders: dict[str, str] = {}
    every = (
        "SELECT id, version, body FROM versions WHERE type = 'Observation' UNION ALL"
        " SELECT id, version, body FROM resources WHERE type = 'Observation' ORDER BY id, version"
    )
    for name, version, body in rows(house, "record", every):
        said[name].append(int(resource(house, "Observation", name, version, body)["valueString"]))
    reports = "SELECT id, version, body FROM resources WHERE type = 'DiagnosticReport'"
    for name, version, body in rows(house, "record", reports):
        report = resource(house, "DiagnosticReport", name, version, body)
        for result in report["result"]:
            orders[result["reference"].removeprefix("Observation/")] = report["code"]["coding"][0]["code"]
    for name, numbers in said.items():
        yield orders.get(name, name), numbers
