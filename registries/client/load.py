"""Rows of a list of patients → identities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import Engine

from registries.client.keys import SYSTEM, Key, birth_levels, subject
from registries.client.resolve import Clients
from registries.registry import Resolution
from registries.rows import Row
from schemas.events import Address, Event, Identifier, Patient, PatientRegistered

NUMBERS = {"ins": "ins", "idcs": "idcs", "cnss": "cnss", "cin": "cnie"}
SEXES = {"m": "male", "h": "male", "male": "male", "f": "female", "female": "female", "": ""}
AT_ONCE = 500

_FRENCH_DATE = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})")


Told = tuple[Row, str, Sequence[str]]


def load_clients(found: Iterable[Row], engine: Engine, secret: bytes) -> Iterator[Told]:
    """For every row: "made", "grown" or "" (nothing new, or wrong: see its issues), and what it makes known.

    A commit for every 500 rows, then they are compared with all that are known. Raises Unavailable.
    """
    clients, waiting = Clients(engine, secret), iter(found)
    while part := list(islice(waiting, AT_ONCE)):
        patients = [_read(row, secret) for row in part]
        events: list[Event] = [_event(one.patient) for one in patients if not one.row.issues]
        yield from _loaded(patients, clients, iter(clients.resolve(events, ["create"] * len(events))))
    clients.matcher.sweep(everything=True)  # what other loads left, cut short


class _Read(NamedTuple):
    row: Row
    patient: Patient
    keys: Sequence[Key]


def _loaded(part: Sequence[_Read], clients: Clients, answers: Iterator[Resolution]) -> Iterator[Told]:
    seen: set[str] = set()
    for row, _, keys in part:
        if row.issues:
            yield row, "", ()
            continue
        person = next(answers).entry
        made = "made" if person in clients.news.made and person not in seen else ""
        grown = "grown" if person in clients.news.grown and person not in seen else ""
        seen.add(person)
        yield row, made or grown, [f"person|{key.digest}" for key in keys]


def _event(patient: Patient) -> PatientRegistered:
    return {
        "type": "PatientRegistered",
        "id": "load",
        "about": "",
        "channel": "load",
        "sender": "load",
        "transaction": "load",
        "control_id": "",
        "place": "",
        "received": 0,
        "version": 0,
        "patient": patient,
    }


def _patient(row: Row) -> Patient:
    patient: Patient = {
        "identifiers": list(_identifiers(row)),
        "names": [{"family": row["family"], "given": [row["given"]] if row["given"] else []}],
        "birth_date": _birth_date(row),
        "sex": SEXES.get(row["sex"].casefold(), ""),
        "telecoms": [{"system": "phone", "value": row["phone"]}] if row["phone"] else [],
        "addresses": _addresses(row),
    }
    if row["mother"]:
        patient["mother_name"] = {"text": row["mother"], "given": row["mother"].split()}
    if row["sex"].casefold() not in SEXES:
        row.wrong("sex", "unknown-code", "not a sex this list knows", "write M or F, or leave it empty")
    if row["birth_date"] and not birth_levels(patient["birth_date"]):
        row.wrong("birth_date", "not-a-date", "not a birth date", "write it as 1980-03-12 or 12/03/1980")
    return patient


def _read(row: Row, secret: bytes) -> _Read:
    patient = _patient(row)
    keys = [] if row.issues else subject(patient, "", secret).keys
    if not row.issues and not keys:
        row.wrong(
            "ins",
            "required",
            "nothing here identifies a person",
            "give an INS, IDCS, IPP with its authority, CIN with birth date, or CNSS with birth date and given name",
        )
    return _Read(row, patient, keys)


def _identifiers(row: Row) -> Iterator[Identifier]:
    for column, name in NUMBERS.items():
        if row[column]:
            yield {"system": f"{SYSTEM}{name}", "value": row[column]}
    if row["ipp"] and row["authority"]:
        yield {"system": authority(row["authority"]), "value": row["ipp"]}
    elif row["ipp"]:
        row.wrong("authority", "required", "a file number without who gave it", "name the hospital or laboratory")


def _addresses(row: Row) -> list[Address]:
    told: Address = {"lines": [row["address"]] if row["address"] else []}
    if row["city"]:
        told["city"] = row["city"]
    if row["postcode"]:
        told["postal_code"] = row["postcode"]
    return [told] if any(told.values()) else []


def authority(name: str) -> str:
    """The identifier system of who gives a local number: a URI as it is, an OID or UUID as a URN, a name likewise."""
    if re.fullmatch(r"[0-2](\.\d+)+", name):
        return f"urn:oid:{name}"
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", name):
        return f"urn:uuid:{name.lower()}"
    return name if re.match(r"[a-z]+:", name) else f"urn:id:{quote(name, safe='._-')}"


def _birth_date(row: Row) -> str:
    french = _FRENCH_DATE.fullmatch(row["birth_date"])
    if not french:
        return row["birth_date"]
    day, month, year = map(int, french.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return row["birth_date"]
