"""Who changed what, when and why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from registries.client import history
from registries.client.history import Line
from registries.database import reading, writing
from registries.sealing import Seal, Unsealable
from registries.tables import history as table
from tests.registries.people import SECRET

SEAL = Seal(SECRET)


def test_lines_are_read_newest_first_with_their_detail_opened(engine: Engine) -> None:
    first = Line(1, "naima", "linked", "a", "b", why="the same card", detail={"seen": "Rim"})
    second = Line(2, "rules", "matched", "b", "c", record=7, rules=3)
    with writing(engine) as connection:
        assert history.add(connection, SEAL, first) > 0
        history.write(connection, SEAL, [second, Line(3, "rules", "matched", "d", "e")])
    with reading(engine) as connection:
        told = history.of_persons(connection, SEAL, ["b"])
        assert [replace(line, id=0) for line in told] == [second, first]
        assert history.line(connection, SEAL, told[0].id) == told[0]


def test_what_was_done_about_everybody_is_read_by_what_it_was(engine: Engine) -> None:
    lines = [Line(at, "naima", action, rules=2) for at, action in enumerate(("rules-proposed", "rules-activated"))]
    with writing(engine) as connection:
        history.write(connection, SEAL, [*lines, Line(3, "rules", "matched", "d", "e"), Line(4, "wasl", "undone")])
    with reading(engine) as connection:
        told = history.of_everybody(connection, SEAL, "rules-activated", "rules-proposed")
    assert [replace(line, id=0) for line in told] == lines[::-1]


def test_the_detail_is_sealed_with_its_line(engine: Engine) -> None:
    with writing(engine) as connection:
        history.add(connection, SEAL, Line(1, "naima", "linked", "a", "b", detail={"seen": "CANARY"}))
        row = connection.execute(select(table)).one()
        assert b"CANARY" not in row.detail
        connection.execute(table.update().values(person="c"))
    with reading(engine) as connection, pytest.raises(Unsealable):
        history.of_persons(connection, SEAL, ["c"])


def test_why_a_steward_did_it_is_sealed_and_what_the_rules_say_is_not(engine: Engine) -> None:
    with writing(engine) as connection:
        history.add(connection, SEAL, Line(1, "naima", "linked", "a", "b", why="the card of CANARY"))
        history.add(connection, SEAL, Line(2, "rules", "matched", "a", "b", why="the names are the same"))
        clear = set(connection.scalars(select(table.c.why)))
    assert "the names are the same" in clear
    assert "CANARY" not in str(clear)
    with reading(engine) as connection:
        assert [line.why for line in history.of_persons(connection, SEAL, ["a"])][1] == "the card of CANARY"


def test_a_line_says_in_words_what_changed() -> None:
    assert Line(1, "naima", "merged", "a", "b").told() == "a is merged into b, which stands for it"
    assert Line(1, "naima", "chosen", "a", detail={"field": "sex"}).told() == "the golden record of a says another sex"
    assert Line(1, "naima", "undone", "a", detail={"of": 4}).told() == "line 4 is taken back"
