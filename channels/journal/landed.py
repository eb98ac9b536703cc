"""Which transactions are wholly delivered: what a memory that may be ahead of the database is checked against."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from channels.journal.tables import transactions
from registries.database import reading
from schemas.message import Unavailable


def landed(engine: Engine, wanted: Collection[str]) -> frozenset[str]:
    """Those of which every event was delivered. None of them when the journal does not answer."""
    row = transactions.c
    try:
        with reading(engine) as connection:
            found = connection.scalars(select(row.id).where(row.id.in_(wanted), row.status == "delivered"))
            return frozenset(found)
    except (SQLAlchemyError, Unavailable):
        return frozenset()
