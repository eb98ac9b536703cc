"""Event ⇄ bytes in the schema-registry wire format: a zero byte, four bytes of schema id, then Avro."""

from __future__ import annotations

import struct
from functools import cache
from io import BytesIO
from typing import Any, NamedTuple

from fastavro import schemaless_reader, schemaless_writer

from schemas import catalog
from schemas.message import Unavailable

_HEAD = struct.Struct(">bI")


class Foreign(ValueError):
    """These bytes were not written by any schema this program knows."""


class Untold(Foreign):
    """Perhaps a newer Wasl wrote them: the schema registry, which would know, does not answer now."""


def encode(name: str, record: Any) -> bytes:
    """The record as bytes of its current schema. Absent keys take the schema's defaults."""
    out = BytesIO()
    out.write(_HEAD.pack(0, catalog.id_of(name)))
    schemaless_writer(out, catalog.schema(name), _named(record, _records_in(name)))
    return out.getvalue()


def decode(data: bytes) -> Any:
    """The record as a dict, as the current schema has it. Raises Foreign for anything else, and nothing but Foreign.

    Memory and time are bounded by the bytes. Blocks only for a schema id never met before, while the schema registry
    in use is asked: seconds at most, once for each id.
    """
    written = _schema_of(data)
    name = written["name"].rpartition(".")[2]
    current = catalog.schema(name)
    stream = BytesIO(data)
    stream.seek(_HEAD.size)
    try:
        record = schemaless_reader(stream, written, None if written is current else current)
    except Exception as error:  # a reader fails in many ways on bytes it did not expect; its text might quote them
        raise Foreign(f"not the bytes of a {name}: {type(error).__name__}") from error
    if stream.tell() != len(data):
        raise Foreign(f"bytes follow the {name}")
    return record if written is current else _unshared(record)


def _schema_of(data: bytes) -> catalog.Schema:
    if len(data) < _HEAD.size or data[0] != 0:
        raise Foreign("no schema-registry head")
    try:
        return catalog.by_id(_HEAD.unpack_from(data)[1])
    except catalog.UnknownSchema as error:
        raise Foreign(str(error)) from error
    except Unavailable as error:
        raise Untold(str(error)) from error


def _unshared(value: Any) -> Any:
    """fastavro puts the schema's own default list into every record: changed in one, it would be changed in all."""
    if isinstance(value, dict):
        return {key: _unshared(one) for key, one in value.items()}
    return [_unshared(one) for one in value] if isinstance(value, list) else value


class _Field(NamedTuple):
    """A field that holds records: one that may be null, one that may not, or a list of them."""

    name: str
    record: str
    optional: bool
    many: bool
    inner: tuple[_Field, ...]


def _named(record: dict[str, Any], fields: tuple[_Field, ...]) -> dict[str, Any]:
    """The record with the branch of every union named.

    fastavro would find the branch by validating everything below it, again at each level.
    """
    out = record.copy()
    for name, branch, optional, many, inner in fields:
        if not (value := out.get(name)):
            continue
        if many:
            if inner:
                out[name] = [_named(one, inner) for one in value]
        elif inner or optional:
            whole = _named(value, inner) if inner else value
            out[name] = (branch, whole) if optional else whole
    return out


@cache
def _records_in(name: str) -> tuple[_Field, ...]:
    schema = catalog.schema(name)
    known: dict[str, Any] = {}
    _collect(schema["fields"], known)
    return _fields(schema, known)


def _collect(schema: Any, known: dict[str, Any]) -> None:
    if isinstance(schema, list):
        for one in schema:
            _collect(one, known)
    elif isinstance(schema, dict):
        if schema.get("type") == "record":
            known[schema["name"]] = schema
            _collect(schema["fields"], known)
        else:
            _collect([schema.get("type"), schema.get("items"), schema.get("values")], known)


def _fields(schema: Any, known: dict[str, Any]) -> tuple[_Field, ...]:
    found = []
    for field in schema["fields"]:
        kind = field["type"]
        optional, many = isinstance(kind, list), isinstance(kind, dict) and kind["type"] == "array"
        inner = kind[1] if optional else kind["items"] if many else kind
        name = inner["name"] if isinstance(inner, dict) and inner.get("type") == "record" else inner
        if isinstance(name, str) and name in known:
            found.append(_Field(field["name"], name, optional, many, _fields(known[name], known)))
    return tuple(found)
