"""A database as the program opens it: what is kept of a text, who waits for whom, and what an error means."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from registries import postgres
from registries.database import BYTEWISE, alone, among, asked, insert_or_skip, open_database, reading, writing, written
from registries.outage import collided, is_away
from registries.tables import versions
from schemas.message import Unavailable
from tests.home import Place

on_postgresql = pytest.mark.parametrize("home", ["postgresql"], indirect=True)
NAMED = select(versions.c.name).where(versions.c.number == bindparam("number"))
METADATA = MetaData()
PAIRS = Table(
    "pairs", METADATA, Column("name", BYTEWISE, primary_key=True), Column("number", Integer), Column("t", String)
)


def opened(url: str) -> Any:
    return open_database(url, METADATA)


def numbers(engine: Any) -> dict[str, int]:
    with reading(engine) as connection:
        return {row.name: row.number for row in connection.execute(select(versions))}


def test_a_nul_is_kept_as_another_sign_and_found_by_itself(database_url: str) -> None:
    engine = opened(database_url)
    with writing(engine) as connection:
        connection.execute(
            insert(PAIRS), [{"name": "a\0b", "number": 1, "t": ""}, {"name": "c", "number": 2, "t": "\0"}]
        )
    with reading(engine) as connection:
        assert connection.scalar(select(PAIRS.c.number).where(PAIRS.c.name == "a\0b")) == 1
        assert connection.scalars(select(PAIRS.c.number).where(among(connection, PAIRS.c.name, ["a\0b", "c"]))).all()
        assert connection.scalar(select(PAIRS.c.t).where(PAIRS.c.name == "c")) == "\ufffd"
    engine.dispose()


def test_rows_of_any_number_of_ids_are_asked_for_with_one_statement(home: Place) -> None:
    engine = home.open("registries")
    names = ["a", 'b"c', "d\\e", "f,g", "{h}", "é"]
    with writing(engine) as connection:
        connection.execute(insert(versions), [{"name": name, "number": 1} for name in (*names, "else")])
    with reading(engine) as connection:
        for ids in (names, names[:1], []):
            found = asked(connection, NAMED, versions.c.name, ids, number=1)
            assert sorted(found.scalars()) == sorted(ids)
        assert asked(connection, NAMED, versions.c.name, names, number=2).all() == []


def test_names_are_sorted_by_their_bytes(home: Place) -> None:
    engine = home.open("registries")
    names = ["b", "A", "a", "é", "Z", "-", "B"]
    with writing(engine) as connection:
        sort = "CREATE TEMPORARY TABLE sorted (name text" + (' COLLATE "C")' if home.url else ")")
        connection.execute(text(sort))
        connection.execute(text("INSERT INTO sorted VALUES (:name)"), [{"name": name} for name in names])
        assert connection.scalars(text("SELECT name FROM sorted ORDER BY name")).all() == sorted(names)


def test_a_new_file_that_another_writes_just_now_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(time, "sleep", lambda _: other.commit())
    engine = opened(f"sqlite:///{tmp_path}/new.db")
    with reading(engine) as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    engine.dispose()


def test_how_many_were_new(home: Place) -> None:
    engine = home.open("registries")
    with writing(engine) as connection:
        assert insert_or_skip(connection, versions, [{"name": "b", "number": 1}, {"name": "a", "number": 1}]) == 2
        assert insert_or_skip(connection, versions, [{"name": "c", "number": 2}, {"name": "a", "number": 2}]) == 1
        assert insert_or_skip(connection, versions, []) == 0
    assert numbers(engine) == {"a": 1, "b": 1, "c": 2}


def test_what_fails_half_way_leaves_nothing(home: Place) -> None:
    engine = home.open("registries")

    def fail() -> None:
        with writing(engine) as connection:
            insert_or_skip(connection, versions, [{"name": "a", "number": 1}])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert numbers(engine) == {}


def test_one_after_the_other_where_one_alone_is_let_in(home: Place) -> None:
    """Each reads and adds one: without the lock, additions are lost."""
    with writing(home.open("registries")) as connection:
        insert_or_skip(connection, versions, [{"name": "a", "number": 0}])

    def add() -> None:
        engine = home.open("registries")
        for _ in range(20):
            with writing(engine) as connection:
                alone(connection, 4711)
                number = connection.execute(select(versions.c.number)).scalar_one()
                connection.execute(update(versions).values(number=number + 1))

    together(add, add, add)
    assert numbers(home.open("registries")) == {"a": 60}


@on_postgresql
def test_two_who_lock_crosswise_both_get_through(home: Place) -> None:
    with writing(home.open("registries")) as connection:
        insert_or_skip(connection, versions, [{"name": name, "number": 0} for name in "ab"])
    met = threading.Barrier(2, timeout=30)

    def cross(first: str, second: str) -> None:
        tries = iter((True, *[False] * 20))

        def work(connection: Any) -> None:
            connection.execute(update(versions).where(versions.c.name == first).values(number=versions.c.number + 1))
            if next(tries):
                met.wait()
            connection.execute(update(versions).where(versions.c.name == second).values(number=versions.c.number + 1))

        written(home.open("registries"), work)

    together(lambda: cross("a", "b"), lambda: cross("b", "a"))
    assert numbers(home.open("registries")) == {"a": 2, "b": 2}


@on_postgresql
def test_who_always_meets_others_gives_way(home: Place) -> None:
    engine = home.open("registries")
    with writing(engine) as connection:
        insert_or_skip(connection, versions, [{"name": "a", "number": 0}])
    with pytest.raises(Unavailable):
        written(engine, lambda connection: connection.execute(insert(versions).values(name="a", number=1)))


@on_postgresql
@pytest.mark.parametrize(
    ("statement", "away", "met"),
    [
        ("SELECT nothing", False, False),
        ("SELECT 1 / 0", False, False),
        ("INSERT INTO versions VALUES ('a', 1), ('a', 1)", False, True),
        ("INSERT INTO versions VALUES ('a', NULL)", False, False),
        ("SELECT repeat('x', 2000000000) || repeat('x', 2000000000)", False, False),
        ("SET statement_timeout = 1; SELECT pg_sleep(10)", True, False),
        ("SELECT pg_terminate_backend(pg_backend_pid())", True, False),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$", True, True),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '25006'; END $$", True, False),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53300'; END $$", True, False),
    ],
)
def test_what_an_error_of_postgresql_means(home: Place, statement: str, away: bool, met: bool) -> None:
    with pytest.raises(DBAPIError) as caught, home.open("registries").begin() as connection:
        connection.exec_driver_sql(statement)
    assert (is_away(caught.value), collided(caught.value)) == (away, met)


@on_postgresql
def test_a_server_that_became_a_replica_is_left_for_the_primary(home: Place) -> None:
    engine = home.open("registries")

    def session() -> int:
        with reading(engine) as connection:
            return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())

    def write() -> None:
        with writing(engine) as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            insert_or_skip(connection, versions, [{"name": "a", "number": 1}])

    before = session()
    with pytest.raises(Unavailable):
        write()
    assert session() != before


@on_postgresql
def test_several_servers_in_one_address(home: Place) -> None:
    host, port = "127.0.0.1", make_url(home.url).port
    name = make_url(home.url).database
    some = f"postgresql://wasl@/{name}?host={host}:1&host={host}:{port}&target_session_attrs=read-write"
    engine = open_database(some, store="registries")
    assert numbers(engine) == {}
    engine.dispose()


@on_postgresql
def test_no_connection_left_is_told_as_an_outage(home: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "POOL", 0.05)
    engine = open_database(home.url, pool=1)
    with engine.connect(), engine.connect():
        with pytest.raises(Unavailable), reading(engine):
            pass
        with pytest.raises(Unavailable):
            written(engine, lambda _: None)
    engine.dispose()


@on_postgresql
def test_who_reads_keeps_nobody_from_changing_a_table(home: Place) -> None:
    engine = home.open("registries")
    with reading(engine) as reader, writing(engine) as changer:
        assert reader.scalar(select(versions.c.number)) is None
        changer.execute(text("LOCK TABLE versions IN ACCESS EXCLUSIVE MODE NOWAIT"))


@on_postgresql
def test_who_writes_is_undone_by_an_error_as_a_whole(home: Place) -> None:
    engine = home.open("registries")
    with suppress(ZeroDivisionError), writing(engine) as connection:
        connection.execute(insert(versions), [{"name": "a", "number": 1}])
        assert 1 / 0
    assert numbers(engine) == {}


@on_postgresql
def test_an_error_never_holds_what_was_written(home: Place) -> None:
    row = {"name": "900000017", "number": 1}
    with pytest.raises(IntegrityError) as caught, home.open("registries").begin() as connection:
        connection.execute(insert(versions), [row, row])
    assert "hide_parameters" in str(caught.value)


def test_limits_and_password_reach_the_server_and_the_address_keeps_its_own_options() -> None:
    given = postgres.arguments(
        "postgresql://wasl@db.test/wasl?sslmode=require&options=-cwork_mem%3D8MB",
        store="journal",
        password="a b@c",
        pool=3,
        statement_timeout=7,
    )
    url = given["url"]
    assert (url.drivername, url.password, url.query["sslmode"]) == ("postgresql+psycopg", "a b@c", "require")
    assert "a b@c" not in repr(url)
    options = given["connect_args"]["options"].split()
    assert {"-cwork_mem=8MB", "-cstatement_timeout=7000", "-clock_timeout=7000"} <= set(options)
    assert "-csearch_path=journal" in options
    assert (given["pool_size"], given["hide_parameters"]) == (6, True)


def together(*works: Any) -> None:
    failures: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
