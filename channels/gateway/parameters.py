"""What a FHIR operation is asked: by query, by form, or by a Parameters resource."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from starlette.requests import Request

from channels.gateway import fhir
from channels.gateway.fhir import ask_for, form
from channels.gateway.search import Pairs, Problem
from mediators.fhir.conformance import malformed
from mediators.fhir.document import Entry, parsed
from schemas.message import Refused

LARGEST = 1024 * 1024

Json = dict[str, Any]


async def body(request: Request) -> Json:
    """The resource sent, its numbers as texts. Raises Problem."""
    said = await fhir.body(request, LARGEST, f"an operation takes at most {LARGEST} bytes")
    try:
        told = parsed(said)
    except Refused as refused:
        raise Problem(400, "structure", refused.issues[0].text) from None
    _judge(told)
    return told


def _judge(told: Json) -> None:
    """What is read of a broken Patient would ask for somebody else, or for nobody. Raises Problem."""
    asked = [("Patient", told)] if told.get("resourceType") == "Patient" else []
    several = told.get("parameter")
    for place, one in enumerate(several if isinstance(several, list) else ()):
        resource = one.get("resource") if isinstance(one, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == "Patient":
            asked.append((f"parameter[{place}].resource", resource))
    for path, resource in asked:
        for issue in malformed(Entry(path, path, resource)):
            raise Problem(400, "invalid", f"{issue.at}: {issue.text}; {issue.remedy}")


async def pairs(request: Request) -> Pairs:
    """The simple parameters of an operation, however they came; an Identifier as `system|value`. Raises Problem."""
    asked = list(request.query_params.multi_items())
    if request.method == "GET":
        return asked
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return [*asked, *await form(request)]
    simple = list(_simple(parameters(await body(request))))
    ask_for(request, simple)
    return [*asked, *simple]


def parameters(resource: Json) -> Sequence[Json]:
    """The parts of a Parameters resource. Raises Problem."""
    told = resource.get("parameter")
    if resource.get("resourceType") != "Parameters" or not isinstance(told, list):
        raise Problem(400, "structure", "expected a Parameters resource with its parameters")
    if not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in told):
        raise Problem(400, "structure", "Parameters: every parameter has a name")
    return told


def value(parameter: Json) -> Any:
    """Its value, of whatever type; None without one."""
    return next((one for name, one in parameter.items() if name.startswith("value")), None)


def _simple(told: Sequence[Json]) -> Iterator[tuple[str, str]]:
    for one in told:
        said = value(one)
        if isinstance(said, dict) and isinstance(said.get("value"), str):
            said = f"{_escaped(said.get('system') or '')}|{_escaped(said['value'])}"
        if not isinstance(said, str):
            raise Problem(400, "structure", f"Parameters: {one['name'][:40]} has no value that is known here")
        yield one["name"], said


def _escaped(text: object) -> str:
    return "".join(f"\\{sign}" if sign in ",|$\\" else sign for sign in str(text))
