"""A national service to ask: just enough of a FHIR server, with people and places that a test puts in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]
OTHERS = ("Location", "PractitionerRole")


@dataclass
class Country:
    """`people`: the numbers of each, as system|value. `down`: the status it answers with instead."""

    people: list[list[str]] = field(default_factory=list)
    resources: list[Json] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    down: int = 0
    token: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/fhir/Patient/$ihe-pix", self._pix, methods=["POST"]),
                Route("/fhir/{kind}/_search", self._search, methods=["POST"]),
            ]
        )

    async def _answer(self, request: Request) -> Response | None:
        self.asked.append((request.url.path, request.url.query))
        if self.down:
            return Response(status_code=self.down, headers={"Retry-After": "7"})
        wanted = f"Bearer {self.token}" if self.token else None
        return Response(status_code=401) if request.headers.get("Authorization") != wanted else None

    async def _pix(self, request: Request) -> Response:
        if refused := await self._answer(request):
            return refused
        (parameter,) = json.loads(await request.body())["parameter"]
        assert parameter["name"] == "sourceIdentifier"
        number = parameter["valueString"]
        if self.domains and number.partition("|")[0] not in self.domains:
            return outcome(400, "code-invalid")
        numbers = next((numbers for numbers in self.people if number in numbers), None)
        if numbers is None:
            return outcome(404, "not-found")
        parts = [{"name": "targetIdentifier", "valueIdentifier": identifier(one)} for one in numbers if one != number]
        reference = {"name": "targetId", "valueReference": {"reference": "Patient/7"}}
        return JSONResponse({"resourceType": "Parameters", "parameter": [reference, *parts]})

    async def _search(self, request: Request) -> Response:
        if refused := await self._answer(request):
            return refused
        kind = request.path_params["kind"]
        form = parse_qs((await request.body()).decode())
        found = [one for one in self.resources if one["resourceType"] == kind and fits(one, form)]
        if "_revinclude" in form:
            found += [one for one in self.resources if one["resourceType"] in OTHERS]
        bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in found]}
        return JSONResponse(bundle)


def fits(resource: Json, form: dict[str, list[str]]) -> bool:
    numbers = {f"{one['system']}|{one['value']}" for one in resource.get("identifier", ())}
    families = {name["family"].lower() for name in resource.get("name", ()) if isinstance(name, dict)}
    return (not (wanted := form.get("identifier")) or wanted[0] in numbers) and (
        not (wanted := form.get("family")) or wanted[0].lower() in families
    )


def identifier(number: str) -> Json:
    system, _, value = number.partition("|")
    return {"system": system, "value": value}


def outcome(status: int, code: str) -> Response:
    issue = {"severity": "error", "code": code}
    return JSONResponse({"resourceType": "OperationOutcome", "issue": [issue]}, status_code=status)
