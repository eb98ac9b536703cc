"""What stewards chose for golden records: the record that tells a field, or a value of their own, sealed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, select

from registries.client import changes
from registries.client.clusters import cluster
from registries.client.decision import Decision, Declined
from registries.client.golden import Choice
from registries.client.survivorship import CHOOSABLE
from registries.database import asked
from registries.sealing import Seal
from registries.tables import choices, records

_CHOICES = select(choices)


def chosen(connection: Connection, seal: Seal, persons: Collection[str]) -> list[Choice]:
    """Every choice for any of these identities, the earlier first."""
    return together(chosen_each(connection, seal, persons), persons)


def chosen_each(connection: Connection, seal: Seal, persons: Collection[str]) -> Mapping[str, list[Choice]]:
    """The choices for each of these identities; nothing of those without one."""
    found: dict[str, list[Choice]] = {}
    for row in asked(connection, _CHOICES, choices.c.person, persons):
        value = _opened(seal, row.value, row.person, row.field)
        found.setdefault(row.person, []).append(Choice(row.field, row.at, row.record or 0, value))
    return found


def together(each: Mapping[str, Sequence[Choice]], persons: Iterable[str]) -> list[Choice]:
    """Those for any of these identities, the earlier first."""
    found = [choice for person in persons for choice in each.get(person, ())]
    return sorted(found, key=lambda choice: (choice.at, choice.field))


def choose(decision: Decision, person: str, field: str, record: int | None, value: Any) -> int:
    """One choice, or with neither record nor value none any more; the line in the history."""
    decision.known(person)
    if field not in CHOOSABLE:
        raise Declined(f"no field {field} to choose; there are {', '.join(sorted(CHOOSABLE))}")
    if record is not None and value is not None:
        raise Declined("choose a record or give a value, not both")
    if record is not None:
        _its_own(decision, person, record)
    key = {"person": person, "field": field}
    found = changes.row(decision.connection, "choices", key) or {"record": None, "value": None}
    if (found["record"], _opened(decision.seal, found["value"], person, field)) == (record, value):
        return 0
    sealed = None if value is None else decision.seal.seal(orjson.dumps(value), f"{person}|{field}")
    said = {"record": record, "value": sealed, "by": decision.by, "at": decision.at}
    decision.put("choices", key, said if (record, value) != (None, None) else None)
    return decision.note("chosen", person, record=record, field=field)


def _opened(seal: Seal, value: bytes | None, person: str, field: str) -> Any:
    return None if value is None else orjson.loads(seal.open(value, f"{person}|{field}"))


def _its_own(decision: Decision, person: str, record: int) -> None:
    owner = decision.connection.scalar(select(records.c.person).where(records.c.id == record))
    if owner is None:
        raise Declined(f"no source record {record}")
    if owner not in cluster(decision.connection, person)[0]:
        raise Declined(f"source record {record} belongs to somebody else; choose one of this person")
