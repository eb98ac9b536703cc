"""The commands an operator has, on a program that runs, and on none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from channels.settings import default_config
from tests.e2e.hl7 import code, glucose, header, message, order, person
from tests.e2e.program import Mllp, Program, until
from tests.e2e.sales import CNSS, export, row
from tests.surroundings import Servers


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, surroundings: Servers | None) -> Path:
    """The shipped configuration, with a line that stops sooner, a channel that wants pharmacies the registry knows, and
    one that looks at nothing before it acknowledges."""
    folder = tmp_path_factory.mktemp("config")
    shutil.copytree(default_config().parent, folder, dirs_exist_ok=True)
    sales = (folder / "channels" / "pharmacy-csv.yaml").read_text()
    strict = sales.replace("facility: flag", "facility: require").replace('"files:inbox/pharmacy-csv"', '"http"')
    (folder / "channels" / "strict-csv.yaml").write_text(strict)
    unchecked = (folder / "channels" / "lab-hl7v2.yaml").read_text()
    unchecked = unchecked.replace("listen: mllp", "listen: http").replace('  type: ["ORU^*", "OUL^*"]\n', "")
    (folder / "channels" / "unchecked.yaml").write_text(unchecked.replace("checked\n", "received\n"))
    wasl = (folder / "wasl.yaml").read_text()
    (folder / "wasl.yaml").write_text(wasl.replace("messages: 50", "messages: 10"))
    return folder / "wasl.yaml"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, config: Path) -> Iterator[Program]:
    with Program(tmp_path_factory.mktemp("program") / "data", "--config", str(config)) as started:
        yield started


@pytest.fixture(scope="module")
def seller(program: Program) -> tuple[str, str]:
    return program.client("officine", "pharmacy-csv", "strict-csv", "unchecked")


def settled(program: Program, transaction: str, *statuses: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        answer = program.admin.get(f"/api/transactions/{transaction}")
        return answer.json() if answer.status_code == 200 and answer.json()["status"] in statuses else None

    return until(found, what=f"{transaction} {statuses}")


def amounts(program: Program, insured: str) -> list[str]:
    sheets = program.get("/api/care-sheets", person=f"{CNSS}|{insured}")["items"]
    return sorted(line["amount"] for sheet in sheets for line in sheet["lines"])


def test_channels_are_listed_shown_linted_and_tested(program: Program) -> None:
    listed = program.wasl("channels", "list").stdout.decode()
    assert all(name in listed for name in ("lab-hl7v2", "radiology", "hospital", "pharmacy", "fhir", "strict"))
    assert b"mediator: hl7v2" in program.wasl("channels", "show", "lab-hl7v2").stdout
    assert program.wasl("channels", "lint").stdout == b""
    tested = program.wasl("channels", "test").stdout.decode()
    assert "lab-hl7v2: a glucose result: passed" in tested
    assert "FAILED" not in tested


def test_a_paused_channel_acknowledges_and_waits_until_it_is_resumed(program: Program) -> None:
    program.pause("lab-hl7v2")
    with Mllp(program.mllp_port) as line:
        assert code(line.send(glucose("W1", "Q1", "G1"))) == "AA"
        program.transaction("W1", "received")
        # another channel goes on meanwhile
        admission = header("W2", kind="ADT^A28^ADT_A05", _3="SIH", _4="CHU_ESSAI")
        assert code(line.send(message(admission, "EVN|A28|20261112", person("Q2")))) == "AA"
        program.transaction("W2", "delivered")
    assert program.transaction("W1")["status"] == "received"
    program.wasl("channels", "resume", "lab-hl7v2")
    program.transaction("W1", "delivered")


def test_transactions_are_listed_and_shown_without_their_body(program: Program) -> None:
    with Mllp(program.mllp_port) as line:
        line.send(glucose("S1", "Q3", "G3"))
    program.transaction("S1", "delivered")
    (one,) = [
        json.loads(text)
        for text in program.wasl("transactions", "list", "--control-id", "S1", "--json").stdout.splitlines()
    ]
    assert (one["channel"], one["status"]) == ("lab-hl7v2", "delivered")
    shown = program.wasl("transactions", "show", one["id"]).stdout
    story = json.loads(shown)
    assert [event["type"] for event in story["events"]] == ["LabReportIssued"]
    assert {one["consumer"] for one in story["events"][0]["deliveries"]} == {"smr", "cnss"}
    assert b"TAZI" not in shown
    assert program.wasl("transactions", "show", "no-such", check=False).returncode == 1


def test_a_message_run_again_has_no_second_effect(program: Program) -> None:
    with Mllp(program.mllp_port) as line:
        line.send(glucose("S2", "Q4", "G4"))
    first = program.transaction("S2", "delivered")
    again = program.wasl("transactions", "rerun", first["id"]).stdout.decode().strip()
    told = settled(program, again, "delivered")
    assert told["rerun_of"] == first["id"]
    patient = program.get("/fhir/Patient", identifier="urn:id:CHU_ESSAI|Q4")["entry"][0]["resource"]["id"]
    (observation,) = program.get("/fhir/Observation", patient=patient)["entry"]
    assert observation["resource"]["meta"]["versionId"] == "1"


def test_one_bad_row_is_run_again_alone_once_the_mapping_was_mended(
    program: Program, seller: tuple[str, str], config: Path
) -> None:
    sales = export(row("170000041", "T1"), row("170000041", "T2", ppv_dh="38,90 dirhams"))
    answer = program.post("pharmacy-csv", seller, sales, "text/csv")
    assert [one["column"] for one in answer.json()["issues"]] == ["ppv_dh"]
    first = settled(program, answer.headers["X-Wasl-Transaction"], "partial", "refused")
    until(lambda: amounts(program, "170000041") == ["77.80"], what="the line of the good row")
    mapping = config.parent / "mappings" / "pharmacy-sobrus.yaml"
    mapping.write_text(mapping.read_text().replace("[DH, DHS, MAD]", "[DH, DHS, MAD, DIRHAMS]"))
    program.stop()
    program.start()
    (place,) = [part["place"] for part in first["parts"]]
    again = program.wasl("transactions", "rerun", first["id"], "--place", place).stdout.decode().strip()
    assert len(settled(program, again, "delivered")["events"]) == 1
    until(lambda: amounts(program, "170000041") == ["77.80", "77.80"], what="the line of the mended row")


def test_what_waits_for_a_registry_entry_goes_on_by_itself(program: Program, seller: tuple[str, str]) -> None:
    body = export(row("170000042", "T1", inpe_pharmacie="130377778"))
    answer = program.post("strict-csv", seller, body, "text/csv")
    parked = settled(program, answer.headers["X-Wasl-Transaction"], "parked")
    assert "facility" in parked["reason"]
    assert amounts(program, "170000042") == []
    facilities = "inpe;name;type;region;province;owner;periods;latitude;longitude;aliases\n"
    facilities += "130377778;Pharmacie de l'Essai;PHARMACIE;MA-04;MA-RAB;PRIVE;1995-01-01/;33.98;-6.85;\n"
    loaded = program.wasl("registry", "load", "facilities", "-", body=facilities.encode())
    assert loaded.stdout.startswith(b"1 loaded")
    until(lambda: amounts(program, "170000042") == ["77.80"], what="the sale of the pharmacy that is known now")
    settled(program, answer.headers["X-Wasl-Transaction"], "delivered", "partial", "parked")
    assert program.wasl("registry", "load", "facilities", "-", body=facilities.encode()).stdout == (
        b"0 loaded, 0 updated, 1 unchanged\n"
    )


def test_a_sale_of_an_unknown_pharmacy_waits_until_the_directory_is_told_of_it_over_fhir(
    program: Program, seller: tuple[str, str]
) -> None:
    who = {"nom_beneficiaire": "ZEROUAL", "prenom_beneficiaire": "Kenza", "date_naissance": "17/09/1987", "sexe": "F"}
    sold = export(row("170000043", "V1", inpe_pharmacie="130388889", **who))
    answer = program.post("strict-csv", seller, sold, "text/csv")
    settled(program, answer.headers["X-Wasl-Transaction"], "parked")
    number = {"system": "https://hie.sante.gov.ma/id/inpe-es", "value": "130388889"}
    told = {"resourceType": "Organization", "id": "remparts", "name": "Remparts", "identifier": [number]}
    assert program.admin.put("/fhir/Organization/remparts", json=told).status_code == 201
    until(lambda: amounts(program, "170000043") == ["77.80"], what="the sale of the pharmacy that is known now")


def test_translate_tells_what_messages_become(program: Program, tmp_path: Path) -> None:
    good, bad = glucose("T1", "Q5", "G5"), message(header("T2", kind="MFN^M02^MFN_M02"), person("Q5"), "ORC|NW|1")
    (tmp_path / "good.hl7").write_text(good)
    (tmp_path / "batch.hl7").write_text(f"BHS|^~\\&|LIS\r{good}{glucose('T3', 'Q6', 'G6')}BTS|2\r")
    done = program.wasl("translate", str(tmp_path / "good.hl7"), str(tmp_path / "batch.hl7"))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [[event["type"] for event in line] for line in lines] == [["LabReportIssued"]] * 3
    assert [line[0]["control_id"] for line in lines] == ["T1", "T1", "T3"]
    (bundle,) = [
        json.loads(line)
        for line in program.wasl("translate", "--as", "fhir", "-", body=good.encode()).stdout.splitlines()
    ]
    assert bundle["resourceType"] == "Bundle"
    assert "Observation" in {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    done = program.wasl("translate", "-", check=False, body=bad.encode())
    assert done.returncode == 1
    assert json.loads(done.stdout)["rejected"][0]["at"] == "MSH-9.1"


@pytest.mark.parametrize(
    ("body", "exit_code"),
    [
        (glucose("K1", "Q7", "G7"), 0),
        (message(header("K2"), "PID|1||||X^Y", order("G8", "2345-7|1|g/L")), 1),
        ("this is no message", 2),
    ],
)
def test_check_tells_every_issue_and_an_exit_code(program: Program, tmp_path: Path, body: str, exit_code: int) -> None:
    file = tmp_path / "one.hl7"
    file.write_text(body)
    done = program.wasl("check", "--json", "--channel", "lab-hl7v2", str(file), check=False)
    assert done.returncode == exit_code, done
    (told,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert bool(told["issues"]) == bool(exit_code)
    assert all(issue["remedy"] for issue in told["issues"])


def test_send_prints_the_acknowledgements(program: Program, seller: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "good.hl7").write_text(glucose("D1", "Q8", "G9"))
    (tmp_path / "bad.hl7").write_text(message(header("D2"), "PID|1||||X^Y", order("G8", "2345-7|1|g/L")))
    (tmp_path / "ventes.csv").write_bytes(export(row("170000043", "T1")))
    mllp = f"mllp://127.0.0.1:{program.mllp_port}"
    assert b"MSA|AA|D1" in program.wasl("send", str(tmp_path / "good.hl7"), "--to", mllp).stdout
    refused = program.wasl("send", str(tmp_path / "bad.hl7"), "--to", mllp, check=False)
    assert refused.returncode == 1
    assert b"MSA|AE|D2" in refused.stdout
    http = f"http://127.0.0.1:{program.http_port}/channels/pharmacy-csv"
    sent = program.wasl("send", str(tmp_path / "ventes.csv"), "--to", http, "--client", ":".join(seller))
    assert sent.stdout.startswith(b"200 ")


def test_events_are_watched_as_they_come(program: Program) -> None:
    told: list[subprocess.CompletedProcess[bytes]] = []
    tail = threading.Thread(target=lambda: told.append(program.wasl("events", "tail", "--count", "1")))
    tail.start()
    with Mllp(program.mllp_port) as line:
        number = 0
        while tail.is_alive():
            number += 1
            line.send(glucose(f"E{number}", "Q9", f"E{number}"))
            tail.join(0.3)
    event = json.loads(told[0].stdout.splitlines()[0])
    assert event["type"] == "LabReportIssued"
    assert event["patient"]["identifiers"][0]["value"] == "Q9"


def test_the_audit_trail_is_whole(program: Program) -> None:
    program.get("/fhir/Patient", identifier="urn:id:CHU_ESSAI|Q4")
    assert b"all as they were written" in program.wasl("audit", "verify").stdout


def test_the_line_stops_when_everything_is_refused_and_flows_again_when_resumed(
    program: Program, seller: tuple[str, str]
) -> None:
    def send(body: str) -> str:
        answer = program.post("unchecked", seller, body.encode(), "x-application/hl7-v2+er7")
        assert code(answer.text) == "AA"
        return answer.headers["X-Wasl-Transaction"]

    for number in range(10):
        send(message(header(f"X{number}", kind="MFN^M02^MFN_M02"), person("Q10"), "ORC|NW|1"))
    until(lambda: program.paused("unchecked"), what="the line to stop")
    assert "paused" in next(
        line for line in program.wasl("channels", "list").stdout.decode().split("\n") if "unche" in line
    )
    waiting = [send(glucose(f"Y{number}", "Q10", f"Y{number}")) for number in range(3)]
    settled(program, waiting[-1], "received")
    program.wasl("channels", "resume", "unchecked")
    for transaction in waiting:
        settled(program, transaction, "delivered")
    assert not program.paused("unchecked")


def test_mistakes_in_the_configuration_name_file_line_and_key(program: Program, config: Path, tmp_path: Path) -> None:
    shutil.copytree(config.parent, tmp_path / "config")
    broken = tmp_path / "config" / "channels" / "lab-hl7v2.yaml"
    lines = broken.read_text().splitlines()
    number = lines.index("acknowledge: checked") + 1
    broken.write_text("\n".join([*lines[: number - 1], "acknowledge: sometimes", *lines[number:]]) + "\ncolour: red\n")
    command = [sys.executable, "-m", "channels"]
    given = ["--config", str(tmp_path / "config" / "wasl.yaml"), "--data", str(tmp_path / "data")]
    for subcommand, exit_code in ((["channels", "lint"], 1), (["run"], 78)):
        done = subprocess.run(
            [*command, *subcommand, *given], env=program.environment, capture_output=True, timeout=300
        )
        said = (done.stdout + done.stderr).decode()
        assert done.returncode == exit_code, said
        assert f"{broken}, line {number}: acknowledge: " in said
        assert "'received', 'checked' or 'resolved'" in said
        assert f"line {len(lines) + 1}: colour: this key is not known" in said
    done = subprocess.run(
        [*command, "run", "--data", str(tmp_path / "data")],
        env={**program.environment, "WASL_HTTP_PORT": "eighty"}, capture_output=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 78
    assert b"WASL_HTTP_PORT: " in done.stderr
