"""Why stewards decided is sealed, for their words may name a patient; what the rules say stays as it is.

The program before shows the sealed text of what is decided meanwhile, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from channels.migrations.rows import pages, secret, to_be_vacuumed
from registries.sealing import SEALED, Seal

revision = "0010"
down_revision = "0009"

_RULED = ("", "rules", "source", "wasl")


def upgrade() -> None:
    _seal("history", ("id",), ("person", "at", "action"), lambda row: f"{row.person}|{row.at}|{row.action}")
    key = ("from_person", "to_person", "kind")
    _seal("links", key, (), lambda row: f"{row.from_person}|{row.to_person}|{row.kind}")
    _seal("rule_versions", ("version",), (), lambda row: f"rules|{row.version}")


def _seal(name: str, key: Sequence[str], more: Sequence[str], about: Callable[[sa.Row[Any]], str]) -> None:
    connection, seal = op.get_bind(), None
    table = sa.table(name, *(sa.column(one) for one in (*key, *more, "by", "why")))
    where = [table.c[one] == sa.bindparam(f"of_{one}") for one in key]
    change = sa.update(table).where(*where).values(why=sa.bindparam("sealed"))
    for page in pages(connection, table, key):
        clear = [row for row in page if row.why and row.by not in _RULED and not row.why.startswith(SEALED)]
        if clear:
            seal = seal or Seal(secret("client registry"))
            values = [
                {f"of_{one}": getattr(row, one) for one in key} | {"sealed": seal.seal_text(row.why, about(row))}
                for row in clear
            ]
            connection.execute(change, values)
            to_be_vacuumed(connection)
