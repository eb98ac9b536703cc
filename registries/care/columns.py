"""Cells that lists of facilities and of health workers have in common."""

from __future__ import annotations

from registries.care.seeds import split_names
from registries.care.spells import Period, read_periods
from registries.care.systems import ICE
from registries.rows import Row


def called(row: Row) -> tuple[list[tuple[str, str]], list[str]]:
    """The local numbers and names in a row, the ICE among them."""
    local, named = split_names(row["aliases"].split(","))
    return [*([(ICE, row["ice"])] if row["ice"] else []), *local], named


def periods_in(row: Row, column: str) -> tuple[Period, ...]:
    try:
        return read_periods(row[column])
    except ValueError:
        row.wrong(column, "not-a-period", "no ISO 8601 intervals", "write 2008-03-01/2021-12-31, an end open as /")
        return ()


def listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
