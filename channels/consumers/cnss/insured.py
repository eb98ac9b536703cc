"""Whom a care sheet is for: the insured's number and a birth date, sealed. A claim needs both."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select

from channels.consumers.cnss.tables import people
from registries.sealing import Seal

Row = dict[str, Any]

_PEOPLE = select(people).where(people.c.person.in_(bindparam("persons", expanding=True)))


def known(connection: Connection, seal: Seal, persons: Collection[str]) -> dict[str, Row]:
    """By person: `person`, `insured`, `birth_date` (None where nobody told), `version`."""
    found: dict[str, Row] = {}
    for row in connection.execute(_PEOPLE, {"persons": list(persons)}):
        insured, birth_date = orjson.loads(seal.open(row.sealed, row.person))
        found[row.person] = {
            "person": row.person, "insured": insured, "birth_date": birth_date, "version": row.version,
        }  # fmt: skip
    return found


def sealed(seal: Seal, rows: Iterable[Row]) -> list[Row]:
    """Rows such as `known` gives, as the table has them."""
    return [{"person": row["person"], "sealed": _sealed(seal, row), "version": row["version"]} for row in rows]


def _sealed(seal: Seal, row: Row) -> bytes:
    return seal.seal(orjson.dumps([row["insured"], row["birth_date"]]), row["person"])
