"""Observation → the event's result. The way back from `schemas.fhir.observation`."""

from __future__ import annotations

from typing import Any, cast

from schemas import facts
from schemas.events import Code, Result, Value
from schemas.fhir import extensions, terms
from schemas.fhir.reading import elements, people, quantity
from schemas.fhir.reading.elements import Json, Source, extended, part, parts, said, take

# Words of observation-status beside those that table 0085 is written as
_STATUS = terms.inverse(terms.OBSERVATION_STATUS)


class Numbering:
    """Gives each result of one report its stable id: by code and sub-id, counted where those repeat."""

    def __init__(self, about: str) -> None:
        self._about = about
        self._seen: dict[tuple[str, str], int] = {}
        self._shown: set[int] = set()

    def first_time(self, resource: Json) -> bool:
        """Whether this report has not shown the resource yet: a panel and its members may both be listed."""
        known = id(resource) in self._shown
        self._shown.add(id(resource))
        return not known

    def id(self, code: Code, sub_id: str) -> str:
        system = (code.get("codings") or [{}])[0].get("system") or ""
        key = (f"{system}|{elements.key_of(code)}", sub_id)
        self._seen[key] = self._seen.get(key, 0) + 1
        return facts.result_id(self._about, *key, self._seen[key])


def results(source: Source, resource: Json, numbering: Numbering, place: str) -> list[Result]:
    """The Observation, one result for each of its components, and the members of a panel, in their order.

    `place` is where the report stands in the message. An Observation that only groups others gives no result of its
    own.
    """
    if not numbering.first_time(resource):
        return []
    members = parts(resource, "hasMember")
    own, components = source.once(resource, _read)
    made = [own] if own.get("values") or not (components or members) else []
    found = [*made, *components]
    for one in found:
        one["id"] = numbering.id(one["code"], one.get("sub_id") or "")
        one["place"] = place
    for member in members:
        if below := source.follow(member, "Observation"):
            found += results(source, below, numbering, place)
    return found


def _read(source: Source, resource: Json) -> tuple[Result, list[Result]]:
    own = _result(source, resource)
    sub_id = extended(resource, extensions.SUB_ID, "String")
    if isinstance(sub_id, str):
        own["sub_id"] = sub_id
    components = [_component(one, own) for one in parts(resource, "component") if not _is_calculated(one)]
    for number, component in enumerate(components, start=1):
        component["sub_id"] = str(number)
    return own, components


def status(word: str | None) -> str | None:
    """A code of HL7 table 0085; an unknown status is none."""
    return _STATUS.get(word or "")


def category(resource: Json) -> str | None:
    """The first code of observation-category; others stay with the resource."""
    for one in parts(resource, "category"):
        for coding in parts(one, "coding"):
            if coding.get("code") in terms.OBSERVATION_CATEGORIES:
                take(coding, "system")
                take(coding, "display")
                return take(coding, "code")
    return None


def _result(source: Source, resource: Json) -> Result:
    values, unit = value(resource)
    performers, laboratory = people.performers(source, parts(resource, "performer"))
    device = elements.identifier(source, part(part(resource, "device"), "identifier"))
    started, _ = elements.period(resource, "effectivePeriod")
    return cast(
        Result,
        {"code": elements.code(part(resource, "code")) or {}}
        | said(
            values=values,
            unit=unit or _unit_beside(resource),
            **_range(resource),
            flags=elements.codes(resource, "interpretation"),
            status=status(take(resource, "status")),
            observed=take(resource, "effectiveDateTime") or take(resource, "effectiveInstant") or started,
            analysed=extended(resource, extensions.ANALYSED, "DateTime"),
            methods=_one(resource, "method"),
            site=elements.code(part(resource, "bodySite")),
            performers=performers,
            laboratory=laboratory,
            equipment=[device] if device else None,
            notes=elements.notes(resource),
            category=category(resource),
        ),
    )


def _is_calculated(element: Json) -> bool:
    """Whether this program made it of the value beside it: whoever reads that may make it again."""
    return extended(element, extensions.CALCULATED_BY, "String") is not None


def _component(element: Json, within: Result) -> Result:
    values, unit = value(element)
    shared = {name: within[name] for name in ("status", "observed", "category") if name in within}
    return cast(
        Result,
        {"code": elements.code(part(element, "code")) or {}}
        | shared
        | said(values=values, unit=unit, flags=elements.codes(element, "interpretation"), **_range(element)),
    )


def value(element: Json) -> tuple[list[Value], Code | None]:
    """value[x] as OBX-5 would hold it, and its unit. Nothing for SampledData, which stays with the resource."""
    if isinstance(element.get("valueQuantity"), dict):
        measure = quantity.measure(part(element, "valueQuantity"))
        kind = "SN" if measure.comparator else "NM"
        made = said(type=kind, raw=measure.raw, number=measure.number, comparator=measure.comparator)
        return ([cast(Value, made)] if measure.number else []), measure.unit
    for name, separator in (("valueRange", ("low", "-", "high")), ("valueRatio", ("numerator", ":", "denominator"))):
        if isinstance(element.get(name), dict):
            return _pair(part(element, name), *separator)
    return [cast(Value, one) for one in _simple(element)], None


def _pair(element: Json, first: str, separator: str, second: str) -> tuple[list[Value], Code | None]:
    low, high = quantity.measure(part(element, first)), quantity.measure(part(element, second))
    made = said(type="SN", raw=low.raw + separator + high.raw, number=low.number, separator=separator, high=high.number)
    return ([cast(Value, made)] if low.number or high.number else []), low.unit or high.unit


def _simple(element: Json) -> list[dict[str, Any]]:
    if concept := elements.code(part(element, "valueCodeableConcept")):
        return [{"type": "CWE", "raw": concept.get("text") or elements.key_of(concept), "code": concept}]
    if text := take(element, "valueString"):
        return [{"type": "ST", "raw": text, "text": text}]
    if number := take(element, "valueInteger"):
        return [{"type": "NM", "raw": number, "number": number}]
    if (flag := elements.flag(element, "valueBoolean")) is not None:
        return [{"type": "ST", "raw": str(flag).lower(), "text": str(flag).lower()}]
    if time := take(element, "valueDateTime"):
        return [{"type": "DTM", "raw": time, "time": time}]
    if clock := take(element, "valueTime"):
        return [{"type": "TM", "raw": clock, "time": clock}]
    start, end = elements.period(element, "valuePeriod")
    if start or end:
        return [said(type="DR", raw=f"{start or ''}/{end or ''}", time=start, end=end)]
    return [
        {"type": "ED" if made.get("data") else "RP", "attachment": made}
        for one in parts(element, "extension")
        if one.get("url") == extensions.VALUE_ATTACHMENT
        and one.pop("url")
        and (made := elements.attachment(part(one, "valueAttachment")))
    ]


def _unit_beside(resource: Json) -> Code | None:
    found = extended(resource, extensions.UNIT_AS_SENT, "CodeableConcept")
    return elements.code(found) if isinstance(found, dict) else None


def _one(resource: Json, name: str) -> list[Code] | None:
    found = elements.code(part(resource, name))
    return [found] if found else None


def _range(element: Json) -> dict[str, Any]:
    """The first reference range; further ones (by sex, by age) stay with the resource."""
    first = next(iter(parts(element, "referenceRange")), {})
    low, high = quantity.measure(part(first, "low")), quantity.measure(part(first, "high"))
    return {"range_low": low.number, "range_high": high.number, "range_text": take(first, "text")}
