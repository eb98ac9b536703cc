"""BACKWARD_TRANSITIVE: a reader of today reads what every published version wrote. Apache Avro's own checker judges,
after it was itself judged on seeded mistakes; then records go through."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import catalog, codec, publication
from schemas.catalog import Schema, Version
from tests.schemas.records import grow, records, written

EVERY = [one for name in catalog.written() for one in publication.published(name)]

A: dict[str, Any] = {
    "type": "record",
    "name": "A",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "count", "type": "int"},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "OLD"]}},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "part", "type": {"type": "record", "name": "P", "fields": [{"name": "x", "type": "string"}]}},
        {"name": "many", "type": {"type": "array", "items": "P"}},
        {"name": "maybe", "type": ["null", "P"]},
    ],
}
RECORD = {"id": "1", "count": 2, "state": "NEW", "note": "n", "part": {"x": "a"}, "many": [{"x": "b"}], "maybe": None}


def mistakes(reader: str, writer: str) -> list[str]:
    """Why this reader can't read all that this writer may write: kinds, then what is meant. Nothing when it can."""
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    found = checker.get_compatibility(parse(reader), parse(writer))
    if found.compatibility is SchemaCompatibilityType.compatible:
        return []
    return [*sorted({kind.value for kind in found.incompatibilities}), *sorted(found.messages)]


def changed(field: str, **said: Any) -> dict[str, Any]:
    """A with one field said differently; a field that is new comes last."""
    fields = {one["name"]: one for one in A["fields"]}
    fields[field] = {**fields.get(field, {"name": field}), **said}
    return {**A, "fields": list(fields.values())}


def without(field: str) -> dict[str, Any]:
    return {**A, "fields": [one for one in A["fields"] if one["name"] != field]}


def part(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "P", "fields": list(fields)}


X = {"name": "x", "type": "string"}
NO_DEFAULT = {"name": "y", "type": "string"}

WRONG = {
    "a field without a default": changed("more", type="string"),
    "a field without a default in a part": changed("part", type=part(X, NO_DEFAULT)),
    "another type": changed("id", type="long"),
    "a narrower number": changed("count", type="boolean"),
    "another type in a part": changed("part", type=part({"name": "x", "type": "long"})),
    "another type of items": changed("many", type={"type": "array", "items": "string"}),
    "an enum symbol removed": changed("state", type={"type": "enum", "name": "State", "symbols": ["NEW"]}),
    "a renamed field without its alias": changed("id", name="key"),
    "a union that lost null": changed("note", type="string"),
    "a union that lost its record": changed("maybe", type=["null", "string"]),
    "a renamed part without its alias": {**A, "fields": [{"name": "part", "type": {**part(X), "name": "Q"}}]},
}

RIGHT = {
    "a field with a default": changed("more", type="string", default="m"),
    "an optional field": changed("more", type=["null", "string"], default=None),
    "a list with a default": changed("more", type={"type": "array", "items": "P"}, default=[]),
    "a field with a default in a part": changed("part", type=part(X, {**NO_DEFAULT, "default": ""})),
    "a field removed": without("count"),
    "a wider number": changed("count", type="long"),
    "an enum symbol added": changed("state", type={"type": "enum", "name": "State", "symbols": ["NEW", "OLD", "ODD"]}),
    "a renamed field with its alias": changed("id", name="key", aliases=["id"]),
    "a union that may be more": changed("note", type=["null", "string", "long"]),
    "a value that may be null": changed("id", type=["null", "string"]),
}


@pytest.mark.parametrize("one", EVERY, ids=lambda one: f"{one.name}.{one.number}")
def test_what_any_published_version_wrote_can_be_read_now(one: Version) -> None:
    reader = publication.text(catalog.schema(one.name))
    found = mistakes(reader, one.path.read_text())
    assert found == [], f"records of {one.path.name} could not be read: give new fields a default, rename nothing"


@pytest.mark.parametrize("reader", WRONG.values(), ids=WRONG.keys())
def test_the_checker_finds(reader: dict[str, Any]) -> None:
    assert mistakes(json.dumps(reader), json.dumps(A))


@pytest.mark.parametrize("reader", RIGHT.values(), ids=RIGHT.keys())
def test_the_checker_allows_what_our_reader_can_read(reader: dict[str, Any]) -> None:
    assert mistakes(json.dumps(reader), json.dumps(A)) == []
    out = BytesIO()
    schemaless_writer(out, parse_schema(A), RECORD)
    out.seek(0)
    read = schemaless_reader(out, parse_schema(A), parse_schema(reader))
    assert isinstance(read, dict)
    assert set(read) == {field["name"] for field in reader["fields"]}
    assert read.get("key", read.get("id")) == "1"


def said(schema: Schema) -> set[str]:
    return {field["name"] for field in schema["fields"]}


def told_again(read: Any, record: Any) -> bool:
    """Whether everything the record says was read; its parts may have grown since."""
    if isinstance(record, tuple):  # a union's branch, as fastavro takes it
        return told_again(read, record[1])
    if isinstance(record, dict):
        return all(key in read and told_again(read[key], value) for key, value in record.items())
    if isinstance(record, list):
        return len(read) == len(record) and all(map(told_again, read, record))
    return bool(read == record)


@settings(max_examples=15, deadline=None)
@given(st.data())
@pytest.mark.parametrize("one", EVERY, ids=lambda one: f"{one.name}.{one.number}")
def test_bytes_of_every_published_version_are_read(one: Version, data: st.DataObject) -> None:
    schema = catalog.version(one)
    record = data.draw(records(schema))
    (number,) = (number for number, known in catalog.table().items() if known == one)
    read = codec.decode(written(schema, record, number))
    kept = said(schema) & said(catalog.schema(one.name))
    assert told_again({key: read[key] for key in kept}, {key: record[key] for key in kept})


def test_an_old_record_reads_as_the_grown_schema_has_it(contract: Path) -> None:
    old = codec.encode("Step", {"transaction": "t", "kind": "k", "at": 1, "reason": "r"})
    grow(contract, "Step", {"name": "hops", "type": {"type": "array", "items": "string"}, "default": []}, drop="reason")
    grow(contract, "Step", {"name": "score", "type": ["null", "long"], "default": None})
    read = codec.decode(old)
    assert (read["transaction"], read["hops"], read["score"]) == ("t", [], None)
    assert "reason" not in read


def test_what_is_done_to_one_old_record_is_not_seen_in_the_next(contract: Path) -> None:
    old = codec.encode("Step", {"transaction": "t", "kind": "k", "at": 1})
    grow(contract, "Step", {"name": "hops", "type": {"type": "array", "items": "string"}, "default": []})
    codec.decode(old)["hops"].append("seen")
    assert codec.decode(old)["hops"] == []
    assert codec.decode(codec.encode("Step", {"transaction": "t", "kind": "k", "at": 1}))["hops"] == []
