"""What an older program left in clear is sealed at the start of this one, and is read as before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, text

from channels.bus.bus import Record
from channels.bus.large import Large
from channels.consumers.cnss.ledger import Ledger
from channels.consumers.cnss.outbox import Outbox
from channels.consumers.reading import Beginning, Criterion, Query, Reading, Token
from channels.migrations.store import STORES, upgrade
from channels.security.encryption import derived
from registries.client import history
from registries.client.clusters import joining, reason
from registries.database import open_database
from registries.sealing import Seal

MASTER = b"a master key of tests, 32 bytes."
CANARY = "zwiknarbi"
MORE_THAN_A_PAGE = 1001


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("database_url"))
    return f"sqlite:///{tmp_path}/store.db"


def opened(url: str, name: str) -> Engine:
    return open_database(url, store=name) if url.startswith("postgresql") else open_database(url)


def old(url: str, name: str, revision: str, rows: dict[str, list[dict[str, Any]]]) -> Engine:
    """The store at this revision, with these rows in it."""
    engine = opened(url, name)
    with engine.begin() as connection:
        if url.startswith("postgresql"):
            connection.execute(text(f"CREATE SCHEMA {name}"))
        upgrade(connection, STORES[name], None, revision)
    with engine.begin() as connection:
        for table, ones in rows.items():
            names = list(ones[0])
            columns, values = ", ".join(f'"{one}"' for one in names), ", ".join(f":{one}" for one in names)
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), ones)
    return engine


def told(engine: Engine, tables: Iterator[str] | list[str]) -> bytes:
    """All that stands in these tables, and on SQLite in the file."""
    with engine.connect() as connection:
        rows = [row for table in tables for row in connection.execute(text(f"SELECT * FROM {table}"))]
    written = b"".join(one if isinstance(one, bytes) else str(one).encode() for row in rows for one in row)
    if engine.dialect.name == "sqlite":
        engine.dispose()
        written += Path(str(engine.url.database)).read_bytes()
    return written.lower()


def patient(number: int, version: int) -> bytes:
    meta = {"versionId": str(version), "lastUpdated": "2025-03-10T03:20:00.000Z"}
    name = [{"family": CANARY.title(), "given": ["Ali", "Alia"]}]
    return orjson.dumps({"resourceType": "Patient", "id": f"p{number}", "meta": meta, "name": name})


def record() -> dict[str, list[dict[str, Any]]]:
    def row(number: int, version: int) -> dict[str, Any]:
        body = patient(number, version)
        return {"type": "Patient", "id": f"p{number}", "version": version, "at": 1, "transaction": "t", "body": body}

    said = [("identifier", CANARY.upper(), "urn:x"), ("family", CANARY, ""), ("given", "ali", ""),
            ("given", "alia", ""), ("birthdate", "1937-07-19", "")]  # fmt: skip
    numbers = range(MORE_THAN_A_PAGE)
    return {
        "resources": [row(one, 2) | {"person": f"p{one}", "source": 1, "said": None} for one in numbers],
        "versions": [row(one, 1) for one in numbers],
        "terms": [
            {"type": "Patient", "parameter": parameter, "value": value, "system": system, "id": f"p{one}"}
            for one in numbers
            for parameter, value, system in said
        ],
    }


def test_a_record_in_clear_is_sealed_and_found_as_before(url: str) -> None:
    engine = old(url, "record", "0001", record())
    STORES["record"].migrate(engine, lambda: MASTER)
    reading = Reading(engine, derived(MASTER, "record"))

    def found(parameter: str, one: Token | Beginning) -> int:
        return reading.search(Query("Patient", (Criterion((parameter,), (one,)),), count=1)).total

    assert found("family", Beginning(CANARY[:5])) == found("family", Beginning(CANARY)) == MORE_THAN_A_PAGE
    assert found("given", Beginning("alia")) == found("birthdate", Beginning("1937-07")) == MORE_THAN_A_PAGE
    assert found("identifier", Token(CANARY.upper(), "urn:x")) == found("identifier", Token(None, "urn:x"))
    assert found("family", Beginning(CANARY[1:])) == found("identifier", Token(CANARY)) == 0
    history = reading.history("Patient", f"p{MORE_THAN_A_PAGE - 1}")
    assert [one.body for one in history] == [patient(MORE_THAN_A_PAGE - 1, 2), patient(MORE_THAN_A_PAGE - 1, 1)]
    assert CANARY.encode() not in told(engine, ["resources", "versions", "digests"])
    engine.dispose()


def ledger() -> dict[str, list[dict[str, Any]]]:
    sheet = {
        "serial": 1, "key": "k", "number": "n", "person": "p1", "state": "SUBMITTED", "note": "", "opened": 1,
        "due": 5, "claims": 1, "forced": False,
    }  # fmt: skip
    claim = {"number": "n-1", "sheet": 1, "total": "1.00", "state": "PENDING", "reason": "", "made": 1, "answered": 2}
    return {
        "care_sheets": [sheet],
        "care_sheet_claims": [claim | {"body": f'{{"insured":"{CANARY}"}}'}],
        "care_sheet_people": [{"person": "p1", "insured": CANARY, "birth_date": "1937-07-19", "version": 3}],
    }


def test_a_ledger_in_clear_is_sealed_and_its_claims_are_sent_as_they_were(url: str) -> None:
    engine = old(url, "ledger", "0002", ledger())
    STORES["ledger"].migrate(engine, lambda: MASTER)
    secret = derived(MASTER, "ledger")
    Ledger(engine, secret)
    (sent,) = Outbox(engine, secret).take(10, 10)
    assert sent == ("n-1", f'{{"insured":"{CANARY}"}}'.encode())
    written = told(engine, ["care_sheet_people", "care_sheet_claims"])
    assert CANARY.encode() not in written
    assert b"1937-07-19" not in written
    engine.dispose()


def reasons() -> dict[str, list[dict[str, Any]]]:
    person = {"created": 1, "origin": "", "revision": 0, "ins": "", "idcs": "", "cnss": "", "cin": "", "birth_year": "",
              "birth_month": "", "birth_day": "", "sex": ""}  # fmt: skip
    why = f"the card of {CANARY}"
    line = {"at": 5, "by": "naima", "action": "linked", "person": "p1", "other": "p2", "why": why, "rules": 0}
    link = {"from_person": "p1", "to_person": "p2", "event": "", "at": 5, "version": 1, "rules": 0}
    version = {"version": 7, "at": 5, "by": "naima", "why": why, "body": "{}", "active": False}
    return {
        "persons": [person | {"id": id} for id in ("p1", "p2")],
        "history": [line, line | {"by": "rules", "why": "the names are the same"}] * MORE_THAN_A_PAGE,
        "links": [link | {"kind": "joined", "by": "naima", "why": why}, link | {"kind": "apart", "by": "x", "why": ""}],
        "rule_versions": [version],
    }


def test_reasons_of_stewards_in_clear_are_sealed_and_read_as_they_were(url: str) -> None:
    engine = old(url, "registries", "0009", reasons())
    STORES["registries"].migrate(engine, lambda: MASTER)
    seal, why = Seal(derived(MASTER, "client registry")), f"the card of {CANARY}"
    with engine.connect() as connection:
        said = {line.why for line in history.of_persons(connection, seal, ["p1"])}
        assert [reason(seal, link) for link in joining(connection, ["p1"])] == [why]
    assert said == {why, "the names are the same"}
    written = told(engine, ["history", "links", "rule_versions"])
    assert CANARY.encode() not in written
    assert b"the names are the same" in written
    engine.dispose()


def test_large_values_in_clear_are_sealed_and_read_as_they_were(url: str) -> None:
    event = Record("wasl.events", "person", CANARY.encode() * 100_000)
    digest = hashlib.sha256(event.value).hexdigest()
    row = {"digest": digest, "topic": event.topic, "at": 1, "value": event.value}
    engine = old(url, "bus", "0001", {"large_values": [row]})
    STORES["bus"].migrate(engine, lambda: MASTER)
    check = Record(event.topic, event.key, b"", {"claim": digest})
    assert Large(engine, derived(MASTER, "bus")).whole(check) == event
    assert CANARY.encode() not in told(engine, ["large_values"])
    engine.dispose()


def test_without_the_master_key_nothing_in_clear_is_touched(url: str) -> None:
    engine = old(url, "ledger", "0002", ledger())
    with pytest.raises(LookupError, match="no master key"):
        STORES["ledger"].migrate(engine)
    assert STORES["ledger"].revision(engine) == "0002"
    assert CANARY.encode() in told(engine, ["care_sheet_people"])
    engine.dispose()
