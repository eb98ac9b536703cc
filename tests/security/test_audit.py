"""The audit trail: in order, whole, and shown to be so."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select, update

from channels.security.audit import _LOCK, START, Audit, Broken, _hash
from channels.security.tables import audit as trail
from channels.security.tables import metadata, users
from registries.database import alone, open_database, writing
from schemas.message import Unavailable
from tests.home import Place

PATIENT = "Patient/0f9b2f6e-2b7a-5b6e-9f58-0d7a6a0a1c11"


def filled(engine: Engine, rows: int = 5) -> Audit:
    audit = Audit(engine)
    for number in range(rows):
        audit.write("admin", "read", PATIENT, purpose="care", detail=f"page {number}")
    return audit


def test_what_is_written_can_be_read_newest_first(engine: Engine) -> None:
    audit = Audit(engine, now=lambda: 1_710_000_000_000_000)
    audit.write("admin", "login", "session")
    audit.write("admin", "reveal", PATIENT, purpose="a call from the ward")
    newest, oldest = audit.entries()
    assert newest == {
        "number": 2,
        "at": 1_710_000_000_000_000,
        "actor": "admin",
        "action": "reveal",
        "target": PATIENT,
        "purpose": "a call from the ward",
        "detail": "",
    }
    assert audit.entries(before=2) == [oldest]
    assert audit.entries(limit=1) == [newest]


def test_an_untouched_trail_is_whole(engine: Engine) -> None:
    assert Audit(engine).verify() is None
    assert Audit(engine).head() == (0, START)
    assert filled(engine).verify() is None
    assert Audit(engine).head()[0] == 5


@pytest.mark.parametrize("column", ["at", "actor", "action", "target", "purpose", "detail"])
def test_a_changed_row_is_named(engine: Engine, column: str) -> None:
    audit = filled(engine)
    with engine.begin() as connection:
        value = 1 if column == "at" else "other"
        connection.execute(update(trail).where(trail.c.number == 3).values({column: value}))
    assert audit.verify() == Broken(3, "its content is not what was written")


def remove(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(trail).where(trail.c.number == 2))


def remove_first(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(trail).where(trail.c.number == 1))


def put_in(engine: Engine) -> None:
    with engine.begin() as connection:
        row = dict(connection.execute(select(trail).where(trail.c.number == 5)).mappings().one())
        connection.execute(insert(trail).values(row | {"number": 6, "previous": "f" * 64}))


def rewrite(engine: Engine) -> None:
    """Somebody changes a row and computes its hash anew: the row after it gives it away."""
    with engine.begin() as connection:
        row = dict(connection.execute(select(trail).where(trail.c.number == 3)).mappings().one())
        row["actor"] = "somebody else"
        connection.execute(update(trail).where(trail.c.number == 3).values(row | {"hash": _hash(row)}))


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        (remove, Broken(3, "row 2 is missing")),
        (remove_first, Broken(2, "row 1 is missing")),
        (put_in, Broken(6, "it does not follow the row before")),
        (rewrite, Broken(4, "it does not follow the row before")),
    ],
)
def test_other_deeds_are_named_too(engine: Engine, deed: Callable[[Engine], None], found: Broken) -> None:
    audit = filled(engine)
    deed(engine)
    assert audit.verify() == found


def test_an_end_cut_off_shows_in_the_head_noted_before(engine: Engine) -> None:
    audit = filled(engine)
    before = audit.head()
    with engine.begin() as connection:
        connection.execute(delete(trail).where(trail.c.number == 5))
    assert audit.verify() is None
    assert audit.head() != before


def test_a_trail_longer_than_one_page(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.security.audit.AT_ONCE", 3)
    assert filled(engine, 7).verify() is None
    with engine.begin() as connection:
        connection.execute(update(trail).where(trail.c.number == 7).values(actor="other"))
    assert Audit(engine).verify() == Broken(7, "its content is not what was written")


def test_what_is_noted_keeps_its_place_before_what_is_written(engine: Engine) -> None:
    audit = Audit(engine)
    audit.note("admin", "read", PATIENT, detail="first")
    audit.note("admin", "read", PATIENT, detail="second")
    assert audit.entries() == []
    audit.write("admin", "logout", "session", detail="third")
    assert [one["detail"] for one in audit.entries()] == ["third", "second", "first"]
    assert audit.verify() is None


def test_what_is_noted_is_written_by_itself(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.security.audit.PATIENCE", 0.0)
    audit = Audit(engine)
    audit.note("admin", "read", PATIENT)
    timer = audit._timer
    if timer is not None:
        timer.join(10)
    assert len(audit.entries()) == 1


def test_who_notes_does_not_wait_for_a_commit(engine: Engine) -> None:
    audit = Audit(engine)
    audit.note("admin", "read", PATIENT)
    with writing(engine) as other:
        other.execute(insert(users).values(name="a", role="b", password="c", changed=0))
        alone(other, _LOCK)
        flushing = threading.Thread(target=audit.flush)
        flushing.start()
        audit.note("admin", "search", PATIENT)
        assert audit.entries() == []
    flushing.join()
    audit.write("admin", "match", PATIENT)
    assert [one["action"] for one in audit.entries()] == ["match", "search", "read"]
    assert audit.verify() is None


def test_what_could_not_be_written_is_written_the_next_time(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    audit = Audit(engine)
    audit.note("admin", "read", PATIENT)
    with monkeypatch.context() as patch:
        patch.setattr("channels.security.audit._append", away)
        with pytest.raises(Unavailable):
            audit.write("admin", "match", PATIENT)
    audit.flush()
    assert [one["action"] for one in audit.entries()] == ["match", "read"]


def away(*_: object) -> None:
    raise Unavailable("the database does not answer")


def test_writers_in_several_processes_make_one_chain(home: Place, engine: Engine) -> None:
    def writer(name: str) -> None:
        audit = Audit(home.open("control"))
        for _ in range(10):
            audit.write(name, "read", PATIENT)

    threads = [threading.Thread(target=writer, args=(f"writer-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    audit = Audit(engine)
    assert audit.head()[0] == 40
    assert audit.verify() is None


@pytest.mark.parametrize(
    "target", ["", "Patient/12345", "Aïcha", "Patient/a b", "cnss|123456789", "0612345678", "a/b/c"]
)
def test_a_target_is_never_a_number_or_a_name(engine: Engine, target: str) -> None:
    with pytest.raises(ValueError, match="opaque id") as caught:
        Audit(engine).write("admin", "read", target)
    assert not target or target not in str(caught.value)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9), st.text(max_size=9)), min_size=1, max_size=5))
def test_any_words_keep_the_chain_whole(said: list[tuple[str, str, str]]) -> None:
    engine = open_database("sqlite://", metadata)
    audit = Audit(engine)
    for actor, action, detail in said:
        audit.write(actor, action, "Patient", detail=detail)
    assert audit.verify() is None
    engine.dispose()
