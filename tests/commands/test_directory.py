"""`wasl registry show` and `close`: what is known of an entry, and one that ends."""

from __future__ import annotations

from tests.commands.conftest import Wasl

PLACES = "inpe;name;type;region;province;owner;periods;latitude;longitude\n"
PEOPLE = "inpe;family;given;profession;periods\n"


def test_a_facility_is_shown_closed_and_shown_again(wasl: Wasl) -> None:
    row = "120000011;CHU de la Colline;CHU;MA-04;MA-RAB;MSPS;1990-01-01/;;\n"
    wasl("registry", "load", "facilities", "-", input=(PLACES + row).encode())
    assert "120000011 CHU de la Colline: operational" in wasl("registry", "show", "facilities", "120 000 011").stdout
    done = wasl("registry", "close", "facilities", "120000011", "--from", "2024-07-01", "--why", "merged into the CHR")
    assert done.stdout == "120000011 is closed from 2024-07-01\n"
    said = wasl("registry", "show", "facilities", "120000011").stdout
    assert "120000011 CHU de la Colline: closed\n  periods: 1990-01-01/2024-06-30\n" in said
    assert said.splitlines()[2].endswith("terminal: merged into the CHR")
    assert "list loaded" in said.splitlines()[3]


def test_a_health_worker_may_leave(wasl: Wasl) -> None:
    wasl("registry", "load", "health-workers", "-", input=f"{PEOPLE}121000011;TAZROUT;Hind;cardiologue;\n".encode())
    wasl("registry", "close", "health-workers", "121000011", "--from", "2024-07-01", "--why", "retired")
    assert "121000011 TAZROUT Hind: closed" in wasl("registry", "show", "health-workers", "121000011").stdout


def test_what_is_not_there_is_told(wasl: Wasl) -> None:
    assert "no entry" in wasl("registry", "show", "facilities", "120000011", code=2).stderr
    assert "no entry" in wasl("registry", "close", "facilities", "120000011", "--why", "x", code=2).stderr
    assert "expected one of" in wasl("registry", "show", "doctors", "1", code=2).stderr
    assert "YYYY-MM-DD" in wasl("registry", "close", "facilities", "1", "--why", "x", "--from", "soon", code=2).stderr
