"""The first thing a newcomer runs."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.program import Program, until


def test_the_demonstration_streams_a_day_and_says_where_to_look(tmp_path: Path) -> None:
    with Program(tmp_path / "data", command="demo") as program:
        assert f"Console: http://127.0.0.1:{program.http_port}/" in program.log()
        until(lambda: len(program.get("/api/transactions", limit=100)["items"]) == 100, what="a hundred transactions")
        seen = {one["channel"] for one in program.get("/api/transactions", limit=500)["items"]}
        until(lambda: landed(program), what="care sheets and results of the day")
        until(lambda: known_to(program) >= 3, what="a person of whom three senders told")
        until(lambda: program.get("/api/reviews")["items"], what="a pair that a steward is asked about")
    assert {"lab-hl7v2", "hospital-adt", "pharmacy-csv"} <= seen


def landed(program: Program) -> bool:
    delivered = program.get("/api/transactions", status="delivered", limit=1)["items"]
    return bool(delivered) and program.get("/fhir/Observation", _count=1)["total"] > 0


def known_to(program: Program) -> int:
    """How many senders told of the same person, at most."""
    found = program.get("/fhir/Patient", gender="male", _count=100).get("entry", [])
    numbers = [one["resource"].get("identifier", []) for one in found]
    return max((sum(number["system"].startswith("urn:id:") for number in told) for told in numbers), default=0)
