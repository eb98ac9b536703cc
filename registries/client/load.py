"""Rows of a list of patients → identities."""

from __future__ import annotations

import multiprocessing
import os
import re
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import date
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import Engine

from registries.client.keys import PERSONAL, SYSTEM, Key, birth_levels
from registries.client.resolve import Clients
from registries.client.saying import content
from registries.registry import Resolution
from registries.rows import Row
from schemas.domains import Domains
from schemas.events import Address, Event, Identifier, Patient, PatientRegistered
from schemas.message import Unavailable

NUMBERS = {"ins": "ins", "idcs": "idcs", "cnss": "cnss", "cin": "cnie"}
SEXES = {"m": "male", "h": "male", "male": "male", "f": "female", "female": "female", "": ""}
AT_ONCE = 500

NO_DOMAINS = Domains()

_FRENCH_DATE = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})")


Told = tuple[Row, str, Sequence[str]]


def load_clients(
    found: Iterable[Row],
    engine: Engine,
    secret: bytes,
    hands: Hands | None = None,
    personal: Collection[str] = PERSONAL,
    domains: Domains = NO_DOMAINS,
) -> Iterator[Told]:
    """For every row: "made", "grown" or "" (nothing new, or wrong: see its issues), and what it makes known.
    `domains`: the table by which authorities are known and numbers look mistyped.

    A commit for every 500 rows, then they are compared with all that are known. Raises Unavailable.
    """
    loader, parts = _Loader(engine, secret, personal, domains), _parts(iter(found))
    for told in hands.over(parts) if hands else map(loader, parts):
        yield from told
    loader.clients.matcher.sweep(everything=True)  # what other loads left, cut short


def _parts(found: Iterator[Row]) -> Iterator[list[Row]]:
    while part := list(islice(found, AT_ONCE)):
        yield part


class Hands:
    """So many other processes that load, as long as it is entered; each opens the registries itself with `opened`."""

    def __init__(
        self,
        opened: Callable[[], Engine],
        secret: bytes,
        count: int,
        personal: Collection[str] = PERSONAL,
        domains: Domains = NO_DOMAINS,
    ) -> None:
        # a fork would take connections with it, and the counter of the seal
        fresh = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, fresh, _begin, (opened, secret, personal, domains))
        self._ahead = 2 * count

    def __enter__(self) -> Hands:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def over(self, parts: Iterable[list[Row]]) -> Iterator[list[Told]]:
        """In the order of the parts. Raises Unavailable."""
        ahead: deque[Future[list[Told]]] = deque()
        try:
            for part in parts:
                ahead.append(self._pool.submit(_go_on, part))
                if len(ahead) >= self._ahead:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        except BrokenProcessPool as error:
            raise Unavailable("a process that was loading ended: load the list again") from error
        finally:
            for one in ahead:
                one.cancel()


class _Loader:
    """Loads one part after the other."""

    def __init__(self, engine: Engine, secret: bytes, personal: Collection[str], domains: Domains) -> None:
        self.clients, self._domains = Clients(engine, secret, personal=personal), domains

    def __call__(self, part: Sequence[Row]) -> list[Told]:
        contents: dict[int, str] = {}
        patients = [_read(row, self.clients, contents, self._domains) for row in part]
        events = [one.event for one in patients if not one.row.issues]
        return list(self._told(patients, iter(self.clients.resolve(events, ["create"] * len(events)))))

    def _told(self, part: Sequence[_Read], answers: Iterator[Resolution]) -> Iterator[Told]:
        seen: set[str] = set()
        for row, _, keys in part:
            if row.issues:
                yield row, "", ()
                continue
            person = next(answers).entry
            made = "made" if person in self.clients.news.made and person not in seen else ""
            grown = "grown" if person in self.clients.news.grown and person not in seen else ""
            seen.add(person)
            yield row, made or grown, [f"person|{key.digest}" for key in keys]


class _Read(NamedTuple):
    row: Row
    event: Event
    keys: Sequence[Key]


_loader: _Loader | None = None  # of a process that was started to load


def _begin(opened: Callable[[], Engine], secret: bytes, personal: Collection[str], domains: Domains) -> None:
    global _loader
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _loader = _Loader(opened(), secret, personal, domains)


def _end_with_parent() -> None:
    """Also where it was killed: what a part of it left uncompared is compared by the next sweep."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _go_on(part: list[Row]) -> list[Told]:
    assert _loader
    return _loader(part)


def _event(patient: Patient, said: str) -> PatientRegistered:
    """`said`: the digest of the patient. The event is named by it, so that the same row, read again, is the same event:
    where a number is carried by too many, nothing else finds its patient."""
    return {
        "type": "PatientRegistered",
        "id": f"load {said}",
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


def _patient(row: Row, domains: Domains) -> Patient:
    patient: Patient = {
        "identifiers": list(_identifiers(row, domains)),
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


def _read(row: Row, clients: Clients, contents: dict[int, str], domains: Domains) -> _Read:
    patient = _patient(row, domains)
    said = contents[id(patient)] = content(patient, clients.secret)
    event = _event(patient, said)
    keys = [] if row.issues else clients.keys(event, contents)
    if not row.issues and not keys:
        row.wrong(
            "ins",
            "required",
            "nothing here identifies a person",
            "give an INS, IDCS, IPP with its authority, CIN with birth date, or CNSS with birth date and given name",
        )
    return _Read(row, event, keys)


def _identifiers(row: Row, domains: Domains) -> Iterator[Identifier]:
    for column, name in NUMBERS.items():
        if row[column]:
            yield _number(row, column, f"{SYSTEM}{name}", domains)
    if row["ipp"] and row["authority"]:
        yield _number(row, "ipp", authority(row["authority"], domains), domains)
    elif row["ipp"]:
        row.wrong("authority", "required", "a file number without who gave it", "name the hospital or laboratory")


def _number(row: Row, column: str, system: str, domains: Domains) -> Identifier:
    """Taken as it is; what looks mistyped is told as messages are told it."""
    domain = domains.of_system(system)
    if told := domain and domain.mistyped(row[column]):
        row.warn(column, "check-digit", *told)
    return {"system": system, "value": row[column]}


def _addresses(row: Row) -> list[Address]:
    told: Address = {"lines": [row["address"]] if row["address"] else []}
    if row["city"]:
        told["city"] = row["city"]
    if row["postcode"]:
        told["postal_code"] = row["postcode"]
    return [told] if any(told.values()) else []


def authority(name: str, domains: Domains) -> str:
    """The identifier system of who gives a local number: of a domain that the table names so, its own; a URI as it is,
    an OID or UUID as a URN, a name likewise."""
    if domain := domains.named(name):
        return domain.uri
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
