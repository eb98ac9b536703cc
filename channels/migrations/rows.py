"""For revisions that change rows and not tables alone: a page of rows at a time, and the secrets that seal them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from channels.migrations import vacuum
from channels.security.encryption import derived

AT_ONCE = 1000


def pages(
    connection: sa.Connection, table: sa.TableClause, key: Sequence[str], at_once: int = AT_ONCE
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Every row in the order of its key, some at a time. The caller may change any column but the key's."""
    ordered = sa.tuple_(*(table.c[name] for name in key))
    query = sa.select(table).order_by(*(table.c[name] for name in key)).limit(at_once)
    page = connection.execute(query).all()
    while page:
        yield page
        last = [getattr(page[-1], name) for name in key]
        page = connection.execute(query.where(ordered > sa.tuple_(*(sa.literal(one) for one in last)))).all()


def secret(purpose: str) -> bytes:
    """The house's secret for this purpose. Raises KeyFile when it is not at hand, LookupError when nobody gave it."""
    master: Callable[[], bytes] | None = _attributes().get("master")
    if master is None:
        raise LookupError("rows are to be sealed, and the caller of this migration gave no master key")
    return derived(master(), purpose)


def to_be_vacuumed(connection: sa.Connection) -> None:
    """Within the migration's transaction: once it is committed, SQLite's file is written anew."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA user_version = {vacuum.DUE}")


def _attributes() -> dict[str, Any]:
    config = op.get_context().config
    return config.attributes if config else {}
