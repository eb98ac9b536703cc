"""Encounter → a visit. The way back from `schemas.fhir.encounter`."""

from __future__ import annotations

from typing import Any, cast

from schemas.events import Code, Diagnosis, Encounter, Practitioner
from schemas.fhir import terms
from schemas.fhir.encounter import EXTENSIONS, PLACES
from schemas.fhir.extensions import OURS
from schemas.fhir.reading import elements, people
from schemas.fhir.reading.elements import Json, Source, part, parts, said, take

_CLASS = terms.inverse(terms.ENCOUNTER_CLASS)
_ROLE = terms.inverse(terms.PARTICIPANT)
_PLACE = {name: field for field, name, _ in PLACES}
_USE = terms.inverse(terms.DIAGNOSIS_USE)


def encounter(source: Source, resource: Json) -> Encounter:
    """All that an Encounter says of a visit. `class_code` is that of table 0004 where there is one."""
    admitted, discharged = elements.period(resource, "period")
    stay = part(resource, "hospitalization")
    diets, courtesies = elements.codes(stay, "dietPreference"), elements.codes(stay, "specialCourtesy")
    service = elements.plain_code(part(resource, "serviceType"))
    types, reasons = _types(resource), elements.codes(resource, "reasonCode")
    account = next((one for each in parts(resource, "account") if (one := _account(source, each))), None)
    return cast(
        Encounter,
        said(
            identifiers=elements.identifiers(source, resource),
            class_code=_class(part(resource, "class")),
            status=take(resource, "status"),
            type=types[0],
            admission_type=types[1],
            **_places(source, resource),
            participants=_participants(source, resource),
            admitted=admitted,
            discharged=discharged,
            admit_source=elements.plain_code(part(stay, "admitSource")),
            discharge_disposition=elements.code(part(stay, "dischargeDisposition")),
            discharged_to=_destination(source, part(stay, "destination")),
            readmission=elements.code(part(stay, "reAdmission")),
            preadmission=elements.identifier(source, part(stay, "preAdmissionIdentifier")),
            diet=diets[0] if diets else None,
            courtesies=courtesies,
            ambulatory_statuses=elements.codes(stay, "specialArrangement"),
            priority=elements.code(part(resource, "priority")),
            length_days=_days(part(resource, "length")),
            part_of=elements.identifier(source, part(part(resource, "partOf"), "identifier")),
            **_extended(resource),
            hospital_service=service,
            reason=reasons[0] if reasons else None,
            account=account,
            diagnoses=[made for one in parts(resource, "diagnosis") if (made := _diagnosis(source, one))],
        ),
    )


def _class(element: Json) -> str | None:
    system, code = take(element, "system"), take(element, "code")
    take(element, "display")
    return _CLASS.get(code or "", code) if system == terms.ACT_CODE else code


def _types(resource: Json) -> tuple[Any, str | None]:
    """The kind of visit, and among its codings that of table 0007 as admission type."""
    kind, admission = None, None
    for one in parts(resource, "type"):
        if any(coding.get("system") == terms.table("0007") for coding in parts(one, "coding")):
            admission = elements.plain_code(one)
        elif kind is None:
            kind = elements.code(one)
    return kind, admission


def _places(source: Source, resource: Json) -> dict[str, Any]:
    """The places by what their element ids say they are to the visit; without them the one where the patient is, and
    the one before."""
    found: dict[str, Any] = {}
    unnamed = []
    for one in parts(resource, "location"):
        if (field := _PLACE.get(str(one.get("id")))) and field not in found:
            del one["id"]
            take(one, "status")
            found[field] = people.place(source, part(one, "location"))
            moved = elements.period(one, "period")
            found.setdefault("moved", moved[0] or moved[1])
        else:
            unnamed.append(one)
    for field, one in zip(("place", "prior_place"), _in_order(unnamed), strict=False):
        found.setdefault(field, people.place(source, part(one, "location")))
    return found


def _in_order(locations: list[Json]) -> list[Json]:
    """The place where the patient is before those left behind. What says the order is taken."""
    left = [one for one in locations if take(one, "status") == "completed"]
    return [*(one for one in locations if one not in left), *left] if len(left) < len(locations) else locations


def _destination(source: Source, reference: Json) -> Code | None:
    place = people.place(source, reference)
    return {"text": place["text"]} if place and place.get("text") else None


def _days(element: Json) -> str | None:
    """A Duration in days, as it stands."""
    if element.get("code") != "d":
        return None
    take(element, "system"), take(element, "code"), take(element, "unit")
    return take(element, "value")


def _extended(resource: Json) -> dict[str, Any]:
    """Fields that stand in extensions under the name of the HL7 field."""
    found: dict[str, Any] = {}
    for field, (name, kind, _) in EXTENSIONS.items():
        values = []
        while (value := elements.extended(resource, OURS + name, kind)) is not None:
            if isinstance(value, dict):
                value = _days(value) if kind == "Duration" else elements.code(value)
            values.append(value)
        if values:
            found[field] = values if field == "precautions" else values[0]
    return found


def _participants(source: Source, resource: Json) -> list[Practitioner]:
    found = []
    for one in parts(resource, "participant"):
        code = next((code for kind in parts(one, "type") if (code := elements.plain_code(kind))), None)
        who = people.practitioner(source, part(one, "individual"), _ROLE.get(code or "", code))
        start, end = elements.period(one, "period")
        if who:
            # an id of ours says no more than the role
            take(one, "id")
            who = cast(Practitioner, {**who, **said(start=start, end=end)})
            found.append(who)
    return found


def _diagnosis(source: Source, element: Json) -> Diagnosis | None:
    use = elements.plain_code(part(element, "use"))
    reference = part(element, "condition")
    found = source.follow(reference, "Condition")
    made: dict[str, Any] = source.once(found, _condition) if found else {}
    if not made and (display := take(reference, "display")):
        made = {"code": {"text": display}}
    made |= said(type=_USE.get(use or "", use), priority=take(element, "rank"))
    return cast(Diagnosis, made) if made.get("code") else None


def _condition(source: Source, resource: Json) -> dict[str, Any]:
    asserter = people.practitioner(source, part(resource, "asserter"))
    return said(
        code=elements.code(part(resource, "code")),
        recorded=take(resource, "recordedDate"),
        by=[asserter] if asserter else None,
    )


def _account(source: Source, reference: Json) -> Any:
    found = source.follow(reference, "Account")
    if found is None:
        return elements.identifier(source, part(reference, "identifier"))
    numbers = source.once(found, elements.identifiers)
    return numbers[0] if numbers else None
