"""Resources are sealed, and what they are found by stands in keyed digests.

The program before can't read what is sealed: without its table `terms` it does not find its way, rather than land
something on what it misread. It is to be stopped before (CHANGELOG).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from channels.consumers.record import about
from channels.consumers.terms import Digests, beginnings
from channels.migrations.rows import pages, secret, to_be_vacuumed
from registries.database import insert_or_skip
from registries.sealing import Seal

revision = "0002"
down_revision = "0001"

_bytewise = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_BODIES = ("resources", "versions")
_KEY = ("type", "parameter", "value", "system", "id")


def upgrade() -> None:
    digests = op.create_table(
        "digests",
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("parameter", sa.String(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("system", _bytewise, nullable=False),
        sa.Column("id", _bytewise, nullable=False),
        sa.PrimaryKeyConstraint("type", "parameter", "digest", "system", "id"),
        sqlite_with_rowid=False,
    )
    for name in _BODIES:
        _seal(sa.table(name, *(sa.column(one) for one in ("row", "type", "id", "version", "body"))))
    _digest(sa.table("terms", *(sa.column(one) for one in _KEY)), digests)
    op.drop_table("terms")


def _seal(table: sa.TableClause) -> None:
    connection, seal = op.get_bind(), None
    change = sa.update(table).where(table.c.row == sa.bindparam("of")).values(body=sa.bindparam("sealed"))
    for page in pages(connection, table, ("row",)):
        seal = seal or Seal(secret("record"))
        sealed = [(one.row, seal.seal(bytes(one.body), about(one.type, one.id, one.version))) for one in page]
        connection.execute(change, [{"of": row, "sealed": body} for row, body in sealed])
        to_be_vacuumed(connection)


def _digest(terms: sa.TableClause, digests: sa.Table) -> None:
    connection, keyed = op.get_bind(), None
    for page in pages(connection, terms, _KEY):
        keyed = keyed or Digests(secret("record"))
        found = {
            (one.type, one.parameter, keyed.of(one.type, one.parameter, beginning), one.system, one.id)
            for one in page
            for beginning in beginnings(one.parameter, one.value)
        }
        # given names of one person may begin alike
        insert_or_skip(connection, digests, [dict(zip(digests.c.keys(), one, strict=True)) for one in found])
