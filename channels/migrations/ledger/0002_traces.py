"""Who tells of a line, and what it may be known by when it is told otherwise."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("care_sheet_lines")}
    for column in ("source", "traces"):
        if column not in known:
            op.add_column("care_sheet_lines", sa.Column(column, sa.Text(), nullable=True))
