"""Publishing: `python -m schemas.publication` writes the next version of every schema that changed, and `ids.json`.

A published version holds all its parts and never changes again: somewhere, records of it are kept.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastavro.schema import load_schema

from schemas import catalog
from schemas.catalog import Version, schema, schema_id, written

_ORDER = ("name", "type", "default", "doc")


class Frozen(ValueError):
    """A published version is not what it was. Restore its file; what is to change goes into `avro/`."""


def main() -> None:
    for path in publish():
        print(path.relative_to(catalog.HISTORY.parents[1]))


def publish() -> list[Path]:
    """Writes what changed since it was last published; the files written. Raises Frozen."""
    check_frozen()
    files = []
    for name in changed():
        one = Version(name, len(published(name)) + 1)
        one.path.parent.mkdir(exist_ok=True)
        one.path.write_text(text(schema(name)), encoding="utf-8")
        files.append(one.path)
    catalog.TABLE.write_text(json.dumps(ids(), indent=2) + "\n", encoding="utf-8")
    catalog.forget()
    return files


def published(name: str) -> list[Version]:
    """The versions there are files of, oldest first."""
    numbers = [int(path.name.split(".")[2]) for path in catalog.HISTORY.glob(f"wasl.{name}.*.avsc")]
    return [Version(name, number) for number in sorted(numbers)]


def changed() -> list[str]:
    """The records whose schema now says something else than its newest version. A `doc` may change at any time."""
    return [name for name in written() if not (known := published(name)) or _said(known[-1]) != _bare(schema(name))]


def check_frozen() -> None:
    """Raises Frozen for a version that is not what the table says of it."""
    known = (
        {str(number): f"{one.name}.{one.number}" for number, one in catalog.table().items()}
        if catalog.TABLE.exists()
        else {}
    )
    if lost := known.items() - ids().items():
        raise Frozen(
            f"schemas/history: not what was published: {', '.join(sorted(said for _, said in lost))}. Restore it"
        )


def ids() -> dict[str, str]:
    """What `ids.json` must say: id → name and version. A version that only gives a default keeps the id: the bytes are
    the same."""
    every = [one for name in sorted(written()) for one in published(name)]
    return {str(schema_id(load_schema(str(one.path)))): f"{one.name}.{one.number}" for one in every}  # type: ignore[arg-type]


def text(parsed: Any) -> str:
    """The schema with all its parts, one field a line."""
    return json.dumps(_ordered(parsed), ensure_ascii=False).replace(', {"name":', ',\n{"name":') + "\n"


def _ordered(node: Any) -> Any:
    """Without what fastavro adds; a field begins with its name, which a record does not."""
    if isinstance(node, list):
        return [_ordered(one) for one in node]
    if not isinstance(node, dict):
        return node
    order = ("type", *_ORDER) if "fields" in node or "symbols" in node or "size" in node else _ORDER
    keys = sorted(node, key=lambda key: order.index(key) if key in order else len(order))
    return {key: _ordered(node[key]) for key in keys if not key.startswith("__")}


def _said(one: Version) -> Any:
    return _bare(json.loads(one.path.read_text(encoding="utf-8")))


def _bare(node: Any) -> Any:
    """What a schema says to a reader or writer."""
    if isinstance(node, list):
        return [_bare(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {key: _bare(value) for key, value in node.items() if key != "doc" and not key.startswith("__")}


if __name__ == "__main__":
    main()
