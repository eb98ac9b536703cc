"""Queries are answered in the same exchange, audited before, kept on the bus, and become nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from channels.channel import Channel, Said, load_channel
from channels.questions import Questions
from channels.receive import Door, taken
from channels.settings import Misconfigured, Settings
from mediators.hl7v2.mediator import Hl7v2
from mediators.hl7v2.reader import Hl7
from mediators.mediator import Context
from schemas.domains import Domain, Domains
from schemas.message import Unavailable
from schemas.queries import Found, Queried, Question
from tests.plain import Flow

WARD = Domain("urn:x:ward", ("WARD",), "2.25.7")
DOMAINS = Domains.of([WARD], strict=True)
SAID = Said(mediator="hl7v2", queries="client-registry", acknowledge="resolved")
REGISTRY = Channel(
    "registry",
    SAID,
    Hl7v2(),
    Context("registry", domains=DOMAINS, authorities=DOMAINS.authorities, answers=True),
    Path("x"),
)


class Asked:
    """Knows number 7; tells what it was asked and what was audited."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.audited: list[tuple[str, list[str]]] = []

    def answer(self, question: Question, domains: Domains, channel: str) -> Queried:
        assert (domains, channel) == (DOMAINS, "registry")
        if question.of == (WARD.uri, "away"):
            raise Unavailable("the database is away")
        self.questions.append(question)
        if question.of != (WARD.uri, "7"):
            return Queried(missing="number")
        return Queried((Found("p-1", {"identifiers": [{"system": WARD.uri, "value": "7"}]}),))

    def audit(self, asker: str, persons: list[str]) -> None:
        self.audited.append((asker, persons))


@pytest.fixture
def asked() -> Asked:
    return Asked()


def ask(flow: Flow, asked: Asked, number: str, domains: str = "", **message: str) -> Hl7:
    door = Door(flow.gateway, flow.keys, b"secret", 5.0, questions=Questions(asked.answer, asked.audit))
    lines = [r"MSH|^~\&|PORTAL|CLINIC|CR|HIE|20260101||QBP^Q23^QBP_Q21|Q1|P|2.5"]
    body = "\r".join([*lines, f"QPD|IHE PIX Query|tag|{number}|{domains}", "RCP|I"]).encode()
    made = taken(REGISTRY, Hl7v2().describe(body, ""), body, content_type="x-application/hl7-v2+er7")
    return Hl7.read(asyncio.run(door.receive(REGISTRY, replace(made, **message))).body)  # type: ignore[arg-type]


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    return Flow(tmp_path, REGISTRY)


def test_the_registry_answers_in_the_same_exchange(flow: Flow, asked: Asked) -> None:
    answer = ask(flow, asked, "7^^^WARD")
    assert [segment.name for segment in answer.segments] == ["MSH", "MSA", "QAK", "QPD", "PID"]
    assert answer.segments[4].raw_field(3) == "7^^^WARD&2.25.7&ISO"


def test_who_is_told_whom_is_audited(flow: Flow, asked: Asked) -> None:
    ask(flow, asked, "7^^^WARD")
    ask(flow, asked, "8^^^WARD")
    assert asked.audited == [("PORTAL|CLINIC", ["p-1"]), ("PORTAL|CLINIC", [])]


def test_the_query_is_kept_and_becomes_nothing(flow: Flow, asked: Asked) -> None:
    ask(flow, asked, "7^^^WARD")
    (record,) = flow.read(REGISTRY.topic)
    assert record.headers["reply"] == "AA"
    flow.mediate()
    assert flow.events() == []
    assert [step["kind"] for step in flow.steps()] == ["mediated"]


def test_a_number_nobody_has_is_an_answer_and_no_refusal(flow: Flow, asked: Asked) -> None:
    answer = ask(flow, asked, "8^^^WARD")
    assert (answer.segments[1].text(1), answer.segments[3].text(2)) == ("AE", "AE")
    (record,) = flow.read(REGISTRY.topic)
    assert "refused" not in record.headers


def test_what_cant_be_asked_is_refused_and_kept_with_its_reason(flow: Flow, asked: Asked) -> None:
    answer = ask(flow, asked, "7^^^WARD", "^^^RANDOM")
    assert answer.segments[2].raw_field(2) == "QPD^1^4^1"
    assert asked.questions == []
    (record,) = flow.read(REGISTRY.topic)
    assert record.headers["refused"] == "1"


def test_no_answer_while_the_registry_is_away(flow: Flow, asked: Asked) -> None:
    with pytest.raises(Unavailable):
        ask(flow, asked, "away^^^WARD")


def test_a_query_run_again_asks_nobody(flow: Flow, asked: Asked) -> None:
    ask(flow, asked, "7^^^WARD", rerun_of="t-0")
    assert asked.questions == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mediator: csv\nqueries: client-registry\n", "line 2: queries: this mediator's format has none"),
        ("mediator: hl7v2\nqueries: facility-registry\n", "line 2: queries"),
        ("mediator: hl7v2\nnotify: portal:2575\n", "line 2: notify: .*expected mllp://host:port"),
    ],
)
def test_mistakes_about_queries_name_their_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "cr.yaml").write_text(text)
    with pytest.raises(Misconfigured, match=told):
        load_channel(tmp_path / "channels" / "cr.yaml", Settings())
