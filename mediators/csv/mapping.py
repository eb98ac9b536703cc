"""What a mapping file says: which column feeds which field of the event, of what type, within what limits.

A mapping is data, written by whoever knows the export. `config/mappings/pharmacy-sobrus.yaml` is the one to copy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

import orjson
from pydantic import Field, ValidationError, field_validator, model_validator

from mediators.csv.reader import MAX_COLUMNS, normal
from mediators.mapping import BadMapping, Problem, Strict, problems
from mediators.systems import coding_system, identifier_system

Type = Literal["text", "date", "decimal", "integer", "code", "identifier"]

# Every field a column may feed, and the types it may have.
FIELDS: dict[str, tuple[Type, ...]] = {
    "dispensed": ("date",),
    "pharmacy.identifier": ("identifier",),
    "pharmacy.name": ("text",),
    "prescriber.identifier": ("identifier",),
    "prescriber.name": ("text",),
    "dispenser.identifier": ("identifier",),
    "dispenser.name": ("text",),
    "patient.identifier": ("identifier",),
    "patient.family": ("text",),
    "patient.given": ("text",),
    "patient.birth_date": ("date",),
    "patient.sex": ("code",),
    "patient.phone": ("text",),
    "medication.code": ("code",),
    "medication.text": ("text",),
    "quantity": ("decimal", "integer"),
    "quantity_unit": ("text",),
    "unit_price": ("decimal",),
    "amount": ("decimal",),
    "currency": ("text",),
    "prescription": ("identifier",),
    "ticket": ("text",),
    "status": ("text", "code"),
    "days_supply": ("integer",),
    "instructions": ("text",),
    "note": ("text",),
}
REPEATABLE = frozenset({"patient.identifier", "medication.code", "note"})
# A sale is named by these; the article by its code, else its text
NEEDED = (
    ("dispensed",),
    ("pharmacy.identifier",),
    ("quantity",),
    ("medication.code", "medication.text"),
    ("patient.identifier", "patient.family"),
)
SEXES = frozenset({"male", "female", "other", "unknown"})
DATES = ("dd/mm/yyyy", "dd-mm-yyyy", "dd.mm.yyyy", "yyyy-mm-dd", "yyyy/mm/dd")

_OPTIONS: dict[str, frozenset[str]] = {
    "text": frozenset({"pattern", "expected"}),
    "date": frozenset({"formats"}),
    "decimal": frozenset({"minimum", "above", "suffixes"}),
    "integer": frozenset({"minimum", "above"}),
    "code": frozenset({"pattern", "expected", "system", "check", "values"}),
    "identifier": frozenset({"pattern", "expected", "system", "kind", "check"}),
}
_ALWAYS = frozenset({"field", "type", "required", "aliases", "description"})


class Column(Strict):
    """One column. `expected` is the pattern in words, for the sender; `kind` a code of HL7 table 0203.

    `above` excludes its bound, `minimum` includes it. `values` gives the words of the export for each code of the
    event, matched without case or accents. `system` is a name (cnss, inpe-es, ean13, …) or a URI.
    """

    field: str
    type: Type = "text"
    required: bool = False
    aliases: tuple[str, ...] = ()
    description: str = ""
    pattern: str | None = None
    expected: str | None = None
    formats: tuple[str, ...] = DATES
    minimum: Decimal | None = None
    above: Decimal | None = None
    suffixes: tuple[str, ...] = ()
    system: str | None = None
    kind: str | None = None
    check: Literal["ean13"] | None = None
    values: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @field_validator("field")
    @classmethod
    def _known(cls, field: str) -> str:
        if field not in FIELDS:
            raise ValueError(f"expected one of {', '.join(FIELDS)}")
        return field

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"expected a regular expression ({error})") from error
        return pattern

    @field_validator("formats")
    @classmethod
    def _complete(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        for one in formats:
            if sorted(re.findall("[a-z]+", one)) not in (["dd", "mm", "yyyy"], ["ddmmyyyy"], ["yyyymmdd"]):
                raise ValueError("expected dd, mm and yyyy, once each, as in dd/mm/yyyy")
        return formats

    @model_validator(mode="after")
    def _fits(self) -> Column:
        if self.type not in FIELDS[self.field]:
            raise ValueError(f"{self.field} takes the type {' or '.join(FIELDS[self.field])}")
        if extra := sorted(self.model_fields_set - _OPTIONS[self.type] - _ALWAYS):
            raise ValueError(f"{', '.join(extra)}: not for the type {self.type}")
        if self.type == "identifier" and not self.system:
            raise ValueError("system: expected the identifier's system, a name (cnss) or a URI")
        if self.field == "patient.sex" and not (self.values and SEXES.issuperset(self.values)):
            raise ValueError(f"values: expected the words for {', '.join(sorted(SEXES))}")
        return self

    def names(self, key: str) -> list[str]:
        """The names this column may have in a header, in the form they are compared."""
        return list(dict.fromkeys(normal(name) for name in (key, *self.aliases)))

    @cached_property
    def system_uri(self) -> str:
        """The system as a URI, "" for a code without one."""
        if self.type == "identifier":
            return identifier_system(self.system or "", establishment=self.field == "pharmacy.identifier")
        return coding_system(self.system or "") or ""


class Mapping(Strict):
    """A whole mapping. `constants` are fields that every row has, whatever its columns say."""

    event: Literal["MedicationDispensed"]
    description: str = ""
    columns: dict[str, Column] = Field(min_length=1, max_length=MAX_COLUMNS)
    constants: dict[str, str] = Field(default_factory=dict)

    @field_validator("constants")
    @classmethod
    def _texts(cls, constants: dict[str, str]) -> dict[str, str]:
        for field in constants:
            if "text" not in FIELDS.get(field, ()):
                allowed = [name for name, types in FIELDS.items() if "text" in types]
                raise ValueError(f"{field}: expected one of {', '.join(allowed)}")
        return constants

    @field_validator("columns")
    @classmethod
    def _unambiguous(cls, columns: dict[str, Column]) -> dict[str, Column]:
        fields = [column.field for column in columns.values()]
        required = {column.field for column in columns.values() if column.required}
        for choice in NEEDED:
            if not required.intersection(choice):
                raise ValueError(f"expected a column with required: true that feeds {' or '.join(choice)}")
        for field in fields:
            if fields.count(field) > 1 and field not in REPEATABLE:
                raise ValueError(f"expected one column at most that feeds {field}")
        names = [name for key, column in columns.items() for name in column.names(key)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"expected every name and alias on one column only: {', '.join(twice)}")
        return columns


def mapping_of(parsed: AnyMapping[str, Any]) -> Mapping:
    """The mapping a parsed YAML file says. Raises BadMapping, naming each key and what was expected."""
    try:
        written = orjson.dumps(parsed, default=str, option=orjson.OPT_NON_STR_KEYS)
        return Mapping.model_validate(orjson.loads(written))
    except TypeError as error:
        raise BadMapping([Problem("", "expected a YAML mapping")]) from error
    except ValidationError as error:
        raise BadMapping(problems(error)) from error
