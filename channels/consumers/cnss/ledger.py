"""The ledger of care sheets: who was seen, what is billed, and what is on which sheet."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, bindparam, select, update

from channels.consumers.cnss import insured as insurance
from channels.consumers.cnss.billing import Line
from channels.consumers.cnss.recording import Recorded, Recording
from channels.consumers.cnss.sheet import State
from channels.consumers.cnss.tables import (
    SERIAL,
    claims,
    counters,
    identifiers,
    insert_or,
    lines,
    people,
    sheets,
    worklist,
    writing,
)
from registries.database import reading
from registries.sealing import Seal
from schemas.events import Event, Patient
from schemas.fhir.care_sheet import INSURED_NUMBER

NO_NUMBER = "no CNSS number"
QUIET = 1_000_000

_WAKE = (
    update(sheets)
    .where(
        sheets.c.person.in_(bindparam("persons", expanding=True)),
        sheets.c.due.is_(None),
        sheets.c.note == NO_NUMBER,
        sheets.c.state.in_((State.EXECUTED, State.CORRECTED, State.ACCEPTED)),
    )
    .values(due=bindparam("woken"))
)


class Seen(NamedTuple):
    """A person as an event shows them. `insured` is the CNSS number when there is one; `version` as in the event."""

    person: str
    insured: str | None
    birth_date: str | None
    digests: tuple[str, ...]
    version: int


class Ledger:
    """On SQLite or PostgreSQL. Every method blocks; every writing one is a single commit.

    `secret` keys the digests of identifiers and the seal of who is insured; a sheet is due for submission `quiet` µs
    after its last line.
    """

    def __init__(self, engine: Engine, secret: bytes, *, quiet: int = QUIET) -> None:
        self._engine = engine
        self._secret, self._seal = secret, Seal(secret)
        self._quiet = quiet
        self._meet_identifiers = insert_or("skip", engine, identifiers)
        self._meet_people = insert_or("replace", engine, people)
        with writing(engine) as connection:
            connection.execute(insert_or("skip", engine, counters), [{"name": SERIAL, "value": 0}])

    def seen(self, event: Event) -> Seen:
        """Who the event is about, with their identifiers as digests."""
        patient: Patient = event["patient"]
        given = [one for one in patient.get("identifiers") or () if one.get("value")]
        insured = [one["value"].replace(" ", "") for one in given if one["system"] == INSURED_NUMBER]
        return Seen(
            person=event["person"],
            insured=next(iter(insured), None),
            birth_date=patient.get("birth_date"),
            digests=tuple(self.digest(one["system"], one["value"]) for one in given),
            version=event["version"],
        )

    def digest(self, system: str, value: str) -> str:
        """The keyed digest by which persons carrying an identifier are found."""
        return hmac.digest(self._secret, f"{len(system)}:{system}{value.strip()}".encode(), "sha256").hex()

    def record(self, billed: Sequence[Line], met: Sequence[Seen], now: int) -> list[Recorded]:
        """Takes note of the persons met, writes the lines: one answer a line, in order. All of it, or nothing."""
        with writing(self._engine) as connection:
            self._meet(connection, met, now)
            if not billed:
                return []
            return Recording(connection, self._engine, now=now, quiet=self._quiet).write(billed)

    def _meet(self, connection: Connection, met: Sequence[Seen], now: int) -> None:
        digests = [{"digest": digest, "person": seen.person} for seen in met for digest in seen.digests]
        if digests:
            connection.execute(self._meet_identifiers, digests)
        known = insurance.known(connection, self._seal, {seen.person for seen in met})
        changed: dict[str, dict[str, Any]] = {}
        insured = set()
        for seen in met:
            before = known.get(seen.person)
            after = _merged(before, seen)
            if after != before:
                known[seen.person] = changed[seen.person] = after
            if before and after["insured"] != before["insured"]:
                insured.add(seen.person)
        if changed:
            connection.execute(self._meet_people, insurance.sealed(self._seal, changed.values()))
        if insured:
            connection.execute(_WAKE, {"persons": list(insured), "woken": now + self._quiet})

    def carrying(self, system: str, value: str) -> list[str]:
        """The persons on whom this identifier was seen: several for an insured's number, which a family shares."""
        found = select(identifiers.c.person).where(identifiers.c.digest == self.digest(system, value))
        with reading(self._engine) as connection:
            return list(connection.execute(found.order_by(identifiers.c.person)).scalars())

    def sheets(self, persons: Collection[str], limit: int) -> list[dict[str, Any]]:
        """The sheets opened for these identities, newest first, each a row with its rows of `lines`."""
        wanted = select(sheets).where(sheets.c.person.in_(persons))
        newest = wanted.order_by(sheets.c.opened.desc(), sheets.c.number.desc()).limit(limit)
        with reading(self._engine) as connection:
            found = [dict(row) | {"lines": []} for row in connection.execute(newest).mappings()]
            by_serial = {row["serial"]: row for row in found}
            on_them = select(lines).where(lines.c.sheet.in_(by_serial)).order_by(*IN_ORDER)
            for line in connection.execute(on_them).mappings():
                by_serial[line["sheet"]]["lines"].append(dict(line))
        return found

    def work(self, limit: int = 100) -> list[dict[str, Any]]:
        """What a person should look at, newest first, with the sheet's number."""
        joined = select(worklist, sheets.c.number).join_from(worklist, sheets, worklist.c.sheet == sheets.c.serial)
        with reading(self._engine) as connection:
            return [
                dict(row) for row in connection.execute(joined.order_by(worklist.c.id.desc()).limit(limit)).mappings()
            ]

    def accepted_total(self) -> Decimal:
        """Dirhams in all accepted claims."""
        with reading(self._engine) as connection:
            accepted = connection.execute(select(claims.c.total).where(claims.c.state == "ACCEPTED")).scalars()
            return total(accepted)


IN_ORDER = (lines.c.date, lines.c.recorded, lines.c.fact)


def total(amounts: Iterable[str | None]) -> Decimal:
    """The sum of amounts in dirhams; an unknown one counts nothing."""
    return sum((Decimal(amount) for amount in amounts if amount is not None), Decimal("0.00"))


def _merged(row: dict[str, Any] | None, seen: Seen) -> dict[str, Any]:
    """What is known of a person after seeing them again: the newest word counts, an older one only fills gaps."""
    if row is None:
        return {
            "person": seen.person,
            "insured": seen.insured,
            "birth_date": seen.birth_date,
            "version": seen.version,
        }
    if seen.version >= row["version"]:
        insured, birth_date = seen.insured or row["insured"], seen.birth_date or row["birth_date"]
    else:
        insured, birth_date = row["insured"] or seen.insured, row["birth_date"] or seen.birth_date
    if insured == row["insured"] and birth_date == row["birth_date"]:
        # the version alone is no reason to write
        return row
    return row | {"insured": insured, "birth_date": birth_date, "version": max(seen.version, row["version"])}
