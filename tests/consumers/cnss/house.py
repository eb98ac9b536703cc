"""A ledger, its consumer and the payer, in one folder, with a clock that a test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from channels.consumers.cnss.consumer import Cnss
from channels.consumers.cnss.filing import Deadline
from channels.consumers.cnss.judgement import Faults
from channels.consumers.cnss.ledger import Ledger
from channels.consumers.cnss.outbox import Outbox
from channels.consumers.cnss.simulator import Simulator
from channels.consumers.cnss.submission import Submission
from channels.consumers.cnss.tables import claims, lines, sheets, transitions
from channels.consumers.consumer import Outcome
from channels.gateway.care_sheets import care_sheets
from schemas.events import Event
from tests.consumers.cnss.said import CNSS, NOON, SECOND
from tests.home import Place

SECRET = b"a secret of the tests, 32 bytes."


class House:
    def __init__(self, home: Place, *, deadline: Deadline = "warn") -> None:
        self.now = NOON
        self.engine = home.open("ledger")
        self.other_side = home.open("payer")
        self.ledger = Ledger(self.engine, SECRET)
        self.consumer = Cnss(self.ledger, clock=lambda: self.now)
        self.outbox = Outbox(self.engine, SECRET, deadline=deadline)
        self.payer = Simulator(self.other_side)

    def deliver(self, *events: Event) -> Sequence[Outcome]:
        return asyncio.run(self.consumer.deliver(events))

    def later(self, seconds: int) -> None:
        self.now += seconds * SECOND

    def submit(self, **faults: float) -> int:
        """Submits what is due two seconds later."""
        self.later(2)
        payer = Simulator(self.other_side, Faults(**faults)) if faults else self.payer
        return asyncio.run(Submission(self.outbox, payer).submit_due(self.now))

    def shown(self, number: str = "271828182") -> list[dict[str, Any]]:
        """The sheets the API shows for this CNSS number."""
        items: list[dict[str, Any]] = care_sheets(self.ledger, f"{CNSS}|{number}", lambda _: ())["items"]
        return items

    def rows(self, table: str) -> list[dict[str, Any]]:
        chosen = {"sheets": sheets, "lines": lines, "claims": claims, "transitions": transitions}[table]
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(chosen)).mappings()]

    def states(self) -> list[str]:
        return [sheet["state"] for sheet in self.rows("sheets")]
