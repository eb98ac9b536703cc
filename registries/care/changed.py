"""Which entries each version of a registry changed, so that who keeps them in memory reads only those anew.

A version that an older program made tells nothing here; then everything is read.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from registries.care.tables import care_changes
from registries.database import insert_or_skip
from registries.tables import next_version, version

KEPT = 100
MOST = 1000
_SAID = ""


def begin(connection: Connection, kind: str) -> int:
    """Counts a change of the registry ("facility"), in the transaction that makes it; who else changes it waits."""
    number = next_version(connection, kind)
    old = care_changes.c.kind == kind, care_changes.c.version <= number - KEPT
    connection.execute(delete(care_changes).where(*old))
    insert_or_skip(connection, care_changes, [{"kind": kind, "version": number, "number": _SAID}])
    return number


def touched(connection: Connection, kind: str, numbers: Collection[str]) -> None:
    """These entries are not what they were, or are gone. Of very many nothing is kept: all is read anew then."""
    if not numbers:
        return
    now = version(connection, kind)
    if len(numbers) > MOST:
        said = care_changes.c.kind == kind, care_changes.c.version == now, care_changes.c.number == _SAID
        connection.execute(delete(care_changes).where(*said))
        return
    insert_or_skip(connection, care_changes, [{"kind": kind, "version": now, "number": one} for one in set(numbers)])


def since(connection: Connection, kind: str, before: int, now: int) -> set[str] | None:
    """The numbers of what changed after version `before`, up to `now`; None where that is not known of each."""
    if not 0 <= now - before <= KEPT:
        return None
    asked = care_changes.c.kind == kind, care_changes.c.version > before, care_changes.c.version <= now
    rows = connection.execute(select(care_changes.c.version, care_changes.c.number).where(*asked)).all()
    if len({row.version for row in rows if row.number == _SAID}) != now - before:
        return None
    return {row.number for row in rows} - {_SAID}
