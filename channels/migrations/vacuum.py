"""A SQLite file in which rows were sealed is written anew: what stood there before still lies on its free pages.

The file's user_version says how far it is, so that a start that is cut off goes on at the next one.
"""

from __future__ import annotations

import logging
import sqlite3

DUE, DONE = 1, 2

log = logging.getLogger("wasl")


def vacuum(connection: sqlite3.Connection, name: str) -> None:
    """Does it when it is due. The connection is in no transaction; others may read meanwhile."""
    if stage(connection) != DUE:
        return
    try:
        connection.execute("VACUUM")
        connection.execute(f"PRAGMA user_version = {DONE}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        log.error(
            "%s: what stood there before it was sealed may still be read (%s); make room as large as the file on its "
            "disk, and start again",
            name,
            error,
        )


def stage(connection: sqlite3.Connection) -> int:
    """The file's user_version."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    return int(found)
