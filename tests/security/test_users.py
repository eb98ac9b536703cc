"""The administrator, and the sessions of the console."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from channels.security.passwords import TooManyAttempts
from channels.security.users import RENEWED, SESSION, User, Users, form_token

ADMIN = User("admin", "admin")


class Clock:
    def __init__(self) -> None:
        self.now = 1_710_000_000_000_000

    def __call__(self) -> int:
        return self.now


def test_the_first_start_makes_a_password_and_tells_it_once(engine: Engine) -> None:
    users = Users(engine)
    assert not users.prepared
    password = users.prepare(None)
    assert password is not None
    assert len(password) >= 20
    assert users.prepared
    assert users.verify("admin", password) == ADMIN
    assert Users(engine).prepare(None) is None
    assert users.verify("admin", password) == ADMIN


def test_a_password_given_becomes_the_password_at_any_start(engine: Engine, elsewhere: Engine) -> None:
    users = Users(engine)
    made = users.prepare(None)
    assert made is not None
    assert users.verify("admin", made) == ADMIN
    token = users.open_session(ADMIN)
    assert Users(elsewhere).prepare("from the environment") is None
    assert users.verify("admin", made) is None
    assert users.verify("admin", "from the environment") == ADMIN
    assert users.session(token) is None


def test_the_same_password_given_again_ends_no_session(engine: Engine) -> None:
    users = Users(engine)
    assert users.prepare("given") is None
    token = users.open_session(ADMIN)
    assert Users(engine).prepare("given") is None
    assert users.session(token) == ADMIN


def test_two_processes_that_start_at_once_make_one_administrator(
    engine: Engine, elsewhere: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Users(engine)
    first = Users(elsewhere).prepare(None)
    looked, kept = [None], late._kept
    monkeypatch.setattr(late, "_kept", lambda name: looked.pop() if looked else kept(name))
    assert late.prepare(None) is None
    assert first is not None
    assert late.verify("admin", first) == ADMIN


def test_who_was_just_verified_is_known_without_being_looked_up(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = Users(engine)
    users.prepare("given")
    assert users.recent("admin", "given") is None
    assert users.verify("admin", "wrong") is None
    assert users.recent("admin", "wrong") is None
    assert users.verify("admin", "given") == users.recent("admin", "given") == ADMIN
    assert users.recent("admin", "wrong") is None
    assert users.recent("other", "given") is None
    users.set_password("admin", "another")
    assert users.recent("admin", "given") is None
    monkeypatch.setattr("channels.security.users.RECENT", 0.0)
    assert users.verify("admin", "another") == ADMIN
    assert users.recent("admin", "another") is None


def test_wrong_names_and_passwords(engine: Engine) -> None:
    users = Users(engine)
    users.prepare("right")
    assert users.verify("admin", "wrong") is None
    assert users.verify("nobody", "right") is None
    assert users.verify("", "") is None


def test_guessing_is_slowed_down_at_the_peer_that_guesses(engine: Engine) -> None:
    users = Users(engine)
    users.prepare("right")
    for _ in range(6):
        assert users.verify("admin", "wrong", "10.0.0.1") is None
    with pytest.raises(TooManyAttempts):
        users.verify("admin", "right", "10.0.0.1")
    assert users.verify("admin", "right", "10.0.0.2") == ADMIN


def test_a_session_lasts_twelve_hours_from_its_last_use(engine: Engine) -> None:
    clock = Clock()
    users = Users(engine, clock)
    users.prepare("right")
    token = users.open_session(ADMIN)
    for _ in range(3):
        clock.now += SESSION - 1
        assert users.session(token) == ADMIN
    clock.now += SESSION
    assert users.session(token) is None


def test_a_session_is_not_written_at_each_request(engine: Engine) -> None:
    clock = Clock()
    users = Users(engine, clock)
    users.prepare("right")
    token = users.open_session(ADMIN)
    clock.now += RENEWED - 1
    assert users.session(token) == ADMIN
    clock.now += SESSION - RENEWED + 1
    assert users.session(token) is None


def test_logging_out(engine: Engine) -> None:
    users = Users(engine)
    users.prepare("right")
    token, other = users.open_session(ADMIN), users.open_session(ADMIN)
    users.close_session(token)
    assert users.session(token) is None
    assert users.session(other) == ADMIN
    assert users.session("") is None


def test_neither_token_nor_password_is_kept(engine: Engine, tmp_path: Path) -> None:
    users = Users(engine)
    password = users.prepare(None)
    token = users.open_session(ADMIN)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token.encode() not in kept
    assert (password or "").encode() not in kept
    assert form_token(token).encode() not in kept
    assert form_token(token) != form_token(token + "x")
