"""The insured's numbers, birth dates and claims are sealed.

The program before can't read what is sealed: without the columns it knows it does nothing, rather than bill what it
misread. It is to be stopped before (CHANGELOG).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from channels.consumers.cnss import insured
from channels.migrations.rows import pages, secret, to_be_vacuumed
from registries.sealing import Seal

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name in ("care_sheet_people", "care_sheet_claims"):
        op.add_column(name, sa.Column("sealed", sa.LargeBinary(), nullable=True))
    _seal_people()
    _seal_claims()
    for name, column in (
        ("care_sheet_people", "insured"), ("care_sheet_people", "birth_date"), ("care_sheet_claims", "body"),
    ):  # fmt: skip
        op.drop_column(name, column)


def _seal_people() -> None:
    connection, seal = op.get_bind(), None
    people = sa.table("care_sheet_people", *map(sa.column, ("person", "insured", "birth_date", "version", "sealed")))
    change = sa.update(people).where(people.c.person == sa.bindparam("of")).values(sealed=sa.bindparam("now"))
    for page in pages(connection, people, ("person",)):
        seal = seal or Seal(secret("ledger"))
        rows = insured.sealed(seal, (dict(row._mapping) for row in page))
        connection.execute(change, [{"of": row["person"], "now": row["sealed"]} for row in rows])
        to_be_vacuumed(connection)


def _seal_claims() -> None:
    connection, seal = op.get_bind(), None
    claims = sa.table("care_sheet_claims", *map(sa.column, ("number", "body", "sealed")))
    change = sa.update(claims).where(claims.c.number == sa.bindparam("of")).values(sealed=sa.bindparam("now"))
    for page in pages(connection, claims, ("number",)):
        seal = seal or Seal(secret("ledger"))
        sealed = [{"of": row.number, "now": seal.seal(row.body.encode(), row.number)} for row in page]
        connection.execute(change, sealed)
        to_be_vacuumed(connection)
