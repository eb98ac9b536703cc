"""kill -9 at any moment under load: every acknowledged message has its effect once, feeds and persons in order.

`make soak` runs it for longer: WASL_CRASH_SECONDS says how long, WASL_CRASH_SEED which accidents.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from channels.runtime import House
from tests.crash.load import Person, Sender
from tests.crash.verdict import Sent, faults, found_in
from tests.e2e.program import Program, until
from tests.stores import house_of, rows

SECONDS = float(os.environ.get("WASL_CRASH_SECONDS", "50"))
SEED = int(os.environ.get("WASL_CRASH_SEED", "2575"))
KILLS = 20
RECOVERED = 0.8  # how often the next accident waits until the program takes messages again
LABORATORIES = {"LABO1": "130310623", "LABO2": "130310631", "LABO3": "150120344", "LABO4": "160130555"}
SHARED = [Person(number) for number in range(1, 9)]


def test_nothing_acknowledged_is_lost_doubled_or_out_of_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(SEED)
    with Program(tmp_path / "data", WASL_MEDIATION_PROCESSES="2") as program:
        senders = [
            Sender(feed, facility, program.mllp_port, [*SHARED, Person(10 * n), Person(10 * n + 1)], SEED + n)
            for n, (feed, facility) in enumerate(LABORATORIES.items(), 1)
        ]
        for sender in senders:
            sender.start()
        try:
            kills = accidents(program, chance)
            recovered(program)
        finally:
            for sender in senders:
                sender.finish()
            bring_home(senders)
        sent = Sent({s.feed: s.sent for s in senders}, {s.feed: s.acknowledged for s in senders})
        house = house_of(program)
        until(lambda: drained(house, sent), 120 + SECONDS, "the end of the work")
    with capsys.disabled():
        print(
            f"\n{sum(len(s.sent) for s in senders)} sent, {sum(len(s.acknowledged) for s in senders)} acknowledged,"
            f" {sum(kills.values())} kills ({', '.join(f'{n} {name}' for name, n in sorted(kills.items()))}),"
            f" {sum(s.cuts for s in senders)} lines cut, {sum(s.resends for s in senders)} resends"
        )
    assert [strange for sender in senders for strange in sender.strange] == []
    assert faults(sent, found_in(house)) == []
    assert sum(kills.values()) >= KILLS
    assert all(list(sent.acknowledged[feed]) == list(range(1, len(sent.persons[feed]) + 1)) for feed in sent.persons)


def accidents(program: Program, chance: random.Random) -> Counter[str]:
    """Kills parts of the program, or all of it at once, until the time is over; tells how often which."""
    kills: Counter[str] = Counter()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end or sum(kills.values()) < KILLS:
        time.sleep(chance.uniform(0.2, 2.0))
        victim = chance.choices(["everything", "gateway", "mediation", "delivery"], [2, 2, 3, 3])[0]
        if victim == "everything":
            program.kill()
            program.start(ready=False)
        elif not killed(program, victim, chance):
            continue
        kills[victim] += 1
        if victim in {"everything", "gateway"} and chance.random() < RECOVERED:
            recovered(program)
    return kills


def recovered(program: Program) -> None:
    """Waits until messages are taken again; generous, for the machine may be busy with other tests."""
    until(program.ready, 120, "readiness after a kill")


def killed(program: Program, role: str, chance: random.Random) -> bool:
    """Kills one process of this role; False when there is none just now."""
    children = dict(running(program))
    victims = sorted(name for name in children if name.startswith(role))
    with suppress(ProcessLookupError, IndexError):
        os.kill(children[chance.choice(victims)], signal.SIGKILL)
        return True
    return False


def running(program: Program) -> Iterator[tuple[str, int]]:
    """The children of the parent, by name."""
    assert program.process is not None
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) != program.process.pid:
                continue
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            role = words[words.index("--role") + 1]
            member = words[words.index("--member") + 1] if "--member" in words else ""
            yield f"{role}{member}", int(folder.name)


def bring_home(senders: list[Sender]) -> None:
    """Waits until each sender has the acknowledgement of its last message."""
    end = time.monotonic() + 60
    for sender in senders:
        sender.join(max(0.0, end - time.monotonic()))
    late = [sender.feed for sender in senders if sender.is_alive()]
    for sender in senders:
        sender.abandon()
    assert late == [], f"no answer to {late} within a minute of the last start"


def drained(house: House, sent: Sent) -> bool:
    """Whether the journal knows every message and waits for nothing, and the payer has every line."""
    acknowledged, lines = sum(map(len, sent.acknowledged.values())), len(sent.effects())
    busy = "SELECT count(*) FROM transactions WHERE status IN ('received', 'mediated', 'partial')"
    known = "SELECT count(*) FROM (SELECT DISTINCT sender, control_id FROM transactions) AS every_message"
    settled = one(house, "journal", busy) == 0 and one(house, "journal", known) >= acknowledged
    return settled and one(house, "payer", "SELECT count(*) FROM payer_accepted_lines") >= lines


def one(house: House, store: str, query: str) -> int:
    return int(rows(house, store, query)[0][0])
