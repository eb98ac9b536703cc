"""What another registry answered: believed for a while, and longer when it is down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine, select

from registries.database import reading
from registries.national_tables import remembered
from registries.remembered import FRESH, REST, Answer, Question, Remembered, flags
from schemas.message import Unavailable
from tests.clock import Clock

SECRET = b"a secret of these tests"
DAY = 86_400.0


@dataclass
class Elsewhere:
    """A registry that counts how often it is asked."""

    knows: dict[str, Any] = field(default_factory=dict)
    down: bool = False
    asked: list[str] = field(default_factory=list)

    def question(self, name: str, stale: float = DAY) -> Question:
        def fetch() -> Any:
            self.asked.append(name)
            if self.down:
                raise Unavailable("down")
            return self.knows.get(name)

        return Question(("client", name), fetch, stale)


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere({"a": [1], "b": {"c": "d"}})


Open = Callable[[], Remembered]


@pytest.fixture
def opened(engine: Engine, clock: Clock) -> Iterator[Open]:
    """Another process each time."""
    made: list[Remembered] = []

    def open() -> Remembered:
        made.append(Remembered(engine, SECRET, clock))
        return made[-1]

    yield open
    for one in made:
        one.close()


def only(answers: list[Answer | Unavailable]) -> Answer:
    (answer,) = answers
    assert isinstance(answer, Answer)
    return answer


def test_an_answer_is_asked_for_once_while_it_is_fresh(opened: Open, elsewhere: Elsewhere, clock: Clock) -> None:
    kept = opened()
    first = only(kept.ask([elsewhere.question("a")]))
    assert (first.value, first.age, first.late, first.is_news) == ([1], 0.0, False, True)
    clock.now += FRESH
    again = only(kept.ask([elsewhere.question("a")]))
    assert (again.value, again.age, again.late, again.is_news) == ([1], FRESH, False, False)
    assert elsewhere.asked == ["a"]
    clock.now += 1
    assert only(kept.ask([elsewhere.question("a")])).age == 0
    assert elsewhere.asked == ["a", "a"]


def test_answers_come_in_the_order_of_the_questions_and_each_is_asked_once(opened: Open, elsewhere: Elsewhere) -> None:
    names = ["b", "a", "b", "x", "a"]
    answers = opened().ask([elsewhere.question(name) for name in names])
    assert [only([answer]).value for answer in answers] == [{"c": "d"}, [1], {"c": "d"}, None, [1]]
    assert sorted(elsewhere.asked) == ["a", "b", "x"]


def test_another_process_knows_it_too(opened: Open, elsewhere: Elsewhere) -> None:
    opened().ask([elsewhere.question("b")])
    assert only(opened().ask([elsewhere.question("b")])).value == {"c": "d"}
    assert elsewhere.asked == ["b"]


def test_the_last_answer_counts_while_the_registry_is_down_as_long_as_is_allowed(
    opened: Open, elsewhere: Elsewhere, clock: Clock
) -> None:
    opened().ask([elsewhere.question("a")])
    elsewhere.down = True
    clock.now += DAY
    late = only(opened().ask([elsewhere.question("a", stale=DAY)]))
    assert (late.value, late.age, late.late) == ([1], DAY, True)
    assert flags("client", late) == ["the national client registry does not answer: as it was known 1 d ago"]
    strict, loose = opened().ask([elsewhere.question("a", stale=DAY - 1), elsewhere.question("a", stale=DAY + 1)])
    assert isinstance(strict, Unavailable)
    assert isinstance(loose, Answer)


def test_nobody_is_an_answer_too(opened: Open, elsewhere: Elsewhere, clock: Clock) -> None:
    kept = opened()
    assert only(kept.ask([elsewhere.question("x")])).value is None
    elsewhere.down = True
    clock.now += FRESH + 1
    late = only(kept.ask([elsewhere.question("x")]))
    assert (late.value, late.late, late.is_news) == (None, True, False)


def test_what_becomes_known_is_news_once(opened: Open, elsewhere: Elsewhere, clock: Clock) -> None:
    kept = opened()
    kept.ask([elsewhere.question("x")])
    elsewhere.knows["x"] = []
    clock.now += FRESH + 1
    assert only(kept.ask([elsewhere.question("x")])).is_news
    assert not only(kept.ask([elsewhere.question("x")])).is_news


def test_what_was_never_asked_is_unavailable_while_the_registry_is_down(opened: Open, elsewhere: Elsewhere) -> None:
    elsewhere.down = True
    (answer,) = opened().ask([elsewhere.question("a")])
    assert isinstance(answer, Unavailable)
    assert flags("client", answer) == ["the national client registry does not answer"]


def test_a_registry_that_is_down_is_left_in_peace_for_a_moment(
    opened: Open, elsewhere: Elsewhere, clock: Clock
) -> None:
    kept = opened()
    elsewhere.down = True
    for _ in range(5):
        kept.ask([elsewhere.question("a")])
    assert elsewhere.asked == ["a"]
    clock.now += REST
    elsewhere.down = False
    assert only(kept.ask([elsewhere.question("a")])).value == [1]


def test_what_memory_cannot_hold_is_read_again_not_asked_again(
    opened: Open, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registries.remembered.MOST", 1)
    kept = opened()
    kept.ask([elsewhere.question("a"), elsewhere.question("b")])
    elsewhere.down = True
    known, other, stranger = kept.ask([elsewhere.question(name) for name in ("a", "b", "x")])
    assert (only([known]).value, only([other]).late) == ([1], False)
    assert isinstance(stranger, Unavailable)
    assert sorted(elsewhere.asked) == ["a", "b", "x"]


def test_the_newer_of_two_answers_stays(opened: Open, elsewhere: Elsewhere, clock: Clock) -> None:
    slow, quick = opened(), opened()

    def overtaken() -> list[int]:
        clock.now += 1
        elsewhere.knows["a"] = [2]
        quick.ask([elsewhere.question("a")])
        return [1]

    slow.ask([Question(("client", "a"), overtaken, DAY)])
    assert only(opened().ask([elsewhere.question("a")])).value == [2]


def test_neither_question_nor_answer_can_be_read_in_the_database(engine: Engine, opened: Open) -> None:
    canary = "CANARY-7319"
    opened().ask([Question(("client", "urn:id:A", canary), lambda: [{"value": canary}], DAY)])
    with reading(engine) as connection:
        (row,) = connection.execute(select(remembered)).all()
    assert canary not in row.question
    assert canary.encode() not in row.answer


@pytest.mark.parametrize(("age", "words"), [(3, "3 s"), (90, "2 min"), (7200, "2 h"), (3 * DAY, "3 d")])
def test_an_age_is_told_in_its_own_unit(age: float, words: str) -> None:
    assert flags("facility", Answer(None, 0.0, age, late=True)) == [
        f"the national facility registry does not answer: as it was known {words} ago"
    ]
    assert flags("facility", Answer(None, 0.0, age)) == []
