"""Lists to load. Every place and everybody is invented."""

from __future__ import annotations

from sqlalchemy import Engine

from registries.load import Report, load

PLACES = "inpe;name;type;region;province;owner;periods;latitude;longitude;aliases;suspended;ice;services;hierarchies"
PEOPLE = "inpe;family;given;profession;periods;roles;aliases;suspended;specialties;qualifications"
HILL = "120000011;CHU de la Colline;CHU;MA-04;MA-RAB;MSPS;1990-01-01/;34.0;-6.8;CHU_COLLINE,urn:id:CHU|CLN"
HIND = "121000011;TAZROUT;Hind;cardiologue;2005-01-01/2020-06-30;120000011 praticien 2005-01-01/2020-06-30;urn:id:C|M7"


def places(engine: Engine, *rows: str, head: str = PLACES, by: str = "amina") -> Report:
    return load("facilities", "\n".join([head, *rows]).encode(), engine, by=by)


def people(engine: Engine, *rows: str, head: str = PEOPLE, by: str = "amina") -> Report:
    return load("health-workers", "\n".join([head, *rows]).encode(), engine, by=by)
