"""Whether reading a schema's records is bounded by their bytes: the schemas of others are asked before they are used.

fastavro follows a record within itself as deep as the bytes say, past the end of the stack (the process dies), and
counts items that take no byte as long as the bytes say (2^62 nulls).
"""

from __future__ import annotations

from typing import Any

_LEAST = {"null": 0, "boolean": 1, "int": 1, "long": 1, "float": 4, "double": 8, "bytes": 1, "string": 1}


class Boundless(ValueError):
    """A few bytes of this schema could take all memory, or the process."""


def check(schema: Any) -> None:
    """Raises Boundless for a record within itself, or an array of what may take no byte. `schema` is parsed."""
    _least(schema, dict(_LEAST))


def _least(node: Any, known: dict[str, int]) -> int:
    """The fewest bytes a value takes. `known`: of primitive types, and of the names that are complete."""
    if isinstance(node, list):
        return 1 + min([_least(branch, known) for branch in node], default=0)
    kind = node if isinstance(node, str) else node["type"]
    if isinstance(kind, str) and kind in known:
        return known[kind]
    match kind:
        case "array":
            if _least(node["items"], known) == 0:
                raise Boundless("an array of what takes no byte")
            return 1
        case "map":
            _least(node["values"], known)  # a key takes a byte
            return 1
        case "enum" | "fixed":
            return known.setdefault(node["name"], int(node.get("size", 1)))
        case "record" | "error":
            least = sum([_least(field["type"], known) for field in node["fields"]])
            return known.setdefault(node["name"], least)
        case str():
            raise Boundless("a record within itself")
    return _least(kind, known)
