"""Laboratories that send while something happens to the program, and what must hold afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from channels.runtime import House
from tests.crash.load import Person, Sender
from tests.crash.verdict import Sent, faults, found_in
from tests.e2e.program import Program, until
from tests.stores import house_of, rows

SEED = 2575
PATIENCE = 300.0  # seconds; only bounds a failure
LABORATORIES = {"LABO1": "130310623", "LABO2": "130310631", "LABO3": "150120344", "LABO4": "160130555"}
SHARED = [Person(number) for number in range(1, 9)]


@contextmanager
def senders(program: Program, seed: int = SEED) -> Iterator[list[Sender]]:
    """Laboratories at work; at the end of the block each brings its last message home."""
    every = [
        Sender(feed, facility, program.mllp_port, [*SHARED, Person(10 * n), Person(10 * n + 1)], seed + n)
        for n, (feed, facility) in enumerate(LABORATORIES.items(), 1)
    ]
    for sender in every:
        sender.start()
    try:
        yield every
        bring_home(every)
    finally:
        for sender in every:
            sender.abandon()


def bring_home(every: list[Sender]) -> None:
    """Waits until each sender has the acknowledgement of its last message."""
    for sender in every:
        sender.finish()
    end = time.monotonic() + PATIENCE
    for sender in every:
        sender.join(max(0.0, end - time.monotonic()))
    late = [sender.feed for sender in every if sender.is_alive()]
    assert late == [], f"no answer to {late} within {PATIENCE:.0f} s of the last start"


def nothing_lost_doubled_or_disordered(program: Program, every: list[Sender], patience: float = PATIENCE) -> None:
    """Waits for the end of the work, and looks at all of it."""
    sent = Sent({s.feed: s.sent for s in every}, {s.feed: s.acknowledged for s in every})
    house = house_of(program)
    until(lambda: drained(house, sent), patience, "the end of the work")
    assert [strange for sender in every for strange in sender.strange] == []
    assert faults(sent, found_in(house)) == []
    assert all(list(sent.acknowledged[feed]) == list(range(1, len(sent.persons[feed]) + 1)) for feed in sent.persons)


def acknowledged(every: list[Sender]) -> int:
    return sum(len(sender.acknowledged) for sender in every)


def said(every: list[Sender], *more: str) -> str:
    """The counts of a run, for whoever reads the output."""
    counts = (
        f"{sum(len(s.sent) for s in every)} sent", f"{acknowledged(every)} acknowledged",
        f"{sum(s.cuts for s in every)} lines cut", f"{sum(s.resends for s in every)} resends", *more,
    )  # fmt: skip
    return ", ".join(counts)


def drained(house: House, sent: Sent) -> bool:
    """Whether the journal knows every message and waits for nothing, and the payer has every line."""
    acknowledged, lines = sum(map(len, sent.acknowledged.values())), len(sent.effects())
    busy = "SELECT count(*) FROM transactions WHERE status IN ('received', 'mediated', 'partial')"
    known = "SELECT count(*) FROM (SELECT DISTINCT sender, control_id FROM transactions) AS every_message"
    settled = one(house, "journal", busy) == 0 and one(house, "journal", known) >= acknowledged
    return settled and one(house, "payer", "SELECT count(*) FROM payer_accepted_lines") >= lines


def one(house: House, store: str, query: str) -> int:
    return int(rows(house, store, query)[0][0])
