"""FHIR data types → the event's own shapes, and the taking they all rest on.

`take`, `flag` and `texts` remove what they read from the JSON object; containers stay. After a resource was read,
`leaves` gives all that nobody took. Numbers are expected as texts, digit for digit as they stood in the JSON.
Anything of a wrong type is not taken, so it is left rather than lost.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from schemas.events import Address, Attachment, Code, Coding, HumanName, Identifier, Note, Telecom
from schemas.fhir import extensions, terms

Json = dict[str, Any]
T = TypeVar("T")


class Source(Protocol):
    """What a resource came in: it leads from a reference to a resource, and names identifier systems."""

    def follow(self, reference: Json, *kinds: str) -> Json | None:
        """The resource a Reference means, taking what says so.

        None when it is not in the message or not of one of these types (none given: any); then nothing is taken.
        """

    def once(self, resource: Json, read: Callable[[Source, Json], T]) -> T:
        """What `read` makes of the resource, a copy of it: it is read only the first time, for reading takes."""

    def system(self, given: str, kind: str, authority: str) -> str:
        """The URI of an identifier's system from Identifier.system, .type and .assigner, each "" when absent."""


def take(element: Json, name: str) -> str | None:
    """A primitive as text, taken. None when it is absent or empty."""
    value = element.get(name)
    if not isinstance(value, str):
        return None
    del element[name]
    return value or None


def flag(element: Json, name: str) -> bool | None:
    value = element.get(name)
    return element.pop(name) if isinstance(value, bool) else None


def texts(element: Json, name: str) -> list[str]:
    """A list of primitives, taken."""
    value = element.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return []
    del element[name]
    return [one for one in value if one]


def part(element: Json, name: str) -> Json:
    """A complex element; an empty one when it is absent."""
    value = element.get(name)
    return value if isinstance(value, dict) else {}


def parts(element: Json, name: str) -> list[Json]:
    """The complex elements of a list."""
    value = element.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def said(**fields: Any) -> dict[str, Any]:
    """The fields that say something; False stays."""
    return {name: value for name, value in fields.items() if value or value is False}


def leaves(element: Any, path: str) -> Iterator[tuple[str, str]]:
    """What was not taken: the path of every value that is left, with the value as text."""
    if isinstance(element, dict):
        own = ("resourceType", "id") if "resourceType" in element else ()
        for name, value in element.items():
            if name not in own:
                yield from leaves(value, f"{path}.{name}")
    elif isinstance(element, list):
        for index, value in enumerate(element):
            yield from leaves(value, f"{path}[{index}]")
    elif element is not None and element != "":
        yield path, element if isinstance(element, str) else str(element).lower()


def extended(element: Json, url: str, kind: str) -> Any:
    """The value of an extension ("String", "CodeableConcept", …), taken when it is a primitive."""
    for one in parts(element, "extension"):
        if one.get("url") == url:
            found = take(one, f"value{kind}") or part(one, f"value{kind}")
            if found:
                del one["url"]
                return found
    return None


def period(element: Json, name: str) -> tuple[str | None, str | None]:
    found = part(element, name)
    return take(found, "start"), take(found, "end")


def coding(element: Json) -> Coding:
    made: Coding = {}
    made.update(
        said(  # type: ignore[typeddict-item]  # the keys of Coding
            system=take(element, "system"),
            code=take(element, "code"),
            display=take(element, "display"),
            version=take(element, "version"),
            mapped=extended(element, extensions.MAPPED_FROM, "String"),
            equivalence=extended(element, extensions.MAPPED_EQUIVALENCE, "Code"),
        )
    )
    return made


def code(element: Json) -> Code | None:
    """A CodeableConcept. None when it says nothing."""
    codings = [one for one in map(coding, parts(element, "coding")) if one]
    text = take(element, "text")
    loinc = next((one.get("code") for one in codings if one.get("system") == terms.LOINC), None)
    made: Code = {}
    if codings:
        made["codings"] = codings
    if text:
        made["text"] = text
    if loinc:
        made["loinc"] = loinc
    return made or None


def codes(element: Json, name: str) -> list[Code]:
    return [made for one in parts(element, name) if (made := code(one))]


