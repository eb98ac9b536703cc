"""What operators do: look, run again one by one or a whole group, and never in circles."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from channels.desk import Desk
from channels.journal import failures, tables
from channels.journal.search import Page, Query
from channels.line import Line
from channels.line import metadata as line_tables
from channels.reload import Channels
from channels.rerun import NotKept
from channels.security.digests import Digests
from channels.settings import Line as Limits
from registries.database import open_database
from tests.plain import channel


class Again:
    """Runs nothing, remembers what; `lost` ones are no longer kept."""

    def __init__(self, lost: frozenset[str] = frozenset()) -> None:
        self.lost = lost
        self.made: list[tuple[str, Sequence[str]]] = []

    async def run(self, row: Mapping[str, Any], places: Sequence[str] = ()) -> str:
        if row["id"] in self.lost:
            raise NotKept("the body is no longer kept")
        self.made.append((row["id"], places))
        return f"again {row['id']}"

    def body(self, row: Mapping[str, Any]) -> bytes | None:
        return f"body of {row['id']}".encode()


def desk(folder: Path, again: Again) -> Desk:
    journal = open_database(f"sqlite:///{folder}/journal.db", tables.metadata)
    line = Line(open_database(f"sqlite:///{folder}/control.db", line_tables), Limits())
    made = Desk(journal, Digests(b"secret"), again, line, Channels([channel("plain"), channel("other")]))  # type: ignore[arg-type]  # a double
    made.story = lambda transaction: {"id": transaction, "offset": None if transaction == "unseen" else 1}  # type: ignore[method-assign]
    return made


def test_a_group_that_grows_while_it_runs_is_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = Again(lost=frozenset({"t3"}))

    def members(_engine: object, *_group: str, cursor: str = "") -> Page:
        """Two a page, and behind them whatever failed again."""
        known = [f"t{n}" for n in range(5)] + [f"again {one}" for one, _ in again.made]
        start = int(cursor or 0)
        items = [{"id": one, "places": [one]} for one in known[start : start + 2]]
        return Page(items, str(start + 2) if len(known) > start + 2 else None)

    monkeypatch.setattr(failures, "members", members)
    made, lost = asyncio.run(desk(tmp_path, again).rerun_group("refused", "plain", "word: bad word"))
    assert made == ["again t0", "again t1", "again t2", "again t4"]
    assert lost == 1
    assert again.made[0] == ("t0", ["t0"])


def test_what_was_never_seen_cannot_be_run_or_shown(tmp_path: Path) -> None:
    here = desk(tmp_path, Again())
    with pytest.raises(NotKept, match="no transaction unseen"):
        asyncio.run(here.rerun("unseen"))
    assert here.body("unseen") is None
    assert here.body("t1") == b"body of t1"


def test_channels_are_listed_with_their_state(tmp_path: Path) -> None:
    here = desk(tmp_path, Again())
    here.line.pause("other", "samira", "maintenance")
    listed = here.activity()
    assert [(one["name"], one["paused"]) for one in listed] == [("plain", None), ("other", "maintenance")]


def test_identifiers_are_searched_by_digest(tmp_path: Path) -> None:
    here = desk(tmp_path, Again())
    assert here.subject("") == ""
    assert "AB123456" not in here.subject("https://hie.sante.gov.ma/id/cnie|AB123456")
    assert here.subject("ab 123456") == here.subject("AB123456")
    assert here.search(Query(subject=here.subject("AB123456"))).items == []
