"""Rows of another list beside the directory: decided one by one, with who and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from channels.cli import app
from registries.care.lookup import Wanted, look_up
from registries.reconciliation import reconcile
from tests.console.place import NAME, Browser, Place
from tests.console.test_transactions import words
from tests.registries.care.lists import places
from tests.registries.test_reconciliation import HEAD, LIST, OURS

ROWS = ("C1;Oulad Frej;;;;;CSR", "C2;Clinique Les Orangers;MA-RAB;;;;CLINIQUE", "C3;Clinique;;;;12;CLINIQUE")


@pytest.fixture
def listed(place: Place) -> Place:
    places(place.house.registries, *OURS)
    reconcile(place.house.registries, LIST, "\n".join([HEAD, *ROWS]).encode(), by="amina")
    return place


def answered(admin: Browser, number: str, decision: str, **said: str) -> int:
    return admin.submit("/places/lists", list=LIST, number=number, decision=decision, **said).status_code


def test_a_row_stands_beside_its_likeliest_entry_with_what_speaks_for_it(listed: Place, admin: Browser) -> None:
    page = words(admin.get("/places/lists"))
    assert "To decide (3)" in page
    assert "Centre de santé rural Oulad Frej" in page
    assert "the same name" in page
    assert "Nothing near" in page


def test_each_decision_takes_its_row_off_the_list_and_is_audited(listed: Place, admin: Browser) -> None:
    assert answered(admin, "C1", "pair", why="rang them up") == 303
    assert answered(admin, "C2", "add") == 303
    assert answered(admin, "C3", "flag", why="which one?") == 303
    assert "Nothing waits for a decision" in words(admin.get("/places/lists"))
    assert "which one?" in words(admin.get("/places/lists?state=flagged"))
    engine = listed.house.registries
    assert [one.number for one in look_up(engine, "facility", Wanted(number=f"{LIST}|C1"))[0]] == ["120000011"]
    assert [one.name for one in look_up(engine, "facility", Wanted(number=f"{LIST}|C2"))[0]] == [
        "Clinique Les Orangers"
    ]
    actions = [action for who, action, _ in listed.audited() if who == NAME]
    assert actions[:3] == ["list flag", "list add", "list pair"]
    assert answered(admin, "C1", "pair") == 404
    assert answered(admin, "C1", "away") == 404


def test_a_new_entry_with_a_wrong_number_is_refused_and_the_row_stays(listed: Place, admin: Browser) -> None:
    assert answered(admin, "C3", "add") == 409
    assert "To decide (3)" in words(admin.get("/places/lists"))


def test_not_the_same_leaves_the_row_without_a_candidate(listed: Place, admin: Browser) -> None:
    assert answered(admin, "C1", "apart") == 303
    page = words(admin.get("/places/lists"))
    assert "Centre de santé rural Oulad Frej" not in page
    assert "To decide (3)" in page


def test_the_terminal_compares_a_list_and_says_what_it_found(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.csv", tmp_path / "Délégation 2026.csv"
    ours.write_text("\n".join(["inpe;name;type;region;province;owner;periods;latitude;longitude;aliases", *OURS]))
    theirs.write_text("\n".join([HEAD, "C1;CSR Ouled Fraj;El Jadida;;;;", *ROWS[1:]]))
    run, data = CliRunner(), ["--data", str(tmp_path / "data")]
    assert run.invoke(app, ["registry", "load", "facilities", str(ours), *data]).exit_code == 0
    found = run.invoke(app, ["registry", "reconcile", "facilities", str(theirs), *data])
    assert found.exit_code == 0
    assert "urn:list:d-l-gation-2026: 1 paired, 0 to decide, 2 like none, 0 known" in found.stdout
    again = run.invoke(app, ["registry", "reconcile", "facilities", str(theirs), *data])
    assert "0 paired, 0 to decide, 2 like none, 1 known" in again.stdout
    assert run.invoke(app, ["registry", "reconcile", "clients", str(theirs), *data]).exit_code == 2
