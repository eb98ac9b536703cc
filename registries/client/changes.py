"""Rows as a decision found and left them, so that it can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Table, and_, delete, insert, select, update

from registries.tables import choices, keys, links, persons, records, reviews

Row = dict[str, Any]

_TABLES: Mapping[str, Table] = {table.name: table for table in (links, reviews, choices, keys, records, persons)}
# They count changes, so they never go back.
_COUNTERS = frozenset({"version", "revision", "number", "matched"})


@dataclass(frozen=True, slots=True)
class Change:
    """One row before and after, without its key; None is no row. Of a row of many columns only what changed."""

    table: str
    key: Row
    before: Row | None
    after: Row | None

    def back(self) -> Change:
        return Change(self.table, self.key, self.after, self.before)

    def stands(self, connection: Connection) -> bool:
        """Whether the row is as this change left it."""
        found = row(connection, self.table, self.key)
        if self.table == "links" and self.after is None:
            return found is None or found["ended"] is not None
        return _same(found, self.after)


def row(connection: Connection, table: str, key: Row) -> Row | None:
    """The row without its key."""
    found = connection.execute(select(_TABLES[table]).where(_is(table, key))).mappings().first()
    return {str(name): value for name, value in found.items() if name not in key} if found else None


def write(connection: Connection, table: str, key: Row, values: Row | None) -> None:
    """Makes the row so, or takes it away. Columns that are not told stay."""
    if values is None:
        connection.execute(delete(_TABLES[table]).where(_is(table, key)))
    elif not connection.execute(update(_TABLES[table]).where(_is(table, key)).values(**values)).rowcount:
        connection.execute(insert(_TABLES[table]).values(**key, **values))


def together(changes: Iterable[Change]) -> list[Change]:
    """Several changes of one row as one; none where it is as before."""
    merged: dict[tuple[str, bytes], Change] = {}
    for change in changes:
        name = (change.table, orjson.dumps(change.key, option=orjson.OPT_SORT_KEYS))
        first = merged.get(name)
        merged[name] = Change(change.table, change.key, first.before, change.after) if first else change
    return [change for change in merged.values() if change.before != change.after]


def dumped(changes: Sequence[Change]) -> list[Row]:
    """For JSON."""
    return [
        {"table": one.table, "key": one.key, "before": _texts(one.before), "after": _texts(one.after)}
        for one in changes
    ]


def loaded(told: Iterable[Row]) -> list[Change]:
    return [Change(one["table"], one["key"], _bytes(one["before"]), _bytes(one["after"])) for one in told]


def _is(table: str, key: Row) -> Any:
    return and_(*(_TABLES[table].c[name] == value for name, value in key.items()))


def _same(found: Row | None, left: Row | None) -> bool:
    if found is None or left is None:
        return found is left
    return all(found[name] == value for name, value in left.items() if name not in _COUNTERS)


def _texts(values: Row | None) -> Row | None:
    return values and {name: one.hex() if isinstance(one, bytes) else one for name, one in values.items()}


def _bytes(values: Row | None) -> Row | None:
    """Only a chosen value is bytes (choices.value)."""
    return values and {
        name: bytes.fromhex(one) if name == "value" and one is not None else one for name, one in values.items()
    }
