"""When a steward's decision, and no source, changed a record: who followed from a time on learned of it by chance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    if "moved" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("records")}:
        op.add_column("records", sa.Column("moved", sa.BigInteger))
