"""`wasl registry export`: all that the client registry knows, in lines of JSON, and that somebody took it."""

from __future__ import annotations

from pathlib import Path

import orjson

from channels.runtime import House
from tests.commands.conftest import Wasl

PEOPLE = "ipp;authority;cin;family;given;birth_date\n41;CH-AZROU;AB123456;BENNANI;Khadija;17/03/1984\n"


def kinds(text: str) -> set[str]:
    known = {"identity", "number", "link", "golden", "record"}
    return {next(iter(known & orjson.loads(line).keys() - {"identity"}), "identity") for line in text.splitlines()}


def test_everything_is_written_in_clear_to_a_file_of_its_owners(wasl: Wasl, tmp_path: Path) -> None:
    wasl("registry", "load", "clients", "-", input=PEOPLE.encode())
    shown = wasl("registry", "export")
    assert {"identity", "number", "golden", "record"} <= kinds(shown.stdout)
    assert "Khadija" in shown.stdout
    file = tmp_path / "registry.ndjson"
    done = wasl("registry", "export", str(file), "--why", "moved to the new hospital")
    assert file.read_text() == shown.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"{len(shown.stdout.splitlines())} lines" in done.stderr
    house = House.open(None, wasl.data)
    taken = [one for one in house.audit.entries() if one["action"] == "export registry"]
    assert [one["purpose"] for one in taken] == ["moved to the new hospital", ""]
    assert "not there yet" in wasl("registry", "export", str(file), code=2).stderr
    assert file.read_text() == shown.stdout
