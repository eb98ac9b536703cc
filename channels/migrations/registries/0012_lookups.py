"""Open reviews by whom they are about, links by when they changed: all were read through. Indexes of reviews hold the
open ones only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    still_open = sa.text("state = 'open'")
    for name, columns in (
        ("reviews_open", ["at", "id"]),
        ("reviews_open_by_person", ["person"]),
        ("reviews_open_by_other", ["other"]),
    ):
        op.create_index(
            name, "reviews", columns, if_not_exists=True, sqlite_where=still_open, postgresql_where=still_open
        )
    op.drop_index("reviews_by_state", "reviews", if_exists=True)
    op.create_index("ix_links_at", "links", ["at"], if_not_exists=True)
    ended = sa.text("ended IS NOT NULL")
    op.create_index("links_ended", "links", ["ended"], if_not_exists=True, sqlite_where=ended, postgresql_where=ended)
