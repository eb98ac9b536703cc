"""Event ⇄ bytes in the schema-registry wire format: a zero byte, four bytes of schema id, then Avro."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

from fastavro import schemaless_reader, schemaless_writer

from schemas import catalog

_HEAD = struct.Struct(">bI")


class Foreign(ValueError):
    """These bytes were not written by any schema this program knows."""


def encode(name: str, record: Any) -> bytes:
    """The record as bytes of its current schema. Absent keys take the schema's defaults."""
    out = BytesIO()
    out.write(_HEAD.pack(0, catalog.id_of(name)))
    schemaless_writer(out, catalog.schema(name), record)
    return out.getvalue()


def decode(data: bytes) -> Any:
    """The record as a dict. Raises Foreign for anything that is not one of ours."""
    if len(data) < _HEAD.size or data[0] != 0:
        raise Foreign("no schema-registry head")
    try:
        written = catalog.by_id(_HEAD.unpack_from(data)[1])
        current = catalog.schema(written["name"].rpartition(".")[2])
        stream = BytesIO(data)
        stream.seek(_HEAD.size)
        if written is current:
            return schemaless_reader(stream, current, None)
        return schemaless_reader(stream, written, current)
    except (catalog.UnknownSchema, EOFError, ValueError, IndexError, struct.error, TypeError) as error:
        raise Foreign(str(error)) from error
