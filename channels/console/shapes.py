"""What differs between the pages of facilities and those of health workers: paths, fields, and how each is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from channels.console.words import N_, Word

_PERIODS = N_("As 2008-03-01/2021-12-31 2023-01-01/, an open end left empty; nothing at all is always.")
_ALIASES = N_("What senders call it, joined by commas: a name, or a number with its system as urn:id:lab|4711.")
_ROLES = N_("INPE of the facility, role, period, joined by commas: 130104729 praticien 2015-01-01/")

STANDING: Mapping[str, Word] = {
    "operational": Word("ok", N_("in operation")),
    "suspended": Word("warn", N_("suspended")),
    "closed": Word("bad", N_("closed")),
    "planned": Word("busy", N_("planned")),
}
# What somebody tells from a day on, and how the history has it
TOLD: Mapping[str, str] = {
    "closed": N_("Close"),
    "suspended": N_("Suspend"),
    "operational": N_("Open again"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the lists on a form. `kind`: of its input; `area` stands for region and province."""

    name: str
    label: str
    hint: str = ""
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Shape:
    """`kind` is the registry's word, `home` the first part of the paths, `resource` what is audited."""

    kind: str
    home: str
    resource: str
    title: str
    new: str
    type: str
    posts: str
    fields: tuple[Field, ...]


_DATES = (
    Field("periods", N_("In operation"), _PERIODS),
    Field("suspended", N_("Suspended"), N_("Written like the periods.")),
)
_INPE = Field("inpe", N_("INPE"), N_("Nine digits."))
PLACES = Shape(
    "facility", "places", "Organization", N_("Facilities"), N_("New facility"), N_("Type"), N_("Who has a role here"),
    (
        _INPE,
        Field("name", N_("Name")),
        Field("type", N_("Type")),
        Field("area", N_("Province or region"), kind="area"),
        Field("owner", N_("Owner")),
        *_DATES,
        Field("aliases", N_("Local names and numbers"), _ALIASES),
        Field("ice", N_("ICE"), N_("15 digits.")),
        Field("latitude", N_("Latitude"), N_("Decimal degrees.")),
        Field("longitude", N_("Longitude"), N_("Decimal degrees.")),
        Field("services", N_("Services"), N_("A code and its period, joined by commas: dialyse 2015-01-01/")),
    ),
)  # fmt: skip
PROFESSIONALS = Shape(
    "health-worker", "professionals", "Practitioner", N_("Health workers"), N_("New health worker"), N_("Profession"),
    N_("Where they have a role"),
    (
        _INPE,
        Field("family", N_("Family name")),
        Field("given", N_("Given names")),
        Field("profession", N_("Profession"), N_("Several are joined by commas.")),
        Field("specialties", N_("Specialties"), N_("Several are joined by commas.")),
        *_DATES,
        Field("roles", N_("Roles"), _ROLES),
        Field("aliases", N_("Local names and numbers"), _ALIASES),
    ),
)  # fmt: skip
# Fields that only the history and the list of what a form cannot hold name
LABELS: Mapping[str, str] = {
    **{one.name: one.label for shape in (PLACES, PROFESSIONALS) for one in shape.fields},
    "region": N_("Region"),
    "province": N_("Province"),
    "hierarchies": N_("Hierarchies"),
    "qualifications": N_("Qualifications"),
}
