"""A list of patients in bulk: every column is kept, and the same people are linked as one by one."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from benchmarks.population import COLUMNS, records, row
from registries.client.links import Links
from registries.client.load import Hands
from registries.client.records import Records
from registries.database import open_database
from registries.load import load
from schemas.domains import Domain, Domains
from tests.home import Place
from tests.registries.people import ID, SECRET


def listed(rows: Iterable[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def test_every_column_is_kept(engine: Engine) -> None:
    told = {
        "ipp": "41",
        "authority": "CH-AZROU",
        "family": "Benkirane",
        "given": "Hind",
        "birth_date": "23/08/1974",
        "phone": "0661 23 49 87",
        "city": "Azrou",
        "postcode": "53100",
        "address": "4 rue des Cèdres",
        "mother": "Tazi Zhor",
    }
    load("clients", listed([told]), engine, SECRET)
    (record,) = Records(engine, SECRET).since(0)
    said: Any = record.patient
    assert said["telecoms"] == [{"system": "phone", "value": "0661 23 49 87"}]
    assert said["addresses"] == [{"lines": ["4 rue des Cèdres"], "city": "Azrou", "postal_code": "53100"}]
    assert said["mother_name"]["text"] == "Tazi Zhor"
    assert record.profile.phones
    assert record.profile.towns
    assert record.profile.postcodes


def test_progress_counts_every_row(engine: Engine) -> None:
    heard: list[int] = []
    body = listed({"ipp": f"{n}", "authority": "CH-AZROU", "birth_date": ""} for n in range(1, 6))
    assert load("clients", body, engine, SECRET, progress=heard.append).loaded == 5
    assert heard == [1, 2, 3, 4, 5]


TABLE = Domains.of(
    [
        Domain(f"{ID}idcs", ("IDCS",), check="verhoeff"),
        Domain(f"{ID}cnss", ("CNSS",), check="nine-digits"),
        Domain("https://azrou.example/ipp", ("CH-AZROU",), "2.25.77", check="nine-digits"),
    ]
)


def test_what_looks_mistyped_is_taken_with_a_warning_by_line_and_column(engine: Engine) -> None:
    named = {"family": "Benkirane", "given": "Hind", "birth_date": "1974-08-23"}
    rows = [
        {"idcs": "9", **named},
        {"idcs": "2345678906", "cnss": "143270581", **named},
        {"cnss": "1432", "ipp": "41", "authority": "ch-azrou", **named},
        {"idcs": "8", "birth_date": "yesterday"},
    ]
    report = load("clients", listed(rows), engine, SECRET, domains=TABLE)
    assert [(one.line, one.column) for one in report.warnings] == [(2, "idcs"), (4, "cnss"), (4, "ipp"), (5, "idcs")]
    assert {(one.severity, one.reason) for one in report.warnings} == {("warning", "check-digit")}
    assert "ten digits" in report.warnings[0].remedy
    assert [(one.line, one.column, one.severity) for one in report.issues] == [(5, "birth_date", "error")]
    assert report.loaded == 3
    assert load("clients", listed(rows), engine, SECRET).warnings == [], "a domain without a rule has no wrong numbers"


@pytest.mark.parametrize("name", ["CH-AZROU", "ch-azrou", "2.25.77", "urn:oid:2.25.77", "https://azrou.example/ipp"])
def test_an_authority_is_known_by_every_name_that_messages_may_use(engine: Engine, name: str) -> None:
    load("clients", listed([{"ipp": "141000041", "authority": name}]), engine, SECRET, domains=TABLE)
    (record,) = Records(engine, SECRET).since(0)
    assert record.patient["identifiers"] == [{"system": "https://azrou.example/ipp", "value": "141000041"}]


def joined(engine: Engine) -> set[frozenset[str]]:
    """The file numbers of everybody who is one."""
    followed, found = Links(engine), Records(engine, SECRET)
    groups: dict[frozenset[str], set[str]] = {}
    for record in found.since(0, most=100_000):
        groups.setdefault(followed.following(record.person), set()).add(record.patient["identifiers"][-1]["value"])
    return {frozenset(numbers) for numbers in groups.values()}


@pytest.mark.parametrize("turned", [False, True])
def test_in_bulk_the_same_people_are_linked_as_one_by_one(home: Place, turned: bool, tmp_path_factory: Any) -> None:
    rows = [row(truth, told) for truth, told in records(100, 5)]
    bulk = home.open("registries")
    load("clients", listed(rows), bulk, SECRET)
    elsewhere = Place(tmp_path_factory.mktemp("one-by-one"))
    single = elsewhere.open("registries")
    for one in reversed(rows) if turned else rows:
        load("clients", listed([one]), single, SECRET)
    assert len(joined(bulk)) < len(rows)
    assert joined(bulk) == joined(single)
    elsewhere.close()


@pytest.mark.parametrize("home", ["postgresql"], indirect=True)
def test_several_processes_load_the_same_as_one(home: Place, tmp_path_factory: Any) -> None:
    rows = [row(truth, told) for truth, told in records(900, 6)]
    bulk = home.open("registries")
    opened = partial(open_database, home.url, store="registries", pool=2)
    heard: list[int] = []
    body = listed([*rows, {"ipp": "41", "idcs": "9"}])
    with Hands(opened, SECRET, 2, domains=TABLE) as hands:
        report = load("clients", body, bulk, SECRET, progress=heard.append, hands=hands)
    assert heard == list(range(1, len(rows) + 2))
    assert [issue.line for issue in report.issues] == [len(rows) + 2]
    assert (len(rows) + 2, "idcs") in [(one.line, one.column) for one in report.warnings]
    elsewhere = Place(tmp_path_factory.mktemp("one-process"))
    single = elsewhere.open("registries")
    load("clients", listed(rows), single, SECRET)
    assert joined(bulk) == joined(single)
    assert report.loaded == len({record.person for record in Records(bulk, SECRET).since(0, most=100_000)})
    elsewhere.close()


_LOADING = """
import multiprocessing, sys, time
from functools import partial
from pathlib import Path
from registries.client.load import Hands
from registries.database import open_database
if __name__ == "__main__":
    with Hands(partial(open_database, sys.argv[1]), b"a secret of the tests, 32 bytes..", 2) as hands:
        list(hands.over([[], []]))
        print(*(one.pid for one in multiprocessing.active_children()), flush=True)
        time.sleep(600)
