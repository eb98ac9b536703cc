"""What became of an edit: entries written and followed in one go, or the issue that says why nothing was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from registries.care.listing import Taken, follow
from registries.care.store import Key, write
from schemas.message import Issue

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Edited:
    """`id` of the entry's resource; where `issues` say what is wrong, nothing was written. `found`: what the entry is
    found by. `changed`: whether it is not what it was."""

    id: str
    found: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    changed: bool = True


def put(
    connection: Connection, kind: str, ids: Collection[str], made: Sequence[Resource], gone: Sequence[Key] = (), *,
    by: str, why: str,
) -> dict[str, Edited]:  # fmt: skip
    """Each entry by its id. All of them or, where one's name or number is another's, none."""
    with connection.begin_nested() as part:
        try:
            write(connection, made, gone, by=by, why=why)
            followed = follow(connection, kind, ids)
        except Taken as taken:
            part.rollback()
            remedy = "give each number and name to one entry only"
            issue = Issue("aliases", "taken", str(taken), remedy, column="aliases")
            return {name: Edited(name, (), (issue,)) for name in ids}
    return {name: Edited(name, tuple(followed.found.get(followed.numbers.get(name, ""), ()))) for name in ids}
