"""A good row → MedicationDispensed, and what makes its sale one sale: pharmacy, ticket, article, date, occurrence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from mediators.csv.mapping import Column
from mediators.csv.reader import normal
from mediators.csv.sheet import Entry, Sheet
from schemas import facts
from schemas.events import Identifier, MedicationDispensed
from schemas.message import Message
from schemas.temporary import system_of

_CENTIME = Decimal("0.01")
# Enough digits that no product is rounded before its centimes are
_EXACT = Context(prec=100)

Draft = dict[str, Any]


class Sales:
    """Counts equal sales of one file, good rows and bad, so that a rerun of one line finds its own number again."""

    def __init__(self, sheet: Sheet) -> None:
        self._columns: dict[str, list[int]] = {}
        for index, _, column, _ in sheet.bound:
            self._columns.setdefault(column.field, []).append(index)
        self._seen: Counter[tuple[str, ...]] = Counter()

    def next(self, entry: Entry) -> tuple[str, int]:
        """The key of this row's sale and its occurrence, from 1. ("", 0) when the row doesn't say enough for one."""
        pharmacy = self._value(entry, "pharmacy.identifier")
        day = self._value(entry, "dispensed")[:10]
        article = self._value(entry, "medication.code") or self._value(entry, "medication.text")
        if not (pharmacy and day and article):
            return "", 0
        ticket = self._value(entry, "ticket") or self._instead_of_ticket(entry)
        key = (pharmacy, ticket, article, day)
        self._seen[key] += 1
        return f"dispensation|{'|'.join(key)}|{self._seen[key]}", self._seen[key]

    def _value(self, entry: Entry, name: str) -> str:
        """The first value of the columns that feed this field."""
        return next((value for index in self._columns.get(name, ()) if (value := entry.values.get(index))), "")

    def _instead_of_ticket(self, entry: Entry) -> str:
        """The prescription and the patient, hashed: the key of a fact must not name anyone."""
        names = [normal(self._value(entry, name)) for name in ("patient.family", "patient.given")]
        return facts.name("sale", self._value(entry, "prescription"), self._value(entry, "patient.identifier"), *names)


def dispensed(
    message: Message, digest: str, entry: Entry, sheet: Sheet, about: str, occurrence: int, constants: Mapping[str, str]
) -> MedicationDispensed:
    """The event of a good row. `digest` is the message's SHA-256."""
    draft: Draft = {"patient": {}, "medication": {}}
    for field, constant in constants.items():
        _WRITE[field](draft, constant, _CONSTANT)
    for index, _, column, _ in sheet.bound:
        value = entry.values.get(index)
        if value is not None:
            _WRITE[column.field](draft, value, column)
    draft["patient"].setdefault("identifiers", [])
    draft.setdefault("amount", _amount(draft))
    extra = {name: cell for index, name in sheet.extra if (cell := entry.cells[index].strip())}
    event: MedicationDispensed = {
        "type": "MedicationDispensed",
        "id": facts.event_id(message, digest, entry.place, "MedicationDispensed"),
        "about": about,
        "channel": message.channel,
        "sender": message.sender,
        "transaction": message.transaction,
        "control_id": message.control_id,
        "place": entry.place,
        "received": message.received,
        "version": message.received,
        "occurred": draft["dispensed"],
        "occurrence": occurrence,
        "facility": _copy(draft.get("pharmacy")),
        "extra": extra,
        **draft,  # type: ignore[typeddict-item]  # its keys are those of _WRITE
    }
    return event


def _amount(draft: Draft) -> str | None:
    """Quantity × unit price in dirhams and centimes, half up, as a text."""
    quantity, price = draft.get("quantity"), draft.get("unit_price")
    if quantity is None or price is None:
        return None
    product = _EXACT.multiply(Decimal(quantity), Decimal(price))
    return str(product.quantize(_CENTIME, ROUND_HALF_UP, _EXACT))


def _copy(organization: Any) -> Any:
    return organization and {**organization, "identifiers": [dict(one) for one in organization.get("identifiers", ())]}


Write = Callable[[Draft, str, Column], None]
_CONSTANT = Column(field="note")


def _identifier(value: str, column: Column) -> Identifier:
    identifier: Identifier = {"system": system_of(value, column.system_uri), "value": value}
    if column.kind:
        identifier["type"] = column.kind
    return identifier


def _plain(name: str) -> Write:
    def write(draft: Draft, value: str, column: Column) -> None:
        draft[name] = value

    return write


def _body(name: str) -> Write:
    def write(draft: Draft, value: str, column: Column) -> None:
        draft.setdefault(name, {}).setdefault("identifiers", []).append(_identifier(value, column))

    return write


def _person_name(name: str) -> Write:
    def write(draft: Draft, value: str, column: Column) -> None:
        draft.setdefault(name, {})["names"] = [{"text": value}]

    return write


def _patient_name(part: str) -> Write:
    def write(draft: Draft, value: str, column: Column) -> None:
        name = draft["patient"].setdefault("names", [{}])[0]
        name[part] = [value] if part == "given" else value

    return write


def _patient(name: str) -> Write:
    def write(draft: Draft, value: str, column: Column) -> None:
        draft["patient"][name] = value

    return write


def _pharmacy_name(draft: Draft, value: str, column: Column) -> None:
    draft.setdefault("pharmacy", {})["name"] = value


def _phone(draft: Draft, value: str, column: Column) -> None:
    draft["patient"]["telecoms"] = [{"value": value, "system": "phone"}]


def _medication_code(draft: Draft, value: str, column: Column) -> None:
    coding = {"system": column.system_uri or None, "code": value}
    draft["medication"].setdefault("codings", []).append(coding)


def _medication_text(draft: Draft, value: str, column: Column) -> None:
    draft["medication"]["text"] = value


def _unit(draft: Draft, value: str, column: Column) -> None:
    draft["quantity_unit"] = {"text": value}


def _prescription(draft: Draft, value: str, column: Column) -> None:
    draft["prescription"] = _identifier(value, column)


def _note(draft: Draft, value: str, column: Column) -> None:
    draft.setdefault("notes", []).append({"text": value})


_WRITE: dict[str, Write] = {
    "pharmacy.identifier": _body("pharmacy"),
    "pharmacy.name": _pharmacy_name,
    "prescriber.identifier": _body("prescriber"),
    "prescriber.name": _person_name("prescriber"),
    "dispenser.identifier": _body("dispenser"),
    "dispenser.name": _person_name("dispenser"),
    "patient.identifier": _body("patient"),
    "patient.family": _patient_name("family"),
    "patient.given": _patient_name("given"),
    "patient.birth_date": _patient("birth_date"),
    "patient.sex": _patient("sex"),
    "patient.phone": _phone,
    "medication.code": _medication_code,
    "medication.text": _medication_text,
    "quantity_unit": _unit,
    "prescription": _prescription,
    "note": _note,
    **{
        name: _plain(name)
        for name in (
            "dispensed",
            "quantity",
            "unit_price",
            "amount",
            "currency",
            "ticket",
            "status",
            "days_supply",
            "instructions",
        )
    },
}
