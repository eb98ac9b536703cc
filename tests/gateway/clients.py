"""A client registry to talk to over `/fhir`, with a shared record behind it. Everybody is invented."""

from __future__ import annotations

from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request

from channels.consumers.reading import Reading
from channels.consumers.record import Record
from channels.consumers.smr import said
from channels.gateway import match, patients, pixm, record
from channels.gateway.match import Matching
from channels.gateway.patients import Merged, Patients
from channels.gateway.pixm import Crossing
from channels.gateway.portraits import Portraits
from channels.questions import Answering, Elsewhere
from registries.client.bearers import Bearers
from registries.client.links import Links
from registries.client.matcher import Matcher
from registries.client.queries import Believed, Queries
from registries.client.records import Records
from registries.client.search import People
from registries.client.versions import Versions
from registries.sealing import Seal
from schemas.domains import Domain, Domains
from schemas.events import Identifier, Patient
from tests.gateway.asking import ask
from tests.home import Place
from tests.registries.people import ID, SECRET, SYSTEMS, Registry, about, merged

WARD, IDCS, CIN, OWN = SYSTEMS["ipp"], SYSTEMS["idcs"], SYSTEMS["cin"], f"{ID}ecid"
LAB = "urn:id:LAB"
DOMAINS = Domains.of(
    [
        Domain(WARD, ("CHU",), "2.25.901"),
        Domain(LAB, ("LAB",)),
        Domain(IDCS, ("IDCS",)),
        Domain(CIN, ("CIN",)),
        Domain(OWN, ("ECID",), own=True),
    ]
)


class Reader:
    """A client of `/fhir/Patient`, and what the audit was told."""

    def __init__(self, home: Place, merged: Merged = "survivor", elsewhere: Elsewhere | None = None) -> None:
        self.engine = home.open("registries")
        self.registry = Registry(self.engine)
        self.audited: list[tuple[str, str]] = []
        self.links, records = Links(self.engine), Records(self.engine, SECRET)
        self.record = Record(home.open("record"), SECRET, records.known)
        self.people, landed, seal = People(records), Reading(self.record.engine, SECRET), Seal(SECRET)
        believed = Believed(self.engine, SECRET)
        behind = record.Reads(landed, self.links.following, self._audit)
        portraits = Portraits(records, self.links, believed, landed, lambda: DOMAINS)
        queries = Queries(records, self.links, self.people, believed)
        matcher = Matcher(self.engine, SECRET, seal, Versions(self.engine, seal).active)
        self.reads = Patients(self.people, portraits, behind, self._audit, merged, lands=False, elsewhere=elsewhere)
        self.app = Starlette(
            routes=[
                *pixm.routes(Crossing(Answering(queries.answer, elsewhere), lambda: DOMAINS, self._audit)),
                *match.routes(Matching(matcher, Bearers(self.engine, SECRET), portraits, self._audit)),
                *patients.routes(self.reads),
                *record.routes(landed, self.links.following, self._audit, patients.capabilities()),
            ]
        )

    def _audit(self, _request: Request, action: str, what: str) -> None:
        self.audited.append((action, what))

    def register(self, who: Patient, *, lands: bool = False, **more: Any) -> str:
        """The identity of whom a source tells."""
        event = about(who, type="PatientRegistered", **more)
        person = self.registry.answer(event).entry
        if lands:
            self.record.write([said(event)])
        return person

    def merge(self, prior: Patient, into: Patient, *, lands: bool = False) -> str:
        event = merged(prior, into)
        person = self.registry.answer(event).entry
        if lands:
            self.record.write([said(event)])
        return person

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return ask(self.app, method, f"/fhir/{path}", **more)

    def get(self, path: str, status: int = 200, /, **parameters: Any) -> Any:
        return self.told("GET", path, status, params=parameters)

    def told(self, method: str, path: str, status: int = 200, /, **more: Any) -> Any:
        response = self.ask(method, path, **more)
        assert response.status_code == status, response.text[:500]
        return response.json()

    def found(self, **parameters: Any) -> list[str]:
        """Ids of the Patients that fit; in a name `__` stands for a colon, `_in_` for a hyphen."""
        named = {name.replace("__", ":").replace("_in_", "-"): one for name, one in parameters.items()}
        bundle = self.get("Patient", **named)
        assert bundle["type"] == "searchset"
        ids = [entry["resource"]["id"] for entry in bundle.get("entry", ())]
        assert bundle["total"] == len(ids)
        return ids


def numbers(patient: Any) -> set[tuple[str, str]]:
    return {(one["system"], one["value"]) for one in patient.get("identifier", ())}


def lab(value: str) -> Identifier:
    return {"system": LAB, "value": value}


def ward(value: str) -> Identifier:
    return {"system": WARD, "value": value}
