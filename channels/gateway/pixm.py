"""`Patient/$ihe-pix`: who else knows the person of a number, and by which (IHE PIXm ITI-83).

By GET and, better, by POST: an address with a number in it is written down by more than this program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.gateway.fhir import FHIR_CHANNEL, answer, outcome
from channels.gateway.national import SILENT, aged
from channels.gateway.parameters import pairs
from channels.gateway.patient_query import token
from channels.gateway.patients import filled
from channels.gateway.record import Audit
from channels.gateway.search import Pairs, Problem, page_of
from channels.questions import Answer
from registries.client.keys import known_number
from schemas.domains import Domains
from schemas.events import Identifier
from schemas.fhir import elements
from schemas.queries import Queried, Question

_TAKEN = ("sourceIdentifier", "targetSystem", "_format")


@dataclass(frozen=True, slots=True)
class Crossing:
    """Blocks on the database. answering: whoever knows; audit: called before anybody is told."""

    answering: Answer
    table: Callable[[], Domains]
    audit: Audit

    def answer(self, request: Request, said: Pairs) -> Response:
        question = self._question(said)
        found = self.answering(question, self.table(), FHIR_CHANNEL)
        if problem := _problem(found):
            self.audit(request, "query", "Patient")
            raise problem
        for one in found.found:
            self.audit(request, "query", f"Patient/{one.person}" if one.person else "Patient")
        told = [one for person in found.found for one in _told(person.patient.get("identifiers") or (), question)]
        if told:
            told += [_reference(one.person) for one in found.found if one.person]
        return aged(answer({"resourceType": "Parameters", **({"parameter": told} if told else {})}), found)

    def _question(self, said: Pairs) -> Question:
        page_of(said)
        domains = self.table()
        if unknown := {name for name, _ in said} - set(_TAKEN):
            raise Problem(400, "not-supported", f"$ihe-pix takes {', '.join(_TAKEN)}, not {min(unknown)[:40]}")
        sources = [value for name, value in said if name == "sourceIdentifier"]
        if len(sources) != 1:
            raise Problem(400, "required", "sourceIdentifier: expected once, as system|value")
        source = token(sources[0], domains, "sourceIdentifier")
        if not source.system or not source.value:
            raise Problem(400, "invalid", "sourceIdentifier: expected system|value")
        targets = [_system(value, domains) for name, value in said if name == "targetSystem"]
        return Question(of=(source.system, source.value), domains=tuple(targets))


def routes(crossing: Crossing) -> list[Route]:
    """To be mounted before those of a Patient."""

    async def asked(request: Request) -> Response:
        try:
            said = await pairs(request)
        except Problem as problem:
            return outcome(problem)
        return await run_in_threadpool(filled(lambda one: crossing.answer(one, said)), request)

    return [Route("/fhir/Patient/$ihe-pix", asked, methods=["GET", "POST"])]


def _system(told: str, domains: Domains) -> str:
    known = domains.of_system(told)
    return known.uri if known else told


def _problem(found: Queried) -> Problem | None:
    """ITI TF PIXm 2:3.83.4.2.2."""
    if found.missing == "domain":
        return Problem(400, "code-invalid", "sourceIdentifier Assigning Authority not found")
    if found.missing == "several":
        return Problem(404, "multiple-matches", "sourceIdentifier Patient Identifier is carried by several persons")
    if found.missing == "silent":
        return Problem(503, "transient", f"sourceIdentifier: {SILENT}")
    if found.missing:
        return Problem(404, "not-found", "sourceIdentifier Patient Identifier not found")
    if found.unknown:
        return Problem(403, "code-invalid", "targetSystem not found")
    return None


def _told(numbers: Sequence[Identifier], question: Question) -> list[dict[str, Any]]:
    """Every number but the one that was asked for."""
    source = _number(Identifier(system=question.of[0], value=question.of[1])) if question.of else None
    others = [one for one in numbers if _number(one) != source]
    return [
        {"name": "targetIdentifier", "valueIdentifier": {"system": one["system"], "value": one["value"]}}
        for one in elements.identifiers(others)
    ]


def _number(one: Identifier) -> tuple[str, str]:
    """As the registry compares numbers."""
    known = known_number(one)
    return (known.system, known.value) if known else (one["system"], one["value"])


def _reference(person: str) -> dict[str, Any]:
    return {"name": "targetId", "valueReference": {"reference": f"Patient/{person}"}}
