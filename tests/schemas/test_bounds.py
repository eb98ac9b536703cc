"""Only schemas whose records cost what their bytes do are read with."""

from __future__ import annotations

from typing import Any

import pytest
from fastavro import parse_schema

from schemas import bounds, catalog

POINT = {
    "type": "record",
    "name": "P",
    "fields": [{"name": "x", "type": "int"}, {"name": "y", "type": ["null", "int"]}],
}
EMPTY = {"type": "record", "name": "E", "fields": [{"name": "n", "type": "null"}]}
CHAIN = {"type": "record", "name": "C", "fields": [{"name": "next", "type": ["null", "C"]}]}
AROUND = {"type": "record", "name": "B", "fields": [{"name": "a", "type": ["null", "A"]}]}


def holding(*types: Any) -> Any:
    fields = [{"name": f"f{number}", "type": one} for number, one in enumerate(types)]
    return parse_schema({"type": "record", "name": "A", "fields": fields})


@pytest.mark.parametrize("name", catalog.written())
def test_every_schema_of_ours_is_bounded(name: str) -> None:
    for one in catalog.versions(name):
        bounds.check(catalog.version(one))


@pytest.mark.parametrize(
    "schema",
    [
        holding(POINT, {"type": "array", "items": "P"}, {"type": "map", "values": "P"}),
        holding({"type": "map", "values": "null"}),
        holding({"type": "array", "items": {"type": "fixed", "name": "F", "size": 1}}),
        holding({"type": "enum", "name": "S", "symbols": ["A"]}, {"type": "array", "items": "S"}),
        holding({"type": "array", "items": ["null", "string"]}),
        holding(EMPTY, "E"),
        holding({"type": "bytes", "logicalType": "decimal", "precision": 4}),
    ],
)
def test_what_takes_a_byte_an_item_is_bounded(schema: Any) -> None:
    bounds.check(schema)


@pytest.mark.parametrize(
    "schema",
    [
        holding({"type": "array", "items": "null"}),
        holding(EMPTY, {"type": "array", "items": "E"}),
        holding({"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}),
        holding({"type": "map", "values": {"type": "array", "items": EMPTY}}),
        holding(CHAIN),
        holding({"type": "array", "items": CHAIN}),
        holding(AROUND),
    ],
)
def test_what_a_few_bytes_could_blow_up_is_not(schema: Any) -> None:
    with pytest.raises(bounds.Boundless):
        bounds.check(schema)
