"""A file dropped into a channel's folder, from the outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.program import Program, until
from tests.e2e.sales import CNSS, export, row


def drop(program: Program, name: str, body: bytes) -> Path:
    """The folder, after the file came into it whole."""
    inbox = program.data / "inbox" / "pharmacy-csv"
    (inbox / f".{name}").write_bytes(body)
    (inbox / f".{name}").rename(inbox / name)
    return inbox


def report(folder: Path, name: str) -> dict[str, Any]:
    until(lambda: (folder / name).is_file(), what=f"{name} in {folder.name}")
    told: dict[str, Any] = json.loads((folder / f"{name}.report.json").read_bytes())
    return told


def test_a_good_file_is_done_with_a_report_beside_it(program: Program) -> None:
    inbox = drop(program, "ventes.csv", export(row("170000031", "T1"), row("170000031", "T2", quantite="x")))
    (told,) = report(inbox / "done", "ventes.csv")["messages"]
    assert told["reply"] == "OK"
    assert told["answer"]["accepted"] == 1
    assert told["answer"]["issues"][0]["line"] == 3
    assert not (inbox / "ventes.csv").exists()
    story = until(lambda: found(program, told["transaction"]), what="the transaction")
    assert story["channel"] == "pharmacy-csv"
    sheets = program.get("/api/care-sheets", person=f"{CNSS}|170000031")["items"]
    assert [line["amount"] for sheet in sheets for line in sheet["lines"]] == ["77.80"]


def found(program: Program, transaction: str) -> dict[str, Any] | None:
    answer = program.admin.get(f"/api/transactions/{transaction}")
    told: dict[str, Any] = answer.json()
    return told if answer.status_code == 200 and told["status"] in {"delivered", "partial"} else None


def test_a_file_without_a_good_row_fails_with_its_reasons(program: Program) -> None:
    inbox = drop(program, "vide.csv", export(row("170000032", "T1", code_ean13="")))
    (told,) = report(inbox / "failed", "vide.csv")["messages"]
    assert told["answer"]["accepted"] == 0
    assert told["answer"]["issues"][0]["column"] == "code_ean13"


def test_the_same_name_again_never_writes_over_the_first(program: Program) -> None:
    inbox = program.data / "inbox" / "pharmacy-csv"
    for ticket in ("T1", "T2"):
        drop(program, "jour.csv", export(row("170000033", ticket)))
        until(lambda: not (inbox / "jour.csv").exists(), what="the file to be taken")
    assert {path.name for path in (inbox / "done").glob("jour*.csv")} == {"jour.csv", "jour.2.csv"}


def test_what_is_still_being_written_is_left_alone(program: Program) -> None:
    inbox = program.data / "inbox" / "pharmacy-csv"
    (inbox / "lent.csv.part").write_bytes(export(row("170000034", "T1")))
    drop(program, "apres.csv", export(row("170000035", "T1")))
    report(inbox / "done", "apres.csv")
    assert (inbox / "lent.csv.part").is_file()
