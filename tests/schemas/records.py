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
    """Anything the schema can say, with every key said; unions as fastavro takes them, named. Parts of parts of parts
    say no more than they must: events are deep, and all of everything would take minutes."""
    known: dict[str, Any] = {}
    _know(schema, known)
    return _values(schema, known, 0)


def _know(node: Any, known: dict[str, Any]) -> None:
    """Every record by its name: it is written out where it comes first only."""
    if isinstance(node, list):
        for one in node:
            _know(one, known)
    elif isinstance(node, dict):
        if node["type"] == "record":
            known[node["name"]] = node
            _know([field["type"] for field in node["fields"]], known)
        _know([node[key] for key in ("type", "items", "values") if isinstance(node.get(key), dict | list)], known)


def _values(node: Any, known: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if isinstance(node, list):
        return _values(node[0], known, depth) if depth > 2 else st.one_of([_values(one, known, depth) for one in node])
    kind = node if isinstance(node, str) else node["type"]
    if isinstance(kind, dict | list):
        return _values(kind, known, depth)
    if kind == "array":
        return st.just([]) if depth > 2 else st.lists(_values(node["items"], known, depth + 1), max_size=1)
    if kind == "map":
        return st.dictionaries(_PLAIN["string"], _values(node["values"], known, depth + 1), max_size=2)
    if isinstance(node, dict) and kind == "record":
        node = known[node["name"]]
    elif kind in known:
        node = known[kind]
    if isinstance(node, dict) and "fields" in node:
        return _record(node, known, depth)
    return _PLAIN[kind]


def _record(node: Schema, known: dict[str, Any], depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """Most of its fields say little in any one example, but each of them something in some."""
    fields = node["fields"]
    full = {field["name"]: _values(field["type"], known, depth + 1) for field in fields}
    if depth == 0:
        return st.fixed_dictionaries(full)
    bare = {field["name"]: _values(field["type"], known, 9) for field in fields}
    return st.sets(st.sampled_from(sorted(full)), max_size=6).flatmap(
        lambda chosen: st.fixed_dictionaries({name: (full if name in chosen else bare)[name] for name in full})
    )


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
