"""Patient → the event's patient. The way back from `schemas.fhir.patient`."""

from __future__ import annotations

from typing import cast

from schemas.events import Code, Contact, HumanName, Identifier, Patient
from schemas.fhir import extensions
from schemas.fhir.reading import elements, people
from schemas.fhir.reading.elements import Json, Source, extended, flag, part, parts, said, take


def patient(source: Source, resource: Json) -> Patient:
    """All that a Patient resource says of a person."""
    order = _order(resource)
    died = take(resource, "deceasedDateTime")
    dead = flag(resource, "deceasedBoolean")
    maiden = extended(resource, extensions.MOTHERS_NAME, "String")
    mother: HumanName | None = {"text": maiden} if isinstance(maiden, str) else None
    return cast(
        Patient,
        said(
            identifiers=elements.identifiers(source, resource),
            names=elements.human_names(resource),
            birth_date=_born(resource),
            sex=take(resource, "gender"),
            sex_code=extended(part(resource, "_gender"), extensions.SEX_AS_SENT, "String"),
            addresses=elements.addresses(resource),
            telecoms=elements.telecoms(resource),
            language=_language(resource),
            marital_status=elements.code(part(resource, "maritalStatus")),
            religion=elements.coded(resource, extensions.RELIGION),
            nationality=_nationality(resource),
            mother_name=mother,
            birth_place=_birth_place(resource),
            multiple_birth=True if order else flag(resource, "multipleBirthBoolean"),
            birth_order=order,
            deceased=True if died else dead,
            deceased_at=died,
            general_practitioners=people.practitioners(source, parts(resource, "generalPractitioner")),
            managing_organization=people.organization(source, part(resource, "managingOrganization"), only=True),
            contacts=[made for one in parts(resource, "contact") if (made := _contact(source, one))],
            active=flag(resource, "active"),
            race=_codes(resource, extensions.RACE),
            ethnicity=_codes(resource, extensions.ETHNICITY),
            disabilities=_codes(resource, extensions.DISABILITY),
            identity_unknown=_flagged(resource, extensions.IDENTITY_UNKNOWN),
            identity_reliability=_codes(resource, extensions.IDENTITY_RELIABILITY),
            veteran_status=elements.coded(resource, extensions.VETERAN),
            citizenships=_citizenships(resource),
            county=extended(resource, extensions.COUNTY_CODE, "String"),
            updated=extended(resource, extensions.LAST_UPDATE, "DateTime"),
        ),
    )


def by_identifier(identifier: Identifier, display: str | None) -> Patient:
    """A patient known only by a logical or conditional reference."""
    return {"identifiers": [identifier], "names": [{"text": display}]} if display else {"identifiers": [identifier]}


def _order(resource: Json) -> int | None:
    written = resource.get("multipleBirthInteger")
    if not isinstance(written, str) or not written.isdecimal() or len(written) > 4:
        return None
    return int(resource.pop("multipleBirthInteger"))


def _born(resource: Json) -> str | None:
    """The birth date, with its time when the sender gave one."""
    time = extended(part(resource, "_birthDate"), extensions.BIRTH_TIME, "DateTime")
    day = take(resource, "birthDate")
    return time if isinstance(time, str) else day


def _language(resource: Json) -> Code | None:
    return next(
        (made for one in parts(resource, "communication") if (made := elements.code(part(one, "language")))), None
    )


def _codes(resource: Json, url: str) -> list[Code]:
    """Every code of an extension that repeats."""
    found = []
    while one := elements.coded(resource, url):
        found.append(one)
    return found


def _flagged(resource: Json, url: str) -> bool | None:
    for one in parts(resource, "extension"):
        if one.get("url") == url and (found := flag(one, "valueBoolean")) is not None:
            del one["url"]
            return found
    return None


def _nationality(resource: Json) -> Code | None:
    return next(iter(_nested(resource, extensions.NATIONALITY)), None)


def _citizenships(resource: Json) -> list[Code]:
    return _nested(resource, extensions.CITIZENSHIP)


def _nested(resource: Json, url: str) -> list[Code]:
    """The codes of extensions that hold one as their part "code"."""
    found = []
    for one in parts(resource, "extension"):
        if one.get("url") == url and (code := elements.coded(one, "code")):
            del one["url"]
            found.append(code)
    return found


def _birth_place(resource: Json) -> str | None:
    place = extended(resource, extensions.BIRTH_PLACE, "Address")
    if not isinstance(place, dict):
        return None
    return take(place, "text") or take(place, "city")


def _contact(source: Source, element: Json) -> Contact:
    start, end = elements.period(element, "period")
    relations = elements.codes(element, "relationship")
    name, address = elements.human_name(part(element, "name")), part(element, "address")
    return cast(
        Contact,
        said(
            names=[name] if name else None,
            relationship=relations[0] if relations else None,
            role=relations[1] if len(relations) > 1 else None,
            addresses=elements.addresses({"address": [address]}) if address else None,
            telecoms=elements.telecoms(element),
            sex=take(element, "gender"),
            start=start,
            end=end,
        ),
    )
