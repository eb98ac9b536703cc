"""The ids of entries: made from the first number or name they had, kept when that is corrected."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from registries.care.listing import FACILITY, TABLES
from registries.care.store import standing
from registries.database import among
from schemas import facts


def entry_ids(connection: Connection, kind: str, numbers: Collection[str]) -> dict[str, str]:
    """INPE → the id of the entry that has it, else the one that a new entry gets."""
    table = TABLES[kind]
    known = select(table.c.number, table.c.resource).where(among(connection, table.c.number, numbers))
    ids = {row.number: row.resource for row in connection.execute(known) if row.resource}
    return ids | free_ids(connection, kind, [one for one in numbers if one not in ids])


def free_ids(connection: Connection, kind: str, said: Collection[str]) -> dict[str, str]:
    """What a new entry is called (its INPE, else what messages or people call it) → its id: the one that events know it
    by. Where another entry stands under that, which was called so before, the next one."""
    ids = {one: facts.name(kind, one) for one in said}
    turn = 1
    while taken := _standing(connection, kind, ids.values()):
        turn += 1
        ids = {one: facts.name(kind, one, str(turn)) if name in taken else name for one, name in ids.items()}
    return ids


def _standing(connection: Connection, kind: str, names: Collection[str]) -> set[str]:
    of = "Organization" if kind == FACILITY else "Practitioner"
    return {key[1] for key, kept in standing(connection, [(of, name) for name in names]).items() if not kept.deleted}
