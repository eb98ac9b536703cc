"""The tables of every store: made from nothing, found again, taken over from 0.1.0, and never by two at once."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, select, text

from channels.line import pauses
from channels.migrations import store as stores
from channels.migrations.store import STORES, Store, upgrade
from channels.processes import python
from channels.runtime import House
from channels.settings import Misconfigured
from registries.client.links import Links
from registries.database import open_database
from registries.tables import uncompared


@contextmanager
def opened(url: str, store: str = "") -> Iterator[Engine]:
    engine = open_database(url, store=store) if store else open_database(url)
    yield engine
    engine.dispose()


def differences(engine: Engine, store: Store) -> list[Any]:
    """What Alembic would write into a next revision. Partitions are no tables of ours."""

    def ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or not (name or "").endswith("_default")

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours, "compare_type": True})
        return list(compare_metadata(context, list(store.tables)))  # type: ignore[arg-type]  # takes several


@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
def test_the_revisions_make_the_tables_of_the_program_on_sqlite(store: Store, tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/{store.name}.db") as engine:
        store.migrate(engine)
        assert differences(engine, store) == []
        assert store.revision(engine) == store.head


def test_the_revisions_make_the_tables_of_the_program_on_postgresql(database_url: str) -> None:
    for store in STORES.values():
        with opened(database_url, store.name) as engine:
            store.migrate(engine)
            assert differences(engine, store) == [], store.name
            assert store.revision(engine) == store.head


@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
def test_the_newest_file_is_the_only_head(store: Store) -> None:
    folder = Path(stores.__file__).parent
    script = ScriptDirectory(str(folder), version_locations=[str(folder / store.name)])
    assert script.get_heads() == [store.head]


def test_stores_of_one_postgresql_database_do_not_meet(database_url: str) -> None:
    with opened(database_url, "registries") as one, opened(database_url, "record") as other:
        STORES["registries"].migrate(one)
        STORES["record"].migrate(other)
        columns = [{column["name"] for column in inspect(engine).get_columns("versions")} for engine in (one, other)]
    assert columns[0] == {"name", "number"}
    assert "body" in columns[1]


def test_eight_processes_that_start_on_an_empty_database_make_it_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WASL_DATABASE", database_url)
    command = python("database", "migrate", "--data", str(tmp_path))
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    said = [process.communicate(timeout=240) for process in running]
    assert [process.returncode for process in running] == [0] * 8, said
    for store in STORES.values():
        with opened(database_url, store.name) as engine:
            assert store.revision(engine) == store.head


def test_a_data_folder_of_0_1_0_is_taken_over_with_what_is_in_it(tmp_path: Path) -> None:
    sections = Path(__file__).with_name("tables_0_1_0.sql").read_text().split("-- store ")[1:]
    for name, _, statements in (section.partition("\n") for section in sections):
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as old:
            old.executescript(statements)
    with opened(f"sqlite:///{tmp_path}/control.db") as engine, engine.begin() as connection:
        connection.execute(pauses.insert().values(channel="lab", since=1, by="samira", reason="maintenance"))
    house = House.open(None, tmp_path)
    house.migrate()
    assert [pause.channel for pause in house.line.all()] == ["lab"]
    for name in (section.partition("\n")[0] for section in sections):
        engine = house.engine(name)
        assert STORES[name].revision(engine) == STORES[name].head
        assert [one for one in differences(engine, STORES[name]) if one[0][0] != "modify_type"] == [], name
        engine.dispose()


def test_links_and_reviews_of_before_the_source_records_are_in_force_and_open(tmp_path: Path) -> None:
    statements = Path(__file__).with_name("tables_0_1_0.sql").read_text().split("-- store registries\n")[1]
    with closing(sqlite3.connect(tmp_path / "registries.db")) as old:
        old.executescript(statements.split("-- store ")[0])
        for person in ("one", "other"):
            values = (person, 1, "event", 0, *[""] * 8)
            old.execute(f"INSERT INTO persons VALUES ({', '.join('?' * len(values))})", values)
        old.execute("INSERT INTO links VALUES ('one', 'other', 'merged', 'event', 1, 1)")
        old.execute("INSERT INTO reviews VALUES ('1', 'one', 'other', 'claimed-twice', 'text', 1, 'open', 'e', 't')")
        old.execute("INSERT INTO versions VALUES ('links', 1)")
        old.commit()
    with opened(f"sqlite:///{tmp_path}/registries.db") as engine:
        STORES["registries"].migrate(engine)
        assert Links(engine).survivor("one") == "other"
        with engine.connect() as connection:
            told = connection.execute(text("SELECT state, why, rules, decided_by FROM reviews")).all()
        assert [tuple(row) for row in told] == [("open", "", 0, "")]


def test_what_a_cut_off_start_left_is_completed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/control.db"
    open_database(url, STORES["control"].tables[0]).dispose()
    with opened(url) as engine:
        STORES["control"].migrate(engine)
        assert differences(engine, STORES["control"]) == []


def test_without_leave_to_migrate_the_missing_tables_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WASL_DATABASE_MIGRATE", "false")
    with pytest.raises(Misconfigured, match=r"the store control is at revision none.*run `wasl database migrate`"):
        House.open(None, tmp_path).migrate()
    for store in STORES.values():
        store.migrate(House.open(None, tmp_path).engine(store.name))
    House.open(None, tmp_path).migrate()


def test_the_store_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/control.db") as engine:
        STORES["control"].migrate(engine)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        STORES["control"].migrate(engine)
        STORES["control"].require(engine)
        assert STORES["control"].revision(engine) == "9999"


def test_a_folder_for_the_files_of_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WASL_DATABASE", f"sqlite:///{tmp_path}/elsewhere")
    House.open(None, tmp_path / "data").migrate()
    assert (tmp_path / "elsewhere/journal.db").exists()
    assert not (tmp_path / "data/journal.db").exists()


def test_the_terminal_tells_what_was_done_and_where_it_stands(tmp_path: Path) -> None:
    def wasl(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            python("database", *words, "--data", str(tmp_path)), capture_output=True, text=True, check=False
        )

    assert wasl("show").returncode == 1
    assert "journal: new -> 0002" in wasl("migrate").stdout
    again = wasl("migrate")
    assert "journal: 0002" in again.stdout
    assert wasl("show").returncode == 0


def test_a_database_that_is_away_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WASL_DATABASE", "postgresql://wasl@127.0.0.1:1/none")
    command = python("clients", "list", "--data", str(tmp_path))
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 69
    assert "WASL_DATABASE" in told.stderr
    assert "Traceback" not in told.stderr


def test_records_that_waited_to_be_compared_still_wait(database_url: str) -> None:
    with opened(database_url, "registries") as engine:
        with engine.begin() as connection:
            connection.execute(text("CREATE SCHEMA registries"))
            upgrade(connection, STORES["registries"], None, "0010")
            said = ", ".join(["''"] * 8)
            connection.execute(text(f"INSERT INTO persons VALUES ('one', 1, 'event', 0, {said})"))
            for id, matched in ((7, 0), (8, 1)):
                row = f"({id}, '{id}', 'one', 's', 'c', 5, 1, 'd', 'p', 'q', {matched}, {id})"
                connection.execute(text(f"INSERT INTO records VALUES {row}"))
        STORES["registries"].migrate(engine)
        with engine.connect() as connection:
            assert [tuple(row) for row in connection.execute(select(uncompared))] == [(7, 7, 5)]
