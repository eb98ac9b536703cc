"""The API's own description (OpenAPI) as a page that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@dataclass(frozen=True, slots=True)
class Operation:
    """One way to call the API. `given`: name, where it stands, whether it must be there, its form, what it means."""

    method: str
    path: str
    summary: str
    given: list[tuple[str, str, bool, str, str]] = field(default_factory=list)


def page(openapi: Mapping[str, Any], base: str) -> str:
    """`base` is the path the API is mounted at."""
    template = _environment().get_template("reference.html")
    return template.render(info=openapi["info"], base=base, operations=list(operations(openapi)))


def operations(openapi: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in openapi["paths"].items():
        for method, said in methods.items():
            given = [
                (one["name"], one["in"], one.get("required", False), _form(one["schema"]), one.get("description", ""))
                for one in said.get("parameters", ())
            ]
            given += _body(openapi, said.get("requestBody"))
            yield Operation(method.upper(), path, said.get("description") or said.get("summary", ""), given)


def _body(openapi: Mapping[str, Any], body: Mapping[str, Any] | None) -> list[tuple[str, str, bool, str, str]]:
    if body is None:
        return []
    schema = body["content"]["application/json"]["schema"]
    named = next((one["$ref"] for one in (schema, *schema.get("anyOf", ())) if "$ref" in one), "")
    model = openapi["components"]["schemas"].get(named.rpartition("/")[2], {})
    needed = model.get("required", ())
    return [
        (name, "body (JSON)", name in needed, _form(one), one.get("description", ""))
        for name, one in model.get("properties", {}).items()
    ]


def _form(schema: Mapping[str, Any]) -> str:
    if choices := schema.get("anyOf"):
        return " or ".join(_form(one) for one in choices if one.get("type") != "null")
    kind = str(schema.get("format") or schema.get("type", ""))
    if kind == "array":
        kind = f"list of {_form(schema.get('items', {}))}"
    bounds = [str(schema[key]) for key in ("minimum", "maximum") if key in schema]
    return f"{kind} {' to '.join(bounds)}".strip()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("channels.gateway"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
