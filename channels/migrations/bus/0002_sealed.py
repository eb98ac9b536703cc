"""Values too large for a record are sealed: events among them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from channels.migrations.rows import pages, secret, to_be_vacuumed
from registries.sealing import Seal

revision = "0002"
down_revision = "0001"

AT_ONCE = 10  # they are large


def upgrade() -> None:
    connection, seal = op.get_bind(), None
    values = sa.table("large_values", sa.column("digest"), sa.column("value"))
    change = sa.update(values).where(values.c.digest == sa.bindparam("of")).values(value=sa.bindparam("now"))
    for page in pages(connection, values, ("digest",), AT_ONCE):
        seal = seal or Seal(secret("bus"))
        sealed = [{"of": row.digest, "now": seal.seal(bytes(row.value), row.digest)} for row in page]
        connection.execute(change, sealed)
        to_be_vacuumed(connection)
