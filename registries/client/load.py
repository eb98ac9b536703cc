"""Rows of a list of patients → identities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from urllib.parse import quote

from sqlalchemy import Engine

from registries.client.keys import SYSTEM, birth_levels, subject
from registries.client.resolve import Clients
from registries.rows import Row
from schemas.events import Event, Identifier, Patient, PatientRegistered

NUMBERS = {"ins": "ins", "idcs": "idcs", "cnss": "cnss", "cin": "cnie"}
SEXES = {"m": "male", "h": "male", "male": "male", "f": "female", "female": "female", "": ""}
AT_ONCE = 200

_FRENCH_DATE = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})")


def load_clients(found: Sequence[Row], engine: Engine, secret: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    """For every row: "made", "grown" or "" (nothing new, or wrong: see its issues), and what it makes known.

    A commit for every 200 rows. Raises Unavailable.
    """
    clients = Clients(engine, secret)
    patients = [(row, _patient(row, secret)) for row in found]
    for start in range(0, len(patients), AT_ONCE):
        part = patients[start : start + AT_ONCE]
        events: list[Event] = [_event(patient) for row, patient in part if not row.issues]
        answers = iter(clients.resolve(events, ["create"] * len(events)))
        seen: set[str] = set()
        for row, patient in part:
            if row.issues:
                yield "", ()
                continue
            person = next(answers).entry
            made = "made" if person in clients.news.made and person not in seen else ""
            grown = "grown" if person in clients.news.grown and person not in seen else ""
            seen.add(person)
            yield made or grown, tuple(f"person|{key.digest}" for key in subject(patient, "", secret).keys)


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


def _patient(row: Row, secret: bytes) -> Patient:
    patient: Patient = {
        "identifiers": list(_identifiers(row)),
        "names": [{"family": row["family"], "given": [row["given"]] if row["given"] else []}],
        "birth_date": _birth_date(row),
        "sex": SEXES.get(row["sex"].casefold(), ""),
    }
    if row["sex"].casefold() not in SEXES:
        row.wrong("sex", "unknown-code", "not a sex this list knows", "write M or F, or leave it empty")
    if row["birth_date"] and not birth_levels(patient["birth_date"]):
        row.wrong("birth_date", "not-a-date", "not a birth date", "write it as 1980-03-12 or 12/03/1980")
    if not row.issues and not subject(patient, "", secret).keys:
        row.wrong(
            "ins",
            "required",
            "nothing here identifies a person",
            "give an INS, IDCS, IPP with its authority, CIN with birth date, or CNSS with birth date and given name",
        )
    return patient


def _identifiers(row: Row) -> Iterator[Identifier]:
    for column, name in NUMBERS.items():
        if row[column]:
            yield {"system": f"{SYSTEM}{name}", "value": row[column]}
    if row["ipp"] and row["authority"]:
        yield {"system": authority(row["authority"]), "value": row["ipp"]}
    elif row["ipp"]:
        row.wrong("authority", "required", "a file number without who gave it", "name the hospital or laboratory")


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
