"""Rows as a decision found and left them, so that it can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update

from registries.database import among, in_parts, insert_all
from registries.tables import choices, keys, links, persons, records, reviews

Row = dict[str, Any]
# Keys of rows, each once, and what each becomes
Told = list[tuple[Row, Row | None]]

_TABLES: Mapping[str, Table] = {table.name: table for table in (links, reviews, choices, keys, records, persons)}
_AT_ONCE = 5_000
# They count changes, so they never go back.
_COUNTERS = frozenset({"version", "revision", "number", "moved"})


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
        return self._stands(row(connection, self.table, self.key))

    def _stands(self, found: Row | None) -> bool:
        if self.table == "links" and self.after is None:
            return found is None or found["ended"] is not None
        return _same(found, self.after)


def row(connection: Connection, table: str, key: Row) -> Row | None:
    """The row without its key."""
    found = connection.execute(select(_TABLES[table]).where(_is(table, key))).mappings().first()
    return {str(name): value for name, value in found.items() if name not in key} if found else None


def rows(connection: Connection, table: str, keys: Sequence[Row]) -> list[Row | None]:
    """The same of many, in their order."""
    found: dict[tuple[Any, ...], Row] = {}
    names = list(keys[0]) if keys else []
    for part in in_parts(keys, _AT_ONCE):
        asked = select(_TABLES[table]).where(
            among(connection, _TABLES[table].c[names[0]], {key[names[0]] for key in part})
        )
        for one in connection.execute(asked).mappings():
            told = {str(name): value for name, value in one.items()}
            found[tuple(told.pop(name) for name in names)] = told
    return [found.get(tuple(key[name] for name in names)) for key in keys]


def standing(connection: Connection, changes: Sequence[Change]) -> list[Change]:
    """Those whose rows are as they left them."""
    found: list[Change] = []
    for table in {one.table: None for one in changes}:
        of_it = [one for one in changes if one.table == table]
        now = rows(connection, table, [one.key for one in of_it])
        found += [one for one, row in zip(of_it, now, strict=True) if one._stands(row)]
    return found


def write(connection: Connection, table: str, key: Row, values: Row | None) -> None:
    """Makes the row so, or takes it away. Columns that are not told stay."""
    if values is None:
        connection.execute(delete(_TABLES[table]).where(_is(table, key)))
    elif not connection.execute(update(_TABLES[table]).where(_is(table, key)).values(**values)).rowcount:
        connection.execute(insert(_TABLES[table]).values(**key, **values))


def write_all(connection: Connection, changes: Sequence[Change]) -> None:
    """Makes the rows of one table so, each once: what takes one away or makes one changes the whole row."""
    made = [one.key | one.after for one in changes if one.before is None and one.after is not None]
    if made:
        insert_all(connection, _TABLES[changes[0].table], made)
    changed: dict[tuple[str, ...], list[Row]] = {}
    for one in changes:
        if one.after is None:
            write(connection, one.table, one.key, None)
        elif one.before is not None:
            values = {f"key_{name}": value for name, value in one.key.items()}
            values |= {f"new_{name}": value for name, value in one.after.items()}
            changed.setdefault(tuple(one.after), []).append(values)
    for names, told in changed.items():
        table, key = _TABLES[changes[0].table], changes[0].key
        same = and_(*(table.c[name] == bindparam(f"key_{name}") for name in key))
        connection.execute(update(table).where(same).values({name: bindparam(f"new_{name}") for name in names}), told)


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
