"""The elements of FHIR R4's types, in the standard's order, as the models of fhir.resources have them."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Literal

from fhir.resources.R4B import get_fhir_model_class
from fhir_core.types import FhirBase, Xhtml

Kind = Literal["text", "boolean", "integer", "decimal", "xhtml", "resource", "complex"]

NAMESPACE: typing.Final = "http://hl7.org/fhir"
_ABSTRACT = frozenset({"Resource", "DomainResource"})
_NUMBERS: Mapping[type, Kind] = {bool: "boolean", int: "integer", Decimal: "decimal"}


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type. `type` is that of a complex one ("HumanName"), `tag` its name in XML."""

    name: str
    kind: Kind
    type: str
    many: bool
    tag: str

    @property
    def primitive(self) -> bool:
        return self.kind in ("text", "boolean", "integer", "decimal")


@dataclass(frozen=True, slots=True)
class Shape:
    """`elements` in order; `attributes`: what XML says as an attribute."""

    elements: Mapping[str, Element]
    attributes: frozenset[str]
    places: Mapping[str, int]


@cache
def shape(name: str) -> Shape:
    """Of a resource or data type. Raises ValueError: there is none of this name."""
    model = get_fhir_model_class(name)
    attributes = frozenset({"id", "url"} if name == "Extension" else () if is_resource(name) else {"id"})
    fields = {field.alias or key: field for key, field in model.model_fields.items()}
    sequence = [one for one in model.elements_sequence() if one not in attributes]
    elements = {one: _element(one, fields[one].annotation, fields[one].metadata) for one in sequence}
    return Shape(elements, attributes, {one: place for place, one in enumerate(elements)})


@lru_cache(1024)  # asked of any word a sender may choose
def is_resource(name: str) -> bool:
    """Whether it is one that a message can hold."""
    try:
        return name not in _ABSTRACT and bool(get_fhir_model_class(name).has_resource_base())
    except ValueError:
        return False


def _element(name: str, annotation: Any, metadata: list[Any]) -> Element:
    many, leaf, marks = _leaf(annotation)
    marks = [*marks, *metadata]
    tag = f"{{{NAMESPACE}}}{name}"
    if any(isinstance(one, Xhtml) for one in marks):
        return Element(name, "xhtml", "", many, tag)
    if isinstance(leaf, type) and issubclass(leaf, FhirBase):
        kind = leaf.__name__.removesuffix("Type")
        return Element(name, "resource" if kind == "Resource" else "complex", kind, many, tag)
    return Element(name, _NUMBERS.get(leaf, "text"), "", many, tag)


def _leaf(annotation: Any) -> tuple[bool, Any, list[Any]]:
    """Whether it is a list, what of, and what its type is annotated with."""
    many, marks = False, []
    while True:
        if typing.get_origin(annotation) is typing.Annotated:
            annotation, *more = typing.get_args(annotation)
            marks += more
        elif arguments := [one for one in typing.get_args(annotation) if one is not type(None)]:
            many = many or typing.get_origin(annotation) is list
            annotation = arguments[0]
        else:
            return many, annotation, marks
