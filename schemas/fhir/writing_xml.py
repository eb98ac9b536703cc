"""The JSON that everything here writes → FHIR R4 in XML (FHIR R4, 2.6.1; ITI TF-2 Appendix Z.6).

The models of fhir.resources write XML too, but round decimals. Numbers keep their digits here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from lxml import etree

from schemas.fhir.reading_xml import DIV, XHTML, NotFhir, parser
from schemas.fhir.shapes import NAMESPACE, Element, Shape, is_resource, shape

# What JSON can hold and XML cannot
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REMEDY: Final = "ask for application/fhir+json"


def to_xml(body: bytes) -> bytes:
    """The same resource in XML, in UTF-8. Raises NotFhir."""
    root = json.loads(body, parse_float=str, parse_int=str)
    made = etree.Element(f"{{{NAMESPACE}}}{_kind(root, 'body')}", nsmap={None: NAMESPACE})
    _fill(made, root, root["resourceType"], root["resourceType"])
    return bytes(etree.tostring(made, encoding="UTF-8", xml_declaration=True))


def _kind(told: Any, path: str) -> str:
    kind = told.get("resourceType") if isinstance(told, dict) else None
    if not isinstance(kind, str) or not is_resource(kind):
        raise NotFhir(path, "this is no resource of FHIR R4", _REMEDY)
    return kind


def _fill(parent: etree._Element, told: Mapping[str, Any], kind: str, path: str) -> None:
    known = shape(kind)
    for name in _ordered(told, known, path):
        element, at = known.elements[name], f"{path}.{name}"
        values, besides = (_listed(told.get(one), element, at) for one in (name, f"_{name}"))
        for value, beside in zip_longest(values, besides):
            if element.primitive:
                _write_primitive(parent, element, value, beside, at)
            else:
                _write(parent, element, value, at)
    for name in known.attributes & told.keys():
        parent.set(name, _text(told[name], f"{path}.{name}"))


def _ordered(told: Mapping[str, Any], known: Shape, path: str) -> list[str]:
    """The names of its elements, as the standard orders them."""
    besides = {name[1:] for name in told if name[:1] == "_"}
    names = {name for name in told if name[:1] != "_"} | besides
    names -= {"resourceType"} | known.attributes
    for name in names:
        if name not in known.places or (name in besides and not known.elements[name].primitive):
            raise NotFhir(f"{path}.{name[:40]}", "FHIR R4 has no such element here", _REMEDY)
    return sorted(names, key=known.places.__getitem__)


def _listed(told: Any, element: Element, path: str) -> Sequence[Any]:
    if told is None:
        return ()
    if isinstance(told, list) != element.many:
        raise NotFhir(path, "expected a list" if element.many else "expected no list", _REMEDY)
    return told if element.many else [told]


def _write(parent: etree._Element, element: Element, value: Any, path: str) -> None:
    if element.kind == "xhtml":
        parent.append(_div(value, path))
        return
    if not isinstance(value, dict):
        raise NotFhir(path, "expected an object", _REMEDY)
    if not value:
        return
    made = etree.SubElement(parent, element.tag)
    if element.kind == "resource":
        made = etree.SubElement(made, f"{{{NAMESPACE}}}{_kind(value, path)}")
        _fill(made, value, value["resourceType"], path)
    else:
        _fill(made, value, element.type, path)


def _write_primitive(parent: etree._Element, element: Element, value: Any, beside: Any, path: str) -> None:
    if value is None and not beside:
        raise NotFhir(path, "expected a value or an extension", _REMEDY)
    made = etree.SubElement(parent, element.tag)
    if value is not None:
        made.set("value", _text(value, path))
    if beside is None:
        return
    if not isinstance(beside, dict):
        raise NotFhir(path, "expected an object beside it", _REMEDY)
    _fill(made, beside, "Element", path)


def _text(value: Any, path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise NotFhir(path, "expected a value", _REMEDY)
    return _NO_XML.sub("\ufffd", value)


def _div(told: Any, path: str) -> etree._Element:
    """The narrative; one without a namespace is given it."""
    try:
        found = etree.fromstring(_text(told, path), parser()) if "<!DOCTYPE" not in told else None
        if found is not None and found.tag == "div":
            found = etree.fromstring(told.replace("<div", f'<div xmlns="{XHTML}"', 1), parser())
    except etree.XMLSyntaxError:
        found = None
    if found is None or found.tag != DIV:
        raise NotFhir(path, "expected a div of XHTML", _REMEDY)
    return found