def plain_code(element: Json) -> str | None:
    """The first code of a CodeableConcept, else its text: for fields that hold a bare code."""
    for one in parts(element, "coding"):
        if found := take(one, "code"):
            take(one, "system")
            take(one, "display")
            return found
    return take(element, "text")


def key_of(concept: Code | None) -> str:
    """What a code is told apart by: its first code as sent, else its text."""
    codings = (concept or {}).get("codings") or [{}]
    return codings[0].get("code") or (concept or {}).get("text") or ""


def identifier(source: Source, element: Json) -> Identifier | None:
    """An Identifier. None without a value, for then it identifies nothing."""
    value = take(element, "value")
    if not value:
        return None
    kind = plain_code(part(element, "type")) or ""
    authority = take(part(element, "assigner"), "display") or ""
    start, end = period(element, "period")
    made: Identifier = {"system": source.system(take(element, "system") or "", kind, authority), "value": value}
    made.update(
        said(  # type: ignore[typeddict-item]  # the keys of Identifier
            type=kind, authority=authority, use=take(element, "use"), start=start, end=end
        )
    )
    return made


def identifiers(source: Source, element: Json, name: str = "identifier") -> list[Identifier]:
    return [made for one in parts(element, name) if (made := identifier(source, one))]


def human_name(element: Json) -> HumanName:
    made: HumanName = {}
    made.update(
        said(  # type: ignore[typeddict-item]  # the keys of HumanName
            family=take(element, "family"),
            given=texts(element, "given"),
            prefix=" ".join(texts(element, "prefix")),
            suffix=" ".join(texts(element, "suffix")),
            use=take(element, "use"),
            text=take(element, "text"),
        )
    )
    return made


def human_names(element: Json, name: str = "name") -> list[HumanName]:
    return [made for one in parts(element, name) if (made := human_name(one))]


def addresses(element: Json, name: str = "address") -> list[Address]:
    return [made for one in parts(element, name) if (made := _address(one))]


def _address(element: Json) -> Address:
    lines = texts(element, "line")
    made: Address = {}
    made.update(
        said(  # type: ignore[typeddict-item]  # the keys of Address
            lines=lines or [line for line in [take(element, "text")] if line],
            city=take(element, "city"),
            district=take(element, "district"),
            state=take(element, "state"),
            postal_code=take(element, "postalCode"),
            country=take(element, "country"),
            use=take(element, "use"),
            type=take(element, "type"),
        )
    )
    return made


def telecoms(element: Json, name: str = "telecom") -> list[Telecom]:
    return [made for one in parts(element, name) if (made := _telecom(one))]


def _telecom(element: Json) -> Telecom:
    made: Telecom = {}
    made.update(
        said(  # type: ignore[typeddict-item]  # the keys of Telecom
            value=take(element, "value"), system=take(element, "system"), use=take(element, "use")
        )
    )
    return made


def notes(element: Json, name: str = "note") -> list[Note]:
    return [made for one in parts(element, name) if (made := note(one))]


def note(element: Json) -> Note | None:
    text = take(element, "text")
    if not text:
        return None
    author = take(element, "authorString")
    return {"text": text, "source": author} if author else {"text": text}


def attachment(element: Json) -> Attachment:
    """An Attachment with its bytes; data that is not base64 is left."""
    made: Attachment = {}
    size = element.get("size")
    if isinstance(size, str) and size.isdecimal() and len(size) < 16:
        made["size"] = int(element.pop("size"))
    data = element.get("data")
    if isinstance(data, str) and data:
        try:
            made["data"] = b64decode("".join(data.split()), validate=True)
            del element["data"]
        except ValueError:
            pass
    made.update(
        said(  # type: ignore[typeddict-item]  # the keys of Attachment
            content_type=take(element, "contentType"),
            url=take(element, "url"),
            title=take(element, "title"),
            hash=take(element, "hash"),
        )
    )
    return made


def inverted(table: Mapping[str, str], word: str | None) -> str | None:
    """The code that a table of `schemas.fhir.terms` writes as this word; the first written where there are several."""
    return next((code for code, meaning in table.items() if meaning == word), None) if word else None
