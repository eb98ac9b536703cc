"""FHIR R4 elements of facilities and health workers, taken apart and put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from registries.care.spells import NEVER, Period, first_day, last_day

Element = dict[str, Any]
Number = tuple[str, str]


def concept(system: str, code: str) -> Element:
    return {"coding": [{"system": system, "code": code}], "text": code}


def codes(concepts: Iterable[Element], system: str) -> list[str]:
    """The codes of one system among these concepts, in their order."""
    return [one.get("code", "") for each in concepts for one in each.get("coding", ()) if one.get("system") == system]


def without(concepts: Iterable[Element], *systems: str) -> list[Element]:
    """The concepts that hold no code of these systems."""
    return [each for each in concepts if not any(one.get("system") in systems for one in each.get("coding", ()))]


def numbers(resource: Mapping[str, Any]) -> list[Number]:
    """Every identifier as (system, value); a system may be ""."""
    return [
        (one.get("system") or "", one["value"].strip())
        for one in resource.get("identifier", ())
        if isinstance(one.get("value"), str) and one["value"].strip()
    ]


def identifiers(wanted: Iterable[Number], known: Iterable[Element] = ()) -> list[Element]:
    """These as Identifiers; what was said of one before (its use, its type) stays."""
    said = {(one.get("system") or "", one.get("value")): one for one in known}
    return [said.get(number) or _identifier(*number) for number in dict.fromkeys(wanted)]


def _identifier(system: str, value: str) -> Element:
    return {"system": system, "value": value} if system else {"value": value}


def period(of: Period) -> Element:
    return {name: day for name, day in zip(("start", "end"), of, strict=True) if day}


def period_of(element: Mapping[str, Any] | None) -> Period:
    """A Period in whole days: of a year or month its first and its last. One that ends before it begins is NEVER."""
    said = element or {}
    start, end = first_day(str(said.get("start") or "")), last_day(str(said.get("end") or ""))
    return NEVER if end and end < start else (start, end)


def periods(resource: Mapping[str, Any], url: str) -> tuple[Period, ...]:
    """The valuePeriods of these extensions, NEVER only where there is no other."""
    found = [period_of(one.get("valuePeriod")) for one in extensions(resource, url)]
    return tuple(one for one in found if one != NEVER) or tuple(found[:1])


def dated(url: str, ones: Sequence[Period]) -> list[Element]:
    """Extensions of these periods; one that is open on both sides says nothing."""
    return [{"url": url, "valuePeriod": period(one)} for one in ones if any(one)]


def extensions(resource: Mapping[str, Any], url: str) -> Iterator[Element]:
    return (one for one in resource.get("extension", ()) if one.get("url") == url)


def others(resource: Mapping[str, Any], *urls: str) -> list[Element]:
    """The extensions that are none of these."""
    return [one for one in resource.get("extension", ()) if one.get("url") not in urls]


def reference(kind: str, name: str) -> Element:
    return {"reference": f"{kind}/{name}"}


def referred(element: Mapping[str, Any] | None, kind: str) -> str:
    """The id in a reference to this type, here or at an address; "" for none."""
    path = str((element or {}).get("reference") or "").partition("/_history")[0].split("/")
    return path[-1] if len(path) > 1 and path[-2] == kind else ""


def filled(resource: Mapping[str, Any]) -> Element:
    """Without elements that say nothing: R4 has no empty lists or texts."""
    return {name: value for name, value in resource.items() if value not in (None, "", [], {})}
