"""`/fhir/Patient` as the client registry answers it: by demographics (IHE PDQm ITI-78), and one by id.

Every answer is about a whole person: one Patient for all linked identities, with every number of all sources. What only
the shared record knows is found there. No hits are no error: 200 and a total of 0. A domain that is asked for and that
nobody knows is (404), for then the asker expects numbers that will never come; a number of such a domain is just
nobody's.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.consumers.reading import Token
from channels.gateway import national
from channels.gateway.fhir import FHIR_CHANNEL, Endpoint, answer, answering, base, bundle, form, outcome
from channels.gateway.patient_query import PARAMETERS, Asked, asked
from channels.gateway.portraits import Group, Portraits, Resource
from channels.gateway.record import Audit, Reads
from channels.gateway.search import ID, Pairs, Problem, query_of
from channels.gateway.search import PARAMETERS as OF_THE_RECORD
from channels.questions import Elsewhere
from registries.client.saying import withdrawn
from registries.client.search import Filling, People, TooMany
from registries.client.terms import SYSTEM
from registries.client.wanted import Like, Those
from schemas import temporary

# Persons that a search may find; of those whose numbers must be looked at first
MOST, MOST_LOOKED_AT = 10_000, 1000
# Seconds that a reader waits for the record to have whom the registry just met: who reads on expects it to know them
PATIENCE = 2.0
_AT_ONCE = 0.05

# A Patient that landed with one of these is shown as the registry knows it by now: whether it is active, under which
# numbers
_OF_THE_REGISTRY = (b'"active":false', temporary.SYSTEM.encode())

EVERYTHING = "http://hl7.org/fhir/OperationDefinition/Patient-everything"
PIX = "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix"
MATCH = "http://hl7.org/fhir/OperationDefinition/Patient-match"

Merged = Literal["survivor", "inactive"]


@dataclass(frozen=True, slots=True)
class Patients:
    """Every answer is made in a worker thread, for it blocks on the databases.

    record: what only the shared record knows. audit: called before content is shown. merged: what stands for a merged
    identity, whoever it was merged into or itself, no longer active. lands: whether what the registry meets is soon in
    the record. elsewhere: the country's registry, where there is one.
    """

    people: People
    portraits: Portraits
    record: Reads
    audit: Audit
    merged: Merged = "survivor"
    lands: bool = True
    elsewhere: Elsewhere | None = None

    def search(self, request: Request) -> Response:
        return self.found(request, request.query_params.multi_items())

    def found(self, request: Request, pairs: Pairs) -> Response:
        what = asked(pairs, self.portraits.domains)
        if what.empty:
            return self._of_the_record(request, pairs)
        for system in what.domains:
            if not self.known(system):
                raise Problem(404, "not-found", "identifier: nobody knows this domain")
        found = self.portraits.ordered(self._groups(what))
        if not found and (told := self._told_elsewhere(request, pairs, what)):
            return told
        if not found and _fits_the_record(pairs) and not (what.numbers and self._taken_back(self._landed(pairs))):
            return self._of_the_record(request, pairs)
        total, page, more = self._page(what, found)
        for about in [f"Patient/{one['id']}" for one in page] or ["Patient"]:
            self.audit(request, "search", about)
        return _bundle(request, pairs, page, total, page[-1]["id"] if more and page else "")

    def read(self, request: Request) -> Response:
        name = request.path_params["id"]
        if not ID.fullmatch(name):
            raise Problem(404, "not-found", "this is not an id: expected at most 64 letters, digits, - and .")
        links = self.portraits.links.look({name})
        survivor, group = links.survivor(name), links.following(name)
        if survivor != name and self.merged == "inactive":
            self.audit(request, "read", f"Patient/{name}")
            return answer(self.portraits.retired(name, survivor))
        kept = self.portraits.landed.read("Patient", name) if len(group) == 1 else None
        if kept is not None and not any(word in kept.body for word in _OF_THE_REGISTRY):
            return self.record.read(_typed(request))
        return self._shown(request, links.standing(group), group)

    def everything(self, request: Request) -> Response:
        """Of whom only the registry knows, the Patient alone."""
        name = request.path_params["id"]
        portrait = None if self.portraits.landed.having("Patient", {name}) else self._portrait(name)
        if portrait is None:
            return self.record.everything(_typed(request))
        self.audit(request, "everything", f"Patient/{name}")
        return bundle(
            request,
            "searchset",
            [_entry(request, portrait)],
            1,
            [("self", f"{base(request)}/Patient/{name}/$everything")],
        )

    def known(self, system: str) -> bool:
        return self.portraits.domains.of_system(system) is not None or self.portraits.records.knows(system)

    def _shown(self, request: Request, name: str, group: Group) -> Response:
        (portrait,) = self.portraits.of([(name, group)])
        if portrait is None:
            raise Problem(404, "not-found", "no such Patient")
        self.audit(request, "read", f"Patient/{name}")
        response = answer(portrait)
        response.headers["Content-Location"] = f"{base(request)}/Patient/{name}"
        return response

    def _portrait(self, name: str) -> Resource | None:
        return self.portraits.of([(name, self.portraits.group(name))])[0]

    def _told_elsewhere(self, request: Request, pairs: Pairs, what: Asked) -> Response | None:
        """Whom the country knows, where neither the registry nor the record has anybody with the number."""
        if self.elsewhere is None or (question := national.by_number(what)) is None:
            return None
        if (landed := self._landed(pairs)) and not self._taken_back(landed):
            return None
        told = self.elsewhere(question, self.portraits.domains, FHIR_CHANNEL)
        if told is None:
            return None
        self.audit(request, "search", "Patient")
        entries = national.entries(national.known(told))
        return national.aged(_searchset(request, pairs, entries[: what.count], told.total, ""), told)

    def _landed(self, pairs: Pairs) -> Collection[str]:
        """Whom the record finds."""
        query, _ = query_of("Patient", pairs, self.portraits.group)
        return {one.id for one in self.portraits.landed.search(query).page}

    def _taken_back(self, landed: Collection[str]) -> bool:
        """Whether a source of theirs took back what was written of them."""
        return bool(landed) and any(withdrawn(one.patient) for one in self.portraits.records.of_persons(landed))

    def _of_the_record(self, request: Request, pairs: Pairs) -> Response:
        return self.record.found(_typed(request), pairs)

    def _groups(self, what: Asked) -> Collection[Group]:
        """The persons that everything asked fits."""
        named = [self._carriers(tokens) for tokens in what.numbers]
        named += [self.portraits.groups(ids) for ids in what.ids]
        groups = set.intersection(*named) if named else None
        criteria, own = [*what.criteria], self.portraits.domains.own
        if groups is not None and not criteria:
            return groups
        if not criteria and not (own and own.uri in what.domains):  # in which everybody has a number
            criteria.append([Like((SYSTEM,), one, "same") for one in what.domains])
        if groups is not None:
            criteria.append([Those(tuple(person for group in groups for person in group))])
        most = MOST_LOOKED_AT if what.domains else MOST
        try:
            return self.portraits.groups(self.people.persons(criteria, most))
        except TooMany:
            raise Problem(400, "too-costly", f"more than {most} persons fit: ask for more of each") from None

    def _carriers(self, tokens: Iterable[Token]) -> set[Group]:
        return self.portraits.groups({person for one in tokens for person in self._carrying(one)})

    def _carrying(self, token: Token) -> Iterable[str]:
        own = self.portraits.domains.own
        if token.value is None:
            return self._groups_with(token.system or "")
        if token.system is None:
            systems: Sequence[str] = self.people.systems_of(token.value)
        else:
            systems = [token.system] if token.system else []
        if own and own.uri in systems:
            return [token.value]
        return {person for system in systems for person in self.portraits.records.persons_with(system, token.value)}

    def _groups_with(self, system: str) -> Iterable[str]:
        return self.people.persons([[Like((SYSTEM,), system, "same")]], MOST)

    def _page(self, what: Asked, found: Sequence[tuple[str, Group]]) -> tuple[int, list[Resource], bool]:
        """How many there are, those of this page, and whether more come."""
        if what.domains or what.ids:  # who has no such number, and who is not, is not told
            shown = [one for one in self._of(found, what.domains) if one]
            rest = [one for one in shown if one["id"] > what.after]
            return len(shown), rest[: what.count], len(rest) > what.count
        rest_of = [one for one in found if one[0] > what.after]
        page = [one for one in self._of(rest_of[: what.count]) if one]
        return len(found), page, len(rest_of) > what.count

    def _of(self, people: Sequence[tuple[str, Group]], systems: Collection[str] = ()) -> list[Resource | None]:
        if self.lands:
            self._await({person for person, _ in people})
        return self.portraits.of(people, systems)

    def _await(self, persons: Collection[str]) -> None:
        """Until the record has whom the registry met a moment ago."""
        until = time.monotonic() + PATIENCE
        while persons and (young := self.portraits.young(persons, PATIENCE)) and time.monotonic() < until:
            time.sleep(_AT_ONCE)
            persons = young


def routes(patients: Patients) -> list[Route]:
    """To be mounted before those of the shared record."""

    async def search_by_form(request: Request) -> Response:
        try:
            pairs = [*request.query_params.multi_items(), *await form(request)]
        except Problem as problem:
            return outcome(problem)
        return await run_in_threadpool(filled(lambda one: patients.found(one, pairs)), request)

    return [
        Route("/fhir/Patient/_search", search_by_form, methods=["POST"]),
        Route("/fhir/Patient/{id}/$everything", filled(patients.everything)),
        Route("/fhir/Patient/{id}", filled(patients.read)),
        Route("/fhir/Patient", filled(patients.search)),
    ]


def filled(endpoint: Endpoint) -> Endpoint:
    """The endpoint; while the search is being filled, 503."""

    def asking(request: Request) -> Response:
        try:
            return endpoint(request)
        except Filling as error:
            return outcome(Problem(503, "transient", str(error)))

    return answering(asking)


def capabilities() -> dict[str, dict[str, Any]]:
    """What the CapabilityStatement says of each type."""
    operations = {"everything": EVERYTHING, "ihe-pix": PIX, "match": MATCH}
    return {
        "Patient": {
            "interaction": [{"code": one} for one in ("read", "vread", "history-instance", "search-type")],
            "versioning": "versioned",
            "readHistory": True,
            "updateCreate": False,
            "searchParam": [{"name": name, "type": what} for name, what in sorted(PARAMETERS.items())],
            "operation": [{"name": name, "definition": what} for name, what in operations.items()],
        }
    }


def _typed(request: Request) -> Request:
    """As the shared record's routes give it."""
    request.path_params["type"] = "Patient"
    return request


def _fits_the_record(pairs: Pairs) -> bool:
    known = {*OF_THE_RECORD["Patient"], "_count", "_format", "_after"}
    return all(name in known and (name != "birthdate" or value[:1].isdigit()) for name, value in pairs)


def _entry(request: Request, patient: Resource) -> dict[str, Any]:
    address = f"{base(request)}/Patient/{patient['id']}"
    return {"fullUrl": address, "resource": patient, "search": {"mode": "match"}}


def _bundle(request: Request, pairs: Pairs, page: Sequence[Resource], total: int, last: str) -> Response:
    return _searchset(request, pairs, [_entry(request, one) for one in page], total, last)


def _searchset(request: Request, pairs: Pairs, entries: Sequence[dict[str, Any]], total: int, last: str) -> Response:
    query = urlencode(pairs)
    links = [("self", f"{base(request)}/Patient?{query}")]
    if last:
        after = urlencode([*((name, value) for name, value in pairs if name != "_after"), ("_after", last)])
        links.append(("next", f"{base(request)}/Patient?{after}"))
    return bundle(request, "searchset", entries, total, links)
