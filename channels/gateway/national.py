"""Whom only the country's client registry knows, as `/fhir/Patient` shows them (IHE PDQm ITI-78): asked for by a number
alone that nobody here has. They are not registered here: the id is this answer's own, and can't be read.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from starlette.responses import Response

from channels.gateway.patient_query import Asked
from channels.gateway.search import Problem
from schemas.events import Patient
from schemas.fhir import believed
from schemas.queries import Criteria, Queried, Question

SOURCE = "urn:wasl:national"
SILENT = "nobody here has this number, and the national client registry does not answer"


def by_number(what: Asked) -> Question | None:
    """The question, of a search by one number alone; the domains that it wants shown may stand beside it."""
    if what.criteria or what.ids or what.after or len(what.numbers) != 1 or len(what.numbers[0]) != 1:
        return None
    (token,) = what.numbers[0]
    if not token.system or not token.value:
        return None
    return Question(criteria=Criteria(token.system, token.value), domains=tuple(what.domains))


def known(told: Queried) -> Queried:
    """What was told. Raises Problem where nobody can know it now."""
    if told.missing == "silent":
        raise Problem(503, "transient", f"identifier: {SILENT}")
    return told


def entries(told: Queried) -> list[dict[str, Any]]:
    """Of a searchset."""
    return [_entry(one.patient) for one in told.found]


def aged(response: Response, told: Queried) -> Response:
    """With the seconds since the country's registry said it (RFC 9111, 5.1)."""
    if told.age is not None:
        response.headers["Age"] = str(int(told.age))
    return response


def _entry(patient: Patient) -> dict[str, Any]:
    id = str(uuid4())
    made = believed.made(id, patient)
    shown = {**made, "meta": {**made.get("meta", {}), "source": SOURCE}}
    return {"fullUrl": f"urn:uuid:{id}", "resource": shown, "search": {"mode": "match"}}
