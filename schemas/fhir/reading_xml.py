"""FHIR R4 in XML → the JSON that everything here reads (FHIR R4, 2.6.1; ITI TF-2 Appendix Z.6).

Nothing is lost and nothing is let pass: what FHIR has no place for is told. Numbers keep their digits. XML is read
without document types, entities or network. No value is ever quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson
from lxml import etree

from schemas.fhir.shapes import NAMESPACE, Element, is_resource, shape

MAX_DEPTH: Final = 64

Json = dict[str, Any]

XHTML: Final = "http://www.w3.org/1999/xhtml"
DIV: Final = f"{{{XHTML}}}div"
_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_REMEDY: Final = "send a FHIR R4 resource or Bundle as XML"
_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_EXPECTED: Final = {"boolean": "true or false", "integer": "a whole number", "decimal": "a number"}


class NotFhir(ValueError):
    """Where (a line, or the path of an element) it is no FHIR, why, and how to mend it. Never holds patient data."""

    def __init__(self, at: str, text: str, remedy: str) -> None:
        super().__init__(f"{at}: {text}")
        self.at, self.text, self.remedy = at, text, remedy


def is_xml(body: bytes) -> bool:
    """Whether it can be nothing else."""
    return body[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def in_json(body: bytes) -> bytes:
    """The body itself, unless it is XML: then the same resource in JSON. Raises NotFhir."""
    return of_xml(body) if is_xml(body) else body


def of_xml(body: bytes) -> bytes:
    """The same resource in JSON. Raises NotFhir."""
    # Refused before anything reads it: what it declares may grow without end, or be read from elsewhere
    if b"<!DOCTYPE" in body:
        raise NotFhir("body", "a document type declaration is not read", "leave <!DOCTYPE out")
    try:
        root = etree.fromstring(body, parser())
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise NotFhir(f"line {line}, column {column}", "this is not well-formed XML in UTF-8", _REMEDY) from None
    return orjson.dumps(_resource(root, "", 0))


def parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",  # whatever it declares: FHIR is UTF-8, and no other encoding hides what is not read
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _resource(node: etree._Element, path: str, depth: int) -> Json:
    name = _name(node)
    if node.tag != f"{{{NAMESPACE}}}{name}" or not is_resource(name):
        text = "this is no resource of FHIR R4 in its namespace"
        raise _wrong(node, path or "body", text, f'begin with one such as <Patient xmlns="{NAMESPACE}">')
    return {"resourceType": name, **_children(node, name, path or name, depth + 1)}


def _children(node: etree._Element, kind: str, path: str, depth: int) -> Json:
    if depth > MAX_DEPTH:
        raise _wrong(node, f"{path[:60]}…", f"elements are nested more than {MAX_DEPTH} deep", _REMEDY)
    known = shape(kind)
    found: dict[str, list[Any]] = {}
    made: Json = _attributes(node, known.attributes, path)
    for child in _within(node, path):
        name = _name(child)
        element = known.elements.get(name)
        if element is None or child.tag != (DIV if element.kind == "xhtml" else element.tag):
            at = f"{path}.{name[:40]}"
            raise _wrong(child, at, "FHIR R4 has no such element here", "remove it, or send it as an extension")
        ones = found.setdefault(name, [])
        at = f"{path}.{name}[{len(ones)}]" if element.many else f"{path}.{name}"
        if ones and not element.many:
            raise _wrong(child, at, "this element is given more than once", "give it once")
        ones.append(_read(child, element, at, depth))
    for name, ones in found.items():
        made |= _told(known.elements[name], ones)
    return made


def _read(node: etree._Element, element: Element, path: str, depth: int) -> Any:
    """A complex element as it stands in JSON; of a primitive its value, and what is beside it."""
    if element.primitive:
        return _primitive(node, element, path, depth)
    if element.kind == "xhtml":
        return _narrative(node), None
    if element.kind == "resource":
        _attributes(node, frozenset(), path)
        inside = list(_within(node, path))
        if len(inside) != 1:
            raise _wrong(node, path, "expected one resource", "give each resource an element of its own")
        return _resource(inside[0], path, depth)
    if told := _children(node, element.type, path, depth + 1):
        return told
    raise _empty(node, path)


def _primitive(node: etree._Element, element: Element, path: str, depth: int) -> tuple[Any, Json | None]:
    beside: Json = _attributes(node, frozenset({"id", "value"}), path)
    said = beside.pop("value", None)
    extensions = []
    for number, child in enumerate(_within(node, path)):
        if child.tag != f"{{{NAMESPACE}}}extension":
            raise _wrong(child, path, "a primitive holds nothing but extensions", "write its value as value=…")
        extensions.append(_children(child, "Extension", f"{path}.extension[{number}]", depth + 1))
    if extensions:
        beside["extension"] = extensions
    if said is None and not beside:
        raise _empty(node, path)
    return (None if said is None else _value(node, element, said, path)), beside or None


def _value(node: etree._Element, element: Element, said: str, path: str) -> Any:
    if element.kind == "text":
        return said
    if element.kind == "boolean" and said in ("true", "false"):
        return said == "true"
    if element.kind != "boolean" and (_WHOLE if element.kind == "integer" else _DECIMAL).fullmatch(said):
        return orjson.Fragment(said)
    raise _wrong(node, path, f"expected {_EXPECTED[element.kind]}", f"write {_EXPECTED[element.kind]}")


def _told(element: Element, ones: Sequence[Any]) -> Json:
    """The properties of JSON for every occurrence of an element."""
    name, many = element.name, element.many
    if element.kind in ("complex", "resource"):
        return {name: list(ones) if many else ones[0]}
    values, besides = [value for value, _ in ones], [beside for _, beside in ones]
    said = {name: values if many else values[0]} if any(one is not None for one in values) else {}
    return said | ({f"_{name}": besides if many else besides[0]} if any(besides) else {})


def _attributes(node: etree._Element, known: frozenset[str], path: str) -> Json:
    """Raises NotFhir for one that FHIR does not have; where a schema lies says nothing."""
    for name in node.attrib:
        if name not in known and not name.startswith(_XSI):
            raise _wrong(node, path, "FHIR R4 has no such attribute here", f"remove {etree.QName(name).localname[:40]}")
    return {name: value for name, value in node.attrib.items() if name in known}


def _within(node: etree._Element, path: str) -> Iterator[etree._Element]:
    """The elements in it. Raises NotFhir for text between them."""
    texts = [node.text, *(child.tail for child in node)]
    if any(text and not text.isspace() for text in texts):
        raise _wrong(node, path, "FHIR has no text within elements", "write a value as the attribute value=…")
    return iter(node)


def _narrative(node: etree._Element) -> str:
    """The div by itself, its namespace the default one, as JSON has it."""
    alone = etree.Element(DIV, dict(node.attrib), nsmap={None: XHTML})
    alone.text = node.text
    alone.extend(list(node))
    return str(etree.tostring(alone, encoding="unicode"))


def _name(node: etree._Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _empty(node: etree._Element, path: str) -> NotFhir:
    return _wrong(node, path, "this element is empty", "give it a value, or leave it out")


def _wrong(node: etree._Element, at: str, text: str, remedy: str) -> NotFhir:
    return NotFhir(at, f"line {node.sourceline}: {text}", remedy)
