"""The registries' questions, asked of a national service over FHIR R4: who (IHE PIXm ITI-83, PDQm ITI-78), which place
and which professional (mCSD ITI-90).

Everything is asked by POST, so that no identifier is ever in an address. Answers are plain JSON, for they are kept: see
`registries.remembered`. Nothing is remembered here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypedDict, TypeVar

import httpx

from registries.care.spells import Period, first_day, last_day
from schemas.events import Identifier, Patient
from schemas.fhir.reading.elements import Json, Source
from schemas.fhir.reading.patient import patient
from schemas.message import Unavailable

FHIR_JSON: Final = "application/fhir+json"
_FORM: Final = "application/x-www-form-urlencoded"
# What the service says of the question itself: nobody, or nobody alone, has this number (404), it knows no such domain
# (400)
_NOBODY: Final = {404: frozenset({"not-found", "multiple-matches"}), 400: frozenset({"code-invalid", "not-found"})}
T = TypeVar("T")


class Listed(TypedDict):
    """A facility or professional. `number` is its INPE, else the number asked for; `periods` when it was active, none
    is never; `several`: more than one active entry has this number."""

    number: str
    periods: list[Period]
    several: bool


class National:
    """A FHIR server at `address`, for instance an OpenHIE registry. Any thread may ask; it blocks.

    Raises Unavailable when no answer came that can be read, whatever the reason: then nothing is known.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        timeout: float = 3.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"Accept": FHIR_JSON} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._url = address.rstrip("/")
        self._http = httpx.Client(timeout=timeout, headers=headers, transport=transport)

    def cross_references(self, number: Identifier) -> list[Identifier] | None:
        """Every other number of the person who has this one (ITI-83); None when nobody has it."""
        asked = {"resourceType": "Parameters", "parameter": [_parameter("sourceIdentifier", _token(number))]}
        answer = self._answered("/Patient/$ihe-pix", json.dumps(asked), FHIR_JSON)
        if answer is None:
            return None
        told = [part.get("valueIdentifier") for part in _dicts(_kind(answer, "Parameters").get("parameter"))]
        return [_identifier(one) for one in told if _is_number(one)]

    def patients(self, wanted: Mapping[str, str]) -> list[Patient]:
        """The patients who fit (ITI-78). `wanted`: search parameters by name ("family", "birthdate", …)."""
        return [patient(_ALONE, one) for one in self._search("Patient", wanted) if one["resourceType"] == "Patient"]

    def carriers(self, number: Identifier) -> list[Patient] | None:
        """Everybody who has this number (ITI-78); None when nobody has it."""
        return self.patients({"identifier": _token(number)}) or None

    def facility(self, number: Identifier) -> Listed | None:
        """The organization with this number, and where its Location says so, when it is operating (ITI-90)."""
        wanted = {"identifier": _token(number), "_revinclude": "Location:organization"}
        return _listed(number, self._search("Organization", wanted), "Organization", "managingOrganization")

    def health_worker(self, number: Identifier) -> Listed | None:
        """The professional with this number, active in the periods of their roles where there are any (ITI-90)."""
        wanted = {"identifier": _token(number), "_revinclude": "PractitionerRole:practitioner"}
        return _listed(number, self._search("Practitioner", wanted), "Practitioner", "practitioner")

    def close(self) -> None:
        self._http.close()

    def _search(self, kind: str, wanted: Mapping[str, str]) -> list[Json]:
        """The resources of a searchset, all types; its first page, for nobody has so many numbers."""
        bundle = self._answered(f"/{kind}/_search", str(httpx.QueryParams(wanted)), _FORM)
        entries = _dicts(_kind(bundle, "Bundle").get("entry")) if bundle else []
        return [one for entry in entries if isinstance(one := entry.get("resource"), dict) and one.get("resourceType")]

    def _answered(self, path: str, body: str, kind: str) -> Json | None:
        """The resource; None when the service says that nobody is known so."""
        try:
            answer = self._http.post(f"{self._url}{path}", content=body, headers={"Content-Type": kind})
        except httpx.TimeoutException:
            raise Unavailable("the national registry did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"the national registry can't be reached: {type(error).__name__}") from None
        content = _content(answer)
        if answer.is_success and content:
            return content
        issues = _dicts(content.get("issue")) if content.get("resourceType") == "OperationOutcome" else []
        if _NOBODY.get(answer.status_code, frozenset()) & {str(issue.get("code")) for issue in issues}:
            return None
        raise Unavailable(_complaint(answer.status_code), retry_after=_retry_after(answer))


class _Alone:
    """A resource that came without others."""

    def follow(self, reference: Json, *kinds: str) -> Json | None:
        return None

    def once(self, resource: Json, read: Callable[[Source, Json], T]) -> T:
        return read(self, resource)

    def system(self, given: str, kind: str, authority: str) -> str:
        return given


_ALONE: Final = _Alone()


def _listed(number: Identifier, found: Sequence[Json], kind: str, link: str) -> Listed | None:
    """The entry of this type among what was found; `link` leads to it from a Location or PractitionerRole."""
    entries = [one for one in found if one["resourceType"] == kind]
    if not entries:
        return None
    periods = [(one, _active(one, [beside for beside in found if _refers(beside.get(link), one)])) for one in entries]
    active = [(one, when) for one, when in periods if when] or periods
    return {"number": _inpe(active[0][0], number), "periods": active[0][1], "several": len(active) > 1}


def _active(entry: Json, beside: Sequence[Json]) -> list[Period]:
    """When it was active. What is no longer was, as far as is told, until it was last changed."""
    own = _until(entry)
    if own is not None:
        return [("", own)] if own else []
    told = [period for one in beside for period in _spell(one)]
    return told if beside else [("", "")]


def _spell(one: Json) -> list[Period]:
    """Of a Location or PractitionerRole."""
    told = one.get("period")
    when: Json = told if isinstance(told, dict) else {}
    start, end = first_day(str(when.get("start") or "")), last_day(str(when.get("end") or ""))
    until = _until(one)
    if until is None:
        return [(start, end)]
    last = min(filter(None, (end, until)), default="")
    return [(start, last)] if last and start <= last else []


def _until(one: Json) -> str | None:
    """None while it is active; else the day it was last changed, "" when that is not told."""
    if one.get("active") is not False and one.get("status") not in ("inactive", "suspended"):
        return None
    meta = one.get("meta")
    return str(meta.get("lastUpdated") or "")[:10] if isinstance(meta, dict) else ""


def _inpe(entry: Json, asked: Identifier) -> str:
    told = [one for one in _dicts(entry.get("identifier")) if str(one.get("system")).rpartition("/")[2][:4] == "inpe"]
    return str(told[0].get("value") or asked["value"]) if told else asked["value"]


def _refers(reference: Any, to: Json) -> bool:
    named = reference.get("reference") if isinstance(reference, dict) else None
    return isinstance(named, str) and f"/{named}".endswith(f"/{to['resourceType']}/{to.get('id')}")


def _token(number: Identifier) -> str:
    """system|value, by FHIR's rules for a search by token."""
    return "|".join(_escaped(part) for part in (number["system"], number["value"]))


def _escaped(text: str) -> str:
    for sign in "\\|,$":
        text = text.replace(sign, f"\\{sign}")
    return text


def _parameter(name: str, value: str) -> Json:
    return {"name": name, "valueString": value}


def _is_number(one: Any) -> bool:
    return isinstance(one, dict) and bool(one.get("system")) and bool(one.get("value"))


def _identifier(one: Any) -> Identifier:
    return {"system": str(one["system"]), "value": str(one["value"])}


def _dicts(listed: Any) -> list[Json]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _kind(resource: Json, name: str) -> Json:
    if resource.get("resourceType") != name:
        raise Unavailable(f"the national registry answered no {name}: is its address that of a FHIR R4 server?")
    return resource


def _content(answer: httpx.Response) -> Json:
    try:
        content = json.loads(answer.content, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _complaint(status: int) -> str:
    text = f"the national registry answered {status}"
    if status in (401, 403):
        return f"{text}: check its token in `registries`, and what it may do"
    if status in (404, 405, 501):
        return f"{text}: it must take POST (_search, $ihe-pix); is its address complete?"
    return f"{text}, and nothing that can be read" if status < 300 else text


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
