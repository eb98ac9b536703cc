"""Events and registries for the tests of this folder. Everybody is invented."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Engine, select

from registries.client.questions import POSSIBLE
from registries.client.resolve import Clients
from registries.client.verdicts import DESPITE
from registries.database import reading
from registries.registry import Policy, Resolution
from registries.tables import reviews
from schemas.events import Event, Identifier, Organization, Patient

SECRET = b"a secret of the tests, 32 bytes.."
ID = "https://hie.sante.gov.ma/id/"

_numbers = itertools.count(1)


SYSTEMS = {"ins": f"{ID}ins", "idcs": f"{ID}idcs", "cnss": f"{ID}cnss", "cin": f"{ID}cnie", "ipp": "urn:id:CHU"}


def patient(*more: Identifier, **told: str) -> Patient:
    """A patient by ins, idcs, cnss, cin, ipp, given, family, birth and sex; "" is not told."""
    numbers: list[Identifier] = [
        {"system": system, "value": told[name]} for name, system in SYSTEMS.items() if told.get(name)
    ]
    return {
        "identifiers": [*numbers, *more],
        "names": [{"family": told.get("family"), "given": [told["given"]] if told.get("given") else []}],
        "birth_date": told.get("birth") or None,
        "sex": told.get("sex") or None,
    }


def hind(where: str, **other: str) -> Patient:
    """Somebody whom four facts tell from all others, as one hospital or another knows her."""
    told = {"given": "Hind", "family": "Benkirane", "birth": "1974-08-23", "sex": "female"}
    known: Any = patient({"system": f"urn:id:{where}", "value": "41"}, **told | other)
    known |= {"telecoms": [{"system": "phone", "value": "0661234987"}], "addresses": [{"city": "Azrou"}]}
    return cast(Patient, known)


def about(who: Patient, id: str = "", **more: Any) -> Any:
    """A report about this patient; its own saying unless `id` names an earlier one."""
    id = id or f"event-{next(_numbers)}"
    head = {"type": "LabReportIssued", "id": id, "about": f"report {id}", "transaction": f"transaction of {id}"}
    sent = {"channel": "lab", "sender": "LIS", "control_id": "1", "place": "OBR 1", "received": 1, "version": 1}
    return {**head, **sent, "patient": who, **more}


def merged(prior: Patient, into: Patient, id: str = "") -> Any:
    return about(into, id, type="PatientMerged", prior=prior)


def organization(inpe: str = "", name: str = "") -> Organization:
    system = "https://hie.sante.gov.ma/id/inpe-es"
    return {"identifiers": [{"system": system, "value": inpe}] if inpe else [], "name": name or None}


class Registry:
    """A client registry to talk to one patient at a time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clients = Clients(engine, SECRET)

    def person(self, **told: str) -> str:
        return self.answer(about(patient(**told))).entry

    def answer(self, event: Any, policy: Policy = "create") -> Resolution:
        return self.answers([event], policy)[0]

    def answers(self, events: Sequence[Event], policy: Policy = "create") -> Sequence[Resolution]:
        return self.clients.resolve(events, [policy] * len(events))

    def reviews(self) -> list[str]:
        """What the identifiers make doubtful; matching has its own reviews."""
        return [reason for reason in self.all_reviews() if reason not in (POSSIBLE, DESPITE)]

    def all_reviews(self) -> list[str]:
        with reading(self.engine) as connection:
            return sorted(connection.scalars(select(reviews.c.reason)))
