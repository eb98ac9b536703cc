"""Who has a number, for whoever asks without registering anybody: as registration would find them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Engine

from registries.client.keys import PERSONAL, subject
from registries.client.links import Links
from registries.client.records import Records
from registries.client.rules import decide
from registries.client.store import View
from registries.database import reading
from schemas.events import Patient

# No event has it
_NO_EVENT = ""


@dataclass(frozen=True, slots=True)
class Bearers:
    """Of any thread. Blocks, and raises Unavailable. `secret` and `personal` as in `Clients`."""

    engine: Engine
    secret: bytes
    personal: Collection[str] = PERSONAL

    def expected(self, patient: Patient) -> str:
        """The identity that registration would take this patient for by what was told; "" where it would make a new
        one. Costs one statement, and none without a number that finds anybody."""
        about = subject(patient, _NO_EVENT, self.secret, personal=self.personal)
        if not about.keys:
            return ""
        with reading(self.engine) as connection:
            view = View(connection)
            view.read(key.digest for key in (*about.keys, about.event))
            found = decide(view, about)
        return found[0].id if found else ""


def bearer(records: Records, links: Links, system: str, value: str) -> str:
    """Who stands for the human being with this number, "" for nobody; of several the smallest, as everywhere."""
    persons = records.persons_with(system, value)
    found = links.look(persons)
    return min((found.standing(found.following(one)) for one in persons), default="")
