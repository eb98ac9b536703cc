"""Schema ids: which Avro schema a record on the bus was written with.

`avro/` holds the contract as it is now, `history/` every published version of it, and `ids.json` the id of each: the
head of its own fingerprint, so that every process and every release agrees without asking. With a schema registry
records are written with its ids instead. Both are read, whichever is in use.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import orjson
from fastavro.schema import fingerprint, load_schema, to_parsing_canonical_form

FOLDER = Path(__file__).parent / "avro"
HISTORY = Path(__file__).parent / "history"
TABLE = Path(__file__).parent / "ids.json"

Schema = dict[str, Any]


class UnknownSchema(LookupError):
    """A record names a schema this program does not have: foreign bytes, or a newer writer."""


class Ids(Protocol):
    """Who gives ids in place of our table: a schema registry (`schemas/remote.py`)."""

    def register(self, subject: str, text: str) -> int:
        """The id of this schema, new or known. Blocks. Raises Unavailable, or Unusable when waiting won't help."""
        ...

    def find(self, number: int) -> Schema:
        """The schema of an id. May block. Raises UnknownSchema, or Unavailable when nobody can tell now."""
        ...


class Version(NamedTuple):
    """A published version of a record that stands alone on the bus; the first is 1."""

    name: str
    number: int

    @property
    def path(self) -> Path:
        return HISTORY / f"wasl.{self.name}.{self.number}.avsc"


class _Given(NamedTuple):
    """What a schema registry gave: ids to write with, and the version that each of its ids stands for."""

    ids: Ids
    write: dict[str, int]
    read: dict[int, Version]


_given: _Given | None = None


def use(ids: Ids | None, namespace: str = "") -> None:
    """From now on records are written with the ids that `ids` gives; None goes back to our own.

    Registers every published version, oldest first: afterwards nothing of ours needs to be asked for. Once a process,
    before it writes; blocks for some 20 requests. Raises what `Ids.register` raises: nothing has changed then.
    """
    global _given
    _given = None if ids is None else _registered(ids, namespace)


def subject(name: str, namespace: str = "") -> str:
    """Where a schema registry keeps this record: TopicRecordNameStrategy, so that two Wasls evolve apart."""
    return f"{namespace}wasl.{'steps' if name == 'Step' else 'events'}-wasl.{name}"


@cache
def schema(name: str) -> Schema:
    """The current schema of an event type or record, by its short name. Raises UnknownSchema."""
    path = FOLDER / f"wasl.{name}.avsc"
    if not path.is_file():
        raise UnknownSchema(name)
    return _loaded(path)


@cache
def version(one: Version) -> Schema:
    """The newest published version is the contract as it is now."""
    return schema(one.name) if one == versions(one.name)[-1] else _loaded(one.path)


def id_of(name: str) -> int:
    """The id to write with."""
    return _given.write[name] if _given else _own(name)


def by_id(number: int) -> Schema:
    """The schema with this id, from the registry in use or our own table.

    Raises UnknownSchema. Only an id that is neither is asked for: that may block, and raise Unavailable.
    """
    if _given and (found := _given.read.get(number)):
        return version(found)
    if found := table().get(number):
        return version(found)
    if _given:
        return _given.ids.find(number)
    raise UnknownSchema(f"schema id {number} is not known")


def schema_id(parsed: Schema) -> int:
    """31 bits of the fingerprint of the canonical form: stable, and positive for every client."""
    digest = fingerprint(to_parsing_canonical_form(parsed), "sha256")
    return int(digest[:8], 16) & 0x7FFFFFFF


@cache
def table() -> dict[int, Version]:
    """The id of every published version, as `ids.json` has it."""
    said = {int(number): said.rpartition(".") for number, said in orjson.loads(TABLE.read_bytes()).items()}
    return {number: Version(name, int(last)) for number, (name, _, last) in said.items()}


@cache
def versions(name: str) -> tuple[Version, ...]:
    """The published versions of a record, oldest first. Raises UnknownSchema when there are none."""
    if found := tuple(sorted(one for one in table().values() if one.name == name)):
        return found
    raise UnknownSchema(f"{name} was never published: python -m schemas.publication")


@cache
def written() -> tuple[str, ...]:
    """The records that stand alone on the bus: every event type, and Step."""
    from schemas.events import EVENTS

    return (*(event.__name__ for event in EVENTS), "Step")


def forget() -> None:
    """The files are read again: after publishing."""
    for kept in (schema, version, table, versions, _own):
        kept.cache_clear()


@cache
def _own(name: str) -> int:
    newest = versions(name)[-1]
    return next(number for number, one in table().items() if one == newest)


def _loaded(path: Path) -> Schema:
    loaded = load_schema(str(path))
    assert isinstance(loaded, dict)
    return loaded


def _registered(ids: Ids, namespace: str) -> _Given:
    given = _Given(ids, {}, {})
    for name in written():
        for one in versions(name):
            number = ids.register(subject(name, namespace), one.path.read_text(encoding="utf-8"))
            given.write[name], given.read[number] = number, one
    return given
