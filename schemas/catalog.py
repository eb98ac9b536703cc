"""Schema ids: which Avro schema a record on the bus was written with.

Without a schema registry the id is the head of the schema's own SHA-256 fingerprint, so every process and every
release agrees on it without asking. `avro/` holds the current contract, `history/` every published older version.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from fastavro.schema import fingerprint, load_schema, to_parsing_canonical_form

FOLDER = Path(__file__).parent / "avro"
HISTORY = Path(__file__).parent / "history"

Schema = dict[str, Any]


class UnknownSchema(LookupError):
    """A record names a schema this program does not have: foreign bytes, or a newer writer."""


@cache
def schema(name: str) -> Schema:
    """The current schema of an event type or record, by its short name. Raises UnknownSchema."""
    path = FOLDER / f"wasl.{name}.avsc"
    if not path.is_file():
        raise UnknownSchema(name)
    loaded = load_schema(str(path))
    assert isinstance(loaded, dict)
    return loaded


def schema_id(parsed: Schema) -> int:
    """31 bits of the fingerprint of the canonical form: stable, and positive for every client."""
    digest = fingerprint(to_parsing_canonical_form(parsed), "sha256")
    return int(digest[:8], 16) & 0x7FFFFFFF


@cache
def by_id(number: int) -> Schema:
    """The schema with this id, current or published before. Raises UnknownSchema."""
    try:
        return _known()[number]
    except KeyError:
        raise UnknownSchema(f"schema id {number}") from None


@cache
def id_of(name: str) -> int:
    return schema_id(schema(name))


@cache
def _known() -> dict[int, Schema]:
    current = [schema(name) for name in written()]
    older = [load_schema(str(path)) for path in sorted(HISTORY.glob("*.avsc"))]
    return {schema_id(parsed): parsed for parsed in (*older, *current) if isinstance(parsed, dict)}


@cache
def written() -> tuple[str, ...]:
    """The records that stand alone on the bus: every event type, and Step."""
    from schemas.events import EVENTS

    return (*(event.__name__ for event in EVENTS), "Step")
