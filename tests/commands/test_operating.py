"""The other commands: clients, channels, transactions, registry, events, audit, and mistakes told in one line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from channels.bus.bus import Record
from channels.bus.embedded import EmbeddedBus
from channels.cli import app
from channels.outputs import EVENTS, REGISTRY
from channels.runtime import House
from channels.security.clients import Clients
from tests.commands.conftest import Wasl
from tests.console.place import Place, nameless, result

FACILITIES = (
    "inpe,name,type,region,province,owner,periods,latitude,longitude,aliases\n"
    "130999998,Laboratoire Ibn Rochd,laboratory,MA-04,MA-RAB,private,2015-01-01/,,,\n"
)


def test_a_clients_secret_is_all_that_json_prints(wasl: Wasl) -> None:
    done = wasl("clients", "add", "lis", "--channels", "lab-hl7v2, fhir", "--json")
    said = json.loads(done.stdout)
    assert set(said) == {"name", "secret"}
    assert len(done.stdout.splitlines()) == 1
    house = House.open(None, wasl.data)
    client = house.clients.verify(said["name"], said["secret"])
    assert client is not None
    assert client.channels == {"lab-hl7v2", "fhir"}


def test_unknown_codes_are_a_table_to_fill_in(wasl: Wasl) -> None:
    place = Place(wasl.data)
    place.send("lab-hl7v2", result("C1").replace(b"15074-8^Glucose^LN||", b"GLY^Glyc\xc3\xa9mie, sang^L||"))
    place.close()
    assert "GLY" in wasl("codes", "unknown").stdout
    assert json.loads(wasl("codes", "unknown", "--channel", "lab-hl7v2", "--json").stdout)["count"] == 1
    assert wasl("codes", "unknown", "--channel", "fhir", "--json").stdout == ""
    assert wasl("codes", "unknown", "--csv").stdout.splitlines() == [
        "system,code,standard_system,standard_code,display,equivalence",
        'urn:id:L,GLY,,,"Glycémie, sang",',
    ]


def test_a_client_comes_and_goes(wasl: Wasl) -> None:
    secret = wasl("clients", "add", "lis", "--channels", "fhir").stdout.split()[-1]
    listed = wasl("clients", "list").stdout
    assert "lis" in listed
    assert secret not in listed
    wasl("clients", "revoke", "lis")
    assert "revoked" in wasl("clients", "list").stdout
    assert Clients(House.open(None, wasl.data).control).verify("lis", secret) is None
    wasl("clients", "revoke", "lis", code=2)
    assert "lab-hl7v2" in wasl("clients", "add", "x", "--channels", "nowhere", code=2).stderr
    wasl("clients", "add", "x", "--channels", ",", code=2)
    assert "rows, all as they were written" in wasl("audit", "verify").stdout


def test_an_audit_trail_that_was_touched_is_told(wasl: Wasl) -> None:
    wasl("clients", "add", "lis", "--channels", "fhir")
    wasl("clients", "revoke", "lis")
    with House.open(None, wasl.data).control.begin() as connection:
        connection.exec_driver_sql("UPDATE audit SET actor = 'somebody' WHERE number = 1")
    assert "row 1: its content is not what was written" in wasl("audit", "verify", code=1).stderr


def test_channels_are_listed_shown_paused_and_resumed(wasl: Wasl) -> None:
    listed = wasl("channels", "list").stdout
    assert listed.index("radiology-hl7v2") < listed.index("lab-hl7v2") < listed.index("hospital-adt")
    assert "mediator: csv" in wasl("channels", "show", "pharmacy-csv").stdout
    assert "is paused" in wasl("channels", "pause", "fhir").stdout
    assert "paused" in wasl("channels", "list").stdout
    assert "runs again" in wasl("channels", "resume", "fhir").stdout
    assert "was not paused" in wasl("channels", "resume", "fhir").stdout
    for command in ("show", "pause", "resume", "test"):
        assert "there are: " in " ".join(wasl("channels", command, "nowhere", code=2).stderr.split())


def test_the_shipped_channels_are_clean_and_pass(wasl: Wasl) -> None:
    assert wasl("channels", "lint").stdout == ""
    told = wasl("channels", "test").stdout
    assert "lab-hl7v2: a glucose result: passed" in told
    assert "FAILED" not in told


def test_mistakes_in_a_channel_and_its_tests_are_told(wasl: Wasl, tmp_path: Path) -> None:
    folder = tmp_path / "config" / "channels"
    folder.mkdir(parents=True)
    config = ("--config", str(folder.parent / "wasl.yaml"))
    (folder.parent / "wasl.yaml").write_text("")
    (folder / "lab.yaml").write_text("mediator: hl7v2\n")
    (folder / "lab.test.yaml").write_text("- {name: a result, send: r.hl7, acknowledged: AE}\n")
    (folder / "r.hl7").write_bytes(result())
    assert (
        "lab: a result: FAILED\n    acknowledged: expected AE, got AA"
        in wasl("channels", "test", *config, code=1).stdout
    )
    (folder / "lab.yaml").write_text("mediator: morse\n")
    assert "lab.yaml, line 1: mediator" in wasl("channels", "lint", *config, code=1).stdout
    done = wasl("channels", "list", *config, code=78)
    assert "lab.yaml, line 1: mediator" in done.stderr
    assert "Traceback" not in done.output
    (folder / "lab.yaml").unlink()
    assert "no channel there" in wasl("translate", str(folder / "r.hl7"), *config, code=78).stderr


def test_a_configuration_that_is_not_there(wasl: Wasl) -> None:
    for command in (["channels", "lint"], ["translate", "x"], ["transactions", "list"], ["run"]):
        assert "no such file; --config names a wasl.yaml" in wasl(*command, "--config", "nowhere.yaml", code=78).stderr


@pytest.fixture
def lived(wasl: Wasl) -> Wasl:
    """A folder where two messages passed and one was refused."""
    place = Place(wasl.data)
    place.send("lab-hl7v2", result("L1"), result("L2", ipp="B-2"), nameless("L3"))
    place.close()
    return wasl


def test_transactions_are_found_told_and_run_again(lived: Wasl) -> None:
    found = [json.loads(line) for line in lived("transactions", "list", "--json").stdout.splitlines()]
    assert [one["control_id"] for one in found] == ["L3", "L2", "L1"]
    (refused,) = lived("transactions", "list", "--status", "refused", "--json").stdout.splitlines()
    assert json.loads(refused)["control_id"] == "L3"
    assert found[0]["id"] in lived("transactions", "list", "--limit", "1").stdout
    story = lived("transactions", "show", found[2]["id"]).stdout
    assert json.loads(story)["status"] == "delivered"
    assert "BENNANI" not in story
    (made,) = lived("transactions", "rerun", found[2]["id"], "--place", "OBR[1]").stdout.splitlines()
    assert made != found[2]["id"]
    group = ("--kind", "refused", "--channel", "lab-hl7v2", "--reason", "PID-3: required")
    assert len(lived("transactions", "rerun", *group).stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["list", "--status", "lost"], 2, "expected one of"),
        (["list", "--limit", "0"], 2, "limit"),
        (["show", "nothing"], 1, "no transaction nothing"),
        (["rerun", "nothing"], 1, "no transaction nothing"),
        (["rerun", "--kind", "refused"], 2, "give a transaction"),
    ],
)
def test_mistakes_about_transactions(wasl: Wasl, arguments: list[str], code: int, said: str) -> None:
    assert said in wasl("transactions", *arguments, code=code).stderr


def test_a_key_that_cannot_be_read_is_told_in_a_line(lived: Wasl) -> None:
    (lived.data / "master.key").write_bytes(b"cut short")
    done = lived("transactions", "rerun", "x", code=78)
    assert "master.key" in done.stderr


def test_a_mistyped_number_of_a_list_is_told_and_the_row_is_loaded(wasl: Wasl, tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("idcs,birth_date\n9,1980-03-12\n2345678906,1981-03-12\n")
    done = wasl("registry", "load", "clients", str(file))
    assert done.stdout == "2 loaded, 0 updated, 0 unchanged; 1 warning\n"
    assert "line 2, idcs: warning: check-digit" in done.stderr
    file.write_text("idcs,birth_date\n9,1980-03-12\n2345678906,soon\n")
    done = wasl("registry", "load", "clients", str(file), code=1)
    assert done.stdout == "0 loaded, 0 updated, 1 unchanged; 1 error, 1 warning\n"


def test_a_registry_is_loaded_and_what_it_learned_goes_on_the_bus(wasl: Wasl, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text(FACILITIES)
    assert wasl("registry", "load", "facilities", str(file)).stdout == "1 loaded, 0 updated, 0 unchanged\n"
    assert "1 unchanged" in wasl("registry", "load", "facilities", "-", input=FACILITIES.encode()).stdout
    bus = House.open(None, wasl.data).bus("received")
    assert bus.lag("test", [REGISTRY])[REGISTRY] == 2
    bus.close()
    file.write_text(FACILITIES + "12,,,,,,,,,\n")
    assert "line 3" in wasl("registry", "load", "facilities", str(file), code=1).stderr
    assert "clients, facilities, health-workers" in wasl("registry", "load", "doctors", str(file), code=2).stderr
    wasl("registry", "load", "facilities", "nowhere.csv", code=2)


def test_events_are_watched_from_now_on(lived: Wasl, monkeypatch: pytest.MonkeyPatch) -> None:
    other = House.open(None, lived.data).bus("mediated")
    batches = other.read("test", [EVENTS])
    event = next(iter(next(batches)))
    batches.close()
    skip = EmbeddedBus.skip

    def skipped(self: EmbeddedBus, group: str, topics: list[str]) -> None:
        """From here on something comes."""
        skip(self, group, topics)
        asyncio.run(other.publish([Record(EVENTS, event.key, b"foreign bytes"), event, event]))

    monkeypatch.setattr(EmbeddedBus, "skip", skipped)
    done = lived("events", "tail", "--count", "2")
    other.close()
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == ["LabReportIssued"] * 2
    assert "foreign bytes" in done.stderr


def test_every_command_explains_itself() -> None:
    for command in ([], ["run"], ["demo"], ["translate"], ["clients"], ["channels"], ["simulate", "payer"]):
        done = CliRunner().invoke(app, [*command, "--help"])
        assert done.exit_code == 0
        assert "Usage" in done.output
