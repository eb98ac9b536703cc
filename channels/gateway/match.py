"""`Patient/$match`: who in the registry may be this patient (IHE PDQm ITI-119). Writes nothing: nobody is registered.

The score is the probability that the two are one human being, under the rules in force. `match-grade` says certain
where registration would take the one for the other: by a number, whatever else is told, or as the rules would link the
two by themselves. Else it is probable or possible, which they would leave to a steward.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.gateway.fhir import address, answer, base, outcome
from channels.gateway.parameters import Json, body, parameters, value
from channels.gateway.patients import filled
from channels.gateway.portraits import Group, Portraits, Resource
from channels.gateway.record import Audit
from channels.gateway.search import Problem
from mediators.systems import identifier_system
from registries.client.bearers import Bearers
from registries.client.matcher import Candidate, Matcher
from registries.client.matching.profile import Profile, profile
from registries.client.matching.rules import Rules
from registries.client.matching.scoring import outcome as decided
from schemas.domains import Domains
from schemas.events import Patient
from schemas.fhir.reading.elements import Source
from schemas.fhir.reading.patient import patient

GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
# Records compared closely at most, and persons told at most
MOST_RECORDS, MOST = 100, 50
# From here on what a steward would decide is likely so
PROBABLE = 0.9
_FLAGS = ("onlyCertainMatches", "onlySingleMatch")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom is meant: what is told of them, and what is compared of it; `count` persons at most."""

    told: Patient
    whom: Profile
    certain: bool = False
    single: bool = False
    count: int = MOST


@dataclass(frozen=True, slots=True)
class Likely:
    """A person, how likely it is the one asked for, and whether registration would take the one for the other; `named`:
    by a number alone."""

    person: str
    group: Group
    score: float
    certain: bool
    named: bool = False

    @property
    def grade(self) -> str:
        return "certain" if self.certain else "probable" if self.score >= PROBABLE else "possible"


@dataclass(frozen=True, slots=True)
class Matching:
    """Blocks on the databases. audit: called before anybody is shown."""

    matcher: Matcher
    bearers: Bearers
    portraits: Portraits
    audit: Audit

    def answer(self, request: Request, resource: Json) -> Response:
        what = asked(resource, self.portraits.domains)
        likely = self._chosen(what)
        shown = self.portraits.of([(one.person, one.group) for one in likely])
        found = [(one, told) for one, told in zip(likely, shown, strict=True) if told and not _gone(one, told)]
        for about in [f"Patient/{one.person}" for one, _ in found] or ["Patient"]:
            self.audit(request, "match", about)
        entries = [_entry(request, one, told) for one, told in found]
        made = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
        made["link"] = [{"relation": "self", "url": address(request, "")}]
        return answer({**made, **({"entry": entries} if entries else {})})

    def _chosen(self, what: Asked) -> Sequence[Likely]:
        rules = self.matcher.rules
        expected = self.bearers.expected(what.told)
        likely = self._likely(self.matcher.candidates(what.whom, MOST_RECORDS, rules), expected, rules)
        certain = [one for one in likely if one.certain]
        if what.certain:  # of several nobody can be certain
            likely = certain if len(certain) == 1 else []
        if what.single and len(likely) > 1:
            likely = certain if len(certain) == 1 else []
        return likely[: what.count]

    def _likely(self, candidates: Sequence[Candidate], expected: str, rules: Rules) -> list[Likely]:
        """Each person once, by the record that fits best, or as whoever is expected; the likeliest first."""
        links = self.portraits.links.look({*(one.person for one in candidates), *filter(None, [expected])})
        nobody = (False, 0.0)
        best = {links.following(expected): nobody} if expected else {}
        for one in candidates:
            group = links.following(one.person)
            said = decided(one.score, rules) == "certain", one.score.probability
            best[group] = max(best.get(group, nobody), said)
        found = [
            _weighed(links.standing(group), group, *said, expected in group, rules) for group, said in best.items()
        ]
        return sorted(found, key=lambda one: (-one.score, not one.certain, one.person))


def asked(resource: Json, domains: Domains) -> Asked:
    """From Parameters, or from a Patient alone. Raises Problem."""
    if resource.get("resourceType") == "Patient":
        return Asked(*_read(resource, domains))
    told = {one["name"]: one for one in parameters(resource)}
    whom = told.get("resource", {}).get("resource")
    if not isinstance(whom, dict) or whom.get("resourceType") != "Patient":
        raise Problem(400, "required", "Parameters: expected a parameter `resource` with a Patient")
    certain, single = (_flag(told, name) for name in _FLAGS)
    return Asked(*_read(whom, domains), certain, single, _count(told))


def routes(matching: Matching) -> list[Route]:
    """To be mounted before those of a Patient."""

    async def match(request: Request) -> Response:
        try:
            resource = await body(request)
        except Problem as problem:
            return outcome(problem)
        return await run_in_threadpool(filled(lambda one: matching.answer(one, resource)), request)

    return [Route("/fhir/Patient/$match", match, methods=["POST"])]


class _Alone:
    """A resource that came by itself: its references lead nowhere (`Source`)."""

    def __init__(self, domains: Domains) -> None:
        self._authorities = domains.authorities

    def follow(self, reference: Json, *kinds: str) -> Json | None:
        return None

    def once(self, resource: Json, read: Callable[[Source, Json], T]) -> T:
        return read(self, resource)

    def system(self, given: str, kind: str, authority: str) -> str:
        return identifier_system(given or authority, "" if given else kind, authorities=self._authorities)


def _read(resource: Json, domains: Domains) -> tuple[Patient, Profile]:
    try:
        told = patient(_Alone(domains), resource)
        return told, profile(told)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Problem(400, "structure", "this is not a Patient of FHIR R4") from None


def _flag(told: dict[str, Json], name: str) -> bool:
    said = value(told[name]) if name in told else False
    if not isinstance(said, bool):
        raise Problem(400, "invalid", f"{name}: expected valueBoolean")
    return said


def _count(told: dict[str, Json]) -> int:
    said = value(told["count"]) if "count" in told else str(MOST)
    if not isinstance(said, str) or not said.isdecimal() or not int(said[:9]) > 0:
        raise Problem(400, "invalid", "count: expected valueInteger, 1 or more")
    return min(int(said[:9]), MOST)


def _weighed(person: str, group: Group, ruled: bool, probability: float, named: bool, rules: Rules) -> Likely:
    """Numbers and deterministic rules decide whatever the probability; nobody who is not certain is told before."""
    least, most = (rules.certain, 1.0) if ruled or named else (0.0, rules.certain)
    return Likely(person, group, round(min(max(probability, least), most), 6), ruled or named, named and not ruled)


def _gone(one: Likely, told: Resource) -> bool:
    """Whether all that is known of them was taken back by its sources: their numbers find nobody."""
    return one.named and told.get("active") is False and not told.get("identifier")


def _entry(request: Request, one: Likely, told: Resource) -> dict[str, Any]:
    search = {"extension": [{"url": GRADE, "valueCode": one.grade}], "mode": "match", "score": one.score}
    return {"fullUrl": f"{base(request)}/Patient/{one.person}", "resource": told, "search": search}
