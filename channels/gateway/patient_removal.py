"""What a source takes back, where the settings let it: its record of a patient (ITI-104), a merge (PMIR ITI-93).

Nothing is deleted. A record that was taken back is not active and its numbers are old; a PUT makes it stand again. A
merge that ended stays in the history.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Engine

from channels.gateway.search import Problem
from registries.client.clusters import merges_of
from registries.client.decision import Declined
from registries.client.keys import known_number
from registries.client.records import Records, SourceRecord
from registries.client.steward import Steward
from registries.database import reading
from schemas.events import Identifier

NOT_HERE = (
    "numbers are not removed here (client_registry.delete is false); PUT the Patient with active=false and link.type"
    " replaced-by if another number replaces it, or ask a steward to part what was joined wrongly"
)
UNKNOWN = "no Patient was written here under this number: look it up again, or remove it where it was told"
MERGED = (
    "this number was merged into another, and stays so: no steward's merge, and without client_registry.unmerge none,"
    " is taken back by a feed. What was said of the patient is kept; a steward takes a merge back"
)
_WHY = "its source tells of the number as active again"


@dataclass(frozen=True, slots=True)
class Removal:
    """Blocks. unmerge: whether sources may."""

    records: Records
    engine: Engine
    steward: Steward
    unmerge: bool = False

    def patient(self, channel: str, number: tuple[str, str]) -> dict[str, Any]:
        """The Patient that takes back what was written on this channel under the number. Raises Problem."""
        system, value = number
        told = self.records.of_persons(self.records.persons_with(system, value))
        found = next((one for one in told if one.channel == channel and _carries(one, system, value)), None)
        if found is None:
            raise Problem(404, "not-found", UNKNOWN)
        ended = {"end": datetime.now(UTC).isoformat(timespec="seconds")}
        numbers = [
            {"use": "old", "system": one["system"], "value": one["value"], "period": ended}
            for one in found.patient["identifiers"]
        ]
        return {"resourceType": "Patient", "active": False, "identifier": numbers}

    def part(self, persons: Collection[str], by: str) -> bool:
        """Takes back the merges of these identities that sources told; whether it did."""
        if not self.unmerge:
            return False
        with reading(self.engine) as connection:
            merges = [link for person in sorted(persons) for link in merges_of(connection, person)]
        if not merges or any(link.by for link in merges):
            return False
        try:
            for link in merges:
                self.steward.unmerge(link.from_person, link.to_person, by, _WHY)
        except Declined:
            return False
        return True


def removing(url: str, patient: dict[str, Any]) -> bytes:
    """The Bundle that does it: a removal is a saying of the source like any other."""
    entry = {"request": {"method": "PUT", "url": url}, "resource": patient}
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})


def _carries(record: SourceRecord, system: str, value: str) -> bool:
    wanted = known_number(Identifier(system=system, value=value))
    return wanted is not None and wanted[:2] in {
        known[:2] for one in record.patient.get("identifiers") or () if (known := known_number(one))
    }
