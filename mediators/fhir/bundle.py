"""The resources of one message among each other: what a reference means, and what was read of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, TypeVar
from urllib.parse import unquote

from mediators.fhir.document import Document, Entry
from mediators.systems import identifier_system
from schemas.fhir.reading import elements
from schemas.fhir.reading.elements import Json, Source, part, parts

T = TypeVar("T")


class Resources:
    """Implements `Source` over a document. Reading takes, so each serves one reading of one message.

    What two resources claim to be (one address, one identifier) means neither of them: never the wrong person.
    """

    def __init__(self, document: Document, authorities: Mapping[str, str], sender: str) -> None:
        self.entries = document.entries
        self._authorities = authorities
        self._sender = sender
        self._made: dict[tuple[int, Any], Any] = {}
        self._met: dict[str, Json | None] = {}
        self._numbered: dict[tuple[str, str, str], Json | None] = {}
        self._untold = {id(entry.resource): entry for entry in document.entries if entry.kind != "Provenance"}
        self._met_lately: dict[int, Entry] = {}
        self._kin = [entry.resource for entry in document.entries if entry.kind == "RelatedPerson"]
        for entry in document.entries:
            self._index(entry)

    def follow(self, reference: Json, *kinds: str) -> Json | None:
        found = self.peek(reference, *kinds)
        if found is None:
            return None
        self._meet(found)
        for name in ("reference", "type", "display", "identifier"):
            reference.pop(name, None)
        return found

    def peek(self, reference: Json, *kinds: str) -> Json | None:
        """As `follow`, taking nothing. A reference by identifier means a resource of one of `kinds`, or of its type."""
        literal = reference.get("reference")
        found: Json | None = None
        if isinstance(literal, str) and literal:
            _make_logical(reference, literal)
            found = self._met.get(literal.partition("/_history/")[0])
        if found is None and (number := part(reference, "identifier")):
            system, value = str(number.get("system") or ""), str(number.get("value") or "")
            named = reference.get("type")
            of = (named,) if isinstance(named, str) and named else kinds
            found = next((one for kind in of if (one := self._numbered.get((kind, system, value)))), None)
        return found if found is not None and (not kinds or found.get("resourceType") in kinds) else None

    def once(self, resource: Json, read: Callable[[Source, Json], T]) -> T:
        key = (id(resource), read)
        if key not in self._made:
            self._meet(resource)
            # Whom it is about was settled before anything was read
            self.follow(part(resource, "subject"), "Patient")
            self._made[key] = read(self, resource)
        made: T = deepcopy(self._made[key])
        return made

    def related(self, resource: Json) -> list[Json]:
        """Every RelatedPerson of this Patient: contained in it, or an entry that refers to it."""
        inside = [one for one in parts(resource, "contained") if one.get("resourceType") == "RelatedPerson"]
        return inside + [one for one in self._kin if self.peek(part(one, "patient"), "Patient") is resource]

    def system(self, given: str, kind: str, authority: str) -> str:
        establishment = kind in ("FI", "XX")
        if given:
            return identifier_system(given, authorities=self._authorities, establishment=establishment)
        return identifier_system(
            authority, kind, authorities=self._authorities, establishment=establishment, otherwise=self._sender
        )

    def left(self) -> Iterator[tuple[str, str]]:
        """Path and value of all that was not taken from the resources met since the last call."""
        for entry in self._met_lately.values():
            yield from elements.leaves(entry.resource, entry.path)
        self._met_lately.clear()

    def unmet(self) -> Iterator[tuple[str, str]]:
        """The same of the resources that nothing led to; a Provenance says nothing that an event would."""
        for entry in self._untold.values():
            yield from elements.leaves(entry.resource, entry.path)

    def _meet(self, resource: Json) -> None:
        if entry := self._untold.pop(id(resource), None):
            self._met_lately[id(resource)] = entry

    def _index(self, entry: Entry) -> None:
        names = {entry.full_url, f"{entry.kind}/{entry.id}" if entry.id else ""}
        tail = "/".join(entry.full_url.rsplit("/", 2)[-2:])
        if tail.startswith(f"{entry.kind}/"):
            names.add(tail)
        for name in names - {""}:
            _claim(self._met, name, entry.resource)
        for one in parts(entry.resource, "identifier"):
            if value := one.get("value"):
                key = (entry.kind, str(one.get("system") or ""), str(value))
                _claim(self._numbered, key, entry.resource)
        inside = {f"#{one['id']}": one for one in parts(entry.resource, "contained") if isinstance(one.get("id"), str)}
        if inside:
            self._index_contained(entry, inside)

    def _index_contained(self, entry: Entry, inside: Mapping[str, Json]) -> None:
        """References to contained resources get the address of their container before them: "#a" is not unique."""
        for name, resource in inside.items():
            self._met[f"{entry.path}{name}"] = resource
        for reference in _references(entry.resource):
            if reference["reference"] in inside:
                reference["reference"] = f"{entry.path}{reference['reference']}"


def _claim(index: dict[Any, Json | None], name: Any, resource: Json) -> None:
    index[name] = resource if index.get(name, resource) is resource else None


def _make_logical(reference: Json, literal: str) -> None:
    """A conditional reference ("Patient?identifier=system|value") is one by identifier."""
    kind, _, search = literal.partition("?identifier=")
    if kind.isalpha() and search and "&" not in search:
        system, bar, value = unquote(search).partition("|")
        reference["identifier"] = {"system": system, "value": value} if bar else {"value": system}
        del reference["reference"]


def _references(element: Json) -> Iterator[Json]:
    """Every element with a literal reference."""
    waiting: list[Any] = [element]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("reference"), str):
                yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
