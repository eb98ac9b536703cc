"""kill -9 at any moment under load: every acknowledged message has its effect once, feeds and persons in order.

`make soak` runs it for longer: WASL_CRASH_SECONDS says how long, WASL_CRASH_SEED which accidents.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tests.crash.journey import PATIENCE, nothing_lost_doubled_or_disordered, said, senders
from tests.e2e.program import Program, until
from tests.surroundings import Servers

SECONDS = float(os.environ.get("WASL_CRASH_SECONDS", "30"))
SEED = int(os.environ.get("WASL_CRASH_SEED", "2575"))
KILLS = 20
RECOVERED = 0.8  # how often the next accident waits until the program takes messages again


def test_nothing_acknowledged_is_lost_doubled_or_out_of_order(
    tmp_path: Path, servers: Servers | None, tell: Callable[[str], None]
) -> None:
    chance = random.Random(SEED)
    with Program(tmp_path / "data", WASL_MEDIATION_PROCESSES="2") as program:
        with senders(program, SEED) as every:
            kills = accidents(program, servers, chance)
            recovered(program)
        tell(said(every, f"{sum(kills.values())} kills", *(f"{n} of {name}" for name, n in sorted(kills.items()))))
        nothing_lost_doubled_or_disordered(program, every, PATIENCE + SECONDS)
    assert sum(kills.values()) >= KILLS


def accidents(program: Program, servers: Servers | None, chance: random.Random) -> Counter[str]:
    """Kills parts of the program, all of it at once, or the broker, until the time is over; tells how often which."""
    kills: Counter[str] = Counter()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end or sum(kills.values()) < KILLS:
        time.sleep(chance.uniform(0.2, 2.0))
        victim = chance.choices(["everything", "gateway", "mediation", "delivery", "broker"], [2, 2, 3, 3, 1])[0]
        if victim == "broker":
            if servers is None:
                continue
            servers.kafka.kill()
            servers.kafka.start()
        elif victim == "everything":
            program.kill()
            program.start(ready=False)
        elif not killed(program, victim, chance):
            continue
        kills[victim] += 1
        if victim in {"everything", "gateway", "broker"} and chance.random() < RECOVERED:
            recovered(program)
    return kills


def recovered(program: Program) -> None:
    """Waits until messages are taken again; generous, for the machine may be busy with other tests."""
    until(program.ready, what="readiness after a kill")


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
