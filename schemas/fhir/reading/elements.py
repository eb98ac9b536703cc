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


def coded(element: Json, url: str) -> Code | None:
    """A CodeableConcept that stands in an extension."""
    found = extended(element, url, "CodeableConcept")
    return code(found) if isinstance(found, dict) else None


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
            oid=_bare_oid(extended(element, extensions.CODING_OID, "Uri")),
            value_set=_bare_oid(extended(element, extensions.VALUE_SET, "Uri")),
            value_set_version=extended(element, extensions.VALUE_SET_VERSION, "String"),
        )
    )
    return made


def _bare_oid(uri: Any) -> str | None:
    return uri.removeprefix("urn:oid:") if isinstance(uri, str) else None


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
    authority = assigner(source, part(element, "assigner")) or ""
    start, end = period(element, "period")
    made: Identifier = {"system": source.system(take(element, "system") or "", kind, authority), "value": value}
    made.update(
        said(  # type: ignore[typeddict-item]  # the keys of Identifier
            type=kind,
            authority=authority,
            use=take(element, "use"),
            start=start,
            end=end,
            check_digit=extended(element, extensions.CHECK_DIGIT, "String"),
            check_scheme=extended(element, extensions.CHECK_SCHEME, "String"),
            source_table=extended(element, extensions.SOURCE_TABLE, "String"),
            authority_id=extended(element, extensions.ASSIGNER_ID, "Uri"),
            facility=_facility(source, element),
            facility_id=extended(element, extensions.FACILITY_ID, "Uri"),
            jurisdiction=coded(element, extensions.JURISDICTION),
            agency=coded(element, extensions.AGENCY),
        )
    )
    return made


def assigner(source: Source, reference: Json) -> str | None:
    """The name of an Organization referred to as who gave a number."""
    shown = take(reference, "display")
    found = source.follow(reference, "Organization")
    named: str | None = source.once(found, body).get("name") if found else None
    if found is None and shown and (number := part(reference, "identifier")) and take(number, "value"):
        # of an Organization that is only named, the number says no more than the name
        for name in ("system", "type"):
            take(number, name)
        take(reference, "type")
    return shown or named


def _facility(source: Source, element: Json) -> str | None:
    found = extended(element, extensions.ASSIGNING_FACILITY, "Reference")
    return assigner(source, found) if isinstance(found, dict) else None


def body(source: Source, resource: Json) -> dict[str, Any]:
    """An Organization."""
    return said(
        identifiers=identifiers(source, resource),
        name=take(resource, "name"),
        name_type=extended(resource, extensions.ORGANIZATION_NAME_TYPE, "String"),
        telecoms=telecoms(resource),
        addresses=addresses(resource),
        contacts=[made for one in parts(resource, "contact") if (made := human_name(part(one, "name")))],
    )


def identifiers(source: Source, element: Json, name: str = "identifier") -> list[Identifier]:
    return [made for one in parts(element, name) if (made := identifier(source, one))]


def human_name(element: Json) -> HumanName:
    made: HumanName = {}
    surname = part(element, "_family")
    start, end = period(element, "period")
    made.update(
        said(  # type: ignore[typeddict-item]  # the keys of HumanName
            family=take(element, "family"),
            given=texts(element, "given"),
            prefix=" ".join(texts(element, "prefix")),
            suffix=" ".join(texts(element, "suffix")),
            use=take(element, "use"),
            text=take(element, "text"),
            start=start,
            end=end,
            type=extended(element, extensions.NAME_TYPE, "String"),
            called_by=extended(element, extensions.CALLED_BY, "String"),
            order=extended(element, extensions.NAME_ORDER, "Code"),
            representation=inverted(
                terms.NAME_REPRESENTATION, extended(element, extensions.NAME_REPRESENTATION, "Code")
            ),
            own_prefix=extended(surname, extensions.OWN_PREFIX, "String"),
            own_family=extended(surname, extensions.OWN_NAME, "String"),
            partner_prefix=extended(surname, extensions.PARTNER_PREFIX, "String"),
            partner_family=extended(surname, extensions.PARTNER_NAME, "String"),
        )
    )
    return made


def human_names(element: Json, name: str = "name") -> list[HumanName]:
    return [made for one in parts(element, name) if (made := human_name(one))]


def addresses(element: Json, name: str = "address") -> list[Address]:
    return [made for one in parts(element, name) if (made := _address(one))]


def _address(element: Json) -> Address:
    lines = texts(element, "line")
    start, end = period(element, "period")
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
            start=start,
            end=end,
            type_code=extended(element, extensions.ADDRESS_TYPE, "String"),
            street_name=extended(element, extensions.STREET_NAME, "String"),
            house_number=extended(element, extensions.HOUSE_NUMBER, "String"),
            other_geographic=extended(element, extensions.OTHER_GEOGRAPHIC, "String"),
            census_tract=extended(element, extensions.CENSUS_TRACT, "String"),
            county=coded(element, extensions.COUNTY),
        )
    )
    return made


def telecoms(element: Json, name: str = "telecom") -> list[Telecom]:
    return [made for one in parts(element, name) if (made := _telecom(one))]


def _telecom(element: Json) -> Telecom:
    made: Telecom = {}
    start, end = period(element, "period")
    rank = element.get("rank")
    if isinstance(rank, str) and rank.isdecimal() and len(rank) < 10:
        made["rank"] = int(element.pop("rank"))
    made.update(
        said(  # type: ignore[typeddict-item]  # the keys of Telecom
            value=take(element, "value"),
            system=take(element, "system"),
            use=take(element, "use"),
            start=start,
            end=end,
            use_code=extended(element, extensions.PHONE_USE, "String"),
            equipment=extended(element, extensions.PHONE_EQUIPMENT, "String"),
            country=extended(element, extensions.PHONE_COUNTRY, "String"),
            area=extended(element, extensions.PHONE_AREA, "String"),
            local=extended(element, extensions.PHONE_LOCAL, "String"),
            extension=extended(element, extensions.PHONE_EXTENSION, "String"),
            comment=extended(element, extensions.PHONE_COMMENT, "String"),
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
