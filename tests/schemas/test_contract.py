"""The typed events and the Avro files say the same, and what is written can be read."""

from __future__ import annotations

import types
import typing
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from schemas import catalog, codec, events

PLAIN: dict[Any, str] = {str: "string", int: "long", bool: "boolean", bytes: "bytes"}


def avro_of(hint: Any) -> Any:
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return ["null", *(avro_of(one) for one in get_args(hint) if one is not type(None))]
    if origin is list:
        return {"type": "array", "items": avro_of(get_args(hint)[0])}
    if origin is dict:
        return {"type": "map", "values": avro_of(get_args(hint)[1])}
    return PLAIN.get(hint) or hint.__name__


def shape(avro: Any) -> Any:
    """A type as written in an .avsc, with records by their short name."""
    if isinstance(avro, list):
        return [shape(one) for one in avro]
    if isinstance(avro, dict):
        if avro["type"] == "record":
            return avro["name"].rpartition(".")[2]
        return {key: shape(value) if key in ("items", "values") else value for key, value in avro.items()}
    return avro.rpartition(".")[2]


@pytest.mark.parametrize("name", catalog.written())
def test_the_typed_event_is_the_avro_schema(name: str) -> None:
    hints = get_type_hints(getattr(events, name))
    fields = {field["name"]: shape(field["type"]) for field in catalog.schema(name)["fields"]}
    assert fields == {key: avro_of(hint) for key, hint in hints.items()}


def test_every_schema_has_an_id_of_its_own() -> None:
    assert len({catalog.id_of(name) for name in catalog.written()}) == len(catalog.written())


def registered() -> dict[str, Any]:
    return {
        "type": "PatientRegistered", "id": "1", "about": "", "channel": "c", "sender": "s", "transaction": "t",
        "control_id": "9", "place": "1", "received": 1, "version": 2,
        "patient": {"identifiers": [{"system": "urn:x", "value": "007"}], "names": [{"given": ["Aïcha"]}]},
    }  # fmt: skip


def test_an_event_survives_its_bytes() -> None:
    read = codec.decode(codec.encode("PatientRegistered", registered()))
    assert read["patient"]["identifiers"][0]["value"] == "007"
    assert read["patient"]["names"][0]["given"] == ["Aïcha"]
    assert read["patient"]["birth_date"] is None


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x01abcdefgh", b"\x00\x00\x00\x00\x01x", b"not ours at all"])
def test_foreign_bytes_are_named_foreign(data: bytes) -> None:
    with pytest.raises(codec.Foreign):
        codec.decode(data)


def test_truncated_bytes_are_foreign() -> None:
    data = codec.encode("PatientRegistered", registered())
    for length in range(5, len(data) - 1):
        with pytest.raises(codec.Foreign):
            codec.decode(data[:length])