"""


def test_no_process_outlives_a_load_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "loading.py"
    script.write_text(_LOADING)
    home = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, str(script), f"sqlite:///{tmp_path}/registries.db"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=home) as loading:
        assert loading.stdout
        hands = [int(pid) for pid in loading.stdout.readline().split()]
        assert hands
        assert all(map(lives, hands))
        loading.kill()
    until = time.monotonic() + 60
    while any(map(lives, hands)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(lives, hands))


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_whoever_carries_a_default_number_is_known_again_and_no_stranger_is_taken_for_them(engine: Engine) -> None:
    """Too many carry it for it to find anybody; somebody of another list was born on the same day as each of them."""
    born = [f"{1950 + n}-03-12" for n in range(40)]
    here = [{"ipp": "1", "authority": "CH-AZROU", "family": f"Tazi {day}", "birth_date": day} for day in born]
    there = [{"ipp": "2", "authority": "CH-IFRANE", "family": f"Fassi {day}", "birth_date": day} for day in born]
    assert load("clients", listed(here), engine, SECRET).loaded == 40
    assert load("clients", listed(there), engine, SECRET).loaded == 40
    assert len({one.person for one in Records(engine, SECRET).since(0)}) == 80
    both = listed([*there, *reversed(here)])
    assert load("clients", both, engine, SECRET).loaded == 0
    assert load("clients", both, engine, SECRET).unchanged == 80
    assert len(Records(engine, SECRET).since(0)) == 80
