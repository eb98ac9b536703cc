"""Records of any schema, invented; and a contract that has grown."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

from fastavro import schemaless_writer
from hypothesis import strategies as st

from schemas import catalog, publication
from schemas.catalog import Schema

_PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "bytes": st.binary(max_size=9),
    "string": st.text(st.characters(codec="utf-8"), max_size=9),
}


def records(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Anything the schema can say, with every key said; unions as fastavro takes them, named."""
    return _values(schema, {}, 0)


def _values(node: Any, known: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if isinstance(node, list):
        branches = [_values(branch, known, depth) for branch in node]
        return branches[0] if depth > 2 else st.one_of(branches)
    kind = node if isinstance(node, str) else node["type"]
    if kind == "array":
        return st.lists(_values(node["items"], known, depth + 1), max_size=0 if depth > 1 else 2)
    if kind == "map":
        return st.dictionaries(_PLAIN["string"], _values(node["values"], known, depth + 1), max_size=2)
    if kind == "record":
        known[node["name"]] = node
    if kind in known:
        node = known[kind]
    if isinstance(node, dict) and "fields" in node:
        fields = {field["name"]: _values(field["type"], known, depth + 1) for field in node["fields"]}
        return st.fixed_dictionaries(fields)
    return _PLAIN[kind]


def written(schema: Schema, record: Any, number: int) -> bytes:
    """The record as a writer with this schema puts it on the bus."""
    out = BytesIO()
    out.write(b"\0" + number.to_bytes(4, "big"))
    schemaless_writer(out, schema, record)
    return out.getvalue()


def grow(contract: Path, name: str, *fields: dict[str, Any], drop: str = "") -> list[Path]:
    """Another version of a record, published."""
    path = contract / "avro" / f"wasl.{name}.avsc"
    said = json.loads(path.read_text())
    said["fields"] = [field for field in said["fields"] if field["name"] != drop] + list(fields)
    path.write_text(json.dumps(said))
    catalog.forget()
    return publication.publish()


def varint(number: int) -> bytes:
    """As Avro writes a long."""
    zigzag = (number << 1) ^ (number >> 63)
    out = bytearray()
    while zigzag > 0x7F:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    return bytes([*out, zigzag])
