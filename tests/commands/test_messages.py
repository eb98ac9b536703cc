"""`wasl translate`, `check` and `send`: one line a message, in order, and an exit code to rely on."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from mediators.hl7v2.mediator import Hl7v2
from tests.commands.conftest import Wasl
from tests.console.place import SALES, nameless, result

UNKNOWN = result("O1").replace(b"ORU^R01^ORU_R01", b"MFN^M02^MFN_M02")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    bodies = {
        "good.hl7": result("G1"), "nameless.hl7": nameless("N1"), "unknown.hl7": UNKNOWN, "sales.csv": SALES,
        "garbage.bin": b"\x00\x01\x02", "empty.hl7": b"",
        "batch.hl7": b"FHS|^~\\&\rBHS|^~\\&\r" + result("B1") + result("B2") + UNKNOWN + b"BTS|3\rFTS|1\r",
    }  # fmt: skip
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    return {name: str(tmp_path / name) for name in bodies}


def lines(done: Result) -> list[Any]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_message_becomes_a_line_of_events(wasl: Wasl, files: dict[str, str]) -> None:
    lab, sales = lines(wasl("translate", files["good.hl7"], files["sales.csv"]))
    assert [event["type"] for event in lab] == ["LabReportIssued"]
    assert [(event["type"], event["amount"]) for event in sales] == [("MedicationDispensed", "29.60")]
    assert lab[0]["fact"]
    assert not wasl.data.exists()


def test_a_batch_gives_several_lines_in_order(wasl: Wasl, files: dict[str, str]) -> None:
    first, second, third = lines(wasl("translate", files["batch.hl7"], code=1))
    assert [first[0]["control_id"], second[0]["control_id"]] == ["B1", "B2"]
    assert third["rejected"][0]["at"].startswith("MSH-9")


def test_only_what_cannot_be_read_is_rejected(wasl: Wasl, files: dict[str, str]) -> None:
    names = ("nameless.hl7", "unknown.hl7", "garbage.bin", "empty.hl7")
    nobody, unknown, garbage, empty = lines(wasl("translate", *(files[name] for name in names), code=1))
    assert isinstance(nobody, list)
    for rejected in (unknown, garbage, empty):
        assert set(rejected) == {"rejected"}
        assert {"at", "reason", "text", "remedy", "severity", "code", "location"} <= rejected["rejected"][0].keys()


def test_fhir_is_one_bundle_a_message(wasl: Wasl, files: dict[str, str]) -> None:
    (bundle,) = lines(wasl("translate", files["good.hl7"], "--as", "fhir"))
    types = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    assert bundle["resourceType"] == "Bundle"
    assert {"Patient", "DiagnosticReport", "Observation"} <= types
    assert "MSH" not in wasl("translate", files["good.hl7"], "--as", "html", code=2).stdout


def test_the_standard_input_is_a_file_too(wasl: Wasl) -> None:
    (events,) = lines(wasl("translate", "-", input=result("I1")))
    assert events[0]["control_id"] == "I1"


def test_a_named_channel_reads_whatever_it_is_given(wasl: Wasl, files: dict[str, str]) -> None:
    (rejected,) = lines(wasl("translate", files["good.hl7"], "--channel", "pharmacy-csv", code=1))
    assert "rejected" in rejected
    assert "lab-hl7v2" in wasl("translate", files["good.hl7"], "--channel", "nowhere", code=2).output


def test_thousands_of_files_in_one_call(wasl: Wasl, tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.hl7" for n in range(2000)]
    for n, path in enumerate(paths):
        path.write_bytes(result(f"T{n}"))
    found = lines(wasl("translate", *map(str, paths)))
    assert [events[0]["control_id"] for events in found] == [f"T{n}" for n in range(2000)]


def test_a_mediators_own_fault_stops_no_other_message(
    wasl: Wasl, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mediate = Hl7v2.mediate

    def fails_on_the_first(self: Hl7v2, message: Any, context: Any) -> Any:
        if message.control_id == "B1":
            raise KeyError("BENNANI")
        return mediate(self, message, context)

    monkeypatch.setattr(Hl7v2, "mediate", fails_on_the_first)
    done = wasl("translate", files["batch.hl7"], code=1)
    first, second, _ = lines(done)
    assert first["rejected"][0]["reason"] == "mediator failed: KeyError"
    assert "BENNANI" not in str(first)
    assert second[0]["control_id"] == "B2"


def test_a_file_that_is_not_there(wasl: Wasl, files: dict[str, str]) -> None:
    for command in ("translate", "check"):
        done = wasl(command, files["good.hl7"], "nowhere.hl7", code=2)
        assert "nowhere.hl7: No such file" in done.stderr
        assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["good.hl7"], 0),
        (["sales.csv"], 1),
        (["nameless.hl7"], 1),
        (["good.hl7", "nameless.hl7"], 1),
        (["garbage.bin"], 2),
        (["empty.hl7"], 2),
        (["garbage.bin", "good.hl7"], 2),
    ],
)
def test_what_check_says_by_its_exit_code(wasl: Wasl, files: dict[str, str], names: list[str], code: int) -> None:
    wasl("check", *(files[name] for name in names), code=code)
    assert not wasl.data.exists()


def test_a_bundle_that_is_no_json_is_unreadable(wasl: Wasl, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b'{"resourceType": "Bundle"')
    wasl("check", str(tmp_path / "b.json"), code=2)


def test_issues_are_told_with_place_reason_remedy_and_source(wasl: Wasl, files: dict[str, str]) -> None:
    told = wasl("check", files["nameless.hl7"], code=1).stdout
    assert "nameless.hl7: PID-3: error: required: " in told
    assert "[HL7 2.5.1, 3.4.2.3]" in told
    assert "becomes nothing until it is mended" in told
    (said,) = lines(wasl("check", files["sales.csv"], "--json", code=1))
    (issue,) = said["issues"]
    assert (issue["line"], issue["column"], bool(issue["remedy"])) == (3, "quantite", True)


def test_check_tells_what_would_become_of_a_message(wasl: Wasl, files: dict[str, str]) -> None:
    (said,) = lines(wasl("check", files["good.hl7"], "--json"))
    assert (said["channel"], said["type"], said["control_id"], said["answer"]) == ("lab-hl7v2", "ORU^R01", "G1", "AA")
    assert (said["issues"], [event["type"] for event in said["events"]]) == ([], ["LabReportIssued"])
    assert said["resources"]["Observation"] == said["resources"]["Patient"] == 1
    (billed,) = said["care_sheet"]
    assert (billed["line"]["code"], billed["line"]["date"], billed["reason"]) == ("15074-8", "2026-03-12", "")
    told = wasl("check", files["good.hl7"]).stdout
    assert "good.hl7: ORU^R01 G1, on lab-hl7v2: AA, 1 remark" in told
    assert "good.hl7: OBR-16: information: required: who ordered it is not said" in told
    assert "code: Glucose (15074-8)" in told
    assert "care sheet  15074-8 Glucose: 1, on 2026-03-12" in told


def test_why_an_event_is_on_no_care_sheet_is_told(wasl: Wasl, tmp_path: Path) -> None:
    (tmp_path / "running.hl7").write_bytes(result("W1").replace(b"||CH|F", b"||CH|I"))
    (said,) = lines(wasl("check", str(tmp_path / "running.hl7"), "--json"))
    assert [(one["line"], one["reason"]) for one in said["care_sheet"]] == [(None, "not done yet")]


def test_what_is_refused_becomes_nothing(wasl: Wasl, files: dict[str, str]) -> None:
    (said,) = lines(wasl("check", files["nameless.hl7"], "--json", code=1))
    assert (said["answer"], said["events"], said["resources"], said["care_sheet"]) == ("AE", [], {}, [])


def test_the_standards_own_opinion_is_apart_and_changes_no_exit_code(wasl: Wasl, tmp_path: Path) -> None:
    (tmp_path / "odd.hl7").write_bytes(result("X1").replace(b"ORC|RE", b"DG1|1||I10^HTA^I10|||W\rORC|RE"))
    (said,) = lines(wasl("check", str(tmp_path / "odd.hl7"), "--json", "--standard"))
    assert said["issues"] == []
    assert {issue["severity"] for issue in said["standard"]} == {"information"}
    assert "standard" not in lines(wasl("check", str(tmp_path / "odd.hl7"), "--json"))[0]
    assert (
        "by the standard's own tables, for information" in wasl("check", str(tmp_path / "odd.hl7"), "--standard").stdout
    )


@contextmanager
def listening(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """An MLLP listener that answers one message after the other, then hangs up; what it got."""
    got: list[bytes] = []

    def talk(server: socket.socket) -> None:
        line, _ = server.accept()
        with line:
            for answer in answers:
                frame = b""
                while not frame.endswith(b"\x1c\r"):
                    frame += line.recv(65536)
                got.append(frame[1:-2])
                line.sendall(b"\x0b" + answer + b"\x1c\r")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=talk, args=(server,))
        thread.start()
        yield f"mllp://127.0.0.1:{server.getsockname()[1]}", got
        thread.join(5)


def test_send_says_what_was_answered(wasl: Wasl, files: dict[str, str]) -> None:
    with listening(b"MSH|^~\\&\rMSA|AA|G1\r") as (to, got):
        assert "MSA|AA|G1" in wasl("send", files["good.hl7"], "--to", to).stdout
    assert got == [result("G1")]


@pytest.mark.parametrize(("answer", "code"), [(b"MSH$\rMSA$CA$B3\r", 0), (b"MSH|\rMSA|AE|B3\rERR||MSA|AA\r", 1)])
def test_every_message_of_a_batch_is_sent_and_one_refusal_is_enough(
    wasl: Wasl, files: dict[str, str], answer: bytes, code: int
) -> None:
    with listening(b"MSH|\rMSA|AA|B1\r", b"MSH|\rMSA|AA|B2\r", answer) as (to, got):
        wasl("send", files["batch.hl7"], "--to", to, code=code)
    assert len(got) == 3


def test_no_answer_is_told_as_such(wasl: Wasl, files: dict[str, str]) -> None:
    with listening(b"MSH|\rMSA|AA|B1\r") as (to, _):
        done = wasl("send", files["batch.hl7"], "--to", to, code=1)
    assert "without an answer" in done.stderr or "reset" in done.stderr
    with socket.create_server(("127.0.0.1", 0)) as closed:
        to = f"mllp://127.0.0.1:{closed.getsockname()[1]}"
    assert "refused" in wasl("send", files["good.hl7"], "--to", to, code=1).stderr


@pytest.mark.parametrize("to", ["localhost:2575", "ftp://x", "mllp://", "mllp://x:port", "mllp://[broken"])
def test_an_address_nobody_can_send_to(wasl: Wasl, files: dict[str, str], to: str) -> None:
    assert "mllp://host:port" in wasl("send", files["good.hl7"], "--to", to, code=2).stderr


def test_files_go_over_http_with_their_kind_and_the_clients_name(
    wasl: Wasl, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[tuple[str, str, bytes]] = []

    class Intake(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Authorization"], self.headers["Content-Type"], body))
            self.send_response(422 if len(got) > 1 else 200)
            self.end_headers()
            self.wfile.write(b"told")

        def log_message(self, *_: object) -> None: ...

    monkeypatch.setenv("NO_PROXY", "*")
    with HTTPServer(("127.0.0.1", 0), Intake) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        to = ("--to", f"http://127.0.0.1:{server.server_port}/channels/x", "--client", "lab:a.secret:with colons")
        assert wasl("send", files["sales.csv"], *to).stdout == "200 told\n"
        wasl("send", files["good.hl7"], *to, code=1)
        server.shutdown()
        thread.join()
    assert [one[1:] for one in got] == [("text/csv", SALES), ("x-application/hl7-v2+er7", result("G1"))]
    assert got[0][0] == "Basic bGFiOmEuc2VjcmV0OndpdGggY29sb25z"
