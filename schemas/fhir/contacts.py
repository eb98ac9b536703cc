"""Whom to ask about an order or a referral (CTD): an extension that names who, and as what.

Table 0131: an emergency contact and the next of kin are of the patient, a RelatedPerson; all others are of a body, a
Practitioner (FHIR's word for whoever takes part in care, at a desk too). Ours: the guide has no map for CTD.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schemas.events import Contact, Practitioner
from schemas.fhir import details, elements, extensions, kin, people
from schemas.fhir.draft import Draft

CONTACT = extensions.OURS + "contact"
_OF_PATIENT = frozenset(("C", "N", "EP"))


def written(draft: Draft, sources: Iterable[Contact] | None) -> list[dict[str, Any]]:
    """One extension a contact; none for one that names nobody."""
    return [made for one in sources or () if (made := _contact(draft, one))]


def _contact(draft: Draft, source: Contact) -> dict[str, Any] | None:
    role = elements.concept(source.get("role"))
    codes = {one.get("code", "").upper() for one in (role or {}).get("coding", ())}
    if codes & _OF_PATIENT:
        who = kin.related_person(draft, source)
    else:
        person: Practitioner = {"identifiers": source.get("identifiers") or [], "names": source.get("names") or []}
        person["addresses"], person["telecoms"] = source.get("addresses") or [], source.get("telecoms") or []
        who = people.practitioner(draft, person) or kin.related_person(draft, source)
    if who is None:
        return None
    made = extensions.extensions(
        extensions.extension("who", "Reference", who), extensions.extension("role", "CodeableConcept", role)
    )
    return {"url": CONTACT, "extension": [*made, *details.written(draft, source.get("details"))]}
